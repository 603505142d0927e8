/*
 * returns.c: which functions may return.
 *
 * In: blocks, call graph. Out: struct returns. It is the least set such that a
 * function returns if a block that leaves it can be reached; control reaches
 *   - the entry of each function, and its blocks that only the unwinder enters: a catch returns;
 *   - the successors of a reached block without a call, or whose call may return.
 * A call may return if it is unresolved or partial, or one of its targets does. A
 * function without code may return unless known.c knows better. This is reachability over blocks
 * and functions at once (D. Dowling and J. Gallier's linear-time algorithm for Horn clauses, 1984,
 * is the same idea): each block is visited once, and a function that is found to return wakes the
 * blocks that wait at calls of it. No iteration, so recursion costs nothing extra.
 *
 * The flow graph was made without knowing which calls return, so code behind a call that does not
 * may be there for other reasons: a landing pad or a case of a switch that was not understood may
 * follow it directly. In functions whose exception table is not known, that have jumps with unknown
 * targets, or callers that enter them in the middle, such blocks therefore count as entered.
 *
 * The set is built in two phases: first without what only the unwinder enters and without such
 * hidden entries, then with them. Blocks remember the phase, so that normal.c can tell returns
 * that an exception may have preceded.
 */
#include "analysis/calls/returns.h"

#include "analysis/calls/known.h"
#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>

struct place {
    uint32_t function, block;
};

struct search {
    const struct callgraph *graph;
    const struct program *program;
    struct returns *ret;
    bool *has_hidden_entries;   /* of each function, see above */
    uint8_t phase;              /* 1 or 2 */
    uint8_t *block_phases;      /* in which phase each block was reached; 0 not yet */
    uint32_t *call_blocks;      /* of each call the block that it ends, NONE */
    ARRAY(struct place) places; /* reached blocks whose ends have not been looked at */
    ARRAY(uint32_t) returning;  /* nodes that return, whose callers have not been told */
};

static void find_hidden_entries(struct search *search)
{
    const struct program *program = search->program;
    for (uint32_t i = 0; i < search->graph->function_count; i++) {
        uint32_t first = program->function_blocks[i];
        if (first < program->function_blocks[i + 1] &&
            program->blocks[first].flags & BLOCK_HIDES_PADS)
            search->ret->has_hidden_entries[i] = true;
    }
    for (uint32_t i = 0; i < program->call_count; i++) {
        const struct call *call = &program->calls[i];
        if (!call->is_partial)
            continue;
        for (uint32_t j = 0; j < call->target_count; j++) {
            uint32_t target = program->call_targets[call->first_target + j];
            search->ret->has_hidden_entries[program_whole(program, target)] = true;
        }
    }
}

static void reach(struct search *search, uint32_t function, uint32_t block)
{
    if (block == NONE || search->block_phases[block])
        return;
    search->block_phases[block] = search->phase;
    array_push(&search->places, (struct place){function, block});
}

static void set_returns(struct search *search, uint32_t node)
{
    bool is_function = node < search->program->function_count;
    if (search->ret->returns[node] ||
        (is_function && search->ret->known[node] & KNOWN_NEVER_RETURNS))
        return;
    search->ret->returns[node] = true;
    array_push(&search->returning, node);
}

static void reach_successors(struct search *search, struct place place)
{
    const struct block *block = &search->program->blocks[place.block];
    reach(search, place.function, block->next[0]);
    reach(search, place.function, block->next[1]);
}

/** Goes on from a reached block, or lets it wait for its call. */
static void look_behind(struct search *search, struct place place)
{
    const struct block *block = &search->program->blocks[place.block];
    if (block_passes(search->ret, search->graph, block)) {
        if (block_leaves(search->graph, block))
            set_returns(search, place.function);
        reach_successors(search, place);
    } else if (search->phase == 2 && search->ret->has_hidden_entries[place.function]) {
        reach_successors(search, place);
    }
}

static void wake_callers(struct search *search, uint32_t node)
{
    const struct callgraph *graph = search->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i], block = search->call_blocks[call];
        if (block != NONE && search->block_phases[block])
            look_behind(search, (struct place){search->program->calls[call].from, block});
    }
    if (node >= graph->function_count)
        return;
    for (uint32_t i = graph->function_lists[node]; i < graph->function_lists[node + 1]; i++)
        set_returns(search, graph->list_nodes[i]);
}

/** Goes on within functions; those that are found to return tell nobody yet. */
static void run_places(struct search *search)
{
    while (search->places.count)
        look_behind(search, search->places.data[--search->places.count]);
}

static void run(struct search *search)
{
    run_places(search);
    while (search->returning.count) {
        wake_callers(search, search->returning.data[--search->returning.count]);
        run_places(search);
    }
}

