//! C13: registers that an instruction changes besides the one that holds its result, what is known of
//! a register where two ways meet, and tables of jumps that are not what they seem, in assembly. All
//! but picks() call allocates() in the end.
//!
//! expect heap[name=exchanges].allocates in (maybe, always, unknown)
//! expect heap[name=exchanges_back].allocates in (maybe, always, unknown)
//! expect heap[name=compares].allocates in (maybe, always, unknown)
//! expect heap[name=multiplies].allocates in (maybe, always, unknown)
//! expect heap[name=two_bounds].allocates == maybe
//! expect heap[name=chooses].allocates in (maybe, always, unknown)
//! expect heap[name=leads_out].allocates in (maybe, unknown)
//! expect heap[name=comes_back].allocates in (maybe, unknown)
//! expect heap[name=two_tables].allocates == maybe
//! expect heap[name=computes].witness contains allocates
//! expect heap[name=picks].allocates == never
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
    void NAME(int, int)
#define JUMP "movslq (%rdx,%rax,4),%rax\n add %rdx,%rax\n jmp *%rax\n"
#define TABLE(NAME, ENTRIES)                                                                       \
    ".pushsection .rodata\n.balign 4\n.globl " #NAME "\n" #NAME ": " ENTRIES "\n.popsection"

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
                     " lea bounds(%rip),%rdx\n " JUMP "2: ret\n3: jmp allocates\n"
                     TABLE(bounds, ".long 2b-bounds,2b-bounds,2b-bounds,3b-bounds,2b-bounds"));

/* The last entry leads to another function. */
FUNCTION(leads_out, "cmp $2,%edi\n ja 1f\n mov %edi,%eax\n lea outward(%rip),%rdx\n " JUMP "1: ret\n"
                    TABLE(outward, ".long 1b-outward,1b-outward,allocates-outward"));

/* Only for the first jump the index is at most 1; for the second one, the table is not known. */
FUNCTION(comes_back, "cmp $1,%edi\n ja 2f\n mov %edi,%eax\n lea again(%rip),%rdx\n1: " JUMP
                     "2: ret\n3: mov kept_table(%rip),%rdx\n mov %esi,%eax\n jmp 1b\n4: jmp allocates\n"
                     TABLE(again, ".long 2b-again,3b-again,4b-again"));
extern const int again[];
const int *volatile kept_table = again;

/* Only the second table leads to the last piece; to that of computes() leads no table at all. */
FUNCTION(two_tables, "cmp $1,%edi\n ja 2f\n mov %edi,%eax\n lea one_table(%rip),%rdx\n"
                     "1: jmp *(%rdx,%rax,8)\n2: ret\n"
                     "3: mov %esi,%eax\n lea other_table(%rip),%rdx\n jmp 1b\n4: jmp allocates\n"
                     ".pushsection .data.rel.ro,\"aw\"\n.balign 8\none_table: .quad 2b,3b\n"
                     "other_table: .quad 2b,4b\n.popsection");
FUNCTION(computes, "mov computed_place(%rip),%rax\n jmp *%rax\n1: ret\n2: jmp allocates\n"
                   ".pushsection .data\n.balign 8\ncomputed_place: .quad 2b\n.popsection");

/* Nothing bounds the index but the width of its type; the table ends where entries lead elsewhere. */
FUNCTION(picks, "movzbl %dil,%eax\n lea picked(%rip),%rdx\n jmp *(%rdx,%rax,8)\n1: ret\n2: nop\n ret\n"
                ".pushsection .data.rel.ro,\"aw\"\n.balign 8\npicked: .quad 1b,2b,0\n.popsection");

/* A conditional move leaves one of two. */
FUNCTION(chooses, "lea harmless(%rip),%rax\n lea allocates(%rip),%rcx\n test %edi,%edi\n"
                  " cmovne %rcx,%rax\n jmp *%rax");

int main(void)
{
    exchanges(0, 0);
    exchanges_back(0, 0);
    compares(0, 0);
    multiplies(0, 0);
    two_bounds(3, 0);
    leads_out(2, 0);
    comes_back(1, 2);
    chooses(1, 0);
    two_tables(1, 1);
    computes(0, 0);
    picks(1, 0);
    return count == 10 ? 0 : 1;
}
