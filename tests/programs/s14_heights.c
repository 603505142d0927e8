//! S14: stacks of different depth that meet, in assembly. Behind a branch the stack is what the other
//! way left, and a call behind which it is deeper may return; then what is called later begins deeper
//! than in the code before it.
//!
//! expect stack[name=deepens].bound_bytes == null
//! expect stack[name=ends_deep].bound_bytes == 128
//! expect stack[name=ends_deep].frame == fixed
//! expect stack[name=joins].bound_bytes in (null, 160)
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

int main(void)
{
    deepens(1);
    ends_deep(0);
    joins(1);
    joins(0);
    return 0;
}
