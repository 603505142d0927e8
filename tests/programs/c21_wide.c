//! C21: variables of one word that hold a function, and are written otherwise than by a store of that
//! word: by a wide store to the neighbour before it, by stores that lie across the border, in parts, and
//! by a store whose operand is not written down.
//!
//! expect heap[name=by_pair].allocates in (maybe, always, unknown)
//! expect heap[name=across].allocates in (maybe, always, unknown)
//! expect heap[name=by_mask].allocates in (maybe, always, unknown)
//! matrix all
//! run exits 0

#include <stdlib.h>

#define NOINLINE __attribute__((noinline, used))

typedef void (*function)(int);

static void *volatile kept;
volatile int count;

NOINLINE void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}
NOINLINE void none(int n) { (void)n; }

#define PAIR(before, word)                                                                         \
    __asm__(".data\n.balign 16\n.type " #before ",@object\n.size " #before ",8\n" #before          \
            ": .quad 0\n.globl " #word "\n.type " #word ",@object\n.size " #word ",8\n" #word ": .quad none\n.text\n"); \
    extern function word
#define FUNCTION(name, code)                                                                       \
    __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":" code                  \
            " ret\n.size " #name ",.-" #name "\n");                                                \
    void name(function f)

PAIR(before_pair, in_pair);
PAIR(before_border, at_border);
PAIR(before_mask, masked);

FUNCTION(put_pair, " movq %rdi,%xmm0\n pslldq $8,%xmm0\n movups %xmm0,before_pair(%rip)\n");
FUNCTION(put_across, " mov %rdi,%rax\n shl $32,%rax\n mov %rax,before_border+4(%rip)\n"
                     " mov %rdi,%rax\n shr $32,%rax\n mov %eax,at_border+4(%rip)\n");
FUNCTION(put_masked, " movq %rdi,%xmm0\n pcmpeqd %xmm1,%xmm1\n lea masked(%rip),%rdi\n"
                     " maskmovdqu %xmm1,%xmm0\n");

NOINLINE void by_pair(void)
{
    put_pair(allocates);
    in_pair(5);
}
NOINLINE void across(void)
{
    put_across(allocates);
    at_border(5);
}
NOINLINE void by_mask(void)
{
    put_masked(allocates);
    masked(5);
}

int main(void)
{
    by_pair();
    across();
    by_mask();
    return count == 3 ? 0 : 1;
}
