"""stores.py: flows through memory: a pointer is written somewhere in one way, and read in another."""

from ..model import part

# Where the memory is. What the subject's own frame or heap cannot be for, see `written`.
MEMORY = ("static", "global", "tls", "stack", "heap", "bss", "section")
WRITTEN_BY = ("inline", "helper", "setter", "prepare", "constructor", "thread")
HOW = ("assign", "pointer", "memcpy", "memmove", "halves", "bytes", "xchg", "cmpxchg", "xadd", "or",
       "atomic", "asm", "stosq", "movs", "pipe", "vector", "volatile", "masked")
READ = ("plain", "index", "memcpy", "atomic", "pointer", "volatile", "asm", "halves")
ROWS, COLUMNS = 5, 4


class Shape:
    """How an array is built: of its type, what is in it, and one of its pointers."""

    def __init__(self, e, name):
        self.fn, self.name = e.fn, name
        self.dimensions = f"[{ROWS}][{COLUMNS}]" if name == "two" else f"[{ROWS}]"
        self.type = f"{e.fn} *"
        if name not in ("plain", "two"):
            self.type = e.name("row")
            e.declare(f"struct {self.type} {{ {self.members()} }};")
            self.type = "struct " + self.type

    def members(self):
        return {"struct": f"long id; {self.fn} *f;",
                "first": f"{self.fn} *f; long id;",
                "three": f"int id; {self.fn} *f; long more;",
                "wide": f"long id[3]; {self.fn} *f; long more;",
                "nested": f"long id; struct {{ int x; {self.fn} *f[3]; }} in[2]; short more;",
                "packed": f"int id; {self.fn} *f; char c;"}[self.name]

    def element(self, decoy):
        return {"plain": decoy, "two": "{" + ", ".join([decoy] * COLUMNS) + "}",
                "struct": f"{{7, {decoy}}}", "first": f"{{{decoy}, 7}}", "three": f"{{7, {decoy}, 8}}",
                "wide": f"{{{{1, 2, 3}}, {decoy}, 8}}", "packed": f"{{7, {decoy}, 8}}",
                "nested": f"{{7, {{{{1, {{{decoy}, {decoy}, {decoy}}}}}, "
                          f"{{2, {{{decoy}, {decoy}, {decoy}}}}}}}, 3}}"}[self.name]

    def initial(self, decoy):
        return "{" + ", ".join([self.element(decoy)] * ROWS) + "}"

    def at(self, base, index):
        inside = {"plain": "", "two": "[2]", "nested": ".in[1].f[2]"}.get(self.name, ".f")
        return f"{base}[{index}]{inside}"


def place(e, memory, ctype, dimensions, initial):
    """Declares a variable; returns an expression for it (of an array, what decays to its first
    element)."""
    name = e.name("place")
    prefix = {"static": "static ", "global": "", "tls": "static __thread ", "bss": "static ",
              "section": 'static __attribute__((section(".data.own"))) ', "heap": "static "}
    if memory == "stack":
        e.say(f"{ctype} {name}{dimensions} = {initial};")
    elif memory == "bss":
        e.declare(f"static {ctype} {name}{dimensions};")
        with e.prepare():
            e.say(f"{ctype} from{dimensions} = {initial};", f"memcpy((void *)&{name}, &from, sizeof {name});")
    elif memory == "heap":
        e.declare(f"struct of_{name} {{ {ctype} it{dimensions}; }};", f"static struct of_{name} *{name};")
        with e.prepare():
            e.say(f"struct of_{name} from = {{{initial}}};",
                  f"{name} = (struct of_{name} *)malloc(sizeof from);", f"*{name} = from;")
        return f"{name}->it"
    else:
        e.declare(f"{prefix[memory]}{ctype} {name}{dimensions} = {initial};")
    return name


