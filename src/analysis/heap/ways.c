/*
 * ways.c: the may-analysis.
 *
 * In: call graph, call paths, allocator roles. Out: struct ways. Four searches, each breadth-first
 * from the ends backward over the calls, so each first step found is one of a shortest way:
 *
 *   MAY_ANY      from the allocators, over all live calls that are known
 *   MAY_NORMAL   from the allocators, over normal calls that are known
 *   OPEN_ANY     from what could not be read and from calls that could not be resolved, over all
 *                live calls
 *   OPEN_NORMAL  the same, over normal calls
 *
 * A weak call (callgraph.h) leads nowhere for certain: where one of its targets is MAY_ANY or
 * OPEN_ANY, the call counts as unresolved. A call in a function that calls setjmp is weak besides
 * being known, since what a callee does before a longjmp is not on the callee's normal paths.
 * Allocators are leaves: nothing is propagated to them. Ties are broken by the order of calls.
 *
 * The ways to unresolved calls share one array: the step of OPEN_NORMAL where there is one, else
 * that of OPEN_ANY. A way that follows it comes nearer in the second sense until it meets a
 * function with the first, and from there on nearer in the first sense; so it ends.
 */
#include "analysis/heap/ways.h"

#include "analysis/calls/known.h"
#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>

struct search {
    struct ways *ways;
    const struct program *program;
    struct step *steps;
    uint32_t *queue; /* functions */
    uint32_t count;
    uint8_t flag;
    bool normal_only, takes_weak;
};

bool allocator_counts(enum heap_role question, uint8_t role)
{
    if (role == ALLOCATOR_REALLOCATE)
        return true;
    return role == (question == HEAP_FREES ? ALLOCATOR_FREE : ALLOCATOR_ALLOCATE);
}

static bool is_on_path(const struct search *search, uint32_t call)
{
    uint8_t path = search->ways->returns->call_paths[call];
    return path == CALL_PATH_NORMAL || (path != CALL_PATH_DEAD && !search->normal_only);
}

static bool is_allocator(const struct search *search, uint32_t function)
{
    return search->program->facts->allocator_roles[function] != ALLOCATOR_NONE;
}

static void add(struct search *search, uint32_t function, struct step step)
{
    if (search->ways->flags[function] & search->flag)
        return;
    search->ways->flags[function] |= search->flag;
    search->steps[function] = step;
    search->queue[search->count++] = function;
}

/** Carries the flag of @p function from the callee @p node of calls to their callers. */
static void add_callers(struct search *search, uint32_t function, uint32_t node)
{
    const struct callgraph *graph = search->ways->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i];
        bool is_weak = graph->traits[call] & CALL_IS_WEAK;
        if (!is_on_path(search, call) || (is_weak && !search->takes_weak))
            continue;
        uint32_t from = search->program->calls[call].from;
        if (!is_allocator(search, from))
            add(search, from, (struct step){call, is_weak ? NONE : function});
    }
}

static void run(struct search *search)
{
    const struct callgraph *graph = search->ways->graph;
    for (uint32_t next = 0; next < search->count; next++) {
        uint32_t function = search->queue[next];
        add_callers(search, function, function);
        for (uint32_t i = graph->function_lists[function]; i < graph->function_lists[function + 1];
             i++) {
            uint32_t list = graph->list_nodes[i];
            if (search->ways->flags[list] & search->flag)
                continue;
            search->ways->flags[list] |= search->flag;
            add_callers(search, function, list);
        }
    }
}

static void find_allocator(struct search *search, uint8_t flag, enum heap_way way)
{
    const uint8_t *roles = search->program->facts->allocator_roles;
    search->flag = flag;
    search->normal_only = flag == MAY_NORMAL;
    search->takes_weak = false;
    search->steps = search->ways->steps[way];
    search->count = 0;
    for (uint32_t i = 0; i < search->program->function_count; i++) {
        if (allocator_counts(search->ways->role, roles[i]))
            add(search, i, (struct step){NONE, NONE});
    }
    run(search);
}

/**
 * Whether @p call, in a function that may be a marked place (calls setjmp), may do what its
 * targets, as far as they are known, need not do.
 */
static bool is_open(const struct search *search, uint32_t call, bool is_marked_place)
{
    const struct callgraph *graph = search->ways->graph;
    uint32_t callee = graph->callees[call];
    if (callee == NONE)
        return true;
    // The flags of targets are complete only when normal paths are searched, after all paths were;
    // before that, run() carries OPEN_ANY over weak calls.
    return (graph->traits[call] & CALL_IS_WEAK || is_marked_place) &&
           search->ways->flags[callee] & (MAY_ANY | OPEN_ANY);
}

/** Adds @p function if something in itself is not resolved. */
static void add_if_open(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    const struct returns *returns = search->ways->returns;
    bool is_marked_place = returns->is_marked_place[function];
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        if (is_on_path(search, i) && is_open(search, i, is_marked_place)) {
            add(search, function, (struct step){i, NONE});
            return;
        }
    }
    if (returns->jumps_away[function])
        add(search, function, (struct step){NONE, NONE});
}

static bool is_unread(const struct search *search, uint32_t function)
{
    return callgraph_is_opaque(search->program, function) &&
           search->program->functions[function].part_of == NONE &&
           !(search->ways->returns->known[function] & KNOWN_NO_HEAP);
}

static void find_unresolved(struct search *search, uint8_t flag)
{
    search->flag = flag;
    search->normal_only = flag == OPEN_NORMAL;
    search->takes_weak = true;
    search->steps = search->ways->steps[WAY_UNRESOLVED];
    search->count = 0;
    for (uint32_t i = 0; i < search->program->function_count; i++) {
        if (!is_allocator(search, i) && is_unread(search, i))
            add(search, i, (struct step){NONE, NONE});
    }
    // Normal paths are among all paths, so the second search need not look elsewhere than the
    // first.
    for (uint32_t i = 0; i < search->program->function_count; i++) {
        if (!is_allocator(search, i) && (flag == OPEN_ANY || search->ways->flags[i] & OPEN_ANY))
            add_if_open(search, i);
    }
    run(search);
}

void ways_init(struct ways *ret, const struct callgraph *graph, const struct returns *returns,
               enum heap_role role, struct step **steps)
{
    const struct program *program = graph->program;
    *ret = (struct ways){.graph = graph,
                         .returns = returns,
                         .role = role,
                         .flags = xcalloc((size_t)graph->node_count + 1, sizeof *ret->flags),
                         .steps = steps};
    struct search search = {
        .ways = ret,
        .program = program,
        .queue = xmalloc(((size_t)program->function_count + 1) * sizeof *search.queue)};
    find_allocator(&search, MAY_ANY, WAY_ANY);
    find_allocator(&search, MAY_NORMAL, WAY_NORMAL);
    find_unresolved(&search, OPEN_ANY);
    find_unresolved(&search, OPEN_NORMAL);
    free(search.queue);
}

void ways_deinit(struct ways *ways)
{
    free(ways->flags);
    *ways = (struct ways){0};
}
