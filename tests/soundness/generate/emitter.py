"""emitter.py: from the model of a program (model.py) to C or C++.

Functions of parts get an emitter and say() lines into the function that is being written. A flow
gets `value`, a function that writes, wherever it is called, what is needed to have the pointer
there, and returns an expression for it; it returns such an expression itself. So a part decides in
which function the ways before it are. Each function has a parameter or variable `long v`: what the
subject was called with.
"""

import contextlib

from . import model

HEADERS = """#define _GNU_SOURCE
#include "driver.h"
typedef uint64_t __attribute__((may_alias)) u64;
typedef uint32_t __attribute__((may_alias)) u32;
typedef uint8_t __attribute__((may_alias)) u8;
typedef long fn_L(long);
typedef int fn_C(const void *, const void *);
typedef void fn_V(void);
typedef void *fn_P(void *);
typedef void fn_F(void *);
"""
# By prototype: what it returns, parameters, arguments of a plain call, what the leaf returns.
PROTOS = {
    "L": ("long", "long a", "v", "return a + 1;"),
    "C": ("int", "const void *a, const void *b", "&hunt_one, &hunt_one",
          "return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);"),
    "V": ("void", "void", "", ""),
    "P": ("void *", "void *a", "&v", "return a;"),
    "F": ("void", "void *a", "&v", "(void)a;"),
}


