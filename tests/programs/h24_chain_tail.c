//! H24: main that ends by one of two functions that never return, chosen by a pointer, where one gets to
//! exit(): both are normal ends of it.
//!
//! expect heap[name=main].allocates in (maybe, always)
//! expect calls[from=main, to contains take].path == normal
//! expect heap[name=takes_less].allocates == never
//! matrix all
//! run exits 1

#include <stdlib.h>

#define NOINLINE __attribute__((noinline, used))

static void *volatile kept;
volatile int one = 1;

NOINLINE static void take(void) { kept = malloc(24); }
NOINLINE static int takes_less(int n) { return n - one; }

NOINLINE static void waits(int n)
{
    one = n;
    _Exit(n);
}
NOINLINE static void ends(int n)
{
    one = n;
    exit(n);
}

static void (*const ways[2])(int) = {waits, ends};

int main(int argc, char **argv)
{
    (void)argv;
    take();
    ways[takes_less(argc) & 1](one);
    __builtin_unreachable();
}
