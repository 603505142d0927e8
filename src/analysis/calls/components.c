/*
 * components.c: strongly connected components of the call graph.
 *
 * In: struct callgraph and a choice of calls. Out: struct components. The algorithm is R. Tarjan's
 * (Depth-first search and linear graph algorithms, SIAM J. Comput. 1972) with an explicit stack:
 * call chains can be as long as there are functions. Linear in nodes and edges; the result does
 * not depend on anything but the order of functions and calls.
 */
#include "analysis/calls/components.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/** A node whose successors are being visited. */
struct visit {
    uint32_t node, next; /* index of the next successor */
};

struct search {
    const struct callgraph *graph;
    call_filter *filter;
    const void *context;
    struct components *ret;
    uint32_t *number;     /* in order of discovery from 1; 0 not yet seen */
    uint32_t *low;        /* lowest number known to be reachable on the stack of open nodes */
    struct visit *visits; /* the current path */
    uint32_t *open;       /* nodes without a component yet */
    bool *calls_itself;
    uint32_t visit_count, open_count, numbered;
};

static void enter(struct search *search, uint32_t node)
{
    search->number[node] = search->low[node] = ++search->numbered;
    search->open[search->open_count++] = node;
    search->visits[search->visit_count++] = (struct visit){node, 0};
}

/** Returns successor @p index of @p node if the call to it is chosen, else NONE. */
static uint32_t chosen_successor(const struct search *search, uint32_t node, uint32_t index)
{
    const struct callgraph *graph = search->graph;
    uint32_t successor = callgraph_successor(graph, node, index);
    if (successor == NONE || node >= graph->function_count)
        return successor;
    uint32_t call = graph->program->function_calls[node] + index;
    return search->filter(search->context, call) ? successor : NONE;
}

/** Makes the open nodes down to @p root a component. */
static void close_component(struct search *search, uint32_t root)
{
    struct components *ret = search->ret;
    uint32_t size = 0, node;
    do {
        node = search->open[--search->open_count];
        ret->component[node] = ret->count;
        size++;
    } while (node != root);
    ret->is_cyclic[ret->count++] = size > 1 || search->calls_itself[root];
}

static void leave(struct search *search, uint32_t node)
{
    search->visit_count--;
    search->ret->order[search->ret->order_count++] = node;
    if (search->low[node] == search->number[node])
        close_component(search, node);
    if (search->visit_count) {
        uint32_t caller = search->visits[search->visit_count - 1].node;
        if (search->low[caller] > search->low[node])
            search->low[caller] = search->low[node];
    }
}

static void look_at(struct search *search, uint32_t node, uint32_t successor)
{
    if (successor == node)
        search->calls_itself[node] = true;
    if (!search->number[successor]) {
        enter(search, successor);
    } else if (search->ret->component[successor] == NONE &&
               search->low[node] > search->number[successor]) {
        search->low[node] = search->number[successor];
    }
}

static void search_from(struct search *search, uint32_t root)
{
    enter(search, root);
    while (search->visit_count) {
        struct visit *visit = &search->visits[search->visit_count - 1];
        if (visit->next == callgraph_successor_count(search->graph, visit->node)) {
            leave(search, visit->node);
            continue;
        }
        uint32_t node = visit->node;
        uint32_t successor = chosen_successor(search, node, visit->next++);
        if (successor != NONE)
            look_at(search, node, successor);
    }
}

void components_init(struct components *ret, const struct callgraph *graph, call_filter *filter,
                     const void *context, const uint32_t *roots, uint32_t root_count)
{
    size_t count = graph->node_count;
    *ret = (struct components){.component = xmalloc((count + 1) * sizeof *ret->component),
                               .is_cyclic = xcalloc(count + 1, sizeof *ret->is_cyclic),
                               .order = xmalloc((count + 1) * sizeof *ret->order)};
    memset(ret->component, 0xff, count * sizeof *ret->component);
    struct search search = {.graph = graph,
                            .filter = filter,
                            .context = context,
                            .ret = ret,
                            .number = xcalloc(count + 1, sizeof *search.number),
                            .low = xmalloc((count + 1) * sizeof *search.low),
                            .visits = xmalloc((count + 1) * sizeof *search.visits),
                            .open = xmalloc((count + 1) * sizeof *search.open),
                            .calls_itself = xcalloc(count + 1, sizeof *search.calls_itself)};
    if (!roots)
        root_count = graph->function_count;
    for (uint32_t i = 0; i < root_count; i++) {
        uint32_t root = roots ? roots[i] : i;
        if (!search.number[root])
            search_from(&search, root);
    }
    free(search.number);
    free(search.low);
    free(search.visits);
    free(search.open);
    free(search.calls_itself);
}

void components_deinit(struct components *components)
{
    free(components->component);
    free(components->is_cyclic);
    free(components->order);
    *components = (struct components){0};
}
