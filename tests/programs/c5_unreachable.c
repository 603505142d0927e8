//! A switch over a number of which the program promises that it is one of its cases. Compilers then
//! leave out the comparison, and clang lets the entries of values that cannot be lead to the very end
//! of the function, where there is no code. Such an entry is none, and the table goes on behind
//! it: the cases 9 to 11 are there, and one of them allocates.
//!
//! expect some calls[from=choose, to contains allocating, path=normal]
//! expect some calls[from=choose, to contains last, path=normal]
//! expect no calls[from=choose, kind=unresolved]
//! expect heap[name=choose].allocates == maybe
//! expect heap[name=quiet].allocates == never
//! run exits 0
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

static void *volatile kept;
static volatile long sink;

NOINLINE static long allocating(long value)
{
    kept = malloc((size_t)value + 1);
    return sink + 1;
}

NOINLINE static long first(long value)
{
    sink = value;
    return sink + 2;
}

NOINLINE static long second(long value)
{
    sink = value * 3;
    return sink + 3;
}

NOINLINE static long last(long value)
{
    sink = value * 5;
    return sink + 4;
}

struct item {
    unsigned char kind;
    long value;
};

NOINLINE static long choose(const struct item *item)
{
    switch (item->kind) {
    case 0: return first(item->value) + 1;
    case 1: return second(item->value) + 2;
    case 2: return first(item->value + 3) + 3;
    case 3: return second(item->value + 4) + 4;
    case 9: return allocating(item->value) + 5;
    case 10: return second(item->value + 8) + 6;
    case 11: return last(item->value) + 7;
    default: __builtin_unreachable();
    }
}

NOINLINE static long quiet(const struct item *item)
{
    switch (item->kind) {
    case 0: return first(item->value) + 1;
    case 1: return second(item->value) + 2;
    case 2: return first(item->value + 3) + 3;
    case 7: return second(item->value + 4) + 4;
    case 8: return first(item->value + 5) + 5;
    case 9: return last(item->value) + 7;
    default: __builtin_unreachable();
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    struct item item = {(unsigned char)(argc + 8), argc}, other = {(unsigned char)argc, argc};
    return choose(&item) > 0 && kept && choose(&other) > 0 && quiet(&other) > 0 ? 0 : 1;
}
