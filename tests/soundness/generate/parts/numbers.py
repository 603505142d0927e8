"""numbers.py: flows of an address as a number: masked, added up, cut in two, taken from tables."""

from ..model import part


def through(e, kind, lines_to, back, value):
    """The number is made in one place, kept by `kind`, and turned back in another."""
    name = e.name("number")
    if kind == "local":
        e.say(f"uintptr_t {name} = (uintptr_t)({value()});", *[line.format(n=name) for line in lines_to])
        return f"(({e.fn} *)({back.format(n=name)}))"
    if kind == "passed":
        made = e.name("make")
        with e.function(f"static NOINLINE uintptr_t {made}(uintptr_t n)", "return n;"):
            e.say(*[line.format(n="n") for line in lines_to])
        e.say(f"uintptr_t {name} = {made}((uintptr_t)({value()}));")
        return f"(({e.fn} *)({back.format(n=name)}))"
    e.declare(f"{kind} uintptr_t {name};")
    maker = e.helper("make", lambda: e.say(f"{name} = (uintptr_t)({value()});",
                                           *[line.format(n=name) for line in lines_to]))
    e.say(f"{maker}(v);")
    return f"(({e.fn} *)({back.format(n=name)}))"


KEPT = ("local", "passed", "static", "static volatile", "static __thread")


@part("flow", weight=2, kept=KEPT, how=("xor", "tag", "not", "negate", "rotate", "add", "swap", "multiply",
                                        "variable", "low"))
def disguised(e, p, value):
    """Xor-ed, tagged, rotated, ..."""
    to, back = {"xor": ("{n} ^= 0x5a5a5a5a5a5aul;", "{n} ^ 0x5a5a5a5a5a5aul"),
                "tag": ("{n} |= (uintptr_t)1 << 63;", "{n} & ~((uintptr_t)1 << 63)"),
                "low": ("{n} = {n} << 1 | 1;", "{n} >> 1"),
                "not": ("{n} = ~{n};", "~{n}"), "negate": ("{n} = 0 - {n};", "0 - {n}"),
                "rotate": ("{n} = {n} << 17 | {n} >> 47;", "{n} >> 17 | {n} << 47"),
                "add": ("{n} += 4096 * hunt_one;", "{n} - 4096 * hunt_one"),
                "swap": ("{n} = __builtin_bswap64({n});", "__builtin_bswap64({n})"),
                "multiply": ("{n} *= 3;", "{n} * 0xaaaaaaaaaaaaaaabul"),
                "variable": ("{n} ^= (uintptr_t)&hunt_sink;", "{n} ^ (uintptr_t)&hunt_sink")}[p["how"]]
    return through(e, p["kept"], [to], back, value)


@part("flow", weight=2, kept=KEPT, base=("decoy", "variable", "self", "far"))
def difference(e, p, value):
    """The distance from another address, added to it again."""
    base = {"decoy": e.decoy(), "variable": "&hunt_sink", "self": "&hunt_subject_count",
            "far": "&hunt_kept"}[p["base"]]
    return through(e, p["kept"], [f"{{n}} -= (uintptr_t){base};"], f"{{n}} + (uintptr_t){base}", value)


@part("flow", weight=2, table=("relative", "distance", "absolute", "quad"), index=("one", "v"))
def label_table(e, p, value):
    """A table of distances in assembly. What it leads to is what the leaf is, whatever came before."""
    e.features.add("asm")
    table, one, other = e.name("table"), e.name("target"), e.name("other")
    leaf, decoy = e.target(), e.decoy()
    e.declare(f'extern const {"long" if p["table"] in ("absolute", "quad") else "int"} {table}[];')
    # gives the leaves global names that assembly can use
    for name, what in ((one, leaf), (other, decoy)):
        jump = f"((fn_{e.step.proto} *){what})"
        returned, parameters, arguments = {
            "L": ("long", "long a", "a"), "C": ("int", "const void *a, const void *b", "a, b"),
            "V": ("void", "void", ""), "P": ("void *", "void *a", "a"),
            "F": ("void", "void *a", "a")}[e.step.proto]
        back = "" if returned == "void" else "return "
        with e.function(f"__attribute__((used, noinline, visibility(\"hidden\"))) {returned} {name}({parameters})"):
            e.say(f"{back}{jump}({arguments});")
    entry = {"relative": ".long {0}-{1}", "distance": ".long {0}-.", "absolute": ".quad {0}",
             "quad": ".quad {0}-{1}"}[p["table"]]
    section = ".data.rel.ro,\\\"aw\\\"" if p["table"] == "absolute" else ".rodata"
    rows = "\\n ".join(entry.format(name, table) for name in (other, one, other, one))
    e.declare(f'__asm__(".pushsection {section}\\n.balign 8\\n.globl {table}\\n.hidden {table}\\n{table}: {rows}\\n.popsection\\n");')
    e.say(f"long i = {'hunt_one' if p['index'] == 'one' else '(v & 1) + hunt_one'};", "if (i != 1) i = 3;")
    place = {"relative": f"(uintptr_t){table} + {table}[i]", "quad": f"(uintptr_t){table} + {table}[i]",
             "distance": f"(uintptr_t)&{table}[i] + {table}[i]", "absolute": f"{table}[i]"}[p["table"]]
    return f"(({e.fn} *)({place}))"


