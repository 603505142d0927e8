/*
 * stepper.c: follows a call of a subject instruction by instruction, in the process itself: with
 * the trap flag set, the kernel sends SIGTRAP after each instruction. In: addresses and stack
 * pointers of all instructions. Out: for each function that a call entered, what its calls did
 * (struct summary), and each call and jump from where to where (struct transfer).
 *
 * A shadow stack has one entry for each call that has not returned. An entry ends when the stack
 * pointer is above the place of its return address: by returning, if control is at the return
 * address and the stack pointer right above; else the call was left. Instructions on another stack
 * are followed for their transfers only. A call of which only a part was followed tells nothing.
 */
#define _GNU_SOURCE
#include "stepper.h"

#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

enum {
    MAX_SUMMARIES = 1 << 12,
    MAX_TRANSFERS = 1 << 14,
    MAX_CALLS = 1 << 12,
    STACK_BYTES = 4 << 20,
    TRAP_FLAG = 0x100,
};

struct counts {
    unsigned allocations, frees, raised;
};

struct call {
    uintptr_t function, return_address, slot; /* where the return address is */
    uintptr_t lowest, own_lowest;             /* stack pointers; own: not of what it called */
    uintptr_t first, last;                    /* instructions of its own */
    struct counts before;
};

/* What all calls of a function did, at most and at least; normal: of those that returned and saw
 * nothing thrown. Depths and frames are bytes of stack, return address included. */
struct summary {
    uintptr_t function, first, last;
    unsigned calls, allocations, frees, depth, frame;
    unsigned normal_calls, normal_allocations, normal_frees, normal_depth;
    unsigned least_allocations, least_frees; /* of the normal ones */
};

struct transfer {
    uintptr_t from, to;
    bool is_call;
};

static struct summary summaries[MAX_SUMMARIES];
static struct transfer transfers[MAX_TRANSFERS];
static struct call calls[MAX_CALLS];
static size_t call_count;
static uintptr_t stack_top, last_address, last_stack;
static uintptr_t code, code_bytes; /* of the file with the subjects */
static unsigned long steps_left, run_steps_left;
static uintptr_t allocator_site;
static __thread bool is_on; /* in the thread that calls subjects */
static const struct stepper_counters *counters;
static bool is_own(uintptr_t address)
{
    return address - code < code_bytes;
}

static size_t hash(uintptr_t a, uintptr_t b)
{
    return ((a * 0x9e3779b97f4a7c15u) ^ (b * 0xc2b2ae3d27d4eb4fu)) >> 40;
}

/* ---- What calls did -------------------------------------------------------------------------- */

static struct summary *summary_of(uintptr_t function)
{
    size_t at = hash(function, 0) % MAX_SUMMARIES;
    for (size_t i = 0; i < MAX_SUMMARIES; i++, at = (at + 1) % MAX_SUMMARIES) {
        struct summary *summary = &summaries[at];
        if (!summary->function)
            *summary = (struct summary){.function = function,
                                        .first = function,
                                        .last = function,
                                        .least_allocations = ~0u,
                                        .least_frees = ~0u};
        if (summary->function == function)
            return summary;
    }
    return NULL;
}

static void most(unsigned *at, unsigned value)
{
    *at = value > *at ? value : *at;
}

static void least(unsigned *at, unsigned value)
{
    *at = value < *at ? value : *at;
}

static void summarize(const struct call *call, bool has_returned)
{
    struct summary *summary = is_own(call->function) ? summary_of(call->function) : NULL;
    if (!summary)
        return;
    unsigned allocations = *counters->allocations - call->before.allocations;
    unsigned frees = *counters->frees - call->before.frees;
    bool is_normal = has_returned && *counters->raised == call->before.raised;
    unsigned depth = (unsigned)(call->slot + 8 - call->lowest);
    most(&summary->allocations, allocations);
    most(&summary->frees, frees);
    most(&summary->depth, depth);
    most(&summary->frame, (unsigned)(call->slot + 8 - call->own_lowest));
    summary->first = call->first < summary->first ? call->first : summary->first;
    summary->last = call->last > summary->last ? call->last : summary->last;
    summary->calls++;
    if (!is_normal)
        return;
    summary->normal_calls++;
    most(&summary->normal_allocations, allocations);
    most(&summary->normal_frees, frees);
    most(&summary->normal_depth, depth);
    least(&summary->least_allocations, allocations);
    least(&summary->least_frees, frees);
}

