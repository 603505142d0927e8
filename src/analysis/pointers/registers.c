/*
 * registers.c: what a call through a pointer could enter, told by registers alone.
 *
 * In: unresolved calls with their records, functions whose address is taken, frames. Out:
 * program.loose_calls. A function is a candidate if its address is taken anywhere, by code or in
 * data, it reads no arguments behind those that the call seems to pass, and it may return
 * something if the call looks at what is returned. (After V. van der Veen
 * et al., A tough call: mitigating advanced code-reuse attacks at the binary level, 2016.)
 *
 * In a large program that leaves hundreds of functions, and code may break the rule; so it proves
 * nothing. It shows what can be reached: a function that could reach the allocator over such a call
 * allocates `maybe`. A pointer that dlsym() returned is left alone, since it leads to where no
 * address is taken.
 */
#include "analysis/pointers/registers.h"

#include "analysis/pointers/looked_up.h"
#include "analysis/pointers/outside.h"
#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/sort.h"
#include "program/facts.h"

#include <string.h>

enum { MAX_TARGETS = 1 << 24 }; /* of all lists; from then on there is only one more */

/** A list of candidates, and how many functions were left out of it. */
struct candidates {
    uint32_t first, count, left_out;
};

struct resolver {
    struct program *program;
    ARRAY(uint32_t) taken;   /* functions whose address is taken, ascending */
    ARRAY(uint32_t) targets; /* behind program.call_targets */
    struct int_map lists;    /* from what is passed to an index in `known` */
    ARRAY(struct candidates) known;
    ARRAY(struct loose_call) calls;
};

/* ---- Functions whose address is taken -------------------------------------------------------- */

/** Adds what the stubs of an image lead to whose addresses are taken. */
static void add_behind_stubs(struct resolver *resolver, uint32_t image_index)
{
    const struct program *program = resolver->program;
    const struct image *image = program->images[image_index];
    CLEANUP_FREE bool *is_taken = xcalloc((size_t)image->symbol_count + 1, sizeof *is_taken);
    bool has_any = false;
    for (uint32_t i = program->image_functions[image_index];
         i < program->image_functions[image_index + 1]; i++) {
        const struct function *stub = &program->functions[i];
        if (stub->source != FUNCTION_PLT || !stub->is_address_taken || stub->symbol == NONE)
            continue;
        is_taken[stub->symbol] = has_any = true;
    }
    for (uint32_t i = 0; has_any && i < image->relocation_count; i++) {
        const struct relocation *relocation = &image->relocations[i];
        if (relocation->symbol != NONE && is_taken[relocation->symbol] &&
            relocation->function != NONE)
            array_push(&resolver->taken, program_whole(program, relocation->function));
    }
}

static void find_taken(struct resolver *resolver)
{
    const struct program *program = resolver->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        if (function->is_address_taken && function->part_of == NONE &&
            function->source != FUNCTION_PLT)
            array_push(&resolver->taken, i);
    }
    for (uint32_t i = 0; i < program->image_count; i++)
        add_behind_stubs(resolver, i);
    resolver->taken.count = sort_numbers(resolver->taken.data, resolver->taken.count);
}

/* ---- Candidates ------------------------------------------------------------------------------ */

/** The functions that take no arguments besides @p passed; each list is made once. */
static struct candidates list_for(struct resolver *resolver, uint8_t passed)
{
    uint32_t index = int_map_get(&resolver->lists, passed);
    if (index != MAP_NONE)
        return resolver->known.data[index];
    const struct frame *frames = resolver->program->facts->frames;
    struct candidates list = {.first = (uint32_t)resolver->targets.count};
    for (size_t i = 0; i < resolver->taken.count; i++) {
        uint32_t function = resolver->taken.data[i];
        if (frames[function].taken & ~passed)
            list.left_out++;
        else
            array_push(&resolver->targets, function);
    }
    list.count = (uint32_t)resolver->targets.count - list.first;
    int_map_set(&resolver->lists, passed, (uint32_t)resolver->known.count);
    array_push(&resolver->known, list);
    return list;
}

/** With all registers before the last one: who passes the third argument passes the first two. */
static uint8_t completed(uint8_t passed)
{
    uint8_t registers = passed & PASSED_REGISTERS;
    for (unsigned shift = 1; shift < 8; shift <<= 1)
        registers |= (uint8_t)(registers >> shift);
    return registers | (passed & (uint8_t)~PASSED_REGISTERS);
}

static void resolve(struct resolver *resolver, const struct pointer_call *records, uint32_t count)
{
    const struct program *program = resolver->program;
    uint8_t passed = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (is_looked_up(program, &records[i].callee))
            return;
        passed |= records[i].passed;
    }
    bool is_full = resolver->targets.count > MAX_TARGETS;
    struct candidates list = list_for(resolver, is_full ? UINT8_MAX : completed(passed));
    if (!list.count)
        return;
    struct loose_call call = {.call = records->call,
                              .first_target = resolver->program->call_target_count + list.first,
                              .target_count = list.count,
                              .kind = list.left_out ? CALL_PROTOTYPE : CALL_ADDRESS_TAKEN};
    array_push(&resolver->calls, call);
}

static void hand_over(struct resolver *resolver)
{
    struct program *program = resolver->program;
    size_t before = program->call_target_count, added = resolver->targets.count;
    uint32_t *targets = arena_calloc(&program->arena, before + added, sizeof *targets);
    if (before)
        memcpy(targets, program->call_targets, before * sizeof *targets);
    if (added)
        memcpy(targets + before, resolver->targets.data, added * sizeof *targets);
    program->call_targets = targets;
    program->call_target_count = (uint32_t)(before + added);
    program->loose_call_count = (uint32_t)resolver->calls.count;
    program->loose_calls =
        arena_calloc(&program->arena, resolver->calls.count + 1, sizeof *program->loose_calls);
    if (resolver->calls.count)
        memcpy(program->loose_calls, resolver->calls.data,
               resolver->calls.count * sizeof *program->loose_calls);
}

void registers_resolve(struct program *program)
{
    struct resolver resolver = {.program = program};
    if (outside_may_call(program))
        return;
    int_map_init(&resolver.lists);
    find_taken(&resolver);
    uint32_t end;
    for (uint32_t i = 0; i < program->pointer_call_count; i = end) {
        uint32_t call = program->pointer_calls[i].call;
        for (end = i;
             end < program->pointer_call_count && program->pointer_calls[end].call == call;)
            end++;
        if (program->calls[call].kind == CALL_UNRESOLVED)
            resolve(&resolver, program->pointer_calls + i, end - i);
    }
    hand_over(&resolver);
    int_map_deinit(&resolver.lists);
    array_deinit(&resolver.taken);
    array_deinit(&resolver.targets);
    array_deinit(&resolver.known);
    array_deinit(&resolver.calls);
}
