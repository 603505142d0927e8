//! C12: tables of 4-byte distances, as LLVM makes of tables of functions: from the table's own address,
//! of which code may mention the middle, too; and from the address of each word. No relocation tells
//! that the functions in it can be called from elsewhere: each is called directly with a function that
//! does nothing, and through the table with one that allocates.
//!
//! expect heap[name=apply].allocates in (maybe, unknown)
//! expect heap[name=apply].frees in (maybe, unknown)
//! expect heap[name=apply_behind].allocates in (maybe, unknown)
//! expect heap[name=apply_itself].allocates in (maybe, unknown)
//! matrix all
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

__attribute__((noinline, used)) void apply_behind(void (*f)(int), int n) { f(n + one); }
__attribute__((noinline, used)) void apply_itself(void (*f)(int), int n) { f(n + one); }

__asm__(".section .rodata\n.balign 4\ndistances: .long none - distances\n.long apply - distances\n.text\n"
        ".type at_distance,@function\nat_distance: lea distances(%rip),%rax\n movslq %edi,%rdi\n"
        " movslq (%rax,%rdi,4),%rcx\n add %rcx,%rax\n ret\n.size at_distance,.-at_distance\n");
void *at_distance(int i);

__asm__(".section .rodata\n.balign 4\nmentioned: .long none - mentioned\n.long none - mentioned\n"
        ".long apply_behind - mentioned\n.text\n"
        ".type behind_mention,@function\nbehind_mention: lea mentioned(%rip),%rax\n"
        " movslq 4+mentioned(%rip),%rcx\n movslq %edi,%rdi\n movslq 4(%rax,%rdi,4),%rcx\n"
        " add %rcx,%rax\n ret\n.size behind_mention,.-behind_mention\n");
void *behind_mention(int i);

__asm__(".section .rodata\n.balign 4\nitself: .long none - .\n.long apply_itself - .\n.text\n"
        ".type from_itself,@function\nfrom_itself: lea itself(%rip),%rax\n movslq %edi,%rdi\n"
        " lea (%rax,%rdi,4),%rax\n movslq (%rax),%rcx\n add %rcx,%rax\n ret\n"
        ".size from_itself,.-from_itself\n");
void *from_itself(int i);

typedef void (*function)(int);

int main(void)
{
    apply(none, 2);
    apply_behind(none, 2);
    apply_itself(none, 2);
    ((void (*)(function, int))at_distance(one))(allocates, 3);
    ((void (*)(function, int))behind_mention(one))(allocates, 3);
    ((void (*)(function, int))from_itself(one))(allocates, 3);
    return count == 3 ? 0 : 1;
}
