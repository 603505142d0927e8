//! C24: constants that are farther apart than any table is large. Where tables begin is then not kept,
//! so that any function may be in one of them: apply() is called directly with a function that does
//! nothing, and through a table of distances with one that allocates.
//!
//! expect heap[name=apply].allocates in (maybe, unknown)
//! build -fno-pie -no-pie -Wl,--section-start=.far=0x300000000
//! run exits 0

#include <stdlib.h>

static void *volatile kept;
volatile int one = 1, count;

__attribute__((noinline, used)) static void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}

__attribute__((noinline, used)) static void none(int n) { (void)n; }

__attribute__((noinline, used)) void apply(void (*f)(int), int n) { f(n + one); }

__asm__(".section .far,\"a\"\nfar: .quad 1\n"
        ".section .rodata\n.balign 4\ndistances: .long none - distances, apply - distances\n.text\n"
        ".type at_distance,@function\nat_distance: lea distances(%rip),%rax\n movslq %edi,%rdi\n"
        " movslq (%rax,%rdi,4),%rcx\n add %rcx,%rax\n ret\n.size at_distance,.-at_distance\n");
void *at_distance(int i);

int main(void)
{
    apply(none, 2);
    ((void (*)(void (*)(int), int))at_distance(one))(allocates, 3);
    return count == 1 ? 0 : 1;
}