@part("flow", how=("sum", "and", "cmov", "subtract", "table"), by=("one", "v"))
def selected(e, p, value):
    """One of two, without a branch."""
    e.say(f"uintptr_t n = (uintptr_t)({value()}), d = (uintptr_t){e.decoy()};",
          f"uintptr_t m = 0 - (uintptr_t)({'hunt_one' if p['by'] == 'one' else '(v & 1)'});")
    text = {"sum": "d + ((n - d) & m)", "and": "(n & m) | (d & ~m)", "cmov": "m ? n : d",
            "subtract": "n - ((n - d) & ~m)", "table": "((uintptr_t[2]){d, n})[m & 1]"}
    if p["how"] == "table":
        e.say("uintptr_t both[2] = {d, n};")
        return f"(({e.fn} *)both[m & 1])"
    return f"(({e.fn} *)({text[p['how']]}))"


@part("flow", how=("two", "arguments", "double", "vector", "text", "wide", "bits"))
def in_parts(e, p, value):
    """Cut in two, or through registers of another kind."""
    name = e.name("parts")
    if p["how"] == "two":
        e.declare(f"static unsigned {name}[2];")
        e.say(f"uintptr_t n = (uintptr_t)({value()});", f"{name}[0] = (unsigned)n;", f"{name}[1] = (unsigned)(n >> 32);",
              '__asm__("" ::: "memory");')
        return f"(({e.fn} *)((uintptr_t){name}[1] << 32 | {name}[0]))"
    if p["how"] == "arguments":
        with e.function(f"static NOINLINE {e.fn} *{name}(unsigned low, unsigned high)"):
            e.say(f"return ({e.fn} *)((uintptr_t)high << 32 | low);")
        e.say(f"uintptr_t n = (uintptr_t)({value()});")
        return f"{name}((unsigned)n, (unsigned)(n >> 32))"
    if p["how"] == "double":
        with e.function(f"static NOINLINE double {name}(double d, double other)"):
            e.say("return hunt_one ? d : other;")
        e.say(f"{e.fn} *w = {value()};", "double d;", "memcpy(&d, &w, 8);", f"d = {name}(d, 1.5);",
              "memcpy(&w, &d, 8);")
        return "w"
    if p["how"] == "vector":
        e.say("typedef long __attribute__((vector_size(16))) v2;", f"v2 t = {{(long)({value()}), (long){e.decoy()}}};",
              "t = (v2){t[1], t[0]};" if e.language == "c" else "t = v2{t[1], t[0]};", "long w[2];",
              "memcpy(w, &t, 16);")
        return f"(({e.fn} *)w[hunt_one])"
    if p["how"] == "text":
        e.include("stdio.h")
        e.say("char text[40];", f'snprintf(text, sizeof text, "%lx", (unsigned long)({value()}));')
        return f"(({e.fn} *)strtoul(text, 0, 16))"
    if p["how"] == "wide":
        e.say(f"unsigned __int128 n = (unsigned __int128)(uintptr_t)({value()}) << (40 * hunt_one);")
        return f"(({e.fn} *)(uintptr_t)(n >> 40))"
    e.say(f"uintptr_t n = 0, w = (uintptr_t)({value()});", "for (int j = 0; j < 64; j++) n |= (w >> j & 1) << j;")
    return f"(({e.fn} *)n)"