static void end_call(bool has_returned)
{
    const struct call *call = &calls[--call_count];
    summarize(call, has_returned);
    if (call_count > 0 && call->lowest < calls[call_count - 1].lowest)
        calls[call_count - 1].lowest = call->lowest;
}

static void begin_call(uintptr_t function, uintptr_t return_address, uintptr_t slot)
{
    if (call_count == MAX_CALLS) { /* too deep to follow: forget all of it */
        run_steps_left = 0;
        return;
    }
    calls[call_count++] = (struct call){
        .function = function,
        .return_address = return_address,
        .slot = slot,
        .lowest = slot,
        .own_lowest = slot,
        .first = function,
        .last = function,
        .before = {*counters->allocations, *counters->frees, *counters->raised},
    };
}

/* ---- Instructions ---------------------------------------------------------------------------- */

enum kind { OTHER, CALL, JUMP };

static enum kind kind_of(const uint8_t *code)
{
    while (*code == 0x66 || *code == 0x67 || *code == 0xf2 || *code == 0xf3 || *code == 0x2e ||
           *code == 0x3e || *code == 0x26 || *code == 0x36 || *code == 0x64 || *code == 0x65)
        code++;
    if ((*code & 0xf0) == 0x40) /* REX */
        code++;
    if (*code == 0xe8)
        return CALL;
    if (*code == 0xff)
        return (code[1] >> 3 & 7) == 2 ? CALL : (code[1] >> 3 & 7) == 4 ? JUMP : OTHER;
    bool is_branch = (*code & 0xf0) == 0x70 || (*code == 0x0f && (code[1] & 0xf0) == 0x80);
    return *code == 0xe9 || *code == 0xeb || is_branch ? JUMP : OTHER;
}

static void add_transfer(uintptr_t from, uintptr_t to, bool is_call)
{
    if (!is_own(from) || !is_own(to))
        return;
    size_t at = hash(from, to) % MAX_TRANSFERS;
    for (size_t i = 0; i < MAX_TRANSFERS / 2; i++, at = (at + 1) % MAX_TRANSFERS) {
        struct transfer *transfer = &transfers[at];
        if (!transfer->from)
            *transfer = (struct transfer){from, to, is_call};
        if (transfer->from == from && transfer->to == to)
            return;
    }
}

static bool is_allocator(uintptr_t address)
{
    for (size_t i = 0; i < counters->allocator_count; i++)
        if ((uintptr_t)counters->allocators[i] == address)
            return true;
    return false;
}

/* The instruction at `last_address` has been executed; the next one is at `address`. */
static void follow(uintptr_t address, uintptr_t stack)
{
    if (!last_address) /* the call in the driver is not followed */
        begin_call(address, *(const uintptr_t *)stack, stack);
    enum kind kind = last_address ? kind_of((const uint8_t *)last_address) : OTHER;
    bool is_here = stack <= stack_top && stack_top - stack < STACK_BYTES;
    while (is_here && call_count > 0 && stack > calls[call_count - 1].slot) {
        const struct call *call = &calls[call_count - 1];
        end_call(stack == call->slot + 8 && address == call->return_address);
    }
    if (kind == CALL && stack == last_stack - 8) {
        add_transfer(last_address, address, true);
        if (is_here)
            begin_call(address, *(const uintptr_t *)stack, stack);
    } else if (kind == JUMP) {
        add_transfer(last_address, address, false);
    }
    if (kind != OTHER && is_allocator(address))
        allocator_site = last_address;
    if (!is_here || call_count == 0)
        return;
    struct call *call = &calls[call_count - 1];
    call->own_lowest = stack < call->own_lowest ? stack : call->own_lowest;
    call->lowest = stack < call->lowest ? stack : call->lowest;
    call->first = address < call->first ? address : call->first;
    call->last = address > call->last ? address : call->last;
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (!is_on || run_steps_left == 0) {
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        return;
    }
    steps_left--, run_steps_left--;
    follow((uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP]);
    last_address = (uintptr_t)registers[REG_RIP];
    last_stack = (uintptr_t)registers[REG_RSP];
}

