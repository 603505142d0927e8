"""programs.py: small programs whose answer is known.

tests/programs/*.{rs,c,cpp} each show one thing. The head comment, lines that begin with `//!`,
tells it in prose and in directives:

    //! expect [SCOPE:] ASSERTION     what must hold, in the language of assertions.py
    //! build [SCOPE:] FLAGS          further compiler flags
    //! run [SCOPE:] exits N          what running it does; or: killed by N, by N|M
    //! skip SCOPE: REASON            not for these
    //! worse [SCOPE:] FUNCTION       its release verdicts may be worse than its debug ones
    //! matrix [SCOPE:] PLACES        see matrix.py

SCOPE is words that must all hold: debug, release, a compiler (gcc, clang, g++, clang++, rustc), or
a compiler with a version (rustc>=1.70); `a|b` is either, `!a` any but a. Each program is built in debug and in
release by each compiler of its language that is at hand; release has no debug information unless
asked for. No function of a program's own may have a worse verdict in an optimized build with debug
information than in debug: optimizing takes paths away and adds none. An exception is named, and
the head comment says why.
"""

import glob
import json
import os
import re
import shutil
import threading
from dataclasses import dataclass, field

from . import assertions
from .results import failed, passed, run, skipped

DIRECTIVE = re.compile(r"^//! (expect|build|run|skip|worse|matrix)\b\s*(?:([^:\[\]\"]*[^:\[\]\" ]):(?!:))?\s*(.*)$")
MODES = {
    ".rs": {"debug": ["-C", "debuginfo=2"], "release": ["-O", "-C", "strip=debuginfo"],
            "optimized": ["-O", "-C", "debuginfo=2"]},
    ".c": {"debug": ["-O0", "-g", "-fstack-usage"], "release": ["-O2", "-fstack-usage"],
           "optimized": ["-O2", "-g"]},
    ".cpp": {"debug": ["-O0", "-g", "-fstack-usage"], "release": ["-O2", "-fstack-usage"],
             "optimized": ["-O2", "-g"]},
}
COMPILERS = {".rs": ["rustc", "/usr/bin/rustc"], ".c": ["gcc", "clang"], ".cpp": ["g++", "clang++"]}
DOCUMENT_OF = {  # root of an assertion: command, path in its document
    "globals": ("globals", ["globals"]), "segments": ("globals", ["segments"]),
    "stack": ("stack", ["functions"]), "entries": ("stack", ["entries"]),
    "recursions": ("stack", ["recursions"]), "warnings": ("stack", ["warnings"]),
    "heap": ("heap", ["functions"]), "lines": ("heap", ["lines"]),
    "calls": ("calls", ["calls"]), "sites": ("heap", ["sites"]),
    "startup": ("heap", ["startup"]), "parts": ("heap", ["startup", "parts"]), "report": ("report", []), "file": ("report", ["file"]),
}


@dataclass
class Compiler:
    family: str
    path: str
    version: tuple

    @property
    def label(self):
        return f"{self.family}-{'.'.join(map(str, self.version))}"


@dataclass
class Build:
    """One program, built by one compiler in one mode."""

    context: object
    source: str
    compiler: Compiler
    mode: str
    directives: list
    documents: dict = field(default_factory=dict)

    @property
    def program(self):
        name = os.path.splitext(os.path.basename(self.source))[0]
        folder = self.context.folder("programs", self.compiler.label, self.mode)
        return os.path.join(folder, name)

    @property
    def words(self):
        """What a scope without a version may name."""
        return {self.mode, self.compiler.family, *(["release"] if self.mode == "optimized" else [])}

    @property
    def flags(self):
        extension = os.path.splitext(self.source)[1]
        return MODES[extension][self.mode] + " ".join(directives_of(self, "build")).split()


def sources(context, extensions):
    """The paths of all programs in these languages."""
    found = glob.glob(os.path.join(context.root, "tests", "programs", "*.*"))
    return sorted(path for path in found if os.path.splitext(path)[1] in extensions)


