//! C12: a table of 4-byte distances from its own address, as LLVM makes of tables of functions. No
//! relocation tells that the functions in it can be called from elsewhere: apply() is called directly
//! with a function that does nothing, and through the table with one that allocates.
//!
//! expect heap[name=apply].allocates in (maybe, unknown)
//! expect heap[name=apply].frees in (maybe, unknown)
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

__asm__(".section .rodata\n.balign 4\ndistances: .long none - distances\n.long apply - distances\n.text\n"
        ".type at_distance,@function\nat_distance: lea distances(%rip),%rax\n movslq %edi,%rdi\n"
        " movslq (%rax,%rdi,4),%rcx\n add %rcx,%rax\n ret\n.size at_distance,.-at_distance\n");
void *at_distance(int i);

int main(void)
{
    apply(none, 2);
    ((void (*)(void (*)(int), int))at_distance(one))(allocates, 3);
    return count == 1 ? 0 : 1;
}
