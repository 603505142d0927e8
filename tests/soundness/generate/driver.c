/*
 * driver.c: the main function of generated programs. Calls each subject alone, with a few
 * arguments, follows the call instruction by instruction (stepper.c), and prints for hunt.py:
 *
 *     moved DISTANCE                    of the subjects' file, from where it says it lies
 *     run NAME ARGUMENT                 a call begins
 *     allocate BYTES SITE               of the instruction that called the allocator
 *     end returned|left ALLOCATIONS FREES RAISED FOLLOWED
 *
 * and at the end what stepper.h says. FOLLOWED is 0 if the call was too long to be followed.
 * What other threads do is not counted.
 *
 * The malloc family is replaced, in static programs too: memory comes from an area and is never
 * used again.
 */
#define _GNU_SOURCE
#include "driver.h"
#include "stepper.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MAX_ROWS = 48,
    AREA_BYTES = 256 << 20,
    SECONDS = 60,
    STEPS = 1200000,
    RUN_STEPS = 60000,
};

struct row {
    size_t bytes;
    uintptr_t site;
};

volatile long hunt_one = 1, hunt_sink;
void *volatile hunt_kept;
volatile unsigned hunt_raised;

static __thread bool is_counting;
static unsigned allocations, frees;
static struct row rows[MAX_ROWS];
static int row_count;
static jmp_buf back;
static char area[AREA_BYTES] __attribute__((aligned(64)));
static size_t area_used;

static void add_row(size_t bytes, uintptr_t site)
{
    for (int i = 0; i < row_count; i++)
        if (rows[i].bytes == bytes && rows[i].site == site)
            return;
    if (row_count < MAX_ROWS && site)
        rows[row_count++] = (struct row){bytes, site};
}

void hunt_leave(void)
{
    longjmp(back, 1);
}

static void on_signal(int number)
{
    (void)number;
    if (!is_counting)
        _exit(3);
    siglongjmp(back, 1);
}

void hunt_allow_code(void *stack, size_t bytes)
{
    uintptr_t begin = (uintptr_t)stack & -(uintptr_t)4096;
    mprotect((void *)begin, (uintptr_t)stack + bytes - begin, PROT_READ | PROT_WRITE | PROT_EXEC);
}

long hunt_overridden(long a)
{
    hunt_kept = malloc(40);
    return a;
}

/* ---- The allocator --------------------------------------------------------------------------- */

static void *take(size_t bytes, size_t alignment)
{
    if (is_counting) {
        allocations++;
        add_row(bytes, stepper_take_allocator_site());
    }
    if (alignment < 16)
        alignment = 16;
    size_t room = sizeof(size_t) + alignment + bytes + 16;
    if (room < bytes || room > sizeof area)
        return NULL;
    size_t at = __atomic_fetch_add(&area_used, (room + 15) / 16 * 16, __ATOMIC_RELAXED);
    if (at + room > sizeof area)
        return NULL;
    uintptr_t address = (uintptr_t)area + at + sizeof(size_t);
    address = (address + alignment - 1) / alignment * alignment;
    ((size_t *)address)[-1] = bytes;
    return (void *)address;
}

/* As if it were in another file: who calls it, calls it. */
__attribute__((noipa)) void *malloc(size_t bytes)
{
    return take(bytes, 16);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    return __builtin_mul_overflow(count, bytes, &all) ? NULL : take(all, 16);
}

void *realloc(void *memory, size_t bytes)
{
    void *moved = take(bytes, 16);
    frees += is_counting;
    if (memory && moved) {
        size_t old = ((size_t *)memory)[-1];
        memcpy(moved, memory, old < bytes ? old : bytes);
    }
    return moved;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return take(bytes, alignment);
}

void *memalign(size_t alignment, size_t bytes)
{
    return take(bytes, alignment);
}

int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    *ret = take(bytes, alignment);
    return *ret ? 0 : ENOMEM;
}

void *valloc(size_t bytes)
{
    return take(bytes, 4096);
}

void *pvalloc(size_t bytes)
{
    return take(bytes, 4096);
}

size_t malloc_usable_size(void *memory)
{
    return memory ? ((size_t *)memory)[-1] : 0;
}

void free(void *memory)
{
    (void)memory;
    if (is_counting)
        frees++;
}

/* ---- Running --------------------------------------------------------------------------------- */

