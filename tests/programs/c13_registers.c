//! C13: registers that an instruction changes besides the one that holds its result, and what is
//! known of a register where two ways meet, in assembly. Each of these calls allocates() in the end.
//!
//! expect heap[name=exchanges].allocates in (maybe, always, unknown)
//! expect heap[name=exchanges_back].allocates in (maybe, always, unknown)
//! expect heap[name=compares].allocates in (maybe, always, unknown)
//! expect heap[name=multiplies].allocates in (maybe, always, unknown)
//! expect heap[name=two_bounds].allocates == maybe
//! expect heap[name=chooses].allocates in (maybe, always, unknown)
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

__attribute__((noinline, used)) void harmless(void) {}

void (*volatile pointer)(void) = allocates;
void (*volatile swapped)(void) = allocates;

#define FUNCTION(NAME, CODE)                                                                       \
    __asm__(".text\n.globl " #NAME "\n.type " #NAME ",@function\n" #NAME ": " CODE "\n.size " #NAME  \
            ",.-" #NAME "\n");                                                                     \
    void NAME(int)

/* Of xchg and xadd both operands change, of cmpxchg rax. */
FUNCTION(exchanges, "lea harmless(%rip),%rcx\n mov pointer(%rip),%rdx\n xchg %rdx,%rcx\n jmp *%rcx");
FUNCTION(exchanges_back,
         "lea harmless(%rip),%rcx\n mov pointer(%rip),%rdx\n xchg %rcx,%rdx\n jmp *%rcx");
FUNCTION(compares, "lea harmless(%rip),%rax\n mov $1,%ecx\n lock cmpxchg %rcx,swapped(%rip)\n"
                   " jmp *%rax");
/* The upper half of the product, in rdx, is what was in rax. */
FUNCTION(multiplies, "lea harmless(%rip),%rdx\n mov pointer(%rip),%rax\n add %rax,%rax\n"
                     " mov $1,%ecx\n shl $63,%rcx\n mul %rcx\n jmp *%rdx");

/* One way says that the index is at most 1, the other that it is at most 4. */
FUNCTION(two_bounds, "cmp $1,%edi\n jbe 1f\n cmp $4,%edi\n ja 2f\n1: mov %edi,%eax\n"
                     " lea bounds(%rip),%rdx\n movslq (%rdx,%rax,4),%rax\n add %rdx,%rax\n jmp *%rax\n"
                     "2: ret\n3: jmp allocates\n"
                     ".pushsection .rodata\n.balign 4\nbounds: .long 2b-bounds,2b-bounds,2b-bounds\n"
                     " .long 3b-bounds,2b-bounds\n.popsection");

/* A conditional move leaves one of two. */
FUNCTION(chooses, "lea harmless(%rip),%rax\n lea allocates(%rip),%rcx\n test %edi,%edi\n"
                  " cmovne %rcx,%rax\n jmp *%rax");

int main(void)
{
    exchanges(0);
    exchanges_back(0);
    compares(0);
    multiplies(0);
    two_bounds(3);
    chooses(1);
    return count == 6 ? 0 : 1;
}
