"""controls.py: what control flow there is around steps: loops, switches, jumps out of functions,
recursion, memory of a size that is decided at run time, other stacks, exceptions.

Where a step could leave a statement expression or cross a declaration in a way that a language does
not allow, it is put into a function of its own (`own`).
"""

from ..model import part


def own(e, body, prefix="body"):
    """The steps as a function of v that nothing inlines; returns a statement that calls it."""
    return e.helper(prefix, body) + "(v);"


@part("control", weight=2, kind=("while", "do", "reversed", "nested"), limit=("v", "one", "three"))
def loop(e, p, body):
    count = {"v": "v", "one": "hunt_one", "three": "3"}[p["limit"]]
    if p["kind"] == "while":
        with e.block(f"for (long k = 0; k < {count}; k++)"):
            body()
    elif p["kind"] == "do":
        e.say("long k = 0;", "do {")
        body()
        e.say(f"}} while (++k < {count});")
    elif p["kind"] == "reversed":
        with e.block(f"for (long k = {count}; k-- > 0;)"):
            body()
    else:
        with e.block(f"for (long k = 0; k < {count}; k++)"):
            with e.block("for (long m = 0; m <= k; m++)"):
                body()


@part("control", weight=2, test=("v", "one", "never", "kept"))
def branch(e, p, body):
    test = {"v": "v & 1", "one": "hunt_one", "never": "hunt_one > 1", "kept": "hunt_kept"}[p["test"]]
    with e.block(f"if ({test})"):
        body()


@part("control", weight=2, cases=(3, 9, 40), on=("v", "one"), falls=(0, 1))
def switch(e, p, body):
    """Dense enough for a jump table."""
    value = "v" if p["on"] == "v" else "hunt_one"
    e.say(f"switch ({value}) {{")
    for i in range(p["cases"]):
        if i == 1:
            e.say("case 1:")
            with e.block():
                body()
            e.say("break;" if not p["falls"] else "/* falls through */")
        else:
            e.say(f"case {i}: hunt_sink += {i * i + 7}; hunt_sink ^= {i * 3 + 1}; break;")
    e.say("default: hunt_sink--;", "}")


@part("control", weight=1, index=("one", "v"), table=("absolute", "relative"))
def computed_goto(e, p, body):
    table, one, other, end = (e.name(prefix) for prefix in ("labels", "one", "other", "end"))
    call = own(e, body)

    def emit():
        index = "hunt_one" if p["index"] == "one" else "(v & 1)"
        if p["table"] == "absolute":
            e.say(f"static const void *const {table}[] = {{&&{other}, &&{one}}};", f"goto *{table}[{index}];")
        else:
            e.say(f"static const int {table}[] = {{(int)((char *)&&{other} - (char *)&&{other}), "
                  f"(int)((char *)&&{one} - (char *)&&{other})}};",
                  f"goto *(void *)((char *)&&{other} + {table}[{index}]);")
        e.say(f"{one}: {call} goto {end};", f"{other}: hunt_sink++;", f"{end}: hunt_sink++;")
    # labels whose addresses are kept are of one copy of a function
    if p["table"] == "relative" and e.language == "cpp":
        p = {**p, "table": "absolute"}
    e.say(e.helper("go", emit, "static NOINLINE __attribute__((noclone))" if e.language == "c" else
                   "static NOINLINE") + "(v);")


@part("control", weight=2, by=("setjmp", "_setjmp", "sigsetjmp", "builtin"), depth=(1, 2), body_in=("deep", "near"))
def jump_out(e, p, body):
    """A jump back to where a function was, out of others; the steps before, or at the other end."""
    e.include("setjmp.h")
    place, deep = e.name("place"), e.name("deep")
    kind, save, leave = {"setjmp": ("jmp_buf", "setjmp({0})", "longjmp({0}, 1)"),
                         "_setjmp": ("jmp_buf", "_setjmp({0})", "longjmp({0}, 1)"),
                         "sigsetjmp": ("sigjmp_buf", "sigsetjmp({0}, 0)", "siglongjmp({0}, 1)"),
                         "builtin": ("void *", "__builtin_setjmp({0})", "__builtin_longjmp({0}, 1)")}[p["by"]]
    e.declare(f"static {kind} {place}{'[5]' if p['by'] == 'builtin' else ''};")
    leave, save = leave.format(place), save.format(place)
    call = own(e, body)
    with e.function(f"static NOINLINE void {deep}(long v)"):
        e.say("volatile char room[500]; room[0] = (char)v;", call if p["body_in"] == "deep" else "", f"{leave};")
    if p["depth"] == 2:
        inner, deep = deep, e.name("deep")
        with e.function(f"static NOINLINE void {deep}(long v)"):
            e.say(f"{inner}(v); hunt_sink = 1;")

    def emit():
        e.say(f"if ({save} == 0) {{ {deep}(v); hunt_sink = 2; }} else {{ "
              f"{call if p['body_in'] == 'near' else 'hunt_sink = 3;'} }}")
    e.say(e.helper("back", emit) + "(v);")


