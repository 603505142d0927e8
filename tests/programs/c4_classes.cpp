//! C++: a virtual call can enter the functions of the classes that the object may be of, where debug information
//! tells its type and type information the hierarchy; not those of other classes that have a function at the
//! same place of their tables, as all classes here do. `Noise` is the one that allocates. In release there is no
//! debug information: then the classes are told apart only where a virtual function calls one of its own object
//! (`twice`), whose class its symbol names. Nor are they where the type of the object is not known:
//! `ask_all` goes over an array with a moving pointer when it is optimized, `ask_shared` computes where a virtual
//! base is, and clang may change the arguments of functions that no other file can call (`ask_local`).
//!
//! expect debug: calls[from=ask_quiet, kind=vtable].to contains "Still::value() const"
//! expect debug: calls[from=ask_quiet, kind=vtable].to contains "Whisper::value() const"
//! expect debug: calls[from=ask_quiet, kind=vtable].to lacks "Noise::value() const"
//! expect debug: calls[from=ask_quiet, kind=vtable].to lacks "Local::value() const"
//! expect debug: calls[from=ask_loud, kind=vtable].to contains "Noise::value() const"
//! expect debug: calls[from=ask_loud, kind=vtable].to lacks "Still::value() const"
//! expect debug: calls[from=ask_whisper, kind=vtable].to contains "Whisper::value() const"
//! expect debug: calls[from=ask_whisper, kind=vtable].to lacks "Still::value() const"
//! expect debug: calls[from=ask_second, kind=vtable].to contains "non-virtual thunk to Both::value() const"
//! expect debug: calls[from=ask_second, kind=vtable].to lacks "Noise::value() const"
//! expect debug: calls[from=ask_both, kind=vtable].to contains "Both::first() const"
//! expect debug: calls[from=ask_both, kind=vtable].to lacks "Noise::value() const"
//! expect debug: calls[from=ask_held, kind=vtable].to contains "Still::value() const"
//! expect debug: calls[from=ask_held, kind=vtable].to lacks "Noise::value() const"
//! expect debug: calls[from=ask_all, kind=vtable].to contains "Whisper::value() const"
//! expect debug: calls[from=ask_all, kind=vtable].to lacks "Noise::value() const"
//! expect debug, g++: calls[from="*ask_local*", kind=vtable].to contains "local_value(int)::Local::value() const"
//! expect debug, g++: calls[from="*ask_local*", kind=vtable].to lacks "Noise::value() const"
//! expect debug: calls[from=ask_pair, kind=vtable].to contains "Box<int>::value() const"
//! expect debug: calls[from=ask_pair, kind=vtable].to lacks "Noise::value() const"
//! expect calls[from="Quiet::twice() const", kind=vtable].to contains "Whisper::value() const"
//! expect calls[from="Quiet::twice() const", kind=vtable].to lacks "Noise::value() const"
//! expect calls[from="Loud::twice() const", kind=vtable].to contains "Noise::value() const"
//! expect calls[from="Loud::twice() const", kind=vtable].to lacks "Still::value() const"
//! expect debug: heap[name=ask_whisper].allocates == never
//! expect debug: heap[name=ask_loud].allocates in (maybe, always)
//! expect release: heap[name=ask_whisper].allocates in (never, maybe, unknown)
//! expect release: heap[name=ask_loud].allocates == maybe
//! worse ask_all*
//! run exits 0

#include <cstdlib>

#define NOINLINE __attribute__((noinline))

static void *volatile kept;

struct Quiet {
    virtual int value() const = 0;
    NOINLINE virtual int twice() const { return value() + value(); }
};

struct Still : Quiet {
    NOINLINE int value() const override { return 1; }
};

struct Whisper : Still {
    NOINLINE int value() const override { return 2; }
};

struct Loud {
    virtual int value() const = 0;
    NOINLINE virtual int twice() const { return value() + value(); }
};

struct Noise : Loud {
    NOINLINE int value() const override
    {
        kept = std::malloc(10);
        return 3;
    }
};

struct First {
    long padding = 0;
    virtual int first() const = 0;
};

struct Second {
    virtual int value() const = 0;
};

struct Both : First, Second {
    NOINLINE int first() const override { return 4; }
    NOINLINE int value() const override { return 5; }
};

struct Holder {
    long before = 0;
    Still still;
    const Quiet *other = &still;
};

template <class T> struct Box : Second {
    T content{};
    NOINLINE int value() const override { return 6; }
};

namespace {
struct Root : virtual Quiet {
};

struct Leaf : Root {
    NOINLINE int value() const override { return 7; }
};
} // namespace

NOINLINE int ask_quiet(const Quiet *object) { return object->value() + 1; }
NOINLINE int ask_loud(const Loud &object) { return object.value() + 1; }
NOINLINE int ask_whisper(const Whisper &object) { return object.value() + 1; }
NOINLINE int ask_second(const Second &object) { return object.value() + 1; }
NOINLINE int ask_both(const Both &object) { return object.first() + 1; }
NOINLINE int ask_held(const Holder &holder) { return holder.other->value() + 1; }
NOINLINE int ask_pair(const Box<int> &box) { return box.value() + 1; }
NOINLINE int ask_shared(const Root &root) { return root.value() + 1; }

NOINLINE int ask_all(const Quiet *const *objects, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += objects[i]->value();
    return sum;
}

NOINLINE int local_value(int start)
{
    struct Local : Second {
        int start;
        NOINLINE int value() const override { return start; }
        NOINLINE int ask_local() const { return value() + 1; }
    };
    Local local;
    local.start = start;
    return local.ask_local();
}

int main(int argc, char **)
{
    Still still;
    Whisper whisper;
    Noise noise;
    Both both;
    Holder holder;
    Box<int> box;
    Leaf leaf;
    const Quiet *all[] = {&still, &whisper, &leaf};
    const Loud *volatile loud = &noise;
    int sum = all[argc % 3]->twice() + loud->twice() + ask_quiet(all[argc % 3]) + ask_loud(noise) + ask_whisper(whisper) + ask_second(both) +
              ask_second(box) + ask_both(both) + ask_held(holder) + ask_pair(box) +
              ask_shared(leaf) + ask_all(all, argc + 1) + local_value(argc);
    std::free(kept);
    return sum > 0 ? 0 : 1;
}
