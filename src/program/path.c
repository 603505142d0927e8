/*
 * path.c: from function to function along stored first steps.
 *
 * In: facts.steps, facts.verdicts, facts.bounds. Out: lists of steps. A verdict's way is chosen
 * once, at the start: an on_panic function may call one that is maybe, and the shortest diverging
 * way from there need not be its normal one. Only the ways to unresolved calls are merged into
 * one array; analysis/heap/ways.c says why that still ends. Whatever is in the tables, a path has
 * an end: its length is limited by the number of functions.
 */
#include "program/path.h"

static uint32_t follow(const struct program *program, uint32_t function, const struct step *steps,
                       uint32_t limit, struct step *ret)
{
    if (limit > program->function_count)
        limit = program->function_count;
    uint32_t count = 0;
    while (count < limit && function != NONE && steps[function].call != NONE) {
        ret[count++] = steps[function];
        function = steps[function].target;
    }
    return count;
}

uint32_t path_to_heap(const struct program *program, uint32_t function, enum heap_role role,
                      uint32_t limit, struct step *ret_steps)
{
    static const uint8_t ways[VERDICT_COUNT] = {
        [VERDICT_NEVER] = WAY_COUNT,        [VERDICT_ON_PANIC] = WAY_ANY,
        [VERDICT_MAYBE] = WAY_NORMAL,       [VERDICT_ALWAYS] = WAY_NORMAL,
        [VERDICT_UNKNOWN] = WAY_UNRESOLVED,
    };
    function = program_whole(program, function);
    const struct verdicts *verdicts = &program->facts->verdicts[function];
    uint8_t way = ways[role == HEAP_FREES ? verdicts->frees : verdicts->allocates];
    if (way == WAY_COUNT)
        return 0;
    return follow(program, function, program->facts->steps[role][way], limit, ret_steps);
}

/**
 * Whether the stack of normal paths below @p call is that of all paths of the callee: calls into
 * the middle of a function and those that a longjmp may come back from (stack.c).
 */
static bool leads_to_all_paths(const struct program *program, uint32_t call)
{
    const struct call *record = &program->calls[call];
    return record->is_partial || program->facts->verdicts[record->from].is_marked_place;
}

uint32_t path_to_deepest(const struct program *program, uint32_t function, bool with_panic,
                         uint32_t limit, struct step *ret_steps)
{
    // At most once through each function on the way round a circle and once on normal paths.
    if (limit / 2 > program->function_count)
        limit = 2 * program->function_count;
    uint32_t count = 0;
    for (; count < limit && function != NONE; count++) {
        const struct bound *bound = &program->facts->bounds[function];
        // A function without normal paths has one depth; where nothing is deeper than a normal
        // path, that is the path of both.
        if (!program->facts->verdicts[function].has_normal_paths)
            with_panic = true;
        else if (bound->normal_at_least_bytes == bound->at_least_bytes)
            with_panic = false;
        struct step step = {with_panic ? bound->deepest_call : bound->normal_call,
                            with_panic ? bound->deepest_target : bound->normal_target};
        if (step.call == NONE)
            break;
        ret_steps[count] = step;
        with_panic |= leads_to_all_paths(program, step.call);
        function = step.target;
    }
    return count;
}
