/*
 * arrivals.c: a small flow over (function, argument).
 *
 * In: calls and what they pass on. Out: for an argument of a function, the functions and tables
 * that all callers pass. Each call of the function gives a function, a table, nothing, or hands on
 * an argument of its own caller. One call that passes something else, or a caller that is not
 * known, and the answer is not complete. Callers are not known of functions whose address is taken,
 * that the outside may call, or that execution begins with. Sets do not depend on who asks: whoever
 * passes a function to qsort passes it to all.
 */
#include "analysis/pointers/arrivals.h"

#include "analysis/pointers/outside.h"
#include "base/memory.h"

#include <stdlib.h>

enum { MAX_SOURCES = 4096 }; /* (function, argument) pairs behind one; more is not followed */

/* ---- Callers --------------------------------------------------------------------------------- */

static void find_other_callers(struct arrivals *arrivals)
{
    const struct program *program = arrivals->program;
    bool is_open = outside_may_call(program);
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        uint32_t whole = program_whole(program, i);
        if (function->is_address_taken || (is_open && function->is_exported))
            arrivals->has_other_callers[whole] = true;
    }
    for (uint32_t i = 0; i < program->facts->entry_count; i++)
        arrivals->has_other_callers[program->facts->entries[i].function] = true;
    for (uint32_t i = 0; i < program->call_count; i++) {
        const struct call *call = &program->calls[i];
        for (uint32_t k = 0; k < call->target_count && (call->target_count > 1 || call->is_partial);
             k++)
            arrivals->has_other_callers[program_whole(
                program, program->call_targets[call->first_target + k])] = true;
    }
}

/** The function that a call surely enters, or NONE. */
static uint32_t only_target(const struct program *program, const struct call *call)
{
    if (call->target_count != 1 || call->is_partial)
        return NONE;
    return program_whole(program, program->call_targets[call->first_target]);
}

static void find_callers(struct arrivals *arrivals)
{
    const struct program *program = arrivals->program;
    uint32_t *rows = xcalloc((size_t)program->function_count + 2, sizeof *rows);
    for (uint32_t i = 0; i < program->call_count; i++) {
        uint32_t target = only_target(program, &program->calls[i]);
        if (target != NONE)
            rows[target + 2]++;
    }
    for (uint32_t i = 0; i < program->function_count; i++)
        rows[i + 2] += rows[i + 1];
    arrivals->callers = xmalloc(((size_t)rows[program->function_count + 1] + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < program->call_count; i++) {
        uint32_t target = only_target(program, &program->calls[i]);
        if (target != NONE)
            arrivals->callers[rows[target + 1]++] = i;
    }
    arrivals->caller_rows = rows;
}

/* ---- Arrivals -------------------------------------------------------------------------------- */

/** Returns the first record at or behind what @p call passes as @p argument. */
static uint32_t first_passed(const struct program *program, uint32_t call, uint8_t argument)
{
    uint32_t low = 0, high = program->pointer_argument_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct pointer_argument *candidate = &program->pointer_arguments[middle];
        bool is_before =
            candidate->call != call ? candidate->call < call : candidate->argument < argument;
        if (is_before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_source(struct arrivals *arrivals, uint32_t function, uint8_t argument)
{
    uint64_t key = (uint64_t)function << 8 | argument;
    if (int_map_get(&arrivals->seen, key) != MAP_NONE)
        return;
    int_map_set(&arrivals->seen, key, 0);
    array_push(&arrivals->sources, (struct source){function, argument});
}

/** Adds what one call passes; false if that is not known. */
static bool add_passed(struct arrivals *arrivals, uint32_t call, uint8_t argument)
{
    const struct program *program = arrivals->program;
    uint32_t first = first_passed(program, call, argument), i;
    for (i = first; i < program->pointer_argument_count; i++) {
        const struct pointer_argument *value = &program->pointer_arguments[i];
        if (value->call != call || value->argument != argument)
            break;
        if (value->kind == POINTED_ARGUMENT)
            add_source(arrivals, program->calls[call].from, value->index);
        else if (value->kind != POINTED_NOTHING)
            array_push(&arrivals->values, *value);
    }
    return i > first;
}

static bool add_callers(struct arrivals *arrivals, struct source source)
{
    if (arrivals->has_other_callers[source.function])
        return false;
    for (uint32_t i = arrivals->caller_rows[source.function];
         i < arrivals->caller_rows[source.function + 1]; i++)
        if (!add_passed(arrivals, arrivals->callers[i], source.argument))
            return false;
    return true;
}

bool arrivals_find(struct arrivals *arrivals, uint32_t function, uint8_t argument)
{
    arrivals->values.count = arrivals->sources.count = 0;
    int_map_deinit(&arrivals->seen);
    int_map_init(&arrivals->seen);
    add_source(arrivals, function, argument);
    for (size_t i = 0; i < arrivals->sources.count; i++)
        if (i == MAX_SOURCES || !add_callers(arrivals, arrivals->sources.data[i]))
            return false;
    return true;
}

void arrivals_init(struct arrivals *ret, const struct program *program)
{
    *ret = (struct arrivals){.program = program};
    ret->has_other_callers =
        xcalloc((size_t)program->function_count + 1, sizeof *ret->has_other_callers);
    int_map_init(&ret->seen);
    find_other_callers(ret);
    find_callers(ret);
}

void arrivals_deinit(struct arrivals *arrivals)
{
    int_map_deinit(&arrivals->seen);
    array_deinit(&arrivals->values);
    array_deinit(&arrivals->sources);
    free(arrivals->has_other_callers);
    free(arrivals->caller_rows);
    free(arrivals->callers);
}