/** Starts with what needs no search: functions without code, and entries. */
static void start_function(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    uint32_t first = program->function_blocks[function];
    uint32_t end = program->function_blocks[function + 1];
    if (first == end) {
        set_returns(search, function);
        return;
    }
    for (uint32_t block = first; block < end; block++) {
        if (program->blocks[block].call != NONE)
            search->call_blocks[program->blocks[block].call] = block;
        if (!(program->blocks[block].flags & BLOCK_UNRESOLVED))
            continue;
        search->ret->has_hidden_entries[function] = true;
        if (program->blocks[block].call == NONE)
            search->ret->jumps_away[function] = true;
    }
    reach(search, function, first);
    run_places(search);
}

/** Adds what the unwinder enters, and hidden entries behind calls that still do not return. */
static void add_catches(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    bool has_hidden_entries = search->ret->has_hidden_entries[function];
    for (uint32_t block = program->function_blocks[function];
         block < program->function_blocks[function + 1]; block++) {
        if (search->block_phases[block] && has_hidden_entries)
            look_behind(search, (struct place){function, block});
        else if (program->blocks[block].flags & (BLOCK_LANDING_PAD | BLOCK_GAP))
            reach(search, function, block);
    }
}

/** Finds what may return twice: by name where no code can tell, else by what frames say. */
static void find_returns_twice(struct search *search)
{
    const struct callgraph *graph = search->graph;
    for (uint32_t i = 0; i < graph->function_count; i++) {
        if (!(search->ret->known[i] & KNOWN_RETURNS_TWICE) &&
            !search->program->facts->frames[i].keeps_return)
            continue;
        search->ret->returns_twice[i] = true;
        for (uint32_t k = graph->function_lists[i]; k < graph->function_lists[i + 1]; k++)
            search->ret->returns_twice[graph->list_nodes[k]] = true;
    }
}

static void find_marked_places(struct search *search)
{
    const struct program *program = search->program;
    for (uint32_t i = 0; i < program->call_count; i++) {
        uint32_t callee = search->graph->callees[i];
        if (callee != NONE && search->ret->returns_twice[callee])
            search->ret->is_marked_place[program->calls[i].from] = true;
    }
    for (uint32_t i = 0; i < program->function_count; i++)
        if (program->facts->frames[i].keeps_label)
            search->ret->is_marked_place[i] = true;
}

void returns_init(struct returns *ret, const struct callgraph *graph, struct facts *facts)
{
    const struct program *program = graph->program;
    size_t functions = (size_t)graph->function_count + 1;
    *ret = (struct returns){
        .returns = xcalloc((size_t)graph->node_count + 1, sizeof *ret->returns),
        .has_normal_paths = xcalloc(functions, sizeof *ret->has_normal_paths),
        .returns_normally = xcalloc(functions, sizeof *ret->returns_normally),
        .lingers = xcalloc((size_t)graph->node_count + 1, sizeof *ret->lingers),
        .has_hidden_entries = xcalloc(functions, sizeof *ret->has_hidden_entries),
        .may_catch = xcalloc(functions, sizeof *ret->may_catch),
        .jumps_away = xcalloc(functions, sizeof *ret->jumps_away),
        .returns_twice = xcalloc((size_t)graph->node_count + 1, sizeof *ret->returns_twice),
        .is_marked_place = xcalloc(functions, sizeof *ret->is_marked_place),
        .ends_main = xcalloc(functions, sizeof *ret->ends_main),
        .call_paths = facts->call_paths,
        .block_paths = facts->block_paths,
        .known = known_functions(program),
    };
    struct search search = {
        .graph = graph,
        .program = program,
        .ret = ret,
        .phase = 1,
        .block_phases = xcalloc((size_t)program->block_count + 1, sizeof *search.block_phases),
        .call_blocks = xmalloc(((size_t)program->call_count + 1) * sizeof *search.call_blocks),
    };
    for (uint32_t i = 0; i < program->call_count; i++)
        search.call_blocks[i] = NONE;
    find_returns_twice(&search);
    find_marked_places(&search);
    find_hidden_entries(&search);
    for (uint32_t i = 0; i < graph->function_count; i++)
        start_function(&search, i);
    run(&search);
    search.phase = 2;
    for (uint32_t i = 0; i < graph->function_count; i++)
        add_catches(&search, i);
    run(&search);
    returns_find_exits(ret, graph, search.block_phases, search.call_blocks);
    returns_find_normal_paths(ret, graph, search.block_phases);
    free(search.block_phases);
    free(search.call_blocks);
    array_deinit(&search.places);
    array_deinit(&search.returning);
}

void returns_deinit(struct returns *returns)
{
    free(returns->returns);
    free(returns->has_normal_paths);
    free(returns->returns_normally);
    free(returns->lingers);
    free(returns->has_hidden_entries);
    free(returns->may_catch);
    free(returns->jumps_away);
    free(returns->returns_twice);
    free(returns->is_marked_place);
    free(returns->ends_main);
    free(returns->known);
    *returns = (struct returns){0};
}
