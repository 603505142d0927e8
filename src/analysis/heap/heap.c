/*
 * heap.c: verdicts.
 *
 * In: calls, blocks, allocators (allocators.c). Out: facts.call_paths, facts.call_on_panic,
 * facts.verdicts, facts.steps. In order: calls of resolvers (ifunc.c), what returns
 * (returns.c), normal paths (normal.c), the may-analysis (ways.c) and the must-analysis (avoid.c),
 * the last two once for `allocates` and once for `frees`. The verdict of a function is that of the
 * first row that holds:
 *
 *   it is an allocator that counts                                   always
 *   it is another allocator                                          never: allocators are leaves
 *   it returns normally and cannot avoid the allocator before it     always
 *   a normal path leads to the allocator over known calls            maybe
 *   a normal path leads to a call that could not be resolved         unknown
 *   some path leads to the allocator over known calls                on_panic
 *   some path leads to a call that could not be resolved             unknown
 *   none of these                                                    never
 *
 * Known beats unknown on normal paths. Off them, on_panic stands beside an unresolved call only if
 * that is off the normal paths too: it says that normal paths do not allocate, and they do not. A
 * function that never returns has no normal paths, unless it lingers (normal.c): its verdict is
 * on_panic, never or unknown, and that of one that lingers but never returns is not always.
 */
#include "analysis/heap.h"

#include "analysis/calls/known.h"
#include "analysis/heap/allocators/allocators.h"
#include "analysis/heap/certain.h"
#include "analysis/heap/lines/lines.h"
#include "analysis/heap/sites.h"
#include "analysis/heap/startup/startup.h"
#include "analysis/heap/ways.h"
#include "base/memory.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

/** The two questions are independent, so two threads may answer them. */
struct questions {
    struct program *program;
    const struct callgraph *graph;
    const struct returns *returns;
};

static enum verdict judge(const struct ways *ways, const bool *avoids, uint32_t function)
{
    uint8_t role = ways->graph->program->facts->allocator_roles[function];
    uint8_t flags = ways->flags[function];
    // That main ends by it makes no path of the function itself normal.
    if (ways->returns->ends_main[function] && !ways->returns->has_normal_paths[function])
        flags &= (uint8_t) ~(MAY_NORMAL | OPEN_NORMAL);
    if (role != ALLOCATOR_NONE)
        return allocator_counts(ways->role, role) ? VERDICT_ALWAYS : VERDICT_NEVER;
    if (ways->returns->returns_normally[function] && !avoids[function])
        return VERDICT_ALWAYS;
    if (flags & MAY_NORMAL)
        return VERDICT_MAYBE;
    if (flags & OPEN_NORMAL)
        return VERDICT_UNKNOWN;
    if (flags & MAY_ANY)
        return VERDICT_ON_PANIC;
    return flags & OPEN_ANY ? VERDICT_UNKNOWN : VERDICT_NEVER;
}

static void answer(const struct questions *questions, enum heap_role role)
{
    struct facts *facts = questions->program->facts;
    struct ways ways;
    ways_init(&ways, questions->graph, questions->returns, role, facts->steps[role]);
    struct avoiders avoiders;
    find_avoiders(&avoiders, &ways);
    for (uint32_t i = 0; i < questions->program->function_count; i++) {
        uint32_t whole = program_whole(questions->program, i);
        enum verdict verdict = judge(&ways, avoiders.avoids, whole);
        if (role == HEAP_ALLOCATES)
            facts->verdicts[i].allocates = (uint8_t)verdict;
        else
            facts->verdicts[i].frees = (uint8_t)verdict;
    }
    avoiders_deinit(&avoiders);
    ways_deinit(&ways);
}

static void answer_some(void *context, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    for (size_t role = begin; role < end; role++)
        answer(context, (enum heap_role)role);
}

static uint32_t first_call(const struct step *const steps[WAY_COUNT], uint8_t verdict,
                           uint32_t function)
{
    if (verdict == VERDICT_NEVER)
        return NONE;
    enum heap_way way = verdict == VERDICT_UNKNOWN    ? WAY_UNRESOLVED
                        : verdict == VERDICT_ON_PANIC ? WAY_ANY
                                                      : WAY_NORMAL;
    return steps[way][function].call;
}

static void find_witnesses(struct program *program, const struct returns *returns)
{
    struct facts *facts = program->facts;
    for (uint32_t i = 0; i < program->function_count; i++) {
        struct verdicts *verdicts = &facts->verdicts[i];
        uint32_t whole = program_whole(program, i);
        verdicts->returns = returns->returns[whole];
        verdicts->has_normal_paths = returns->has_normal_paths[whole];
        verdicts->lingers = returns->lingers[whole];
        verdicts->is_marked_place = returns->is_marked_place[whole];
        verdicts->witness_call = first_call(
            (const struct step *const *)facts->steps[HEAP_ALLOCATES], verdicts->allocates, whole);
        verdicts->free_witness_call = first_call(
            (const struct step *const *)facts->steps[HEAP_FREES], verdicts->frees, whole);
    }
}

static void prepare_facts(struct program *program)
{
    struct facts *facts = program->facts;
    size_t functions = (size_t)program->function_count + 1, calls = (size_t)program->call_count + 1;
    facts->verdicts = arena_calloc(&program->arena, functions, sizeof *facts->verdicts);
    facts->call_paths = arena_calloc(&program->arena, calls, sizeof *facts->call_paths);
    facts->block_paths =
        arena_calloc(&program->arena, (size_t)program->block_count + 1, sizeof *facts->block_paths);
    facts->call_on_panic = arena_calloc(&program->arena, calls, sizeof *facts->call_on_panic);
    for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++) {
        for (unsigned way = 0; way < WAY_COUNT; way++) {
            size_t bytes = functions * sizeof *facts->steps[role][way];
            facts->steps[role][way] = arena_alloc(&program->arena, bytes);
            memset(facts->steps[role][way], 0xff, bytes); // NONE, NONE
        }
    }
}

void heap_analyze(struct program *program, bool with_lines)
{
    callgraph_expand_ifuncs(program);
    known_settle_frames(program);
    prepare_facts(program);
    struct callgraph graph;
    callgraph_init(&graph, program);
    struct returns returns;
    returns_init(&returns, &graph, program->facts);
    for (uint32_t i = 0; i < program->call_count; i++)
        program->facts->call_on_panic[i] = program->facts->call_paths[i] != CALL_PATH_NORMAL;
    struct questions questions = {program, &graph, &returns};
    parallel_for(program->workers, HEAP_ROLE_COUNT, 1, answer_some, &questions);
    find_witnesses(program, &returns);
    sites_find(program, &graph);
    startup_analyze(program, &graph, &returns);
    if (with_lines)
        lines_find(program, &graph, &returns);
    returns_deinit(&returns);
    callgraph_deinit(&graph);
}
