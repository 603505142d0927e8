//! G9, C++: a `static` whose value must be computed at run time is zeroed memory that a start-up
//! function writes before main, listed in .init_array. One with a constant expression is ready in the
//! file, although its type has a constructor too.
//! (At -O0 g++ and clang++ make a helper that does the writing and a function in the list that calls
//! it; dwell names the one that writes or the one that calls it.)
//! The virtual call enters Square::area, as types and their hierarchy tell; in release there is no debug
//! information here, and it could be any class's (c4_classes.cpp).
//!
//! expect globals[name=started].memory == bss
//! expect globals[name=started].bytes == 16
//! expect globals[name=started].initializer != null
//! expect globals[name=ready].initializer == null
//! expect globals[name=ready].memory == data
//! expect globals[name=ready].bytes == 16
//! expect globals[name=limit].memory == read_only
//! expect globals[name=limit].initializer == null
//! expect some globals[kind=vtable, name="*Square*"]
//! expect globals[kind=vtable, name="*Square*"].memory == relro
//! expect globals[kind=vtable, name="*Square*"].bytes == 24
//! expect some globals[kind=type_info, name="*Square*"]
//! expect debug: heap[name=area_of].allocates in (never, on_panic)
//! expect release: heap[name=area_of].allocates == maybe
//! run exits 0

#include <cstdio>
#include <cstdlib>

struct Pair {
    long first, second;
    constexpr Pair(long a, long b) : first(a), second(b) {}
};

__attribute__((noinline)) long ask()
{
    const char *text = getenv("HOME");
    return text ? text[0] : 0;
}

Pair started(ask(), 2);
Pair ready(3, 4);
extern const Pair limit;
const Pair limit(5, 6);

struct Shape {
    virtual long area() const = 0;
};

struct Square : Shape {
    long side = 3;
    __attribute__((noinline)) long area() const override
    {
        return side * side;
    }
};

__attribute__((noinline)) long area_of(const Shape &shape)
{
    return shape.area();
}

int main(int argc, char **)
{
    Square square;
    square.side = argc;
    ready.first += argc;
    const volatile Pair *seen = &limit;
    std::printf("%ld %ld %ld %ld\n", started.first, ready.first, seen->second, area_of(square));
    return 0;
}
