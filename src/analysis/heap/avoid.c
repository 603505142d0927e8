/*
 * avoid.c: the must-analysis: which functions always enter the allocator before they return.
 *
 * In: blocks, call paths, struct ways. Out: the complement, who can avoid it. It is the least set
 * such that a function may avoid the allocator if a block that leaves it can be reached from its
 * entry over blocks without a call, or with a call that returns and
 *   - is unresolved or partial, or
 *   - has a target that may avoid the allocator, or that may return by catching an exception: what
 *     it did before that is not on its normal paths.
 * What is not in the set always allocates: a run of the function that returns takes a path of
 * blocks to its exit, which passes a call whose targets are not in the set either; that call's run
 * is shorter, and so on down to an allocator. (This makes recursion no exception: a function whose
 * every way out allocates or calls itself does allocate.) Only functions with MAY_NORMAL are
 * searched; of the others, those that return avoid it. The search is that of returns.c, linear.
 */
#include "analysis/heap/ways.h"

#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>

struct place {
    uint32_t function, block;
};

struct search {
    const struct ways *ways;
    const struct callgraph *graph;
    const struct program *program;
    const struct certain *certain;
    bool *avoids, *passes_without; /* the result's */
    uint8_t *block_is_reached;
    uint32_t *call_blocks;
    ARRAY(struct place) places;
    ARRAY(uint32_t) avoiders; /* whose callers have not been told */
};

static void set_passes(struct search *search, uint32_t node)
{
    if (search->passes_without[node])
        return;
    search->passes_without[node] = true;
    array_push(&search->avoiders, node);
}

static void set_avoids(struct search *search, uint32_t function)
{
    search->avoids[function] = true;
    set_passes(search, function);
}

static bool call_passes(const struct search *search, uint32_t call)
{
    uint32_t callee = search->graph->callees[call];
    if (search->certain && search->certain->calls[call])
        return false;
    if (callee == NONE || search->passes_without[callee])
        return true;
    return search->graph->traits[call] & CALL_IS_PARTIAL &&
           call_returns(search->ways->returns, search->graph, call);
}

static void reach(struct search *search, uint32_t function, uint32_t block)
{
    if (block == NONE || search->block_is_reached[block])
        return;
    search->block_is_reached[block] = true;
    array_push(&search->places, (struct place){function, block});
}

static void look_behind(struct search *search, struct place place)
{
    const struct block *block = &search->program->blocks[place.block];
    if (block_exits(search->graph, block))
        set_avoids(search, place.function);
    if (block->call != NONE && !call_passes(search, block->call))
        return;
    if (block_leaves(search->graph, block))
        set_avoids(search, place.function);
    reach(search, place.function, block->next[0]);
    reach(search, place.function, block->next[1]);
}

static void wake_callers(struct search *search, uint32_t node)
{
    const struct callgraph *graph = search->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i], block = search->call_blocks[call];
        if (block != NONE && search->block_is_reached[block])
            look_behind(search, (struct place){search->program->calls[call].from, block});
    }
    if (node >= graph->function_count)
        return;
    for (uint32_t i = graph->function_lists[node]; i < graph->function_lists[node + 1]; i++)
        set_passes(search, graph->list_nodes[i]);
}

/** Goes on within functions; those that are found to avoid the allocator tell nobody yet. */
static void run_places(struct search *search)
{
    while (search->places.count)
        look_behind(search, search->places.data[--search->places.count]);
}

static void start_function(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    const struct returns *returns = search->ways->returns;
    uint8_t role = program->facts->allocator_roles[function];
    bool ends = returns->returns[function] || returns->returns_normally[function];
    if (allocator_counts(search->ways->role, role) || !ends ||
        (search->certain && search->certain->functions[function]))
        return;
    if (role != ALLOCATOR_NONE || !returns->has_normal_paths[function] ||
        !(search->ways->flags[function] & MAY_NORMAL)) {
        set_avoids(search, function);
        return;
    }
    if (returns->may_catch[function])
        set_passes(search, function);
    for (uint32_t block = program->function_blocks[function];
         block < program->function_blocks[function + 1]; block++) {
        if (program->blocks[block].call != NONE)
            search->call_blocks[program->blocks[block].call] = block;
    }
    reach(search, function, program->function_blocks[function]);
    run_places(search);
}

static void run(struct search *search)
{
    while (search->avoiders.count) {
        wake_callers(search, search->avoiders.data[--search->avoiders.count]);
        run_places(search);
    }
}

void avoiders_init(struct avoiders *ret, const struct ways *ways, const struct certain *certain)
{
    const struct callgraph *graph = ways->graph;
    const struct program *program = graph->program;
    *ret = (struct avoiders){
        .avoids = xcalloc((size_t)graph->function_count + 1, sizeof *ret->avoids),
        .passes_without = xcalloc((size_t)graph->node_count + 1, sizeof *ret->passes_without),
    };
    struct search search = {
        .ways = ways,
        .graph = graph,
        .program = program,
        .certain = certain,
        .avoids = ret->avoids,
        .passes_without = ret->passes_without,
        .block_is_reached =
            xcalloc((size_t)program->block_count + 1, sizeof *search.block_is_reached),
        .call_blocks = xmalloc(((size_t)program->call_count + 1) * sizeof *search.call_blocks),
    };
    for (uint32_t i = 0; i < program->call_count; i++)
        search.call_blocks[i] = NONE;
    for (uint32_t i = 0; i < program->function_count; i++)
        start_function(&search, i);
    run(&search);
    free(search.block_is_reached);
    free(search.call_blocks);
    array_deinit(&search.places);
    array_deinit(&search.avoiders);
}

void avoiders_deinit(struct avoiders *avoiders)
{
    free(avoiders->avoids);
    free(avoiders->passes_without);
    *avoiders = (struct avoiders){0};
}
