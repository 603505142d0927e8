/*
 * ifunc.c: calls of functions that are chosen when the program starts (STT_GNU_IFUNC).
 *
 * In: functions marked is_ifunc, references, calls. Out: the calls of resolvers rewritten to the
 * functions that the resolvers can return, which a resolver names in its code. A resolver that
 * tail-calls leaves the choice to others; one that names no function loads it from a table. Both
 * are unresolved. What a resolver does itself at load time is not followed.
 *
 * The C library's time() and gettimeofday() are the kernel's own where it has them (kernel.c), and
 * what the resolver names is for where it has not.
 */
#include "analysis/calls/callgraph.h"
#include "analysis/calls/kernel.h"
#include "base/array.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

struct expansion {
    struct program *program;
    ARRAY(struct target_list)
    results; /* in `choices` of each resolver; then of lists in `targets` */
    ARRAY(uint32_t) choices;
    ARRAY(uint32_t) targets;  /* the new call_targets */
    struct int_map resolvers; /* function to index in results */
    struct int_map rewritten; /* place and length of an old list to index in results */
};

static bool has_tail_call(const struct program *program, uint32_t function)
{
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        if (program->calls[i].is_tail)
            return true;
    }
    return false;
}

/** Returns the function that @p reference takes the address of, or NONE. */
static uint32_t chosen_function(const struct program *program, const struct reference *reference)
{
    if (reference->kind != REFERENCE_ADDRESS)
        return NONE;
    uint32_t image = program->functions[reference->from].image;
    uint32_t index = program_function_at(program, image, reference->target);
    if (index == NONE || program->functions[index].address != reference->target ||
        program->functions[index].is_ifunc)
        return NONE;
    return index;
}

struct choice {
    uint32_t resolver, function;
};

static int compare_choices(const void *left, const void *right)
{
    const struct choice *a = left, *b = right;
    if (a->resolver != b->resolver)
        return a->resolver < b->resolver ? -1 : 1;
    return a->function < b->function ? -1 : a->function > b->function;
}

/** Notes for each resolver which functions its code names. */
static void find_choices(struct expansion *expansion)
{
    const struct program *program = expansion->program;
    ARRAY(struct choice) choices = {0};
    for (uint32_t i = 0; i < program->reference_count; i++) {
        const struct reference *reference = &program->references[i];
        if (!program->functions[reference->from].is_ifunc)
            continue;
        uint32_t function = chosen_function(program, reference);
        if (function != NONE)
            array_push(&choices, (struct choice){reference->from, function});
    }
    if (choices.count)
        qsort(choices.data, choices.count, sizeof *choices.data, compare_choices);
    size_t next = 0;
    for (uint32_t function = 0; function < program->function_count; function++) {
        if (!program->functions[function].is_ifunc)
            continue;
        struct target_list result = {.first = (uint32_t)expansion->choices.count};
        for (; next < choices.count && choices.data[next].resolver == function; next++)
            array_push(&expansion->choices, choices.data[next].function);
        uint32_t kernel = kernel_function_behind(program, function);
        if (expansion->choices.count > result.first && kernel != NONE)
            array_push(&expansion->choices, kernel);
        if (!has_tail_call(program, function))
            result.count = (uint32_t)expansion->choices.count - result.first;
        int_map_set(&expansion->resolvers, function, (uint32_t)expansion->results.count);
        array_push(&expansion->results, result);
    }
    array_deinit(&choices);
}

static bool calls_resolver(const struct program *program, const struct call *call)
{
    for (uint32_t i = 0; i < call->target_count; i++) {
        if (program->functions[program->call_targets[call->first_target + i]].is_ifunc)
            return true;
    }
    return false;
}

/** Appends the new targets of @p call; returns false if one of its resolvers is not understood. */
static bool append_targets(struct expansion *expansion, const struct call *call)
{
    const struct program *program = expansion->program;
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = program->call_targets[call->first_target + i];
        if (!program->functions[target].is_ifunc) {
            array_push(&expansion->targets, target);
            continue;
        }
        uint32_t index = int_map_get(&expansion->resolvers, target);
        struct target_list result = expansion->results.data[index];
        if (!result.count)
            return false;
        for (uint32_t j = 0; j < result.count; j++)
            array_push(&expansion->targets, expansion->choices.data[result.first + j]);
    }
    return true;
}

/** Returns what the targets of @p call become; its own where no resolver is among them. */
static struct target_list new_targets(struct expansion *expansion, const struct call *call)
{
    struct target_list list = {call->first_target, call->target_count};
    if (!calls_resolver(expansion->program, call))
        return list;
    list.first = (uint32_t)expansion->targets.count;
    if (!append_targets(expansion, call))
        expansion->targets.count = list.first;
    list.count = (uint32_t)expansion->targets.count - list.first;
    return list;
}

/** The same, with a memory: calls of one function or through one list share the result. */
static struct target_list shared_targets(struct expansion *expansion, const struct call *call)
{
    uint32_t place = call->first_target, count = call->target_count;
    if (count == 1) {
        place = expansion->program->call_targets[place];
        count = 0;
        if (!expansion->program->functions[place].is_ifunc)
            return (struct target_list){call->first_target, 1};
    }
    uint64_t key = (uint64_t)place << 32 | count;
    uint32_t known = int_map_get(&expansion->rewritten, key);
    if (known != MAP_NONE)
        return expansion->results.data[known];
    struct target_list list = new_targets(expansion, call);
    int_map_set(&expansion->rewritten, key, (uint32_t)expansion->results.count);
    array_push(&expansion->results, list);
    return list;
}

static void rewrite_call(struct expansion *expansion, struct call *call)
{
    struct target_list list = shared_targets(expansion, call);
    if (list.first == call->first_target && list.count == call->target_count)
        return;
    call->first_target = list.first;
    call->target_count = list.count;
    if (call->kind < CALL_CONSTANT)
        call->kind = CALL_CONSTANT;
    if (!list.count) {
        call->kind = CALL_UNRESOLVED;
        call->first_target = 0;
    }
}

static bool has_resolvers(const struct program *program)
{
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (program->functions[i].is_ifunc)
            return true;
    }
    return false;
}

static void rewrite_calls(struct expansion *expansion)
{
    struct program *program = expansion->program;
    array_reserve(&expansion->targets, (size_t)program->call_target_count + 1);
    if (program->call_target_count)
        memcpy(expansion->targets.data, program->call_targets,
               program->call_target_count * sizeof *program->call_targets);
    expansion->targets.count = program->call_target_count;
    for (uint32_t i = 0; i < program->call_count; i++) {
        if (program->calls[i].target_count)
            rewrite_call(expansion, &program->calls[i]);
    }
    size_t added = expansion->targets.count - program->call_target_count;
    if (!added)
        return;
    program->call_targets =
        arena_calloc(&program->arena, expansion->targets.count, sizeof *program->call_targets);
    memcpy(program->call_targets, expansion->targets.data,
           expansion->targets.count * sizeof *program->call_targets);
    program->call_target_count = (uint32_t)expansion->targets.count;
}

void callgraph_expand_ifuncs(struct program *program)
{
    if (!has_resolvers(program))
        return;
    struct expansion expansion = {.program = program};
    int_map_init(&expansion.resolvers);
    int_map_init(&expansion.rewritten);
    find_choices(&expansion);
    rewrite_calls(&expansion);
    int_map_deinit(&expansion.resolvers);
    int_map_deinit(&expansion.rewritten);
    array_deinit(&expansion.results);
    array_deinit(&expansion.choices);
    array_deinit(&expansion.targets);
}