class Emitter:
    def __init__(self, language):
        self.language = language
        self.headers, self.globals, self.functions = {}, [], []
        self.prototypes, self.leaves, self.count = [], {}, 0
        self.headers_done = set()  # definitions that a program has once
        self.features = set()  # what builds must know: see hunt.py
        self.body, self.prepare_body, self.step, self.in_leaf = [], [], None, {}

    # ---- Text ------------------------------------------------------------------------------------

    def name(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    def say(self, *lines):
        self.body += lines

    def declare(self, *lines):
        self.globals += lines

    def include(self, header):
        self.headers[header] = None

    @property
    def fn(self):
        """The type of the function that this step calls."""
        return "fn_" + self.step.proto

    @contextlib.contextmanager
    def function(self, head, last=""):
        """What is said inside becomes the body of a function, behind all that are ready."""
        outer, self.body = self.body, []
        yield
        lines = self.body + [last] * bool(last)
        self.functions.append(head + "\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n")
        self.body = outer

    @contextlib.contextmanager
    def prepare(self):
        """What is said inside is done by main, before the subject is called."""
        outer, self.body = self.body, self.prepare_body
        self.say("{")
        yield
        self.say("}")
        self.body = outer

    @contextlib.contextmanager
    def prepared_here(self):
        """What is prepared inside is done before that: the function runs before main."""
        outer, self.prepare_body, start = self.prepare_body, [], len(self.body)
        yield
        self.body[start:start] = self.prepare_body
        self.prepare_body = outer

    @contextlib.contextmanager
    def block(self, head=""):
        self.say(f"{head} {{".strip())
        yield
        self.say("}")

    def helper(self, prefix, emit, attributes="static NOINLINE"):
        """A function of v whose body is what `emit` says; returns its name."""
        name = self.name(prefix)
        with self.function(f"{attributes} void {name}(long v)"):
            self.say("(void)v;")
            emit()
        return name

    # ---- Leaves ----------------------------------------------------------------------------------

    def leaf(self, spec, proto=None):
        proto = proto or self.step.proto
        key = (proto, spec.effect, spec.bytes, spec.form, spec.linkage, spec.via)
        if key not in self.leaves:
            self.leaves[key] = self.write_leaf(spec, proto)
        return self.leaves[key]

    def target(self):
        return self.leaf(self.step.leaf)

    def decoy(self):
        return self.leaf(self.step.decoy)

    def write_leaf(self, spec, proto):
        number = len(self.leaves)
        returned, parameters, _, last = PROTOS[proto]
        name = f"leaf_{number}_{spec.effect}"
        linkage = "static " if spec.linkage == "static" else ""
        attributes = {"record": "NOIPA ", "raw": "NOINLINE ", "inline": ""}[spec.form]
        self.prototypes.append(f"{linkage}{attributes}{returned} {name}({parameters});")
        with self.function(f"{linkage}{attributes}{returned} {name}({parameters})", last):
            self.say(*self.effect(spec, "a" if proto == "L" else "hunt_one"))
        return name

    def effect(self, spec, argument="v"):
        lines = {
            "none": [],
            "alloc": [f"hunt_kept = malloc({spec.bytes});"],
            "free": ["free(hunt_kept);"],
            "both": [f"void *m = malloc({spec.bytes});", "hunt_kept = m;", "free(m);"],
            "some": [f"if ({argument} & 1) hunt_kept = malloc({spec.bytes});"],
            "deep": [f"volatile char room[{max(spec.bytes, 2)}];", "room[0] = 1;",
                     "room[sizeof room - 1] = 2;"],
        }[spec.effect]
        for _ in range(spec.via if lines else 0):
            name = self.name("via")
            with self.function(f"static NOINLINE void {name}(long {argument if argument != 'hunt_one' else 'a'})"):
                self.say(f"(void){argument};", *lines)
            lines = [f"{name}({argument});", "hunt_sink = 1;"]
        return lines

    # ---- Steps -----------------------------------------------------------------------------------

    def steps(self, steps):
        for step in steps:
            with self.block():
                self.write_step(step)

    def write_step(self, step):
        outer, self.step = self.step, step
        if step.part == "effect":
            self.say(*self.effect(step.leaf))
        else:
            part = model.PARTS[step.part]
            if part.kind == "control":
                part.emit(self, step.choices, lambda: self.steps(step.body))
            else:
                part.emit(self, step.choices, self.value_of(step))
        self.step = outer

    def value_of(self, step):
        """The pointer, behind all parts of the flow."""
        value = self.target
        for flow in step.flow:
            def through(flow=flow, before=value):
                return self.expression(lambda: model.PARTS[flow.part].emit(
                    self, flow.choices, before))
            value = through
        return value

    def expression(self, emit):
        """What is said inside has names of its own: it becomes a statement expression."""
        outer, self.body = self.body, []
        result = emit()
        lines, self.body = self.body, outer
        return f"({{ {' '.join(lines)} {result}; }})" if lines else result

    def call(self, pointer, proto=None):
        """A statement that calls a pointer."""
        proto = proto or self.step.proto
        result = {"L": "hunt_sink = ", "C": "hunt_sink = "}.get(proto, "")
        return f"{result}{pointer}({PROTOS[proto][2]});"

    # ---- Programs --------------------------------------------------------------------------------

    def subject(self, subject):
        self.prepare_body = []
        with self.function(f"NOINLINE void {subject.name}(long v)"):
            self.say("(void)v;")
            self.steps(subject.steps)
        run = subject.name
        if subject.drive == "direct":
            run = "drive_" + subject.name
            with self.function(f"NOINLINE void {run}(long v)"):
                self.say(f"{subject.name}(v);")
        prepare = "0"
        if self.prepare_body:
            prepare = "prepare_" + subject.name
            body, self.prepare_body = self.prepare_body, []
            with self.function(f"static NOINLINE void {prepare}(long v)"):
                self.say("(void)v;", *body)
        return f'    {{"{run}", {run}, {prepare}}},'

    def text(self, rows):
        headers = "".join(f"#include <{name}>\n" for name in self.headers)
        is_cpp = self.language == "cpp"
        return "".join([
            HEADERS.replace('#include "driver.h"\n', headers + '#include "driver.h"\n'),
            'extern "C" {\n' if is_cpp else "",
            "".join(f"{line}\n" for line in self.prototypes + self.globals),
            "\n".join(self.functions),
            "const struct hunt_subject hunt_subjects[] = {\n",
            "".join(row + "\n" for row in rows), "};\n",
            f"extern const int hunt_subject_count;\nconst int hunt_subject_count = {len(rows)};\n",
            "}\n" if is_cpp else ""])


def emit(program):
    """Returns the text, and the features that builds must have."""
    emitter = Emitter(program.language)
    rows = [emitter.subject(subject) for subject in program.subjects]
    return emitter.text(rows), emitter.features
