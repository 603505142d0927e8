//! C20: other ways to another stack than those of C10: by an own frame that was filled from an argument,
//! by an argument on the stack, by a difference, by the frame pointer. Each leaves for the stack it is
//! given, on which a function waits that allocates.
//!
//! expect heap[name=by_push].allocates in (maybe, always, unknown)
//! expect heap[name=by_frame].allocates in (maybe, always, unknown)
//! expect heap[name=by_argument].allocates in (maybe, always, unknown)
//! expect heap[name=by_leave].allocates in (maybe, always, unknown)
//! expect heap[name=by_exchange].allocates in (maybe, always, unknown)
//! expect heap[name=by_difference].allocates in (maybe, always, unknown)
//! expect heap[name=by_size].allocates in (maybe, always, unknown)
//! expect heap[name=by_jump].allocates in (maybe, always, unknown)
//! expect heap[name=by_copy].allocates in (maybe, always, unknown)
//! expect stack[name=by_push].bound_bytes == null
//! expect stack[name=by_difference].bound_bytes == null
//! matrix all
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline, used))

static void *volatile kept;
volatile int count;
void *here;
static uintptr_t other[512] __attribute__((aligned(16)));

NOINLINE static void take(void)
{
    free(kept);
    kept = malloc(24);
    count++;
}

#define SAVE                                                                                       \
    " push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"                     \
    " mov %rsp,here(%rip)\n"
#define FUNCTION(name, code)                                                                       \
    __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":" code                  \
            ".size " #name ",.-" #name "\n");                                                      \
    void name(void *stack)

FUNCTION(push, SAVE " push %rdi\n pop %rsp\n ret\n");
FUNCTION(frame, SAVE " mov %rdi,-8(%rsp)\n mov -8(%rsp),%rsp\n ret\n");
FUNCTION(stacked, SAVE " mov 56(%rsp),%rsp\n ret\n");
FUNCTION(argument, " push %rdi\n call stacked\n pop %rdi\n ret\n");
FUNCTION(leaving, SAVE " lea -8(%rdi),%rbp\n leave\n ret\n");
FUNCTION(exchange, SAVE " xchg %rdi,%rsp\n ret\n");
FUNCTION(difference, SAVE " sub %rsp,%rdi\n add %rdi,%rsp\n ret\n");
FUNCTION(size, SAVE " sub %rsp,%rdi\n neg %rdi\n sub %rdi,%rsp\n ret\n");
FUNCTION(jump, SAVE " mov (%rdi),%rax\n lea 8(%rdi),%rsp\n jmp *%rax\n");
FUNCTION(copy, SAVE " push %rdi\n mov (%rsp),%rcx\n mov %rcx,%rsp\n ret\n");

__asm__(".globl back\n.type back,@function\nback: mov here(%rip),%rsp\n pop %r15\n pop %r14\n pop %r13\n"
        " pop %r12\n pop %rbp\n pop %rbx\n ret\n.size back,.-back\n");
void back(void) __attribute__((noreturn));

NOINLINE static void routine(void)
{
    take();
    back();
}

static void *stack(void)
{
    other[505] = (uintptr_t)routine;
    return &other[505];
}

NOINLINE void by_push(void) { push(stack()); }
NOINLINE void by_frame(void) { frame(stack()); }
NOINLINE void by_argument(void) { argument(stack()); }
NOINLINE void by_leave(void) { leaving(stack()); }
NOINLINE void by_exchange(void) { exchange(stack()); }
NOINLINE void by_difference(void) { difference(stack()); }
NOINLINE void by_size(void) { size(stack()); }
NOINLINE void by_jump(void) { jump(stack()); }
NOINLINE void by_copy(void) { copy(stack()); }

int main(void)
{
    void (*const all[])(void) = {by_push,       by_frame, by_argument, by_leave, by_exchange,
                                 by_difference, by_size,  by_jump,     by_copy};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        all[i]();
    return count == sizeof all / sizeof *all ? 0 : 1;
}
