//! Returns that return to nobody. `ret` takes what lies on top of the stack, and code may put there
//! what it likes: a retpoline (`call 2f; ...; 2: mov %rax,(%rsp); ret`, as gcc
//! -mindirect-branch=thunk-inline writes it), a pushed address, the stack of another fiber. All
//! of these enter a function that is not known, here one that allocates. So does swapcontext of libc.
//!
//! But a stack pointer that was saved in the function's own aligned frame (as in hand-written
//! cryptography) is the old one, and that function returns to its caller. A subroutine within a
//! function is not told from a jump elsewhere; its return address is part of the frame.
//!
//! expect calls[from=retpoline, is_tail=true].kind == unresolved
//! expect calls[from=push_and_return, is_tail=true].kind == unresolved
//! expect calls[from=switch_stack, is_tail=true].kind == unresolved
//! expect heap[name in (retpoline, push_and_return, switch_stack, other_context)].allocates == unknown
//! expect heap[name=aligned].allocates == never
//! expect heap[name=subroutine].allocates in (never, unknown)
//! expect stack[name=subroutine].frame_bytes == 24
//! expect no calls[from=aligned]
//! run exits 0
#define _GNU_SOURCE
#include <stdlib.h>
#include <ucontext.h>

static void *volatile kept;
static ucontext_t here, there;
static char stack[65536] __attribute__((aligned(16)));

__attribute__((noinline)) void quiet(void)
{
    kept = NULL;
}

void allocating(void)
{
    kept = malloc(8);
}

/* The end of a fiber: back to the stack that switch_stack left, in `saved`. */
void *saved, *prepared;

void fiber(void)
{
    kept = malloc(8);
    __asm__ volatile("mov saved(%rip), %rsp; pop %rbp; ret");
}

void retpoline(void (*function)(void));
void push_and_return(void (*function)(void));
void switch_stack(void **to);
long subroutine(long value);
long aligned(long value);

__asm__(".text\n"
        ".globl retpoline, push_and_return, switch_stack, subroutine, aligned\n"
        ".type retpoline, @function\n"
        "retpoline:\n"
        "    push %rbx\n"
        "    mov %rdi, %rbx\n"
        "    call quiet\n"
        "    jmp 3f\n"
        "1:  call 2f\n"
        "4:  pause\n"
        "    jmp 4b\n"
        "2:  mov %rbx, (%rsp)\n"
        "    ret\n"
        "3:  call 1b\n"
        "    pop %rbx\n"
        "    ret\n"
        ".size retpoline, . - retpoline\n"
        ".type push_and_return, @function\n"
        "push_and_return:\n"
        "    push %rdi\n"
        "    call quiet\n"
        "    pop %rdi\n"
        "    push %rdi\n"
        "    ret\n"
        ".size push_and_return, . - push_and_return\n"
        ".type switch_stack, @function\n"
        "switch_stack:\n"
        "    push %rbp\n"
        "    mov %rsp, saved(%rip)\n"
        "    mov (%rdi), %rsp\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size switch_stack, . - switch_stack\n"
        ".type subroutine, @function\n"
        "subroutine:\n"
        "    push %rbx\n"
        "    mov %rdi, %rax\n"
        "    call 1f\n"
        "    call 1f\n"
        "    pop %rbx\n"
        "    ret\n"
        "1:  add $3, %rax\n"
        "    ret\n"
        ".size subroutine, . - subroutine\n"
        ".type aligned, @function\n"
        "aligned:\n"
        "    mov %rsp, %rax\n"
        "    push %rbx\n"
        "    sub $256, %rsp\n"
        "    and $-64, %rsp\n"
        "    mov %rax, 40(%rsp)\n"
        "    mov %rdi, (%rsp)\n"
        "    mov 40(%rsp), %rsi\n"
        "    mov (%rsp), %rax\n"
        "    mov -8(%rsi), %rbx\n"
        "    lea (%rsi), %rsp\n"
        "    ret\n"
        ".size aligned, . - aligned\n");

__attribute__((noinline)) void other_context(void)
{
    swapcontext(&here, &there);
}

int main(void)
{
    void **top = (void **)(stack + sizeof stack) - 3;
    top[1] = (void *)fiber;
    prepared = top;
    switch_stack(&prepared);
    if (getcontext(&there) != 0)
        return 1;
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, allocating, 0);
    other_context();
    retpoline(allocating);
    push_and_return(allocating);
    return subroutine(1) == 7 && aligned(5) == 5 ? 0 : 2;
}
