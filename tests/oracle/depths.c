/*
 * depths.c: how deep the stack really gets below each function, measured by running a program one
 * instruction at a time (ptrace), for depths.py.
 *
 *     depths LIMIT PROGRAM [ARGUMENTS...] <ADDRESSES
 *
 * In: the link-time addresses of functions, in hexadecimal, ascending, the first of them where
 * stepping begins; at most LIMIT steps. Out: for each function that ran, on standard output
 *
 *     ADDRESS NORMAL ALL CALLS
 *
 * the most stack that one of its activations took, over those that returned to their caller without
 * any exception or jump out of a callee, and over all; return address included; -1 for none. The
 * last line is "exit STATUS" or "signal NUMBER" or "limit" (what is seen until then counts all the
 * same, as not returned).
 *
 * A shadow stack for each thread has an activation for each function entered at its first
 * instruction, with the lowest stack pointer since; it ends when the stack pointer is above the
 * return address. A signal handler begins with an activation that passes nothing on to what it
 * interrupted. Until the first function is entered the program runs freely.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_THREADS = 64, SIGNAL_BARRIER = -1, RED_ZONE = 128 };

struct activation {
    long function; /* SIGNAL_BARRIER: what a signal interrupted ends here */
    uint64_t entry, lowest, return_address;
    bool is_odd; /* control left a callee in another way than by its return */
};

struct thread {
    pid_t id;
    bool is_expecting_handler;
    uint64_t interrupted_at; /* stack pointer */
    struct activation *stack;
    size_t count, capacity;
};

struct function {
    uint64_t address;
    long long normal, all, calls;
};

struct run {
    struct function *functions;
    size_t function_count;
    struct thread threads[MAX_THREADS];
    size_t thread_count;
    pid_t process;
    uint64_t base;
    long long steps;
};

static void fail(const char *what)
{
    perror(what);
    exit(3);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static void read_functions(struct run *run)
{
    unsigned long long address;
    size_t capacity = 0;
    while (scanf("%llx", &address) == 1) {
        if (run->function_count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            run->functions = realloc(run->functions, capacity * sizeof *run->functions);
            if (!run->functions)
                fail("realloc");
        }
        run->functions[run->function_count++] =
            (struct function){.address = address, .normal = -1, .all = -1};
    }
}

/** Returns the function that begins at @p address, or -1; the first one stands apart. */
static long function_at(const struct run *run, uint64_t address)
{
    size_t low = 1, high = run->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->functions[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < run->function_count && run->functions[low].address == address ? (long)low : -1;
}

/* ---- Activations ----------------------------------------------------------------------------- */

static void push(struct thread *thread, struct activation activation)
{
    if (thread->count == thread->capacity) {
        thread->capacity = thread->capacity ? 2 * thread->capacity : 256;
        thread->stack = realloc(thread->stack, thread->capacity * sizeof *thread->stack);
        if (!thread->stack)
            fail("realloc");
    }
    thread->stack[thread->count++] = activation;
}

static void finish(struct run *run, const struct activation *ended, bool is_odd)
{
    struct function *function = &run->functions[ended->function];
    long long bytes = (long long)(ended->entry + 8 - ended->lowest);
    if (bytes > function->all)
        function->all = bytes;
    if (!is_odd && bytes > function->normal)
        function->normal = bytes;
}

/** Ends activations that the stack pointer has left. */
static void pop(struct run *run, struct thread *thread, const struct user_regs_struct *regs)
{
    while (thread->count) {
        struct activation ended = thread->stack[thread->count - 1];
        if (regs->rsp <= ended.entry)
            return;
        thread->count--;
        if (ended.function == SIGNAL_BARRIER)
            continue;
        // After a tail call several end in one return.
        bool is_return = regs->rsp == ended.entry + 8 && regs->rip == ended.return_address;
        bool is_odd = ended.is_odd || !is_return;
        finish(run, &ended, is_odd);
        if (!thread->count)
            return;
        struct activation *caller = &thread->stack[thread->count - 1];
        if (caller->function != SIGNAL_BARRIER && ended.lowest < caller->lowest)
            caller->lowest = ended.lowest;
        caller->is_odd |= is_odd;
    }
}

static uint64_t peek(pid_t id, uint64_t address)
{
    errno = 0;
    long word = ptrace(PTRACE_PEEKDATA, id, (void *)address, NULL);
    return errno ? 0 : (uint64_t)word;
}

static void observe(struct run *run, struct thread *thread)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, thread->id, NULL, &regs) < 0)
        return;
    run->steps++;
    // A signal that is ignored leaves the stack pointer where it was.
    bool has_handler = thread->is_expecting_handler && regs.rsp + RED_ZONE < thread->interrupted_at;
    thread->is_expecting_handler = false;
    if (has_handler) {
        // Left when the stack pointer is where it was.
        push(thread, (struct activation){.function = SIGNAL_BARRIER,
                                         .entry = thread->interrupted_at - 1,
                                         .lowest = thread->interrupted_at});
    }
    pop(run, thread, &regs);
    long function = function_at(run, regs.rip - run->base);
    if (function >= 0) {
        run->functions[function].calls++;
        push(thread, (struct activation){.function = function,
                                         .entry = regs.rsp,
                                         .lowest = regs.rsp,
                                         .return_address = peek(thread->id, regs.rsp)});
    } else if (thread->count && regs.rsp < thread->stack[thread->count - 1].lowest) {
        thread->stack[thread->count - 1].lowest = regs.rsp;
    }
}

