"""objects.py: what C++ adds: virtual calls, pointers to members, std::function, lambdas, deleters,
static variables with guards, destructors, exceptions."""

from ..model import part

CPP = ("cpp",)


@part("call", languages=CPP, weight=4, proto=("L",), by=("member", "leaf", "array", "second"), kept=("stack", "heap", "static"))
def virtual_call(e, p, value):
    """Through a virtual function; which class it is, compilers do not know."""
    base, one, other = e.name("base"), e.name("one"), e.name("other")
    inner = {"member": "return f(a);", "array": "return f(a);"}.get(p["by"], f"return {e.target()}(a);")
    with_base = f"{base}, unused_{base}" if p["by"] != "second" else f"unused_{base}, {base}"
    e.declare(f"struct {base} {{ virtual long run(long a) = 0; virtual ~{base}() {{}} }};",
              f"struct unused_{base} {{ virtual long nothing(long a) {{ return a; }} }};",
              f"struct {one} : {with_base} {{ {e.fn} *f; NOINLINE {one}({e.fn} *g) : f(g) {{}}"
              f" NOINLINE long run(long a) override {{ {inner} }} }};",
              f"struct {other} : {base} {{ NOINLINE long run(long a) override {{ return {e.decoy()}(a); }} }};")
    made = f"{one}({value()})"
    if p["kept"] == "heap":
        pointer = e.name("object")
        e.declare(f"static {base} *{pointer};")
        with e.prepare():
            e.say(f"{pointer} = new {one}({value()});")
        chosen = pointer
        e.say(f"{other} b;")
    elif p["kept"] == "static":
        e.say(f"static {one} a = {made};", f"{other} b;")
        chosen = "&a"
    else:
        e.say(f"{one} a = {made};", f"{other} b;")
        chosen = "&a"
    if p["by"] == "array":
        e.say(f"{base} *all[2] = {{&b, {chosen}}};", "hunt_sink = all[hunt_one]->run(v);")
    else:
        e.say(f"{base} *it = &b;", f"if (hunt_one) it = {chosen};", "hunt_sink = it->run(v);")


@part("call", languages=CPP, weight=2, proto=("L",), kind=("plain", "virtual", "table"))
def member_pointer(e, p, value):
    name = e.name("with")
    virtual = "virtual " if p["kind"] == "virtual" else ""
    e.declare(f"struct {name} {{ {e.fn} *f; {virtual}NOINLINE long one(long a) {{ return f(a); }}"
              f" {virtual}NOINLINE long other(long a) {{ return a; }} }};")
    e.say(f"{name} it; it.f = {value()};")
    if p["kind"] == "table":
        e.say(f"static long ({name}::*const table[2])(long) = {{&{name}::other, &{name}::one}};",
              "hunt_sink = (it.*table[hunt_one])(v);")
    else:
        e.say(f"long ({name}::*m)(long) = &{name}::other;", f"if (hunt_one) m = &{name}::one;", "hunt_sink = (it.*m)(v);")


@part("call", languages=CPP, weight=3, proto=("L",), kind=("pointer", "lambda", "large", "passed", "kept"))
def std_function(e, p, value):
    e.include("functional")
    made = {"pointer": "f", "lambda": "[f](long a) { return f(a) + 1; }",
            "large": "[f, room](long a) { return f(a) + room[1]; }"}.get(p["kind"], "[=](long a) { return f(a + v); }")
    e.say(f"{e.fn} *f = {value()};", "long room[6] = {1, 2, 3, 4, 5, v}; (void)room;")
    if p["kind"] == "passed":
        name = e.name("with")
        with e.function(f"static NOINLINE long {name}(const std::function<long(long)> &g, long a)"):
            e.say("return g(a) + 1;")
        e.say(f"hunt_sink = {name}({made}, v);")
    elif p["kind"] == "kept":
        name = e.name("kept")
        e.declare(f"static std::function<long(long)> {name};")
        e.say(f"{name} = {made};", f"hunt_sink = {name}(v);")
    else:
        e.say(f"std::function<long(long)> g = {made};", "hunt_sink = g(v);")