def written(e, by, memory, store):
    """Has `store` say its statements in the function that is to do it."""
    if memory == "stack" and by not in ("inline", "setter"):
        by = "inline"
    if (by == "constructor" and memory in ("heap", "bss")) or (by == "thread" and memory == "tls"):
        by = "prepare"
    if by in ("inline", "setter"):
        store()
    elif by == "helper":
        e.say(e.helper("write", store) + "(v);")
    elif by == "prepare":
        with e.prepare():
            store()
    elif by == "constructor":
        name = e.name("construct")
        with e.function(f"static __attribute__((constructor)) void {name}(void)"):
            e.say("long v = 1; (void)v;")
            with e.prepared_here():
                store()
    else:
        e.include("pthread.h")
        name = e.name("thread")
        with e.function(f"static void *{name}(void *argument)", "return 0;"):
            e.say("long v = (long)argument; (void)v;")
            store()
        with e.prepare():
            e.say("pthread_t t;", f"pthread_create(&t, 0, {name}, (void *)v);", "pthread_join(t, 0);")


def store(e, lvalue, value, how):
    """Statements that put a pointer into a place."""
    fn = e.fn
    address = f"(char *)&{lvalue}"
    copy = {"assign": [f"{lvalue} = w;"],
            "pointer": [f"char *q = {address};", f"*({fn} **)(q + (hunt_one - 1) * 8) = w;"],
            "memcpy": [f"memcpy({address}, &w, 8 * hunt_one);"],
            "memmove": [f"memmove({address}, &w, sizeof w);"],
            "halves": [f"u32 *q = (u32 *){address};", "q[0] = (u32)(uintptr_t)w;",
                       '__asm__("" ::: "memory");', "q[hunt_one] = (u32)((uintptr_t)w >> 32);"],
            "bytes": [f"u8 *q = (u8 *){address};",
                      "for (int j = 0; j < 8; j++) q[j] = (u8)((uintptr_t)w >> 8 * j);"],
            "xchg": [f"__atomic_exchange_n((u64 *){address}, (u64)w, __ATOMIC_SEQ_CST);"],
            "cmpxchg": [f"u64 *q = (u64 *){address}, old = *q;", "__atomic_compare_exchange_n("
                        "q, &old, (u64)w, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);"],
            "xadd": [f"u64 *q = (u64 *){address};", "__atomic_fetch_add(q, (u64)w - *q, __ATOMIC_SEQ_CST);"],
            "or": [f"u64 *q = (u64 *){address};", "__atomic_fetch_and(q, 0, __ATOMIC_SEQ_CST);",
                   "__atomic_fetch_or(q, (u64)w, __ATOMIC_SEQ_CST);"],
            "atomic": [f"__atomic_store_n((u64 *){address}, (u64)w, __ATOMIC_RELEASE);"],
            "asm": [f'__asm__ volatile("mov %1,%0" : "=m"(*(u64 *){address}) : "r"(w));'],
            "stosq": [f"void *q = {address};", "long n = 1;",
                      '__asm__ volatile("rep stosq" : "+D"(q), "+c"(n) : "a"(w) : "memory");'],
            "movs": [f"void *q = {address};", f"{fn} **s = &w;",
                     '__asm__ volatile("movsq" : "+D"(q), "+S"(s) :: "memory");'],
            "pipe": ["int p[2];", "if (pipe(p) == 0) {", "hunt_sink = write(p[1], &w, 8);",
                     f"hunt_sink = read(p[0], (void *){address}, 8);", "close(p[0]); close(p[1]);", "}"],
            "vector": ["typedef long __attribute__((vector_size(16))) v2;", "v2 t = {(long)w, (long)hunt_one};",
                       f"memcpy({address}, &t, 8);"],
            "volatile": [f"*({fn} *volatile *){address} = w;"],
            "masked": [f"u64 *q = (u64 *){address};", "u64 m = (u64)0 - (u64)hunt_one;",
                       "*q = (*q & ~m) | ((u64)w & m);"]}[how]
    if how == "pipe":
        e.include("unistd.h")
    with e.block():
        e.say(f"{fn} *w = {value};", *copy)