static void finish_all(struct run *run, struct thread *thread)
{
    struct user_regs_struct end = {.rsp = UINT64_MAX};
    pop(run, thread, &end);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static struct thread *thread_of(struct run *run, pid_t id)
{
    for (size_t i = 0; i < run->thread_count; i++)
        if (run->threads[i].id == id)
            return &run->threads[i];
    if (run->thread_count == MAX_THREADS) {
        fputs("too many threads\n", stderr);
        exit(3);
    }
    run->threads[run->thread_count] = (struct thread){.id = id};
    return &run->threads[run->thread_count++];
}

/* Once the first signal is there, its handler runs at the next step, if it has one. */
static void deliver(struct thread *thread, int signal)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, thread->id, NULL, &regs) == 0) {
        thread->is_expecting_handler = true;
        thread->interrupted_at = regs.rsp;
    }
    ptrace(PTRACE_SINGLESTEP, thread->id, NULL, (void *)(long)signal);
}

/** Returns false when the whole program has ended; @p ret_status is how. */
static bool handle(struct run *run, pid_t id, int status, int *ret_status)
{
    struct thread *thread = thread_of(run, id);
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        finish_all(run, thread);
        *ret_status = status;
        return id != run->process;
    }
    int signal = WSTOPSIG(status);
    if (signal != SIGTRAP && signal != SIGSTOP) {
        deliver(thread, signal);
        return true;
    }
    if (signal == SIGTRAP && status >> 16 == 0)
        observe(run, thread);
    ptrace(PTRACE_SINGLESTEP, id, NULL, NULL);
    return true;
}

/* ---- The program ----------------------------------------------------------------------------- */

static pid_t start(char **argv)
{
    pid_t child = fork();
    if (child == 0) {
        personality(ADDR_NO_RANDOMIZE);
        // The dynamic linker works on the stack of who calls a function first; dwell says that it
        // does not count that.
        setenv("LD_BIND_NOW", "1", 1);
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[0], argv);
        _exit(127);
    }
    return child;
}

static uint64_t auxiliary(pid_t child, uint64_t wanted)
{
    char path[64];
    Elf64_auxv_t pair;
    uint64_t value = 0;
    snprintf(path, sizeof path, "/proc/%d/auxv", (int)child);
    FILE *file = fopen(path, "rb");
    while (file && fread(&pair, sizeof pair, 1, file) == 1)
        if (pair.a_type == wanted)
            value = pair.a_un.a_val;
    if (file)
        fclose(file);
    return value;
}

static uint64_t link_time_entry(const char *path)
{
    Elf64_Ehdr header = {.e_entry = 0};
    FILE *file = fopen(path, "rb");
    if (!file || fread(&header, sizeof header, 1, file) != 1)
        fail(path);
    fclose(file);
    return header.e_entry;
}

static void run_to(pid_t child, uint64_t address)
{
    int status;
    uint64_t word = peek(child, address);
    ptrace(PTRACE_POKEDATA, child, (void *)address, (void *)((word & ~0xffUL) | 0xcc));
    ptrace(PTRACE_CONT, child, NULL, NULL);
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
        fprintf(stderr, "the first function was never entered\n");
        exit(3);
    }
    struct user_regs_struct regs;
    ptrace(PTRACE_POKEDATA, child, (void *)address, (void *)word);
    ptrace(PTRACE_GETREGS, child, NULL, &regs);
    regs.rip = address;
    ptrace(PTRACE_SETREGS, child, NULL, &regs);
}

static void print(const struct run *run, int status, bool is_cut)
{
    for (size_t i = 1; i < run->function_count; i++) {
        const struct function *function = &run->functions[i];
        if (function->all >= 0)
            printf("%llx %lld %lld %lld\n", (unsigned long long)function->address, function->normal,
                   function->all, function->calls);
    }
    if (is_cut)
        puts("limit");
    else if (WIFEXITED(status))
        printf("exit %d\n", WEXITSTATUS(status));
    else
        printf("signal %d\n", WTERMSIG(status));
}

int main(int argc, char **argv)
{
    struct run run = {.function_count = 0};
    if (argc < 3)
        return 2;
    long long limit = atoll(argv[1]);
    read_functions(&run);
    if (!run.function_count)
        return 2;
    run.process = start(argv + 2);
    int status;
    if (waitpid(run.process, &status, 0) < 0 || !WIFSTOPPED(status))
        fail("start");
    ptrace(PTRACE_SETOPTIONS, run.process, NULL,
           (void *)(long)(PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL));
    run.base = auxiliary(run.process, AT_ENTRY) - link_time_entry(argv[2]);
    run_to(run.process, run.functions[0].address + run.base);
    observe(&run, thread_of(&run, run.process));
    ptrace(PTRACE_SINGLESTEP, run.process, NULL, NULL);
    while (run.steps < limit) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0 || !handle(&run, id, status, &status))
            break;
    }
    bool is_cut = run.steps >= limit;
    if (is_cut)
        kill(run.process, SIGKILL);
    for (size_t i = 0; i < run.thread_count; i++)
        finish_all(&run, &run.threads[i]);
    print(&run, status, is_cut);
    return 0;
}
