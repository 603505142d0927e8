//! C++ that calls through tables which it fills while it runs, beside classes with virtual
//! functions: `thing->ops->grow(thing)` looks like a virtual call in the machine code, but what it
//! enters stands in no virtual table. Debug information tells the two apart; without it both kinds
//! of functions are candidates (tests/unit/test_pointers.c).
//!
//! expect debug: calls[from=ask].kind == prototype
//! expect debug: no calls[from=ask, to contains second]
//! expect debug: no calls[from=ask_virtual, to contains grow_heap]
//! expect debug: some calls[from=ask, to contains grow_heap]
//! expect heap[name=ask].allocates == maybe
//! expect calls[from=ask_virtual].kind == vtable
//! worse ask(Thing*)
//! run exits 0
#include <cstdlib>

#define NOINLINE __attribute__((noinline))

struct Thing;
struct Ops {
    long (*look)(Thing *);
    long (*grow)(Thing *);
};
struct Thing {
    Ops *ops;
    long value;
};
struct Base {
    virtual long first() { return 1; }
    virtual long second() { return 2; }
};
struct Derived : Base {
    long value = 3;
    long second() override { return value; }
};

static void *volatile kept;
static Base *volatile base;

NOINLINE static long grow_heap(Thing *thing)
{
    kept = malloc((size_t)thing->value);
    return 1;
}

NOINLINE static long look(Thing *thing)
{
    return thing->value;
}

NOINLINE long ask(Thing *thing)
{
    return thing->ops->grow(thing);
}

NOINLINE long ask_virtual(Base *object)
{
    return object->second() + 1;
}

int main(int count, char **)
{
    static Derived derived;
    static Base plain;
    Ops *made = static_cast<Ops *>(malloc(sizeof(Ops)));
    made->look = look;
    made->grow = grow_heap;
    Thing thing = {made, count};
    base = count > 1 ? &plain : &derived;
    return ask(&thing) == 1 && ask_virtual(base) == 4 ? 0 : 1;
}
