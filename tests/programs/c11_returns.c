//! C11: return addresses that are changed, returns that go on elsewhere, and code that runs on into
//! what follows, in assembly.
//!
//! expect heap[name=skips].allocates in (maybe, always, unknown)
//! expect stack[name=skips].bound_bytes == null
//! expect heap[name=falls].allocates in (maybe, always, unknown)
//! expect stack[name=falls].bound_bytes == null
//! expect heap[name=pushes].allocates in (maybe, always, unknown)
//! expect heap[name=pushes_early].allocates in (maybe, always, unknown)
//! expect heap[name=drops].allocates in (maybe, unknown)
//! expect heap[name=reads].allocates == never
//! expect heap[name=orders].allocates == never
//! expect stack[name=orders].bound_bytes == 8
//! matrix all
//! run exits 0

#include <stdlib.h>

static void *volatile kept;
volatile int count;

__attribute__((noinline, used)) void allocates(void)
{
    free(kept);
    kept = malloc(24);
    count++;
}

/* later() returns behind the return that follows its call, drop() to the caller of its caller. */
__asm__(".text\n"
        ".type later,@function\nlater: addq $1,(%rsp)\n ret\n.size later,.-later\n"
        ".globl skips\n.type skips,@function\n"
        "skips: call later\n ret\n jmp allocates\n"
        ".size skips,.-skips\n"
        ".globl falls\n.type falls,@function\nfalls: sub $8,%rsp\n call plainly\n.size falls,.-falls\n"
        "behind: call allocates\n add $8,%rsp\n ret\n"
        ".type plainly,@function\nplainly: ret\n.size plainly,.-plainly\n"
        ".globl pushes\n.type pushes,@function\n"
        "pushes: lea allocates(%rip),%rax\n push %rax\n ret\n.size pushes,.-pushes\n"
        ".globl pushes_early\n.type pushes_early,@function\n"
        "pushes_early: lea allocates(%rip),%rax\n push %rax\n test %edi,%edi\n je 1f\n nop\n1: ret\n"
        ".size pushes_early,.-pushes_early\n"
        ".type drop,@function\ndrop: add $8,%rsp\n ret\n.size drop,.-drop\n"
        ".globl drops\n.type drops,@function\n"
        "drops: call drop\n jmp allocates\n.size drops,.-drops\n"
        ".globl orders\n.type orders,@function\n"
        "orders: lock orq $0,(%rsp)\n ret\n.size orders,.-orders\n"
        ".globl reads\n.type reads,@function\nreads: mov (%rsp),%rax\n ret\n.size reads,.-reads\n");
void skips(void);
void falls(void);
void pushes(void);
void pushes_early(int);
void drops(void);
void orders(void);
void *reads(void);

int main(void)
{
    skips();
    falls();
    pushes();
    pushes_early(0);
    drops();
    orders();
    return count == 4 && reads() ? 0 : 1;
}
