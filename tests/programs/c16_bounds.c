//! C16: what bounds the index of a table of jumps, and what only seems to, in assembly: flags that
//! something else has set since, memory that was written since, and two ways of which one bounds
//! nothing. Those that end in `_never` are bounded well, so that what stands behind the table is none of
//! it; the others call allocates() where the bound leaves it out.
//!
//! expect heap[name=half].allocates in (maybe, always, unknown)
//! expect heap[name=after_call].allocates in (maybe, always, unknown)
//! expect heap[name=after_store].allocates in (maybe, always, unknown)
//! expect heap[name=after_sum].allocates in (maybe, always, unknown)
//! expect heap[name=two_limits].allocates in (maybe, always, unknown)
//! expect heap[name=two_widths].allocates in (maybe, always, unknown)
//! expect heap[name=signed_masked].allocates in (maybe, always, unknown)
//! expect heap[name=loaded_masked].allocates in (maybe, always, unknown)
//! expect heap[name=one_of_two].allocates in (maybe, always, unknown)
//! expect heap[name=overwritten].allocates in (maybe, always, unknown)
//! expect heap[name=by_type_never].allocates == never
//! expect heap[name=by_type_too_never].allocates == never
//! expect heap[name=masked_never].allocates in (never, on_panic)
//! expect heap[name=twice_never].allocates in (never, on_panic)
//! expect heap[name=copied_never].allocates in (never, on_panic)
//! expect heap[name=below_never].allocates in (never, on_panic)
//! expect heap[name=taken_never].allocates in (never, on_panic)
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