static void *const allocators[] = {malloc,   calloc,         realloc, aligned_alloc,
                                   memalign, posix_memalign, valloc,  pvalloc};

/* Calls with the trap flag set. `tell` is called with the stack pointer at the call. */
void invoke(void (*run)(long), long argument, void (*tell)(uintptr_t));
__asm__(".text\n.globl invoke\n.type invoke,@function\ninvoke:\n"
        " .cfi_startproc\n"
        " push %rbx\n .cfi_adjust_cfa_offset 8\n push %rbp\n .cfi_adjust_cfa_offset 8\n"
        " push %r12\n .cfi_adjust_cfa_offset 8\n push %r13\n .cfi_adjust_cfa_offset 8\n"
        " push %r14\n .cfi_adjust_cfa_offset 8\n push %r15\n .cfi_adjust_cfa_offset 8\n"
        " sub $8,%rsp\n .cfi_adjust_cfa_offset 8\n"
        " mov %rdi,%rbx\n mov %rsi,%rbp\n mov %rsp,%rdi\n call *%rdx\n mov %rbp,%rdi\n"
        " pushf\n orl $0x100,(%rsp)\n popf\n call *%rbx\n"
        " pushf\n andl $~0x100,(%rsp)\n popf\n"
        " add $8,%rsp\n .cfi_adjust_cfa_offset -8\n"
        " pop %r15\n .cfi_adjust_cfa_offset -8\n pop %r14\n .cfi_adjust_cfa_offset -8\n"
        " pop %r13\n .cfi_adjust_cfa_offset -8\n pop %r12\n .cfi_adjust_cfa_offset -8\n"
        " pop %rbp\n .cfi_adjust_cfa_offset -8\n pop %rbx\n .cfi_adjust_cfa_offset -8\n ret\n"
        " .cfi_endproc\n.size invoke,.-invoke\n");

static void begin(uintptr_t stack_pointer)
{
    stepper_begin(stack_pointer, RUN_STEPS);
}

/* Of its own, so that nothing of the caller's lives in registers over the jump back. */
__attribute__((noinline)) static bool returns(void (*run)(long), long argument)
{
    if (sigsetjmp(back, 1) != 0)
        return false;
    is_counting = true;
    invoke(run, argument, begin);
    return true;
}

static void run_subject(const struct hunt_subject *subject, long argument)
{
    hunt_kept = NULL;
    if (subject->prepare)
        subject->prepare(argument);
    if (!hunt_kept)
        hunt_kept = malloc(8);
    allocations = frees = 0;
    hunt_raised = 0;
    row_count = 0;
    printf("run %s %ld\n", subject->name, argument);
    fflush(stdout);
    bool has_returned = returns(subject->run, argument);
    bool is_followed = stepper_end();
    is_counting = false;
    for (int i = 0; i < row_count; i++)
        printf("allocate %zu %lx\n", rows[i].bytes, rows[i].site);
    printf("end %s %u %u %u %d\n", has_returned ? "returned" : "left", allocations, frees,
           hunt_raised, is_followed);
    fflush(stdout);
}

/*
 * pthread_create() blocks all signals, and a step without its signal is the end. Rust calls it by
 * its own name, so that the linker is told to --wrap it.
 */
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int hunt_create_thread(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *),
                       void *argument)
{
    bool was_on = stepper_pause();
    int error = __real_pthread_create(ret, attributes, run, argument);
    if (was_on)
        stepper_resume();
    return error;
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    return hunt_create_thread(ret, attributes, run, argument);
}

int main(void)
{
    static const long arguments[] = {0, 1, 2, 3, 9};
    static char output[1 << 14];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    signal(SIGABRT, on_signal);
    signal(SIGILL, on_signal);
    alarm(SECONDS);
    uintptr_t moved_by =
        stepper_prepare(&(struct stepper_counters){&allocations, &frees, &hunt_raised, allocators,
                                                   sizeof allocators / sizeof *allocators},
                        STEPS, (uintptr_t)hunt_subjects[0].run);
    printf("moved %lx\n", (unsigned long)moved_by);
    for (int i = 0; i < hunt_subject_count; i++)
        for (size_t k = 0; k < sizeof arguments / sizeof *arguments; k++)
            run_subject(&hunt_subjects[i], arguments[k]);
    stepper_print();
    puts("done");
    fflush(stdout);
    _exit(0); /* what was registered with atexit may be the program's own tricks */
}
