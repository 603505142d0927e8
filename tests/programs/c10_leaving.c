//! C10: leaving by the stack pointer. A function that is jumped back into has not ended where the
//! code says: not by names (setjmp, longjmp) but by what the code does. __builtin_setjmp keeps the
//! address of a place in its function; own assembly keeps its return address and the stack pointer;
//! coroutines exchange stacks. What only notes where it is, or reads its arguments on the stack, does
//! nothing of the kind.
//!
//! expect heap[name=jumps].allocates in (maybe, always, unknown)
//! expect stack[name=jumps].bound_bytes == null
//! expect heap[name=sometimes].allocates in (maybe, unknown)
//! expect stack[name=sometimes].bound_bytes == null
//! expect heap[name=outlives].allocates in (maybe, always, unknown)
//! expect heap[name=again].allocates in (maybe, always, unknown)
//! expect heap[name=again_after_trap].allocates in (maybe, always, unknown)
//! expect heap[name=again_after_pop].allocates in (maybe, always, unknown)
//! expect heap[name=again].frees in (maybe, always, unknown)
//! expect stack[name=again].bound_bytes == null
//! expect heap[name=goes].allocates in (maybe, always, unknown)
//! expect stack[name=goes].bound_bytes == null
//! expect heap[name=swaps].allocates in (maybe, always, unknown)
//! expect heap[name=moves].allocates in (maybe, always, unknown)
//! expect heap[name=plain].allocates == never
//! expect heap[name=notes_place].allocates == on_panic
//! expect heap[name=calls_variadic].allocates == on_panic
//! expect stack[name=plain].bound_bytes <= 64
//! matrix all
//! run exits 0

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

static void *place[5], *volatile kept;
volatile int one = 1, count;

__attribute__((noinline, used)) static void take(void)
{
    char room[2000];
    memset(room, one, sizeof room);
    __asm__ volatile("" ::"r"(room) : "memory");
    free(kept);
    kept = malloc(24);
    count++;
}

NOINLINE static void take_and_leave(void)
{
    take();
    __builtin_longjmp(place, 1);
}
NOINLINE void jumps(void)
{
    if (!__builtin_setjmp(place))
        take_and_leave();
}

static void on_abort(int number)
{
    (void)number;
    __builtin_longjmp(place, 1);
}
NOINLINE static void take_and_end(void)
{
    take();
    abort();
}
NOINLINE void outlives(void)
{
    if (!__builtin_setjmp(place))
        take_and_end();
}

NOINLINE static void leave_if_one(void)
{
    if (one)
        __builtin_longjmp(place, 1);
}
NOINLINE void sometimes(void)
{
    if (!__builtin_setjmp(place)) {
        leave_if_one();
        take();
    }
}

__asm__(".text\n.globl keep_place\n.type keep_place,@function\n"
        "keep_place: mov %rbx,(%rdi)\n mov %rbp,8(%rdi)\n mov %r12,16(%rdi)\n mov %r13,24(%rdi)\n"
        " mov %r14,32(%rdi)\n mov %r15,40(%rdi)\n lea 8(%rsp),%rdx\n mov %rdx,48(%rdi)\n"
        " mov (%rsp),%rdx\n mov %rdx,56(%rdi)\n xor %eax,%eax\n ret\n.size keep_place,.-keep_place\n"
        ".globl pop_place\n.type pop_place,@function\n"
        "pop_place: mov %rbx,(%rdi)\n mov %rbp,8(%rdi)\n mov %r12,16(%rdi)\n mov %r13,24(%rdi)\n"
        " mov %r14,32(%rdi)\n mov %r15,40(%rdi)\n pop %rdx\n mov %rsp,48(%rdi)\n mov %rdx,56(%rdi)\n"
        " sub $8,%rsp\n xor %eax,%eax\n ret\n.size pop_place,.-pop_place\n"
        ".globl go_to_place\n.type go_to_place,@function\n"
        "go_to_place: mov $1,%eax\n mov (%rdi),%rbx\n mov 8(%rdi),%rbp\n mov 16(%rdi),%r12\n"
        " mov 24(%rdi),%r13\n mov 32(%rdi),%r14\n mov 40(%rdi),%r15\n mov 48(%rdi),%rsp\n"
        " jmp *56(%rdi)\n.size go_to_place,.-go_to_place\n");
