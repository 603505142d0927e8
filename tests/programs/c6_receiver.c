//! __builtin_setjmp keeps the address of a place in its function, and __builtin_longjmp jumps there from a callee: no
//! instruction of the function leads there. `tries` may come back without an allocation, `comes_back` may
//! allocate only where it is come back to.
//!
//! expect heap[name=tries].allocates == maybe
//! expect heap[name=comes_back].allocates == maybe
//! run exits 1

#include <stdlib.h>

static void *volatile kept;
static void *buffer[5];

__attribute__((noinline)) static void jumps(int how)
{
    if (how == 1)
        __builtin_longjmp(buffer, 1);
}

__attribute__((noinline)) int tries(int how)
{
    if (__builtin_setjmp(buffer) == 0) {
        jumps(how);
        kept = malloc(8);
        return 2;
    }
    return 0;
}

__attribute__((noinline)) int comes_back(int how)
{
    if (__builtin_setjmp(buffer) == 0) {
        jumps(how);
        return 2;
    }
    kept = malloc(8);
    return 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    return tries(argc) + comes_back(argc);
}