def load(e, lvalue, how):
    """Returns an expression for what is in a place."""
    fn, name = e.fn, e.name("read")
    if how in ("plain", "index"):
        return lvalue
    address = f"(char *)&{lvalue}"
    if how == "memcpy":
        e.say(f"{fn} *{name};", f"memcpy(&{name}, {address}, 8 * hunt_one);")
    elif how == "asm":
        e.say(f"{fn} *{name};", f'__asm__ volatile("mov %1,%0" : "=r"({name}) : "m"(*(u64 *){address}));')
    elif how == "halves":
        e.say(f"u32 *of_{name} = (u32 *){address};",
              f"{fn} *{name} = ({fn} *)((uintptr_t)of_{name}[0] | (uintptr_t)of_{name}[hunt_one] << 32);")
    else:
        text = {"atomic": f"({fn} *)__atomic_load_n((u64 *){address}, __ATOMIC_ACQUIRE)",
                "pointer": f"*({fn} **)({address} + (hunt_one - 1) * 8)",
                "volatile": f"*({fn} *volatile *){address}"}[how]
        e.say(f"{fn} *{name} = {text};")
    return name


@part("flow", weight=2, memory=MEMORY, by=WRITTEN_BY, how=HOW, read=READ, const=("no", "escapes"))
def variable(e, p, value):
    """One variable."""
    base = place(e, p["memory"], f"{e.fn} *", "", e.decoy())
    if p["const"] == "escapes":
        with e.prepare():
            e.say(f"hunt_kept = {'0' if p['memory'] == 'stack' else f'(void *)&{base}'};", "hunt_kept = 0;")
    if p["by"] == "setter":
        setter = e.name("set")
        with e.function(f"static NOINLINE void {setter}({e.fn} **place, {e.fn} *f)"):
            store(e, "(*place)", "f", p["how"])
        e.say(f"{setter}(&{base}, {value()});")
    else:
        written(e, p["by"], p["memory"], lambda: store(e, base, value(), p["how"]))
    return load(e, base, p["read"])


@part("flow", weight=6, shape=("plain", "struct", "first", "three", "wide", "nested", "two", "packed"),
      memory=MEMORY, by=("setter", "inline", "helper", "prepare", "constructor", "thread", "put"),
      how=HOW, read=READ, index=("unsigned", "long", "int", "size_t", "unsigned char", "short"),
      offset=(0, 1, -1, 9, -3, -20, 300), at=(1, 0, 3), by_argument=("one", "v"), pads=(0, 8, 64))
def array(e, p, value):
    """An element of an array, by an index that compilers do not know, with a constant added to it."""
    shape = Shape(e, p["shape"])
    if p["pads"]:
        e.declare(f"{e.fn} *{e.name('pad')}[{p['pads']}] = {{{e.decoy()}}};")
    base = place(e, p["memory"], shape.type, shape.dimensions, shape.initial(e.decoy()))
    if p["pads"]:
        e.declare(f"{e.fn} *{e.name('pad')}[{p['pads']}] = {{{e.decoy()}}};")
    index, offset = p["index"], p["offset"]
    if index == "unsigned char":
        offset = min(max(offset, -20), 0)
    where = f"(v & 3)" if p["by_argument"] == "v" and p["by"] != "constructor" else f"hunt_one * {p['at']}"
    known = where if "v" in where else str(p["at"])
    inner = f"({index})({where} - {offset})"
    subscript = f"i + {offset}" if offset else "i"

    def put():
        e.say(f"{index} i = {inner};")
        store(e, shape.at(base, subscript), value(), p["how"])

    if p["by"] == "setter" or (p["by"] == "put" and p["memory"] == "stack"):
        setter = e.name("put")
        dimension = f"[{COLUMNS}]" if p["shape"] == "two" else ""
        pointer = f"{shape.type} (*place){dimension}" if dimension else f"{shape.type} *place"
        with e.function(f"static NOINLINE void {setter}({pointer}, {index} i, {e.fn} *f)"):
            store(e, shape.at("place", subscript), "f", p["how"])
        e.say(f"{setter}({base}, {inner}, {value()});")
    elif p["by"] == "put":
        setter = e.name("put")
        with e.function(f"static NOINLINE void {setter}({index} i, {e.fn} *f)"):
            store(e, shape.at(base, subscript), "f", p["how"])
        e.say(f"{setter}({inner}, {value()});")
    else:
        written(e, p["by"], p["memory"], put)
    return load(e, shape.at(base, where if p["read"] == "index" else known), p["read"])


@part("flow", weight=2, memory=MEMORY, shape=("plain", "struct", "nested", "two", "wide"),
      by=WRITTEN_BY, loop=("up", "down", "pointer", "stride", "memset"))
