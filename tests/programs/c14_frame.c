//! C14: what is kept in the frame and called from there, although the frame was written through its
//! own address: an address that is a sum with the frame pointer, that was stored, pushed, or moved into
//! a vector register. What nobody else can write is still followed.
//!
//! expect heap[name=by_index].allocates in (maybe, always, unknown)
//! expect heap[name=stored].allocates in (maybe, always, unknown)
//! expect heap[name=pushed].allocates in (maybe, always, unknown)
//! expect heap[name=in_vector].allocates in (maybe, always, unknown)
//! expect heap[name=mixed].allocates in (maybe, always, unknown)
//! expect heap[name=its_own].allocates == never
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

typedef void (*function)(void);

static void *volatile kept;
volatile unsigned one = 1;
volatile int count;

__attribute__((used)) static void allocates(void)
{
    free(kept);
    kept = malloc(24);
    count++;
}

__attribute__((used)) static void none(void) {}

struct row {
    long id[3];
    function call;
    long more;
};

__attribute__((noinline)) void by_index(void)
{
    struct row rows[3] = {{{1, 2, 3}, none, 4}, {{1, 2, 3}, none, 4}, {{1, 2, 3}, none, 4}};
    unsigned i = one;
    function f = allocates;
    rows[i].call = f;
    function g = rows[1].call;
    g();
}

/* Each keeps none() at 8(%rsp), lets change() know where, and calls what is there. */
#define FRAME(name, told)                                                                          \
    void name(void);                                                                               \
    __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":\n"                      \
            " sub $40,%rsp\n lea none(%rip),%rax\n mov %rax,8(%rsp)\n" told                        \
            " call change\n call *8(%rsp)\n add $40,%rsp\n ret\n.size " #name ",.-" #name "\n")

uintptr_t volatile place;

__attribute__((used, noinline)) void change(void)
{
    if (place)
        *(function volatile *)(place + 8) = allocates;
    place = 0;
}

FRAME(stored, " mov %rsp,place(%rip)\n");
FRAME(pushed, " push %rsp\n pop place(%rip)\n");
FRAME(in_vector, " movq %rsp,%xmm0\n movq %xmm0,place(%rip)\n");
FRAME(mixed, " xor %eax,%eax\n or %rsp,%rax\n mov %rax,place(%rip)\n");
FRAME(its_own, "");

int main(void)
{
    function volatile all[] = {by_index, stored, pushed, in_vector, mixed, its_own};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        all[i]();
    return count == 5 ? 0 : 1;
}