@part("control", weight=2, size=("v", "one", "fixed", "large"), by=("vla", "alloca", "scope"))
def room_on_stack(e, p, body):
    """alloca() and arrays whose length is not known."""
    size = {"v": "(size_t)(v & 15) * 16 + 16", "one": "(size_t)hunt_one * 64", "fixed": "200",
            "large": "(size_t)hunt_one * 9000"}[p["size"]]
    call = own(e, body)

    def emit():
        if p["by"] == "alloca":
            e.say(f"volatile char *room = (volatile char *)__builtin_alloca({size});", "room[0] = 1;", call,
                  "hunt_sink = room[0];")
        elif p["by"] == "vla":
            e.say(f"size_t n = {size};", "volatile char room[n];", "room[n - 1] = 1;", call, "hunt_sink = room[n - 1];")
        else:
            e.say(f"for (long k = 0; k < 3; k++) {{ size_t n = {size}; volatile char room[n]; room[n - 1] = 1; "
                  f"{call} hunt_sink = room[n - 1]; }}")
    e.say(e.helper("room", emit) + "(v);")


@part("control", weight=2, kind=("self", "mutual", "tail", "pointer"), limit=(4, 20), at=("end", "each"))
def recursion(e, p, body):
    """A function that calls itself, at most so often."""
    call, name = own(e, body), e.name("again")
    each = call if p["at"] == "each" else f"if (n == 0) {call}"
    again = name
    if p["kind"] == "mutual":
        again = e.name("other")
        e.prototypes.append(f"static void {name}(long v, long n);")
        with e.function(f"static NOINLINE void {again}(long v, long n)"):
            e.say("volatile char room[100]; room[0] = 1;", f"{name}(v, n); hunt_sink += room[0];")
    if p["kind"] == "pointer":
        again = e.name("pointer")
        e.prototypes.append(f"static NOINLINE void {name}(long v, long n);")
        e.declare(f"static void (*volatile {again})(long, long) = {name};")
    with e.function(f"static NOINLINE void {name}(long v, long n)"):
        e.say("volatile char room[40]; room[0] = (char)n;", each, f"if (n > 0) {again}(v, n - 1);",
              "" if p["kind"] == "tail" else "hunt_sink += room[0];")
    e.say(f"{name}(v, {p['limit']});")


SWITCH = r"""__asm__(".pushsection .text\n.globl {0}\n.type {0},@function\n{0}:\n push %rbx\n push %rbp\n"
 " push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp,(%rdi)\n mov %rsi,%rsp\n pop %r15\n pop %r14\n"
 " pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n {1}\n.size {0},.-{0}\n.popsection\n");"""


@part("control", weight=1, leave=("ret", "jmp"))
def other_stack(e, p, body):
    """The steps on a stack of their own, by a switch as coroutines have it."""
    e.features.add("asm")
    change, run, room, kept = (e.name(prefix) for prefix in ("change", "run", "room", "kept"))
    call = own(e, body)
    e.declare(SWITCH.format(change, "ret" if p["leave"] == "ret" else r"pop %rcx\n jmp *%rcx"),
              f"void {change}(void **from, void *to);",
              f"static char {room}[65536] __attribute__((aligned(64)));", f"static void *{kept}[2];",
              f"static long argument_{kept};")
    with e.prepare():
        e.say(f"hunt_allow_code({room}, sizeof {room});")
    with e.function(f"static NOINLINE __attribute__((used)) void {run}(void)"):
        e.say(f"long v = argument_{kept};", call, f"{change}(&{kept}[1], {kept}[0]);", "__builtin_trap();")
    e.say(f"void **top = (void **)({room} + sizeof {room} - 16);", f"*--top = 0; *--top = (void *){run};",
          f"for (int k = 0; k < 6; k++) *--top = 0;", f"argument_{kept} = v;", f"{change}(&{kept}[0], top);")


