//! H20: a loop that makes no calls but reads or writes memory that others see is where audio and
//! firmware live, and no dead end; one that does neither only waits.
//!
//! expect heap[name=runs].allocates == maybe
//! expect heap[name=polls].allocates == maybe
//! expect heap[name=waits].allocates == on_panic
//! expect heap[name=computes].allocates == on_panic
//! matrix all
//! run exits 0

#include <stdlib.h>

static volatile unsigned port;

__attribute__((noinline)) void runs(volatile unsigned *at)
{
    unsigned *last = malloc(64);
    for (unsigned i = 0;; i++) {
        last[i & 15] = *at;
        *at = last[(i + 7) & 15] * 3;
    }
}

__attribute__((noinline)) void polls(void)
{
    void *volatile kept = malloc(64);
    (void)kept;
    for (;;)
        if (port == 77)
            port = 3;
}

__attribute__((noinline)) void waits(void)
{
    void *volatile kept = malloc(64);
    (void)kept;
    for (;;)
        __asm__ volatile("");
}

__attribute__((noinline)) void computes(unsigned i)
{
    void *volatile kept = malloc(64);
    (void)kept;
    for (;; i = i * 3 + 1)
        __asm__ volatile("" : "+r"(i));
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 3)
        runs(&port);
    if (argc > 2)
        polls();
    if (argc > 1) {
        computes(3);
        waits();
    }
    return 0;
}
