/*
 * callgraph.c: compressed rows of call edges.
 *
 * In: program.calls and call_targets. Out: struct callgraph. Each row array comes from one counting
 * sort, so building is linear in the calls plus the distinct target lists. Parts of functions
 * are replaced by their wholes. Lists are told apart by their place in call_targets: calls that
 * share one have the same node.
 */
#include "analysis/calls/callgraph.h"

#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "program/facts.h"

#include <stdlib.h>
#include <string.h>

struct target_lists {
    ARRAY(struct target_list) all;
    struct int_map index; /* from place and length */
};

static uint32_t list_node(struct target_lists *lists, const struct program *program,
                          const struct call *call)
{
    uint64_t key = (uint64_t)call->first_target << 32 | call->target_count;
    uint32_t index = int_map_get(&lists->index, key);
    if (index == MAP_NONE) {
        index = (uint32_t)lists->all.count;
        int_map_set(&lists->index, key, index);
        array_push(&lists->all, (struct target_list){call->first_target, call->target_count});
    }
    return program->function_count + index;
}

static uint32_t call_node(struct target_lists *lists, const struct program *program,
                          const struct call *call)
{
    if (call->kind == CALL_UNRESOLVED || !call->target_count)
        return NONE;
    if (call->target_count == 1)
        return program_whole(program, program->call_targets[call->first_target]);
    return list_node(lists, program, call);
}

static uint8_t call_traits(const struct call *call)
{
    unsigned traits = 0;
    if (call->is_partial)
        traits |= CALL_IS_PARTIAL;
    if (call->is_tail)
        traits |= CALL_IS_TAIL;
    // Who puts a call through a pointer at the end knows that none of its callees returns.
    if (call->falls_off && call->target_count)
        traits |= CALL_FALLS_OFF;
    return (uint8_t)traits;
}

static void find_callees(struct callgraph *graph)
{
    const struct program *program = graph->program;
    struct target_lists lists = {0};
    int_map_init(&lists.index);
    graph->callees = xmalloc(((size_t)program->call_count + 1) * sizeof *graph->callees);
    graph->traits = xmalloc((size_t)program->call_count + 1);
    for (uint32_t i = 0; i < program->call_count; i++) {
        graph->callees[i] = call_node(&lists, program, &program->calls[i]);
        graph->traits[i] = call_traits(&program->calls[i]);
    }
    int_map_deinit(&lists.index);
    graph->lists = lists.all.data;
    graph->node_count = graph->function_count + (uint32_t)lists.all.count;
}

/** Turns counts, stored one place up, into the first index of each row. */
static void accumulate(uint32_t *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        rows[i + 1] += rows[i];
}

/** Filling a row moves its first index to its end, which is where the next row began. */
static void restore_rows(uint32_t *rows, uint32_t count)
{
    memmove(rows + 1, rows, (size_t)count * sizeof *rows);
    rows[0] = 0;
}

static void find_callers(struct callgraph *graph)
{
    uint32_t call_count = graph->program->call_count;
    uint32_t *rows = xcalloc((size_t)graph->node_count + 2, sizeof *rows);
    for (uint32_t i = 0; i < call_count; i++) {
        if (graph->callees[i] != NONE)
            rows[graph->callees[i] + 1]++;
    }
    accumulate(rows, graph->node_count);
    graph->callers = xmalloc(((size_t)rows[graph->node_count] + 1) * sizeof *graph->callers);
    for (uint32_t i = 0; i < call_count; i++) {
        if (graph->callees[i] != NONE)
            graph->callers[rows[graph->callees[i]]++] = i;
    }
    restore_rows(rows, graph->node_count);
    graph->node_callers = rows;
}

static void find_memberships(struct callgraph *graph)
{
    uint32_t *rows = xcalloc((size_t)graph->function_count + 2, sizeof *rows);
    for (uint32_t node = graph->function_count; node < graph->node_count; node++) {
        for (uint32_t i = 0; i < callgraph_successor_count(graph, node); i++)
            rows[callgraph_successor(graph, node, i) + 1]++;
    }
    accumulate(rows, graph->function_count);
    graph->list_nodes =
        xmalloc(((size_t)rows[graph->function_count] + 1) * sizeof *graph->list_nodes);
    for (uint32_t node = graph->function_count; node < graph->node_count; node++) {
        for (uint32_t i = 0; i < callgraph_successor_count(graph, node); i++)
            graph->list_nodes[rows[callgraph_successor(graph, node, i)]++] = node;
    }
    restore_rows(rows, graph->function_count);
    graph->function_lists = rows;
}

/** Marks the calls of functions that may return elsewhere. */
static void mark_straying(struct callgraph *graph)
{
    const struct program *program = graph->program;
    for (uint32_t i = 0; program->facts && i < graph->function_count; i++) {
        if (!program->facts->frames[i].strays)
            continue;
        for (uint32_t k = graph->node_callers[i]; k < graph->node_callers[i + 1]; k++)
            graph->traits[graph->callers[k]] |= CALL_STRAYS;
        for (uint32_t j = graph->function_lists[i]; j < graph->function_lists[i + 1]; j++) {
            uint32_t list = graph->list_nodes[j];
            for (uint32_t k = graph->node_callers[list]; k < graph->node_callers[list + 1]; k++)
                graph->traits[graph->callers[k]] |= CALL_STRAYS;
        }
    }
}

void callgraph_init(struct callgraph *ret, const struct program *program)
{
    *ret = (struct callgraph){.program = program, .function_count = program->function_count};
    find_callees(ret);
    find_callers(ret);
    find_memberships(ret);
    mark_straying(ret);
}

void callgraph_deinit(struct callgraph *graph)
{
    free(graph->lists);
    free(graph->callees);
    free(graph->traits);
    free(graph->node_callers);
    free(graph->callers);
    free(graph->function_lists);
    free(graph->list_nodes);
    *graph = (struct callgraph){0};
}

uint32_t callgraph_successor(const struct callgraph *graph, uint32_t node, uint32_t index)
{
    const struct program *program = graph->program;
    if (node < graph->function_count)
        return graph->callees[program->function_calls[node] + index];
    const struct target_list *list = &graph->lists[node - graph->function_count];
    return program_whole(program, program->call_targets[list->first + index]);
}

uint32_t callgraph_successor_count(const struct callgraph *graph, uint32_t node)
{
    const struct program *program = graph->program;
    if (node < graph->function_count)
        return program->function_calls[node + 1] - program->function_calls[node];
    return graph->lists[node - graph->function_count].count;
}

bool callgraph_is_opaque(const struct program *program, uint32_t function)
{
    // Nothing calls a weak import that nobody defines: code tests its address first.
    return program->function_blocks[function] == program->function_blocks[function + 1] &&
           !program->functions[function].is_absent;
}
