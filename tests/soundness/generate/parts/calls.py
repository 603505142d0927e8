"""calls.py: ways in which a pointer is called: plainly, as a tail, and by functions of the C library."""

from ..model import part


@part("call", weight=5, proto=("L", "L", "L", "V", "P"))
def plain(e, p, value):
    e.say(e.call(value()))


@part("call", weight=2, proto=("L", "P", "F"), how=("helper", "pointer", "two"))
def tail(e, p, value):
    """The last that a function does, so that compilers jump."""
    returned, parameters, argument = {"L": ("long", "long a", "a"), "P": ("void *", "void *a", "a"),
                                      "F": ("void", "void *a", "a")}[e.step.proto]
    back = "" if returned == "void" else "return "
    name = e.name("tail")
    if p["how"] == "helper":
        with e.function(f"static NOINLINE {returned} {name}({parameters})"):
            e.say("long v = hunt_one; (void)v;", f"{back}{value()}({argument});")
        e.say(e.call(name))
        return
    with e.function(f"static NOINLINE {returned} {name}({e.fn} *f, {parameters})"):
        e.say(f"{back}f({argument});")
    if p["how"] == "two":
        inner, name = name, e.name("tail")
        with e.function(f"static NOINLINE {returned} {name}({parameters}, {e.fn} *f)"):
            e.say(f"{back}{inner}(f, {argument});")
        e.say(f"{name}({'v' if e.step.proto == 'L' else '&v'}, {value()});")
    else:
        e.say(f"{name}({value()}, {'v' if e.step.proto == 'L' else '&v'});")


@part("call", weight=2, times=("v", "one", "twice"))
def repeated(e, p, value):
    """In a loop; with v = 0 perhaps never."""
    e.say(f"{e.fn} *f = {value()};")
    head = {"v": "for (long i = 0; i < v; i++)", "one": "for (long i = 0; i < hunt_one; i++)",
            "twice": "for (int i = 0; i < 2; i++)"}[p["times"]]
    e.say(f"{head} hunt_sink += f(i);")


@part("call", proto=("L",), how=("call", "call_memory", "push_ret", "jump"))
def by_assembly(e, p, value):
    """A call that is written in assembly, in a function of its own or in the subject."""
    e.say(f"{e.fn} *f = {value()};")
    clobbers = '"rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc"'
    vectors = ", ".join(f'"xmm{i}"' for i in range(16))
    if p["how"] in ("call", "call_memory"):
        target = "*%%rbx" if p["how"] == "call" else "*(%%rsp)"
        around = ("", "") if p["how"] == "call" else (r"push %%rbx\n sub $8,%%rsp\n mov %%rbx,(%%rsp)\n ", r"\n add $16,%%rsp")
        e.say("long a = v;", f'__asm__ volatile("mov %%rsp,%%r12\\n sub $256,%%rsp\\n and $-16,%%rsp\\n '
              f'{around[0]}call {target}{around[1]}\\n mov %%r12,%%rsp" : "+D"(a) : "b"(f) : "r12", '
              f'{clobbers}, {vectors});')
        return
    name = e.name("enter")
    body = {"push_ret": "push %rdi\\n mov %rsi,%rdi\\n ret", "jump": "mov %rdi,%rax\\n mov %rsi,%rdi\\n jmp *%rax"}
    e.features.add("asm")
    e.declare(f'__asm__(".pushsection .text\\n.globl {name}\\n.type {name},@function\\n{name}: {body[p["how"]]}\\n'
              f'.size {name},.-{name}\\n.popsection\\n");', f"long {name}({e.fn} *, long);")
    e.say(f"hunt_sink = {name}(f, v);")


@part("call", weight=2, proto=("C",),
      by=("qsort", "bsearch", "lfind", "qsort_r", "twalk", "tfind", "own"))
def comparing(e, p, value):
    """As a comparison that the C library, or a function of ours, calls."""
    e.say("long numbers[4] = {3, 1, v, 2};", f"{e.fn} *f = {value()};")
    e.include("search.h")
    if p["by"] == "own":
        name = e.name("compare")
        with e.function(f"static NOINLINE int {name}(const void *a, const void *b, {e.fn} *f)"):
            e.say("return f(a, b) + f(b, a);")
        e.say(f"hunt_sink = {name}(numbers, numbers + 1, f);")
    elif p["by"] == "lfind":
        e.say("size_t n = 4;", "hunt_sink = lfind(numbers + 3, numbers, &n, sizeof *numbers, f) == 0;")
    elif p["by"] in ("twalk", "tfind"):
        root = e.name("root")
        e.declare(f"static void *{root};")
        with e.prepare():
            e.say("static long key = 3;", f"if (!{root}) tsearch(&key, &{root}, {e.decoy()});")
        e.say(f"hunt_sink = tfind(numbers, &{root}, f) == 0;")
    elif p["by"] == "bsearch":
        e.say("hunt_sink = bsearch(numbers, numbers, 4, sizeof *numbers, f) == 0;")
    elif p["by"] == "qsort_r":
        e.say("qsort_r(numbers, 4, sizeof *numbers, (int (*)(const void *, const void *, void *))f, 0);")
    else:
        e.say("qsort(numbers, 4, sizeof *numbers, f);")


