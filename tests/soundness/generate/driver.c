/*
 * driver.c: the main function of generated programs. Calls each subject alone, with a few
 * arguments, and prints what it did, for hunt.py:
 *
 *     base ADDRESS                         where the file is loaded, 0 if at its own addresses
 *     run NAME ARGUMENT                    a call begins
 *     enter LEAF RETURN_ADDRESS DEPTH      a leaf was entered; the stack above its return address
 *     allocate BYTES RETURN_ADDRESS        of the call of the allocator
 *     free RETURN_ADDRESS ALLOCATED        RETURN_ADDRESS of the call that handed it out, 0 for
 * NULL end returned|left ALLOCATIONS FREES DEPTH RAISED
 *
 * Rows of the same kind with equal values are printed once for each call, and at most MAX_ROWS.
 * What other threads do is not counted. Depth is measured by paint: the stack below is filled with
 * a pattern before the call, and the lowest word that changed is looked for after it; return
 * address included. So it is at most PAINT_BYTES, never more than what was taken, but that leaves
 * may write 128 bytes below their stack pointer.
 *
 * The malloc family is replaced, in static programs too: memory comes from an area and is never
 * used again, so that each block tells who asked for it.
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_ROWS = 48, PAINT_BYTES = 192 * 1024, AREA_BYTES = 256 << 20, SECONDS = 10 };

struct row {
    int kind; /* index of row_formats */
    uint64_t values[3];
};

struct block {
    size_t bytes;
    uintptr_t asked_by;
};

static const char *const row_formats[] = {"enter %lu %lx %ld\n", "allocate %lu %lx\n",
                                          "free %lx %lx\n"};
enum { ENTER, ALLOCATE, FREE };

volatile long hunt_one = 1, hunt_sink;
void *volatile hunt_kept;
volatile unsigned hunt_raised;

static __thread bool is_counting;
static unsigned allocations, frees;
static struct row rows[MAX_ROWS];
static int row_count;
static uintptr_t top; /* stack pointer at the call of the subject */
static jmp_buf back;
static char area[AREA_BYTES] __attribute__((aligned(64)));
static size_t area_used;

static void add_row(int kind, uint64_t a, uint64_t b, uint64_t c)
{
    for (int i = 0; i < row_count; i++)
        if (rows[i].kind == kind && rows[i].values[0] == a && rows[i].values[1] == b &&
            rows[i].values[2] == c)
            return;
    if (row_count < MAX_ROWS)
        rows[row_count++] = (struct row){kind, {a, b, c}};
}

void hunt_enter(int leaf, void *return_address, void *frame)
{
    if (is_counting)
        add_row(ENTER, (uint64_t)leaf, (uintptr_t)return_address, top - ((uintptr_t)frame + 16));
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

long hunt_overridden(long a)
{
    hunt_kept = malloc(40);
    return a;
}

/* ---- The allocator --------------------------------------------------------------------------- */

static void *take(size_t bytes, size_t alignment, void *asked_by)
{
    if (is_counting) {
        allocations++;
        add_row(ALLOCATE, bytes, (uintptr_t)asked_by, 0);
    }
    if (alignment < 16)
        alignment = 16;
    size_t room = sizeof(struct block) + alignment + bytes + 16;
    if (room < bytes || room > sizeof area)
        return NULL;
    size_t at = __atomic_fetch_add(&area_used, (room + 15) / 16 * 16, __ATOMIC_RELAXED);
    if (at + room > sizeof area)
        return NULL;
    uintptr_t address = (uintptr_t)area + at + sizeof(struct block);
    address = (address + alignment - 1) / alignment * alignment;
    ((struct block *)address)[-1] = (struct block){bytes, (uintptr_t)asked_by};
    return (void *)address;
}

static void give_back(void *memory, void *by)
{
    if (!is_counting)
        return;
    frees++;
    add_row(FREE, (uintptr_t)by, memory ? ((struct block *)memory)[-1].asked_by : 0, 0);
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t bytes)
{
    return take(bytes, 16, CALLER);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    return __builtin_mul_overflow(count, bytes, &all) ? NULL : take(all, 16, CALLER);
}

void *realloc(void *memory, size_t bytes)
{
    void *moved = take(bytes, 16, CALLER);
    if (is_counting)
        frees++;
    if (memory && moved) {
        size_t old = ((struct block *)memory)[-1].bytes;
        memcpy(moved, memory, old < bytes ? old : bytes);
    }
    return moved;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return take(bytes, alignment, CALLER);
}

void *memalign(size_t alignment, size_t bytes)
{
    return take(bytes, alignment, CALLER);
}

int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    *ret = take(bytes, alignment, CALLER);
    return *ret ? 0 : ENOMEM;
}

