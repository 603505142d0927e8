//! S15: functions one inside the other, and such whose size nobody says, in assembly. What is behind
//! the inner one belongs to the outer one again; the inner one does not, nor does code without a name to
//! what stands before it.
//!
//! expect heap[name=outer].allocates == maybe
//! expect heap[name=inner].allocates == never
//! expect heap[name=calls_unnamed].allocates == always
//! expect stack[name=outer].frame_bytes == 16
//! expect stack[name=inner].frame_bytes == 2008
//! expect stack[name=unsized].frame_bytes == 16
//! expect stack[name=sized].frame_bytes == 8
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

__asm__(".text\n.globl outer, inner, unsized, sized\n"
        ".type outer,@function\nouter: sub $8,%rsp\n test %edi,%edi\n jne 2f\n call sized\n"
        " add $8,%rsp\n ret\n"
        ".type inner,@function\ninner: sub $2000,%rsp\n movq $0,(%rsp)\n add $2000,%rsp\n ret\n"
        ".size inner,.-inner\n"
        "2: call allocates\n add $8,%rsp\n ret\n.size outer,.-outer\n"
        ".type unsized,@function\nunsized: sub $8,%rsp\n call sized\n add $8,%rsp\n"
        " test %edi,%edi\n je 1f\n jmp *%rsi\n1: ret\n"
        ".type sized,@function\nsized: ret\n.size sized,.-sized\n"
        " sub $3000,%rsp\n call sized\n add $3000,%rsp\n ret\n"
        ".type before,@function\nbefore: ret\n"
        "5: .cfi_startproc\n sub $8,%rsp\n call allocates\n add $8,%rsp\n ret\n.cfi_endproc\n"
        ".globl calls_unnamed\n.type calls_unnamed,@function\ncalls_unnamed: jmp 5b\n"
        ".size calls_unnamed,.-calls_unnamed\n"
        ".type last,@function\nlast: ret\n.size last,.-last\n");
void outer(int);
void inner(void);
void unsized(int, void *);
void sized(void);
void calls_unnamed(void);

int main(void)
{
    outer(0);
    outer(1);
    inner();
    unsized(0, NULL);
    sized();
    calls_unnamed();
    return count == 2 ? 0 : 1;
}