@part("call", proto=("V",), by=("pthread_once", "call_once", "own_once"))
def once(e, p, value):
    """As what is done once. It is done anew for each call of the subject."""
    name = e.name("once")
    if p["by"] == "own_once":
        with e.function(f"static NOINLINE void {name}(int *done, {e.fn} *f)"):
            e.say("if (!__atomic_exchange_n(done, 1, __ATOMIC_ACQ_REL)) f();")
        e.say("int done = 0;", f"{name}(&done, {value()});")
    elif p["by"] == "call_once" and e.language == "c":
        e.include("threads.h")
        e.say(f"static once_flag {name};", f"memset(&{name}, 0, sizeof {name});", f"call_once(&{name}, {value()});")
    else:
        e.include("pthread.h")
        e.say(f"static pthread_once_t {name};", f"{name} = PTHREAD_ONCE_INIT;",
              f"pthread_once(&{name}, {value()});")


@part("call", proto=("P",), by=("iterate", "backtrace", "cleanup", "key"))
def called_back(e, p, value):
    """By other functions of the C library and the unwinder, over a function of ours with a slot."""
    slot, name = e.name("slot"), e.name("back")
    e.declare(f"static {e.fn} *{slot} = {e.decoy()};")
    e.say(f"{slot} = {value()};")
    if p["by"] == "iterate":
        e.include("link.h")
        with e.function(f"static int {name}(struct dl_phdr_info *info, size_t n, void *data)"):
            e.say(f"{slot}(data);", "return 1;")
        e.say(f"dl_iterate_phdr({name}, &v);")
    elif p["by"] == "backtrace":
        e.include("unwind.h")
        with e.function(f"static _Unwind_Reason_Code {name}(struct _Unwind_Context *c, void *data)"):
            e.say(f"{slot}(data);", "return _URC_END_OF_STACK;")
        e.say(f"_Unwind_Backtrace({name}, &v);")
    elif p["by"] == "cleanup":
        with e.function(f"static void {name}(long *a)"):
            e.say(f"{slot}(a);")
        e.say(f"{{ __attribute__((cleanup({name}))) long a = v; hunt_sink = a; }}")
    else:
        with e.function(f"static NOINLINE void {name}(void *(*f)(void *), void *a)"):
            e.say("f(a);")
        e.say(f"{name}({slot}, &v);")


@part("call", proto=("F",), by=("context", "pushed", "own"))
def as_cleanup(e, p, value):
    e.include("pthread.h")
    e.include("ucontext.h")
    if p["by"] == "pushed":
        e.say(f"{e.fn} *f = {value()};", "pthread_cleanup_push(f, &v);", "hunt_sink = v;",
              "pthread_cleanup_pop(1);")
    elif p["by"] == "context":
        name = e.name("stack")
        e.declare(f"static char {name}[65536] __attribute__((aligned(64)));")
        with e.prepare():
            e.say(f"hunt_allow_code({name}, sizeof {name});")
        e.say("ucontext_t here, there;", "getcontext(&there);", f"there.uc_stack.ss_sp = {name};",
              f"there.uc_stack.ss_size = sizeof {name};", "there.uc_link = &here;",
              f"makecontext(&there, (void (*)(void)){value()}, 1, 0);", "swapcontext(&here, &there);")
    else:
        e.say(e.call(value()))


@part("call", languages=("c",), proto=("L",), how=("called", "passed"))
def nested_function(e, p, value):
    """A function in a function, with a trampoline on the stack. gcc only."""
    e.features.add("gcc")
    e.say(f"{e.fn} *f = {value()};", "long inner(long a) { return f(a + v); }")
    if p["how"] == "called":
        e.say("fn_L *volatile g = inner;", "hunt_sink = g(v);")
    else:
        name = e.name("with")
        with e.function(f"static NOINLINE long {name}(fn_L *g, long a)"):
            e.say("return g(a) + 1;")
        e.say(f"hunt_sink = {name}(inner, v);")


@part("call", proto=("L",), kind=("varargs", "struct", "levels", "member"))
def handed_on(e, p, value):
    """The callee's argument, over functions that hand it on, to the one that calls it."""
    name = e.name("last")
    if p["kind"] == "varargs":
        e.include("stdarg.h")
        with e.function(f"static NOINLINE long {name}(int n, ...)", "return sum;"):
            e.say("va_list list;", "long sum = 0;", "va_start(list, n);",
                  f"while (n-- > 0) {{ {e.fn} *f = va_arg(list, {e.fn} *); sum += f(n); }}", "va_end(list);")
        e.say(f"hunt_sink = {name}(2, {e.decoy()}, {value()});")
    elif p["kind"] == "struct":
        e.declare(f"struct of_{name} {{ long a[4]; {e.fn} *f; }};")
        with e.function(f"static NOINLINE long {name}(struct of_{name} it)"):
            e.say("return it.f(it.a[1]);")
        e.say(f"struct of_{name} it = {{{{1, 2, 3, v}}, {value()}}};", f"hunt_sink = {name}(it);")
    elif p["kind"] == "member":
        e.declare(f"struct of_{name} {{ {e.fn} *f; long a; }};")
        with e.function(f"static NOINLINE long {name}(struct of_{name} *it)"):
            e.say("return it->f(it->a) + 1;")
        e.say(f"struct of_{name} it = {{{value()}, v}};", f"hunt_sink = {name}(&it);")
    else:
        with e.function(f"static NOINLINE long {name}({e.fn} *f, long a)"):
            e.say("return f(a) + 2;")
        for _ in range(2):
            inner, name = name, e.name("level")
            with e.function(f"static NOINLINE long {name}({e.fn} *f, long a)"):
                e.say(f"return {inner}(f, a + 1) ^ 1;")
        e.say(f"hunt_sink = {name}({value()}, v);")
