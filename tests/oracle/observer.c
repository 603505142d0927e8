/*
 * observer.c: a preload library that keeps the call stack of each allocation; observed.py builds
 * it.
 *
 * In: DWELL_OBSERVED, the start of a file name. Out, when a process exits: the file
 * "$DWELL_OBSERVED.PID" of these lines:
 *
 *     image LOAD_ADDRESS PATH          hexadecimal; the path of the program itself is its own
 *     stack RETURN_ADDRESS...          hexadecimal, innermost first; frames of this library
 * included dropped COUNT                    allocations whose stack was not kept
 *
 * Each different stack is kept once, in a hash table with open addressing; its memory is mapped,
 * never taken from the heap that is observed. Libraries stay loaded, so that addresses keep their
 * meaning. A process that ends otherwise (by a signal, by exec) writes nothing. libc's own names of
 * its allocator need no dlsym, which could itself allocate.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum {
    MAX_FRAMES = 256,
    SLOTS = 1 << 17, /* a power of two */
    MAX_STACKS = SLOTS / 2,
    MAX_WORDS = 1 << 22, /* of all stacks together, 32 MiB */
    MAX_SPINS = 100000,  /* then the lock is one that a fork left behind */
};

struct stack {
    uint32_t count;
    uintptr_t frames[MAX_FRAMES];
};

struct table {
    uint32_t slots[SLOTS];      /* 1 + index of the first word in words, 0: free */
    uintptr_t words[MAX_WORDS]; /* count, then the frames */
    uint32_t word_count, stack_count;
};

static struct table *table;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static atomic_uint dropped;
static _Thread_local bool is_inside __attribute__((tls_model("initial-exec")));

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

/* ---- Keeping stacks -------------------------------------------------------------------------- */

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument)
{
    struct stack *stack = argument;
    int is_before = 0;
    uintptr_t address = _Unwind_GetIPInfo(context, &is_before);
    if (address == 0 || stack->count == MAX_FRAMES)
        return _URC_END_OF_STACK;
    // A frame that a signal interrupted is at an instruction, not behind a call.
    stack->frames[stack->count++] = address + (is_before ? 1 : 0);
    return _URC_NO_REASON;
}

static uint64_t hash_of(const struct stack *stack)
{
    uint64_t hash = stack->count;
    for (uint32_t i = 0; i < stack->count; i++)
        hash = (hash ^ stack->frames[i]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static bool is_stack_at(uint32_t first, const struct stack *stack)
{
    return table->words[first] == stack->count &&
           memcmp(table->words + first + 1, stack->frames,
                  stack->count * sizeof stack->frames[0]) == 0;
}

/** Returns false if there is no room. */
static bool keep(const struct stack *stack)
{
    uint32_t slot = hash_of(stack) & (SLOTS - 1);
    while (table->slots[slot]) {
        if (is_stack_at(table->slots[slot] - 1, stack))
            return true;
        slot = (slot + 1) & (SLOTS - 1);
    }
    if (table->stack_count == MAX_STACKS || table->word_count + stack->count + 1 > MAX_WORDS)
        return false;
    table->slots[slot] = table->word_count + 1;
    table->words[table->word_count++] = stack->count;
    memcpy(table->words + table->word_count, stack->frames, stack->count * sizeof stack->frames[0]);
    table->word_count += stack->count;
    table->stack_count++;
    return true;
}

static bool take_lock(void)
{
    for (int i = 0; i < MAX_SPINS; i++)
        if (!atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
            return true;
    return false;
}

static bool has_table(void)
{
    if (!table) {
        void *memory = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        table = memory == MAP_FAILED ? NULL : memory;
    }
    return table != NULL;
}

/** Not inlined: the stack then surely holds the caller of malloc, by its return address. */
__attribute__((noinline)) static void observe(void)
{
    if (is_inside)
        return;
    is_inside = true;
    int error = errno;
    struct stack stack;
    stack.count = 0;
    _Unwind_Backtrace(add_frame, &stack);
    bool is_kept = false;
    if (take_lock()) {
        is_kept = has_table() && keep(&stack);
        atomic_flag_clear_explicit(&lock, memory_order_release);
    }
    if (!is_kept)
        atomic_fetch_add(&dropped, 1);
    errno = error;
    is_inside = false;
}

/* ---- Writing them ---------------------------------------------------------------------------- */

static int write_image(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size;
    char path[4096] = "";
    // The program comes first and without a name.
    if (info->dlpi_name && info->dlpi_name[0])
        snprintf(path, sizeof path, "%s", info->dlpi_name);
    else if (readlink("/proc/self/exe", path, sizeof path - 1) < 0)
        return 0;
    fprintf(argument, "image %lx %s\n", (unsigned long)info->dlpi_addr, path);
    return 0;
}

static void write_stacks(FILE *file)
{
    for (uint32_t at = 0; at < table->word_count;) {
        uintptr_t count = table->words[at++];
        fputs("stack", file);
        for (uintptr_t i = 0; i < count; i++)
            fprintf(file, " %lx", (unsigned long)table->words[at++]);
        fputc('\n', file);
    }
}

__attribute__((destructor)) static void write_all(void)
{
    const char *start = getenv("DWELL_OBSERVED");
    is_inside = true;
    char path[4096];
    if (!start || !table ||
        snprintf(path, sizeof path, "%s.%d", start, (int)getpid()) >= (int)sizeof path)
        return;
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    dl_iterate_phdr(write_image, file);
    write_stacks(file);
    fprintf(file, "dropped %u\n", atomic_load(&dropped));
    fclose(file);
}

/* ---- What is replaced ------------------------------------------------------------------------ */

void *malloc(size_t bytes)
{
    observe();
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    observe();
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    observe();
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    observe();
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    observe();
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    observe();
    *ret = __libc_memalign(alignment, bytes);
    return *ret ? 0 : ENOMEM;
}

int dlclose(void *library)
{
    (void)library;
    return 0;
}

void _exit(int status)
{
    write_all();
    for (;;)
        syscall(SYS_exit_group, status);
}

void _Exit(int status)
{
    _exit(status);
}