SAVE = {
    # own setjmp and longjmp
    "jump": (r"""__asm__(".pushsection .text\n.globl save_{0}\n.type save_{0},@function\nsave_{0}:\n mov %rbx,(%rdi)\n"
 " mov %rbp,8(%rdi)\n mov %r12,16(%rdi)\n mov %r13,24(%rdi)\n mov %r14,32(%rdi)\n mov %r15,40(%rdi)\n"
 " lea 8(%rsp),%rdx\n mov %rdx,48(%rdi)\n mov (%rsp),%rdx\n mov %rdx,56(%rdi)\n xor %eax,%eax\n ret\n"
 ".size save_{0},.-save_{0}\n.globl leave_{0}\n.type leave_{0},@function\nleave_{0}:\n mov (%rdi),%rbx\n"
 " mov 8(%rdi),%rbp\n mov 16(%rdi),%r12\n mov 24(%rdi),%r13\n mov 32(%rdi),%r14\n mov 40(%rdi),%r15\n"
 " mov 48(%rdi),%rsp\n mov $1,%eax\n jmp *56(%rdi)\n.size leave_{0},.-leave_{0}\n.popsection\n");"""),
    # the same by push and ret
    "return": (r"""__asm__(".pushsection .text\n.globl save_{0}\n.type save_{0},@function\nsave_{0}:\n pop %rcx\n mov %rbx,(%rdi)\n"
 " mov %rbp,8(%rdi)\n mov %r12,16(%rdi)\n mov %r13,24(%rdi)\n mov %r14,32(%rdi)\n mov %r15,40(%rdi)\n"
 " mov %rsp,48(%rdi)\n mov %rcx,56(%rdi)\n xor %eax,%eax\n jmp *%rcx\n"
 ".size save_{0},.-save_{0}\n.globl leave_{0}\n.type leave_{0},@function\nleave_{0}:\n mov (%rdi),%rbx\n"
 " mov 8(%rdi),%rbp\n mov 16(%rdi),%r12\n mov 24(%rdi),%r13\n mov 32(%rdi),%r14\n mov 40(%rdi),%r15\n"
 " mov 48(%rdi),%rsp\n push 56(%rdi)\n mov $1,%eax\n ret\n.size leave_{0},.-leave_{0}\n.popsection\n");"""),
}


@part("control", weight=2, how=("jump", "return"), body_in=("deep", "near"))
def own_jump(e, p, body):
    """setjmp and longjmp as programs write them themselves."""
    e.features.add("asm")
    name, deep = e.name("way"), e.name("deep")
    e.declare(SAVE[p["how"]].format(name),
              f"int save_{name}(long *) __attribute__((returns_twice));",
              f"void leave_{name}(long *) __attribute__((noreturn));", f"static long {name}[8];")
    call = own(e, body)
    with e.function(f"static NOINLINE void {deep}(long v)"):
        e.say("volatile char room[700]; room[0] = (char)v;", call if p["body_in"] == "deep" else "",
              f"leave_{name}({name});")

    def emit():
        e.say(f"if (save_{name}({name}) == 0) {deep}(v); else {{ "
              f"{call if p['body_in'] == 'near' else 'hunt_sink = 3;'} }}")
    e.say(e.helper("back", emit) + "(v);")


@part("control", weight=1, how=("add", "store", "pop", "push"))
def changed_return(e, p, body):
    """A function that returns elsewhere than behind its call: over a jump of five bytes."""
    e.features.add("asm")
    skips, name = e.name("skips"), e.name("around")
    call = own(e, body, "body").rstrip("(v);")
    change = {"add": "addq $5,(%rsp)", "store": r"mov (%rsp),%rax\n add $5,%rax\n mov %rax,(%rsp)",
              "pop": r"pop %rax\n add $5,%rax\n push %rax", "push": r"pop %rax\n add $5,%rax\n jmp *%rax"}[p["how"]]
    last = "" if p["how"] == "push" else r"\n ret"
    # the steps must have a name that assembly can use
    global_name = e.name("steps")
    with e.function(f"__attribute__((used, noinline, visibility(\"hidden\"))) void {global_name}(long v)"):
        e.say(f"{call}(v);")
    e.declare(f'__asm__(".pushsection .text\\n.type {skips},@function\\n{skips}: {change}{last}\\n.size {skips},.-{skips}\\n'
              f'.globl {name}\\n.type {name},@function\\n{name}: sub $8,%rsp\\n call {skips}\\n .byte 0xe9\\n .long 1f-.-4\\n'
              f' call {global_name}\\n1: add $8,%rsp\\n ret\\n.size {name},.-{name}\\n.popsection\\n");',
              f"void {name}(long v);")
    e.say(f"{name}(v);")


@part("control", weight=1, joined=(1, 0))
def thread(e, p, body):
    """The steps in a thread: what it does is not counted, but it must end."""
    e.include("pthread.h")
    call, name = own(e, body), e.name("thread")
    with e.function(f"static void *{name}(void *argument)", "return 0;"):
        e.say("long v = (long)argument;", call)
    e.say("pthread_t t;", f"if (pthread_create(&t, 0, {name}, (void *)v) == 0) pthread_join(t, 0);")


@part("control", weight=1, when=("three", "never"), where=("near", "deep"))
def leaving(e, p, body):
    """The subject is left for good behind the steps, for some arguments."""
    body()
    leave = {"three": "if (v == 3) hunt_leave();", "never": "if (hunt_one > 1) hunt_leave();"}[p["when"]]
    if p["where"] == "deep":
        e.say(e.helper("leave", lambda: e.say(leave)) + "(v);")
    else:
        e.say(leave)
