/*
 * exits.c: where main ends the program without returning.
 *
 * In: which functions return, blocks with the phase in which they were reached (returns.c). Out:
 * CALL_EXITS of calls in main, returns.ends_main.
 *
 * For main a call of exit() is as normal an end as a return, and so is a call of a function that
 * never returns and gets to such a call in its turn, directly or over others of its kind: main →
 * finish() → leave() → exit(0). Those are found backward from exit() over calls on ways without
 * exceptions. A function that is there to end the program otherwise (abort, a panic, err()) is none
 * of them, and neither are functions that main's callees call: whatever returns to main may also
 * give up. A call whose callee is not known, with no code behind it, may be one of exit() as well.
 *
 * What the functions of such a chain do on their way is done by main on its normal paths; of
 * themselves it is said as before, since for others a call of them is no normal end.
 */
#include "analysis/calls/returns.h"

#include "analysis/calls/known.h"
#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>

struct search {
    const struct callgraph *graph;
    const struct program *program;
    struct returns *ret;
    const uint8_t *block_phases;
    const uint32_t *call_blocks;
    bool *exits;           /* of each node: it never returns, and may end the program by exit() */
    ARRAY(uint32_t) queue; /* nodes */
};

static bool is_exit(const struct search *search, uint32_t node)
{
    return node < search->graph->function_count && search->ret->known[node] & KNOWN_EXITS;
}

/** Whether control gets to the call without an exception. */
static bool is_ahead(const struct search *search, uint32_t call)
{
    uint32_t block = search->call_blocks[call];
    return block != NONE && search->block_phases[block] == 1;
}

static void add(struct search *search, uint32_t node)
{
    if (search->exits[node] || search->ret->returns[node])
        return;
    search->exits[node] = true;
    array_push(&search->queue, node);
}

static void add_callers(struct search *search, uint32_t node)
{
    const struct callgraph *graph = search->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t from = search->program->calls[graph->callers[i]].from;
        bool ends_otherwise = search->ret->known[from] & (KNOWN_ENDS | KNOWN_NEVER_RETURNS);
        if (!ends_otherwise && is_ahead(search, graph->callers[i]))
            add(search, from);
    }
    if (node >= graph->function_count)
        return;
    for (uint32_t i = graph->function_lists[node]; i < graph->function_lists[node + 1]; i++)
        add(search, graph->list_nodes[i]);
}

static void find_exits(struct search *search)
{
    for (uint32_t i = 0; i < search->graph->function_count; i++)
        if (is_exit(search, i))
            add(search, i);
    for (size_t next = 0; next < search->queue.count; next++)
        add_callers(search, search->queue.data[next]);
}

/** Whether the call is the last thing in its block's way, and nobody knows what it calls. */
static bool is_unknown_end(const struct search *search, uint32_t call)
{
    uint32_t block = search->call_blocks[call];
    if (search->graph->callees[call] != NONE || block == NONE)
        return false;
    const struct block *last = &search->program->blocks[block];
    return last->next[0] == NONE && last->next[1] == NONE && !block_leaves(search->graph, last);
}

/* ---- From main on ---------------------------------------------------------------------------- */

static void put_in_chain(struct search *search, uint32_t function)
{
    if (!search->exits[function] || is_exit(search, function) || search->ret->ends_main[function])
        return;
    search->ret->ends_main[function] = true;
    array_push(&search->queue, function);
}

/** Adds what @p node, by which main ends, calls to end the program: itself, or a list's members. */
static void put_node_in_chain(struct search *search, uint32_t node)
{
    if (node < search->graph->function_count) {
        put_in_chain(search, node);
        return;
    }
    for (uint32_t i = 0; i < callgraph_successor_count(search->graph, node); i++)
        put_in_chain(search, callgraph_successor(search->graph, node, i));
}

static void follow_chain(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        uint32_t callee = search->graph->callees[i];
        if (callee != NONE && search->exits[callee] && is_ahead(search, i))
            put_node_in_chain(search, callee);
    }
}

static void mark_main(struct search *search, uint32_t main_function)
{
    const struct program *program = search->program;
    search->queue.count = 0;
    for (uint32_t i = program->function_calls[main_function];
         i < program->function_calls[main_function + 1]; i++) {
        uint32_t callee = search->graph->callees[i];
        bool is_end = is_exit(search, callee) || (callee != NONE && search->exits[callee]);
        if (is_end || is_unknown_end(search, i))
            search->graph->traits[i] |= CALL_EXITS;
    }
    follow_chain(search, main_function);
    for (size_t next = 0; next < search->queue.count; next++)
        follow_chain(search, search->queue.data[next]);
}

void returns_find_exits(struct returns *returns, const struct callgraph *graph,
                        const uint8_t *block_phases, const uint32_t *call_blocks)
{
    const struct program *program = graph->program;
    if (program->facts->main_function == NONE)
        return;
    struct search search = {.graph = graph,
                            .program = program,
                            .ret = returns,
                            .block_phases = block_phases,
                            .call_blocks = call_blocks,
                            .exits = xcalloc((size_t)graph->node_count + 1, sizeof *search.exits)};
    find_exits(&search);
    mark_main(&search, program_whole(program, program->facts->main_function));
    free(search.exits);
    array_deinit(&search.queue);
}