int keep_place(long *place) __attribute__((returns_twice));
int pop_place(long *place) __attribute__((returns_twice));
void go_to_place(long *place) __attribute__((noreturn));
static long registers[8];

NOINLINE static void leaves(void)
{
    take();
    go_to_place(registers);
}
NOINLINE void again(void)
{
    if (keep_place(registers) == 0)
        leaves();
}

static void on_trap(int number)
{
    (void)number;
    go_to_place(registers);
}
NOINLINE static void take_and_trap(void)
{
    take();
    __builtin_trap();
}
NOINLINE void again_after_trap(void)
{
    if (keep_place(registers) == 0)
        take_and_trap();
}
NOINLINE void again_after_pop(void)
{
    if (pop_place(registers) == 0)
        take_and_trap();
}

__asm__(".text\n.globl switch_to\n.type switch_to,@function\n"
        "switch_to: push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        " mov %rsp,(%rdi)\n mov (%rsi),%rsp\n"
        " pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n"
        ".size switch_to,.-switch_to\n");
void switch_to(void **from, void **to);
static void *here, *there;
static char other_stack[65536] __attribute__((aligned(16)));

NOINLINE static void routine(void)
{
    take();
    for (;;)
        switch_to(&there, &here);
}
NOINLINE void goes(void) { switch_to(&here, &there); }

/* The other way to exchange stacks, there and back. */
__asm__(".text\n.globl exchange\n.type exchange,@function\nexchange: xchg %rdi,%rsp\n ret\n"
        ".size exchange,.-exchange\n"
        ".globl move\n.type move,@function\nmove: mov %rsp,%rax\n mov %rdi,%rsp\n mov %rax,%rdi\n ret\n"
        ".size move,.-move\n"
        ".globl come_back\n.type come_back,@function\ncome_back: push %rdi\n call take\n pop %rsp\n ret\n"
        ".size come_back,.-come_back\n");
void exchange(void *stack);
void move(void *stack);
extern const char come_back[];
static uintptr_t swapped_stack[8192] __attribute__((aligned(16)));

NOINLINE void swaps(void)
{
    swapped_stack[8190] = (uintptr_t)come_back;
    exchange(swapped_stack + 8190);
}
NOINLINE void moves(void)
{
    swapped_stack[8190] = (uintptr_t)come_back;
    move(swapped_stack + 8190);
}

__asm__(".text\n.globl notes_place\n.type notes_place,@function\n"
        "notes_place: sub $8,%rsp\n lea 0(%rip),%rax\n mov %rax,noted(%rip)\n test %edi,%edi\n"
        " jne 1f\n add $8,%rsp\n ret\n1: call take\n call abort@PLT\n"
        ".size notes_place,.-notes_place\n");
void notes_place(int is_wrong);
void *noted;

NOINLINE static int sum(int numbers, ...)
{
    int result = 0;
    va_list list;
    va_start(list, numbers);
    for (int i = 0; i < numbers; i++)
        result += va_arg(list, int);
    va_end(list);
    return result;
}
NOINLINE void calls_variadic(int number)
{
    if (sum(9, 1, 2, 3, 4, 5, 6, 7, 8, number) > 40)
        return;
    take();
    abort();
}

NOINLINE int plain(int a) { return a * one; }

int main(void)
{
    uintptr_t *top = (uintptr_t *)(other_stack + sizeof other_stack) - 2;
    *top = (uintptr_t)routine;
    there = top - 6;
    jumps();
    signal(SIGABRT, on_abort);
    outlives();
    sometimes();
    again();
    sigaction(SIGILL, &(struct sigaction){.sa_handler = on_trap, .sa_flags = SA_NODEFER}, NULL);
    again_after_trap();
    again_after_pop();
    goes();
    swaps();
    moves();
    notes_place(0);
    calls_variadic(9);
    return count == 8 && noted && plain(2) == 2 ? 0 : 1;
}