def collect(context):
    compilers = {extension: find_compilers(paths) for extension, paths in COMPILERS.items()}
    for source in sources(context, COMPILERS):
        name, extension = os.path.splitext(os.path.basename(source))
        if not compilers[extension]:
            reason = f"no compiler: {' '.join(COMPILERS[extension])}"
            yield name, lambda reason=reason: [skipped(reason)]
        directives = read_directives(source)
        for compiler in compilers[extension]:
            for mode in ("debug", "release"):
                build = Build(context, source, compiler, mode, directives)
                yield f"{name} {compiler.label} {mode}", lambda build=build: check(build)
            builds = [Build(context, source, compiler, mode, directives)
                      for mode in ("debug", "optimized")]
            yield f"{name} {compiler.label} optimized", lambda builds=builds: compare(*builds)


def find_compilers(paths):
    found = {}
    for path in filter(None, map(shutil.which, paths)):
        text = run([path, "--version"]).stdout
        version = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
        if version:
            compiler = Compiler(os.path.basename(path), path, tuple(map(int, version.groups())))
            found.setdefault(compiler.label, compiler)
    return list(found.values())


def read_directives(source):
    """Returns (kind, scope, text) of each directive in the head comment."""
    directives = []
    with open(source, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("//!"):
                break
            match = DIRECTIVE.match(line.rstrip())
            if match:
                directives.append(match.groups())
    if not directives:
        raise ValueError(f"{source}: no directives in the head comment")
    return directives


def in_scope(build, scope):
    return all(any(word_holds(build, word.strip()) for word in words.split("|"))
               for words in (scope or "").split(",") if words.strip())


def word_holds(build, word):
    if word.startswith("!"):
        return not word_holds(build, word[1:])
    match = re.fullmatch(r"([A-Za-z][a-z0-9+-]*)(?:(<|>=)([\d.]+))?", word)
    if not match:
        raise ValueError(f"not a scope: {word}")
    name, operator, version = match.groups()
    if name not in build.words:
        return False
    if not operator:
        return True
    wanted = tuple(map(int, version.split(".")))
    return (build.compiler.version < wanted) == (operator == "<")


def directives_of(build, kind):
    return [text for found, scope, text in build.directives
            if found == kind and in_scope(build, scope)]


def check(build):
    for reason in directives_of(build, "skip"):
        return [skipped(reason)]
    problem = compile_program(build)
    if problem:
        return [failed(problem, "build")]
    results = [check_run(build, text) for text in directives_of(build, "run")]
    return results + [check_assertion(build, text) for text in directives_of(build, "expect")]


BUILD_LOCKS = {}


def compile_program(build):
    """Returns what went wrong, or None; a program newer than its source is kept."""
    with BUILD_LOCKS.setdefault(build.program, threading.Lock()):
        if os.path.exists(build.program) and \
                os.path.getmtime(build.program) >= os.path.getmtime(build.source):
            return None
        flags = build.flags
        if build.source.endswith(".rs"):
            flags = ["--edition", "2021", "--cap-lints", "allow"] + flags
        folder, name = os.path.split(build.program)
        finished = run([build.compiler.path, *flags, "-o", name, build.source], cwd=folder)
        return None if finished.returncode == 0 else finished.stderr


def is_newer(program, folder):
    """Whether a program is newer than all files below a folder."""
    if not os.path.exists(program):
        return False
    built = os.path.getmtime(program)
    return all(os.path.getmtime(path) < built
               for path in glob.glob(os.path.join(folder, "**"), recursive=True)
               if os.path.isfile(path))


# `always` is no worse than `maybe`: it says more. Nor is `unknown` in the place of `on_panic`, which
# stands beside an unresolved call on the same paths; the call may be all that is left of them.
RANKS = {"never": 0, "on_panic": 1, "maybe": 2, "always": 2, "unknown": 3}
NO_WORSE = {("on_panic", "unknown")}
GUESSED = ("vtable", "field", "prototype", "address_taken")  # how a call is known


def compare(debug, optimized):
    """The verdicts of the program's own functions in both builds."""
    for build in (debug, optimized):
        if directives_of(build, "skip"):
            return []
        problem = compile_program(build)
        if problem:
            return [failed(problem, "build")]
    excused = directives_of(optimized, "worse")
    before, after = own_functions(debug), own_functions(optimized)
    results = [compare_function(name, before[name], after[name])
               for name in sorted(before.keys() & after.keys())
               if os.path.basename(before[name]["file"] or "") == os.path.basename(debug.source)
               and not any(assertions.equal(name, word) for word in excused)]
    more = sorted(sure_lines(optimized, excused) - {line["line"] for line in lines_of_source(debug)})
    return results + [failed(f"{more}: use the heap in an optimized build, not in debug", "lines")
                      if more else passed()]


def lines_of_source(build):
    """The entries of `lines` that are of the source itself."""
    name = os.path.basename(build.source)
    return [line for line in values_of_root(build, "lines")
            if os.path.basename(line["file"] or "") == name and line["line"]]


def sure_lines(build, excused):
    """Lines whose way does not rest on candidates: optimizing takes some away, and adds none."""
    return {line["line"] for line in lines_of_source(build)
            if not line["on_panic"] and line["through_kind"] not in GUESSED
            and not any(assertions.equal(line["function"], word) for word in excused)}


def own_functions(build):
    """Functions by name, where the name is that of one alone."""
    functions = {}
    for function in values_of_root(build, "heap"):
        functions.setdefault(function["name"], []).append(function)
    return {name: found[0] for name, found in functions.items() if len(found) == 1}


def compare_function(name, debug, optimized):
    worse = [f"{name}: {role} {debug[role]} in debug, {optimized[role]} in an optimized build"
             for role in ("allocates", "frees")
             if RANKS[optimized[role]] > RANKS[debug[role]]
             and (debug[role], optimized[role]) not in NO_WORSE]
    return failed("\n".join(worse), "worse") if worse else passed()


def check_run(build, text):
    finished = run([build.program])
    words = text.split()
    sign = 1 if words[0] == "exits" else -1
    if finished.returncode in [sign * int(number) for number in words[-1].split("|")]:
        return passed()
    return failed(f"expected: {text}; status was {finished.returncode}", "run")


def check_assertion(build, text):
    try:
        problem = assertions.check(text, lambda root: values_of_root(build, root))
    except RuntimeError as error:
        problem = str(error)
    return failed(f"{text}\n{problem}", "expect") if problem else passed()


def values_of_root(build, root):
    """Returns the list (or the single document) that an assertion's path starts from."""
    if root == "su":
        return [stack_usage(build)]
    command, keys = DOCUMENT_OF[root]
    value = document(build, command)
    for key in keys:
        value = value[key]
    return value if isinstance(value, list) else [value]


def document(build, command):
    if command not in build.documents:
        finished = run([build.context.dwell, command, "--json", build.program],
                       env=build.context.environment())
        if finished.returncode != 0:
            raise RuntimeError(f"dwell {command}: status {finished.returncode}\n"
                               f"{finished.stderr[-3000:]}")
        build.documents[command] = json.loads(finished.stdout)
    return build.documents[command]


def stack_usage(build):
    """The frame of each function as the compiler itself tells it, by -fstack-usage.

    gcc counts the return address that the call pushed, clang does not.
    """
    extra = 8 if build.compiler.family.startswith("clang") else 0
    folder, name = os.path.split(build.program)
    usage = {}
    for path in glob.glob(os.path.join(folder, f"{name}*.su")):
        with open(path, encoding="utf-8") as file:
            for line in file:
                place, size = line.split("\t")[:2]
                usage[re.split(r"[: ]", place.split("(")[0])[-1]] = int(size) + extra
    return usage
