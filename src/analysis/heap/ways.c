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
 * A call into the middle of a function leads nowhere for certain: where its target is MAY_ANY or
 * OPEN_ANY, the call counts as unresolved. So does, besides being known, a call in a function that
 * calls setjmp, since what a callee does before a longjmp is not on the callee's normal paths; and
 * so does a call at the end of a function that may return.
 * An unresolved call may lead to the allocator over what it could enter (program.loose_calls); such
 * ways are looked for only from functions that have no other.
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

/** Loose calls that could enter the same functions. */
struct loose_list {
    uint32_t first_target, target_count;
    bool is_reached;
};

struct search {
    struct ways *ways;
    const struct program *program;
    struct step *steps;
    uint32_t *queue; /* functions */
    uint32_t count;
    uint32_t next; /* in the queue: whose callers are still to be told */
    uint8_t flag;
    bool normal_only, takes_partial;
    uint32_t *places;               /* in the queue, of each function that is reached */
    ARRAY(struct loose_list) lists; /* few, since calls are told apart by little */
    uint32_t *call_lists;           /* of each loose call: its list */
};

bool allocator_counts(enum heap_role question, uint8_t role)
{
    if (role == ALLOCATOR_REALLOCATE)
        return true;
    return role == (question == HEAP_FREES ? ALLOCATOR_FREE : ALLOCATOR_ALLOCATE);
}

/** In a function by which main ends, what comes before exit() is on main's normal paths. */
static bool is_on_path(const struct search *search, uint32_t call)
{
    const struct returns *returns = search->ways->returns;
    uint8_t path = returns->call_paths[call];
    if (search->ways->barred && search->ways->barred[call])
        return false;
    if (path == CALL_PATH_DIVERGING && returns->ends_main[search->program->calls[call].from])
        return true;
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
    search->places[function] = search->count;
    search->queue[search->count++] = function;
}

/** Carries the flag of @p function from the callee @p node of calls to their callers. */
static void add_callers(struct search *search, uint32_t function, uint32_t node)
{
    const struct callgraph *graph = search->ways->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i];
        bool is_partial = graph->traits[call] & CALL_IS_PARTIAL;
        if (!is_on_path(search, call) || (is_partial && !search->takes_partial))
            continue;
        uint32_t from = search->program->calls[call].from;
        if (!is_allocator(search, from))
            add(search, from, (struct step){call, is_partial ? NONE : function});
    }
}