#define FUNCTION(NAME, CODE)                                                                       \
    __asm__(".text\n.globl " #NAME "\n.type " #NAME ",@function\n" #NAME ": " CODE "\n.size " #NAME  \
            ",.-" #NAME "\n");                                                                     \
    void NAME(int, int)
/* Jumps by the entry of the table T that rax says; 3 returns, 4 calls allocates(). */
#define JUMP(T) "lea t_" #T "(%rip),%rdx\n movslq (%rdx,%rax,4),%rax\n add %rdx,%rax\n jmp *%rax\n"
#define TABLE(T, BEFORE, ENTRIES)                                                                  \
    ".pushsection .rodata\n.balign 4\n" BEFORE "\n.globl t_" #T "\nt_" #T ": " ENTRIES "\n.popsection"
#define ENDS "3: ret\n4: jmp allocates\n"
#define LAST_OF_FOUR(T) TABLE(T, "", ".long 3b-t_" #T ",3b-t_" #T ",3b-t_" #T ",4b-t_" #T)
#define TWO(T) TABLE(T, "", ".long 3b-t_" #T ",4b-t_" #T)
#define TWO_AND_MORE(T) TABLE(T, "", ".long 3b-t_" #T ",4b-t_" #T ",5b-t_" #T)

/* The lower half of the entry leads 64 KiB before where the whole leads. */
FUNCTION(half, "cmp $1,%edi\n ja 5f\n mov %edi,%eax\n lea 9f(%rip),%rdx\n mov (%rdx,%rax,4),%eax\n"
               " movswq %ax,%rax\n add %rdx,%rax\n jmp *%rax\n.balign 4\n9: .long 5f-9b,5f-9b\n"
               "4: jmp allocates\n.skip 65536-(.-4b)\n5: ret");

FUNCTION(after_call, "push %rbx\n mov %edi,%ebx\n cmp $1,%ebx\n call sets_flags\n ja 3f\n mov %ebx,%eax\n "
                     JUMP(c) "3: pop %rbx\n ret\n4: pop %rbx\n jmp allocates\n" LAST_OF_FOUR(c));
FUNCTION(sets_flags, "xor %eax,%eax\n cmp $1,%eax\n ret");
FUNCTION(after_store, "cmpl $1,number(%rip)\n mov %edi,number(%rip)\n ja 3f\n mov number(%rip),%eax\n "
                      JUMP(d) ENDS LAST_OF_FOUR(d));
FUNCTION(after_sum, "cmp $1,%edi\n add $0,%esi\n ja 3f\n mov %edi,%eax\n " JUMP(e) ENDS LAST_OF_FOUR(e));
volatile int number;

FUNCTION(two_limits, "test %esi,%esi\n je 1f\n cmp $1,%edi\n jmp 2f\n1: cmp $3,%edi\n2: ja 3f\n"
                     " mov %edi,%eax\n " JUMP(f) ENDS LAST_OF_FOUR(f));
FUNCTION(two_widths, "test %esi,%esi\n je 1f\n cmp $-100,%dil\n jmp 2f\n1: cmp $-100,%edi\n2: ja 3f\n"
                     " mov %edi,%eax\n " JUMP(o) ENDS
                     TABLE(o, "", ".rept 200\n .long 3b-t_o\n .endr\n .long 4b-t_o"));
/* -56 is 456 of nine bits. */
FUNCTION(signed_masked, "cmp $200,%dil\n ja 3f\n movsbl %dil,%eax\n and $0x1ff,%eax\n " JUMP(p) ENDS
                        TABLE(p, "", ".rept 456\n .long 3b-t_p\n .endr\n .long 4b-t_p"));
FUNCTION(loaded_masked, "lea minus_56(%rip),%rcx\n movsbl (%rcx),%eax\n and $0x1ff,%eax\n " JUMP(q) ENDS
                        TABLE(q, "", ".rept 456\n .long 3b-t_q\n .endr\n .long 4b-t_q"));
volatile signed char minus_56 = -56;

FUNCTION(one_of_two, "test %esi,%esi\n jne 5f\n cmpl $1,number(%rip)\n ja 3f\n1: mov number(%rip),%eax\n "
                     JUMP(g) ENDS "5: nop\n jmp 1b\n" LAST_OF_FOUR(g));

/* What is called was kept in the frame, and its lower half is overwritten from below. */
FUNCTION(overwritten, "sub $40,%rsp\n lea harmless(%rip),%rax\n mov %rax,16(%rsp)\n"
                      " mov pointer(%rip),%rax\n shl $32,%rax\n mov %rax,12(%rsp)\n call *16(%rsp)\n"
                      " add $40,%rsp\n ret");
void (*volatile pointer)(void) = allocates;

#define HARMLESS "3: ret\n4: nop\n ret\n"
FUNCTION(by_type_never, "test %esi,%esi\n je 1f\n movzbl %dil,%eax\n jmp 2f\n1: cmp $1,%edi\n ja 3f\n"
                        " mov %edi,%eax\n2: " JUMP(h) HARMLESS TWO(h));
FUNCTION(by_type_too_never, "test %esi,%esi\n je 1f\n cmp $1,%edi\n ja 3f\n mov %edi,%eax\n jmp 2f\n"
                            "1: movzbl %dil,%eax\n2: " JUMP(i) HARMLESS TWO(i));
#define MORE HARMLESS "5: jmp allocates\n"
FUNCTION(masked_never, "cmp $10,%edi\n ja 3f\n mov %edi,%eax\n and $1,%eax\n " JUMP(j)
                       MORE TWO_AND_MORE(j));
FUNCTION(twice_never, "cmp $1,%edi\n ja 3f\n cmp $10,%edi\n ja 3f\n mov %edi,%eax\n " JUMP(k)
                      MORE TWO_AND_MORE(k));
FUNCTION(copied_never, "mov %edi,%eax\n cmp $1,%edi\n ja 3f\n " JUMP(l) MORE TWO_AND_MORE(l));
FUNCTION(below_never, "cmp $2,%edi\n jae 3f\n mov %edi,%eax\n " JUMP(m) MORE TWO_AND_MORE(m));
FUNCTION(taken_never, "cmp $1,%edi\n jbe 1f\n ret\n1: mov %edi,%eax\n " JUMP(n) MORE TWO_AND_MORE(n));

int main(void)
{
    half(0, 0);
    after_call(3, 0);
    number = 0;
    after_store(3, 0);
    after_sum(3, 0);
    two_limits(3, 0);
    two_widths(200, 0);
    signed_masked(200, 0);
    loaded_masked(0, 0);
    number = 3;
    one_of_two(0, 1);
    overwritten(0, 0);
    by_type_never(1, 1);
    by_type_too_never(1, 1);
    masked_never(3, 0);
    twice_never(1, 0);
    copied_never(1, 0);
    below_never(1, 0);
    taken_never(1, 0);
    return count == 10 ? 0 : 1;
}
