//! C23: what the kernel writes, and what writes while the kernel has control: a variable and a place in
//! the frame that a system call is given hold another function behind it, and so does one that a signal
//! handler writes. The registers that a system call takes for itself are not what they were; one loads
//! all of them from memory (rt_sigreturn), and goes on elsewhere.
//!
//! expect heap[name=into_variable].allocates in (maybe, always, unknown)
//! expect heap[name=into_frame].allocates in (maybe, always, unknown)
//! expect heap[name=by_signal].allocates in (maybe, always, unknown)
//! expect heap[name=by_register].allocates in (maybe, always, unknown)
//! expect heap[name=by_return].allocates in (maybe, always, unknown)
//! expect stack[name=by_return].bound_bytes == null
//! matrix all
//! run exits 0

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, used))

typedef void (*function)(int);

static void *volatile kept;
volatile int count;

NOINLINE void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}
NOINLINE void none(int n) { (void)n; }

static function variable = none, handled = none;
static int ends[2];

static long system_call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

NOINLINE static void send(function f)
{
    if (write(ends[1], &f, sizeof f) != sizeof f)
        abort();
}

NOINLINE void into_variable(void)
{
    send(allocates);
    system_call(0, ends[0], (long)&variable, sizeof variable); // read
    variable(5);
}

NOINLINE void into_frame(void)
{
    function f = none;
    send(allocates);
    system_call(0, ends[0], (long)&f, sizeof f);
    f(5);
}

NOINLINE static void handler(int number)
{
    (void)number;
    handled = allocates;
}
NOINLINE void by_signal(void)
{
    signal(SIGUSR1, handler);
    system_call(62, getpid(), SIGUSR1, 0); // kill
    ((function volatile *)&handled)[0](5);
}

/* rcx is where the kernel returns to, here to what calls it. */
__asm__(".text\n.globl by_register\n.type by_register,@function\n"
        "by_register: push %rbx\n lea none(%rip),%rcx\n xor %ebx,%ebx\n mov $39,%eax\n syscall\n"
        " inc %ebx\n cmp $1,%ebx\n je 1f\n mov $5,%edi\n call allocates\n pop %rcx\n pop %rbx\n ret\n"
        "1: call *%rcx\n pop %rbx\n ret\n.size by_register,.-by_register\n");
void by_register(void);

NOINLINE void lands(void) { allocates(24); }

/* Makes the frame of a signal in which lands() was interrupted at its start, and returns to it. */
__asm__(".text\n.type leaps,@function\n"
        "leaps: mov %rsp,%rdx\n sub $1024,%rsp\n and $-64,%rsp\n mov %rsp,%rdi\n xor %eax,%eax\n"
        " mov $128,%ecx\n rep stosq\n mov %r12,72(%rsp)\n mov %r13,80(%rsp)\n mov %r14,88(%rsp)\n"
        " mov %r15,96(%rsp)\n mov %rbp,120(%rsp)\n mov %rbx,128(%rsp)\n mov %rdx,160(%rsp)\n"
        " lea lands(%rip),%rax\n mov %rax,168(%rsp)\n movq $0x202,176(%rsp)\n movw $0x33,184(%rsp)\n"
        " movw $0x2b,190(%rsp)\n mov $15,%eax\n syscall\n hlt\n.size leaps,.-leaps\n");
void leaps(void);
NOINLINE void by_return(void) { leaps(); }

int main(void)
{
    if (pipe(ends))
        return 2;
    into_variable();
    into_frame();
    by_signal();
    by_register();
    by_return();
    return count == 5 ? 0 : 1;
}