void *valloc(size_t bytes)
{
    return take(bytes, 4096, CALLER);
}

void *pvalloc(size_t bytes)
{
    return take(bytes, 4096, CALLER);
}

size_t malloc_usable_size(void *memory)
{
    return memory ? ((struct block *)memory)[-1].bytes : 0;
}

void free(void *memory)
{
    give_back(memory, CALLER);
}

/* ---- Running --------------------------------------------------------------------------------- */

#define PATTERN 0x6b7c8d9eafb0c1d2

/* Paints the stack below, tells the stack pointer, calls. */
void invoke(void (*run)(long), long argument, uintptr_t *ret_top, size_t words);
__asm__(".text\n.globl invoke\n.type invoke,@function\ninvoke:\n"
        " .cfi_startproc\n"
        " push %rbx\n .cfi_adjust_cfa_offset 8\n push %rbp\n .cfi_adjust_cfa_offset 8\n"
        " push %r12\n .cfi_adjust_cfa_offset 8\n push %r13\n .cfi_adjust_cfa_offset 8\n"
        " push %r14\n .cfi_adjust_cfa_offset 8\n push %r15\n .cfi_adjust_cfa_offset 8\n"
        " sub $8,%rsp\n .cfi_adjust_cfa_offset 8\n"
        " mov %rsp,(%rdx)\n mov %rdi,%r8\n"
        " lea (,%rcx,8),%rdi\n neg %rdi\n add %rsp,%rdi\n"
        " movabs $0x6b7c8d9eafb0c1d2,%rax\n rep stosq\n"
        " mov %rsi,%rdi\n xor %eax,%eax\n call *%r8\n"
        " add $8,%rsp\n .cfi_adjust_cfa_offset -8\n"
        " pop %r15\n .cfi_adjust_cfa_offset -8\n pop %r14\n .cfi_adjust_cfa_offset -8\n"
        " pop %r13\n .cfi_adjust_cfa_offset -8\n pop %r12\n .cfi_adjust_cfa_offset -8\n"
        " pop %rbp\n .cfi_adjust_cfa_offset -8\n pop %rbx\n .cfi_adjust_cfa_offset -8\n ret\n"
        " .cfi_endproc\n.size invoke,.-invoke\n");

static size_t painted_over(void)
{
    const volatile uint64_t *lowest = (const uint64_t *)(top - PAINT_BYTES);
    while ((uintptr_t)lowest < top && *lowest == PATTERN)
        lowest++;
    return top - (uintptr_t)lowest;
}

/* Of its own, so that nothing of the caller's lives in registers over the jump back. */
__attribute__((noinline)) static bool returns(void (*run)(long), long argument)
{
    if (sigsetjmp(back, 1) != 0)
        return false;
    is_counting = true;
    invoke(run, argument, &top, PAINT_BYTES / 8);
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
    is_counting = false;
    size_t depth = painted_over();
    for (int i = 0; i < row_count; i++)
        printf(row_formats[rows[i].kind], rows[i].values[0], rows[i].values[1], rows[i].values[2]);
    printf("end %s %u %u %zu %u\n", has_returned ? "returned" : "left", allocations, frees, depth,
           hunt_raised);
    fflush(stdout);
}

extern const char __executable_start[];

int main(void)
{
    static const long arguments[] = {0, 1, 2, 3, 9};
    static char output[1 << 14];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    signal(SIGABRT, on_signal);
    signal(SIGILL, on_signal);
    alarm(SECONDS);
    printf("base %lx\n", (unsigned long)__executable_start);
    for (int i = 0; i < hunt_subject_count; i++)
        for (size_t k = 0; k < sizeof arguments / sizeof *arguments; k++)
            run_subject(&hunt_subjects[i], arguments[k]);
    puts("done");
    fflush(stdout);
    _exit(0); /* what was registered with atexit may be the program's own tricks */
}