@part("call", languages=CPP, weight=2, proto=("L",), kind=("called", "converted", "by_reference"))
def lambda_call(e, p, value):
    if p["kind"] == "converted":
        slot = e.name("slot")
        e.declare(f"static {e.fn} *{slot} = {e.decoy()};")
        e.say(f"{slot} = {value()};", f"{e.fn} *g = [](long a) -> long {{ return {slot}(a); }};",
              f"{e.fn} *volatile h = g;", "hunt_sink = h(v);")
    elif p["kind"] == "by_reference":
        e.say(f"{e.fn} *f = {e.decoy()};", "auto g = [&f](long a) { return f(a); };", f"f = {value()};", "hunt_sink = g(v);")
    else:
        e.say(f"{e.fn} *f = {value()};", "auto g = [=](long a) { return f(a) + v; };", "hunt_sink = g(v);")


@part("call", languages=CPP, weight=2, proto=("F",), by=("unique", "shared", "destructor", "moved"))
def deleter(e, p, value):
    """As what is done at the end of a scope."""
    e.include("memory")
    if p["by"] == "unique":
        e.say(f"std::unique_ptr<long, {e.fn} *> it((long *)&v, (({e.fn} *){value()}));", "hunt_sink = *it;")
    elif p["by"] == "moved":
        e.say(f"std::unique_ptr<long, {e.fn} *> it((long *)&v, (({e.fn} *){value()}));",
              "{ auto to = std::move(it); hunt_sink = *to; }", "hunt_sink = 2;")
    elif p["by"] == "shared":
        e.say(f"std::shared_ptr<long> it(&v, (({e.fn} *){value()}));", "auto two = it;", "hunt_sink = *two;")
    else:
        name = e.name("scope")
        e.declare(f"struct {name} {{ {e.fn} *f; void *a; NOINLINE ~{name}() {{ f(a); }} }};")
        e.say(f"{name} it = {{{value()}, &v}};", "hunt_sink = v;")


@part("call", languages=CPP, weight=1, proto=("L",), by=("guard", "thread_local"))
def once_for_all(e, p, value):
    """The first time that control gets there."""
    kind = "static" if p["by"] == "guard" else "static thread_local"
    e.say(f"{kind} long first = ({value()})(v);", "hunt_sink = first;")


@part("control", languages=CPP, weight=3, thrown=("two", "never", "always"), body_in=("before", "catch", "destructor", "deep"),
      kind=("int", "class", "rethrow"))
def exception(e, p, body):
    """Thrown in a function of its own, and caught here."""
    call, throws, guard = e.helper("body", body) + "(v);", e.name("throws"), e.name("guard")
    what = "3" if p["kind"] != "class" else f"of_{throws}{{1, 2, 3}}"
    if p["kind"] == "class":
        e.declare(f"struct of_{throws} {{ long a, b, c; }};")
    test = {"two": "v == 2", "never": "hunt_one > 1", "always": "hunt_one"}[p["thrown"]]
    e.declare(f"static void {throws}_body(long v);", f"struct {guard} {{ long v; NOINLINE ~{guard}() {{ {throws}_body(v); }} }};")
    with e.function(f"static NOINLINE void {throws}_body(long v)"):
        e.say(call if p["body_in"] in ("destructor", "deep") else "hunt_sink = v;")
    with e.function(f"static NOINLINE void {throws}(long v)"):
        if p["body_in"] == "destructor":
            e.say(f"{guard} it = {{v}};")
        elif p["body_in"] == "deep":
            e.say(f"{throws}_body(v);")
        e.say(f"if ({test}) {{ hunt_raised++; throw {what}; }}", "hunt_sink = 4;")
    caught = "..." if p["kind"] != "class" else f"const of_{throws} &"

    def emit():
        e.say("try {", call if p["body_in"] == "before" else "", f"{throws}(v);", "hunt_sink = 5;",
              f"}} catch ({caught}) {{", call if p["body_in"] == "catch" else "",
              "throw;" if p["kind"] == "rethrow" else "hunt_sink = 6;", "}")
    name = e.helper("tries", emit)
    if p["kind"] == "rethrow":
        e.say(f"try {{ {name}(v); }} catch (int) {{ hunt_sink = 7; }}")
    else:
        e.say(f"{name}(v);")