static void run(struct search *search)
{
    const struct callgraph *graph = search->ways->graph;
    while (search->next < search->count) {
        uint32_t function = search->queue[search->next++];
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

/* ---- Loose calls ----------------------------------------------------------------------------- */

static uint32_t loose_list(struct search *search, const struct loose_call *call)
{
    for (uint32_t i = 0; i < search->lists.count; i++)
        if (search->lists.data[i].first_target == call->first_target &&
            search->lists.data[i].target_count == call->target_count)
            return i;
    array_push(&search->lists, (struct loose_list){call->first_target, call->target_count, false});
    return (uint32_t)search->lists.count - 1;
}

static void find_loose_lists(struct search *search)
{
    const struct program *program = search->program;
    search->call_lists =
        xmalloc(((size_t)program->loose_call_count + 1) * sizeof *search->call_lists);
    for (uint32_t i = 0; i < program->loose_call_count; i++)
        search->call_lists[i] = loose_list(search, &program->loose_calls[i]);
}

/** The member of the list from which the way is shortest, or NONE. */
static uint32_t nearest_member(const struct search *search, const struct loose_list *list)
{
    uint32_t best = NONE;
    for (uint32_t i = 0; i < list->target_count; i++) {
        uint32_t function =
            program_whole(search->program, search->program->call_targets[list->first_target + i]);
        bool is_reached = search->ways->flags[function] & search->flag;
        if (is_reached && (best == NONE || search->places[function] < search->places[best]))
            best = function;
    }
    return best;
}

static void add_loose_callers(struct search *search, uint32_t list, uint32_t function)
{
    const struct program *program = search->program;
    for (uint32_t i = 0; i < program->loose_call_count; i++) {
        uint32_t call = program->loose_calls[i].call, from = program->calls[call].from;
        if (search->call_lists[i] == list && is_on_path(search, call) &&
            !is_allocator(search, from))
            add(search, from, (struct step){call, function});
    }
}

/** Goes on over loose calls, and from there over all, until nothing new is reached. */
static void run_loose(struct search *search)
{
    for (bool has_news = true; has_news;) {
        has_news = false;
        for (uint32_t i = 0; i < search->lists.count; i++) {
            struct loose_list *list = &search->lists.data[i];
            uint32_t member = list->is_reached ? NONE : nearest_member(search, list);
            if (member == NONE)
                continue;
            list->is_reached = has_news = true;
            add_loose_callers(search, i, member);
        }
        run(search);
    }
    for (uint32_t i = 0; i < search->lists.count; i++)
        search->lists.data[i].is_reached = false;
}

/* ---- Searches -------------------------------------------------------------------------------- */

/** Apart from own code, what only makes a block larger or smaller is not asked who gives back. */
static bool is_end(const struct search *search, uint8_t role)
{
    bool is_apart = search->ways->barred != NULL;
    return is_apart && search->ways->role == HEAP_FREES
               ? role == ALLOCATOR_FREE
               : allocator_counts(search->ways->role, role);
}

static void find_allocator(struct search *search, uint8_t flag, enum heap_way way)
{
    const uint8_t *roles = search->program->facts->allocator_roles;
    search->flag = flag;
    search->normal_only = flag == MAY_NORMAL;
    search->takes_partial = false;
    search->steps = search->ways->steps[way];
    search->count = search->next = 0;
    for (uint32_t i = 0; i < search->program->function_count; i++) {
        if (is_end(search, roles[i]))
            add(search, i, (struct step){NONE, NONE});
    }
    run(search);
    run_loose(search);
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
    if (graph->traits[call] & CALL_FALLS_OFF && search->ways->returns->returns[callee])
        return true;
    // The flags of targets are complete only when normal paths are searched, after all paths were;
    // before that, run() carries OPEN_ANY over partial calls.
    return (graph->traits[call] & CALL_IS_PARTIAL || is_marked_place) &&
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

/**
 * Whether the function may be part of an allocator that nobody could name. Any heap that grows gets
 * to the kernel for it; but what takes memory back may just keep it.
 */
static bool may_be_unnamed(const struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    return program->facts->has_unnamed_allocators &&
           (program->facts->frames[function].may_map ||
            (search->ways->role == HEAP_FREES && program->functions[function].image == 0));
}

static bool is_unread(const struct search *search, uint32_t function)
{
    if (may_be_unnamed(search, function))
        return true;
    return callgraph_is_opaque(search->program, function) &&
           search->program->functions[function].part_of == NONE &&
           !(search->ways->returns->known[function] & KNOWN_NO_HEAP);
}

static void find_unresolved(struct search *search, uint8_t flag)
{
    search->flag = flag;
    search->normal_only = flag == OPEN_NORMAL;
    search->takes_partial = true;
    search->steps = search->ways->steps[WAY_UNRESOLVED];
    search->count = search->next = 0;
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

static void search_init(struct search *ret, struct ways *ways)
{
    const struct program *program = ways->graph->program;
    size_t functions = (size_t)program->function_count + 1;
    *ret = (struct search){.ways = ways,
                           .program = program,
                           .queue = xmalloc(functions * sizeof *ret->queue),
                           .places = xmalloc(functions * sizeof *ret->places)};
    ways->flags = xcalloc((size_t)ways->graph->node_count + 1, sizeof *ways->flags);
    find_loose_lists(ret);
}

static void search_deinit(struct search *search)
{
    free(search->queue);
    free(search->places);
    free(search->call_lists);
    array_deinit(&search->lists);
}

void ways_init(struct ways *ret, const struct callgraph *graph, const struct returns *returns,
               enum heap_role role, struct step **steps)
{
    struct search search;
    *ret = (struct ways){.graph = graph, .returns = returns, .role = role, .steps = steps};
    search_init(&search, ret);
    find_allocator(&search, MAY_ANY, WAY_ANY);
    find_allocator(&search, MAY_NORMAL, WAY_NORMAL);
    find_unresolved(&search, OPEN_ANY);
    find_unresolved(&search, OPEN_NORMAL);
    search_deinit(&search);
}

void ways_init_apart(struct ways *ret, const struct callgraph *graph, const struct returns *returns,
                     enum heap_role role, const bool *barred, struct step **steps)
{
    struct search search;
    *ret = (struct ways){
        .graph = graph, .returns = returns, .role = role, .barred = barred, .steps = steps};
    search_init(&search, ret);
    find_allocator(&search, MAY_ANY, WAY_ANY);
    find_allocator(&search, MAY_NORMAL, WAY_NORMAL);
    search_deinit(&search);
}

void ways_deinit(struct ways *ways)
{
    free(ways->flags);
    *ways = (struct ways){0};
}
