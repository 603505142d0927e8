//! H20: a loop that makes no calls but reads or writes memory that others see is where audio and
//! firmware live, and no dead end; one that does neither only waits.
//!
//! expect heap[name=runs].allocates == maybe
//! expect heap[name=polls].allocates == maybe
//! expect heap[name=works_apart].allocates == maybe
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

/* A loop of two blocks, of which one works. */
__asm__(".text\n.globl works_apart\n.type works_apart,@function\n"
        "works_apart: push %rbx\n mov %edi,%ebx\n mov $64,%edi\n call malloc@PLT\n"
        " test %ebx,%ebx\n je 2f\n1: pause\n2: incl works_at(%rip)\n jmp 1b\n"
        ".size works_apart,.-works_apart\n");
void works_apart(int begins);
unsigned works_at;

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 3)
        runs(&port);
    if (argc > 2)
        polls();
    if (argc > 4)
        works_apart(argc);
    if (argc > 1) {
        computes(3);
        waits();
    }
    return 0;
}
