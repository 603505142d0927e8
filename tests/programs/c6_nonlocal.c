//! __builtin_setjmp stores where __builtin_longjmp is to come back to: the address of code in the
//! function itself, to which nothing else leads. Control may come back there, so that `stores_first`
//! does not always allocate, and `quiet_first` may.
//!
//! expect heap[name=stores_first].allocates in (maybe, unknown)
//! expect heap[name=quiet_first].allocates in (maybe, unknown)
//! matrix all
//! run exits 0
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

static void *volatile kept;
static volatile long number;
static void *place[5];

NOINLINE static void come_back(long value)
{
    if (value > 2)
        __builtin_longjmp(place, 1);
    number++;
}

NOINLINE long stores_first(long value)
{
    if (__builtin_setjmp(place) == 0) {
        come_back(value);
        kept = malloc(8);
        return 1;
    }
    return 0;
}

NOINLINE long quiet_first(long value)
{
    if (__builtin_setjmp(place) == 0) {
        come_back(value);
        return 1;
    }
    kept = malloc(8);
    return 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    return stores_first(argc) == 1 && stores_first(argc + 5) == 0 && quiet_first(argc + 5) == 0
               ? 0
               : 1;
}