/* ---- For the driver -------------------------------------------------------------------------- */

/* Of the object that has a place in its code: the segment, and how far it was moved. */
struct object {
    uintptr_t place, begin, bytes, moved_by;
};

static int find_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct object *object = data;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD || object->place - begin >= segment->p_memsz)
            continue;
        *object = (struct object){object->place, begin, segment->p_memsz, info->dlpi_addr};
        return 1;
    }
    return 0;
}

uintptr_t stepper_prepare(const struct stepper_counters *from, unsigned long steps,
                          uintptr_t subject)
{
    struct object object = {.place = subject};
    static char handler_stack[1 << 16] __attribute__((aligned(64)));
    counters = from;
    steps_left = steps;
    dl_iterate_phdr(find_object, &object);
    code = object.begin;
    code_bytes = object.bytes;
    sigaltstack(&(stack_t){.ss_sp = handler_stack, .ss_size = sizeof handler_stack}, NULL);
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGTRAP, &action, NULL);
    return object.moved_by;
}

/* Not in the red zone of who calls. */
__attribute__((noinline)) static void set_trap_flag(void)
{
    __asm__ volatile(
        "sub $128,%%rsp\n pushf\n orl %0,(%%rsp)\n popf\n add $128,%%rsp" ::"i"(TRAP_FLAG)
        : "memory", "cc");
}

__attribute__((noinline)) static void clear_trap_flag(void)
{
    __asm__ volatile(
        "sub $128,%%rsp\n pushf\n andl %0,(%%rsp)\n popf\n add $128,%%rsp" ::"i"(~TRAP_FLAG)
        : "memory", "cc");
}

bool stepper_pause(void)
{
    bool was_on = is_on && run_steps_left > 0;
    if (was_on)
        clear_trap_flag();
    return was_on;
}

void stepper_resume(void)
{
    set_trap_flag();
}

void stepper_begin(uintptr_t top, unsigned long steps)
{
    stack_top = top;
    call_count = 0;
    run_steps_left = steps < steps_left ? steps : steps_left;
    last_address = 0;
    last_stack = top;
    is_on = true;
}

bool stepper_end(void)
{
    is_on = false;
    bool is_whole = run_steps_left > 0;
    while (is_whole && call_count > 0)
        end_call(false);
    call_count = 0;
    return is_whole;
}

uintptr_t stepper_take_allocator_site(void)
{
    uintptr_t site = is_on && run_steps_left > 0 ? allocator_site : 0;
    allocator_site = 0;
    return site;
}

void stepper_print(void)
{
    for (size_t i = 0; i < MAX_SUMMARIES; i++) {
        const struct summary *s = &summaries[i];
        if (s->function)
            printf("function %lx %lx %lx %u %u %u %u %u %u %u %u %u %u %u\n", s->function, s->first,
                   s->last, s->calls, s->allocations, s->frees, s->depth, s->frame, s->normal_calls,
                   s->normal_allocations, s->normal_frees, s->normal_depth, s->least_allocations,
                   s->least_frees);
    }
    for (size_t i = 0; i < MAX_TRANSFERS; i++)
        if (transfers[i].from)
            printf("%s %lx %lx\n", transfers[i].is_call ? "call" : "jump", transfers[i].from,
                   transfers[i].to);
}