def all_elements(e, p, value):
    """A loop over a whole array."""
    shape = Shape(e, p["shape"])
    base = place(e, p["memory"], shape.type, shape.dimensions, shape.initial(e.decoy()))

    def put():
        e.say(f"{e.fn} *w = {value()};")
        head = {"up": f"for (long i = 0; i < hunt_one * {ROWS}; i++)",
                "down": f"for (long i = {ROWS}; i-- > 0;)",
                "pointer": f"for (long i = 0, n = hunt_one * {ROWS}; i != n; i++)",
                "stride": f"for (unsigned i = 1; i < {ROWS}; i += 2)",
                "memset": f"for (int i = {ROWS - 1}; i >= 0; i--)"}[p["loop"]]
        e.say(f"{head} {shape.at(base, 'i')} = w;")

    written(e, p["by"], p["memory"], put)
    return shape.at(base, "1")


@part("flow", weight=2, memory=MEMORY, shape=("struct", "wide", "nested", "three", "plain", "two"),
      by=WRITTEN_BY, how=("element", "memcpy", "all", "return", "swap"))
def copied(e, p, value):
    """A whole struct or array that is copied over what was there."""
    shape = Shape(e, p["shape"])
    base = place(e, p["memory"], shape.type, shape.dimensions, shape.initial(e.decoy()))
    how = p["how"] if p["shape"] not in ("plain", "two") else "all"

    def put():
        e.say(f"{shape.type} from{shape.dimensions} = {shape.initial(e.decoy())};",
              f"{shape.at('from', 'hunt_one')} = {value()};")
        if how == "element":
            e.say(f"{base}[1] = from[hunt_one];")
        elif how == "memcpy":
            e.say(f"memcpy((char *)&{base}[hunt_one], &from[1], sizeof from[1]);")
        elif how == "return":
            name = e.name("make")
            with e.function(f"static NOINLINE {shape.type} {name}({e.fn} *f)", "return it;"):
                e.say(f"{shape.type} it = {shape.element(e.decoy())};",
                      f"{shape.at('(&it)', '0')} = f;")
            e.say(f"{base}[hunt_one] = {name}({shape.at('from', '1')});")
        elif how == "swap":
            e.say(f"{shape.type} t = {base}[hunt_one]; {base}[hunt_one] = from[1]; from[1] = t;")
        else:
            e.say(f"memcpy((char *)&{base}[0], from, sizeof from);")

    written(e, p["by"], p["memory"], put)
    return shape.at(base, "1")


@part("flow", memory=("static", "global", "heap", "stack", "tls"), by=WRITTEN_BY,
      link=("next", "index", "double"))
def linked(e, p, value):
    """A node that is found over another one."""
    node = e.name("node")
    e.declare(f"struct {node} {{ struct {node} *next; long id; {e.fn} *f; }};",
              f"static struct {node} last_{node} = {{0, 2, {e.decoy()}}};")
    base = place(e, p["memory"], f"struct {node}", "", f"{{0, 1, {e.decoy()}}}")
    hop = "next->next" if p["link"] == "double" else "next"

    def put():
        e.say(f"struct {node} *n = &{base};", f"n->next = &last_{node};", f"last_{node}.next = n;",
              f"n->{hop}->f = {value()};")

    written(e, p["by"], p["memory"], put)
    return f"{base}.f" if p["link"] == "double" else f"{base}.next->f"


@part("flow", memory=("static", "global", "stack", "tls", "heap"), by=WRITTEN_BY,
      other=("uintptr_t", "void *", "long", "double", "char"))
def overlaid(e, p, value):
    """A union: written as one thing, read as another."""
    union = e.name("overlay")
    member = "char as[8];" if p["other"] == "char" else f"{p['other']} as;"
    e.declare(f"union {union} {{ {e.fn} *f; {member} }};")
    base = place(e, p["memory"], f"union {union}", "", f"{{{e.decoy()}}}")

    def put():
        e.say(f"{e.fn} *w = {value()};", f"memcpy((void *)&{base}.as, &w, sizeof w);")

    written(e, p["by"], p["memory"], put)
    return f"{base}.f"