@part("flow", how=("empty", "mov", "lea", "stack", "xchg", "call"))
def assembly(e, p, value):
    """Through an instruction that the compiler does not read."""
    e.say(f"{e.fn} *w = {value()};", "uintptr_t n = (uintptr_t)w;")
    e.say({"empty": '__asm__ volatile("" : "+r"(n));',
           "mov": '__asm__ volatile("mov %0,%%rcx\\n mov %%rcx,%0" : "+r"(n) :: "rcx");',
           "lea": '__asm__ volatile("lea 24(%0),%0\\n sub $24,%0" : "+r"(n) :: "cc");',
           "stack": '__asm__ volatile("sub $128,%%rsp\\n push %0\\n xor %0,%0\\n pop %0\\n add $128,%%rsp" : "+r"(n) :: "cc", "memory");',
           "xchg": f'uintptr_t m = (uintptr_t){e.decoy()}; __asm__ volatile("xchg %0,%1" : "+r"(n), "+r"(m)); n = m;',
           "call": '__asm__ volatile("sub $128,%%rsp\\n call 1f\\n1: pop %%rcx\\n sub %%rcx,%0\\n add %%rcx,%0\\n add $128,%%rsp" : "+r"(n) :: "rcx", "cc", "memory");'}[p["how"]])
    return f"(({e.fn} *)n)"


@part("flow", how=("pass", "far", "choose", "out", "returned", "static_local", "recursive", "struct"))
def by_function(e, p, value):
    """As argument and result of functions."""
    name, fn, how = e.name("pass"), e.fn, p["how"]
    if how == "pass":
        with e.function(f"static NOINLINE {fn} *{name}({fn} *f, long n)"):
            e.say("hunt_sink = n;", "return f;")
        return f"{name}({value()}, v)"
    if how == "far":
        with e.function(f"static NOINLINE {fn} *{name}(long a, long b, long c, long d, long g, long h, {fn} *f, {fn} *x)"):
            e.say("hunt_sink = a + b + c + d + g + h;", "return hunt_one ? f : x;")
        return f"{name}(1, 2, 3, 4, 5, v, {value()}, {e.decoy()})"
    if how == "choose":
        with e.function(f"static NOINLINE {fn} *{name}(long i, {fn} *f)"):
            e.say(f"switch (i) {{ case 0: return {e.decoy()}; case 1: return f; case 2: return {e.decoy()};",
                  f"case 3: hunt_sink = 2; return f; case 4: hunt_sink = 7; return {e.decoy()}; default: return f; }}")
        return f"{name}(hunt_one, {value()})"
    if how == "out":
        with e.function(f"static NOINLINE void {name}({fn} **f, {fn} *g)"):
            e.say("*f = g;")
        e.say(f"{fn} *w = {e.decoy()};", f"{name}(&w, {value()});")
        return "w"
    if how == "returned":
        with e.function(f"static NOINLINE {fn} *{name}(long v)"):
            e.say("(void)v;", f"return {value()};")
        return f"{name}(v)"
    if how == "static_local":
        with e.function(f"static NOINLINE {fn} *{name}({fn} *f)"):
            e.say(f"static {fn} *kept = {e.decoy()};", f"{fn} *old = kept;", "kept = f;", "return hunt_one ? kept : old;")
        return f"{name}({value()})"
    if how == "recursive":
        with e.function(f"static NOINLINE {fn} *{name}({fn} *f, long n)"):
            e.say(f"if (n <= 0) return f;", f"{fn} *g = {name}(f, n - 1);", "hunt_sink = n;", "return g;")
        return f"{name}({value()}, v & 3)"
    e.declare(f"struct of_{name} {{ long a, b, c; {fn} *f; }};")
    with e.function(f"static NOINLINE struct of_{name} {name}({fn} *f)", "return it;"):
        e.say(f"struct of_{name} it = {{1, 2, 3, f}};")
    return f"{name}({value()}).f"


@part("flow", how=("alias", "ifunc", "weak"))
def by_linker(e, p, value):
    """A name that the linker or loader binds; only for what is called plainly with a number."""
    name = e.name("bound")
    if e.step.proto != "L":
        return value()
    if p["how"] == "weak":
        if "hunt_overridden" not in e.headers_done:
            e.headers_done.add("hunt_overridden")
            with e.function("__attribute__((weak)) long hunt_overridden(long a)"):
                e.say("return a;")
        e.features.add("program")  # of a library alone, nobody knows what overrides it
        e.say(f"{e.fn} *w = hunt_overridden;", f"if (v == 2) w = {value()};")
        return "w"
    if p["how"] == "alias":
        with e.function(f"long of_{name}(long a)"):
            e.say("long v = 1; (void)v;", f"return ({value()})(a);")
        e.declare(f'long {name}(long) __attribute__((alias("of_{name}")));')
        e.features.add("asm")
        return name
    with e.function(f"{e.fn} *resolve_{name}(void)"):
        e.say(f"return {e.target()};")
    e.functions.append(f'long {name}(long) __attribute__((ifunc("resolve_{name}")));\n')
    return name
