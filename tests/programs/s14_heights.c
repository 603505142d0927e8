//! S14: stacks of different depth that meet, in assembly. Behind a branch the stack is what the other
//! way left, and a call behind which it is deeper may return; then what is called later begins deeper
//! than in the code before it.
//!
//! expect stack[name=deepens].bound_bytes == null
//! expect stack[name=ends_deep].bound_bytes == 128
//! expect stack[name=ends_deep].frame == fixed
//! expect stack[name=joins].bound_bytes in (null, 160)
//! expect stack[name=sizes].frame == dynamic
//! expect stack[name=restores].frame == dynamic
//! expect stack[name=reaches].red_zone_bytes == 72
//! run exits 0

#include <stdlib.h>

#define FUNCTION(NAME, CODE)                                                                       \
    __asm__(".text\n.globl " #NAME "\n.type " #NAME ",@function\n" #NAME ": " CODE "\n.size " #NAME  \
            ",.-" #NAME "\n");                                                                     \
    void NAME(int)

FUNCTION(returns, "ret");
FUNCTION(never_returns, "sub $24,%rsp\n ud2");
FUNCTION(large, "sub $104,%rsp\n movq $0,(%rsp)\n add $104,%rsp\n ret");

/* Only if the first call does not return, the second one begins 16 bytes below the caller. */
FUNCTION(deepens, "push %rbp\n mov %rsp,%rbp\n test %edi,%edi\n je 1f\n sub $64,%rsp\n call returns\n"
                  "1: call large\n leave\n ret");
FUNCTION(ends_deep, "push %rbp\n mov %rsp,%rbp\n test %edi,%edi\n je 1f\n sub $64,%rsp\n"
                    " call never_returns\n1: call large\n leave\n ret");

/* Both ways are sure; the deeper one counts: 8 + 8 + 32 + 8 + 104. */
FUNCTION(joins, "push %rbp\n mov %rsp,%rbp\n test %edi,%edi\n je 1f\n sub $32,%rsp\n1: call large\n"
                " leave\n ret");

/* What the function returns is subtracted, not what was in the register before (a probe keeps it). */
FUNCTION(gives_size, "mov $4096,%eax\n ret");
FUNCTION(sizes, "push %rbp\n mov %rsp,%rbp\n mov $24,%eax\n call gives_size\n sub %rax,%rsp\n"
                " call large\n leave\n ret");

/* Room of any size on one way, and the stack pointer that was kept. */
FUNCTION(restores, "push %rbp\n mov %rsp,%rbp\n sub $16,%rsp\n mov %rsp,-8(%rbp)\n test %edi,%edi\n"
                   " jne 2f\n1: call large\n mov -8(%rbp),%rsp\n call large\n leave\n ret\n"
                   "2: mov %edi,%eax\n shl $4,%rax\n sub %rax,%rsp\n jmp 1b");

FUNCTION(reaches, "mov $-64,%ecx\n movslq %ecx,%rcx\n movq $0,-8(%rsp,%rcx)\n ret");

int main(void)
{
    deepens(1);
    ends_deep(0);
    joins(1);
    joins(0);
    sizes(0);
    restores(0);
    restores(3);
    reaches(0);
    return 0;
}
