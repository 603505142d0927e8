/*
 * depths.c: the deepest stack below each node of the call graph, as far as it is known.
 *
 * In: two passes with components and an order. Out: their depths. Nodes are settled component by
 * component, callees first. What is deepest below a node without going through its own component is
 * its exit: its frame, or a call to a component that is settled. Outside circles that is all. In a
 * circle every function can reach every other, so from each of them the way leads to the one with
 * the deepest exit, by the fewest calls, and out there. So the floor of a circle is the length of a
 * path that goes round not even once. The longest such path would be NP-hard to find; this one does
 * not depend on where a search began. Unresolved calls cost nothing, dynamic frames count with
 * their fixed part.
 *
 * A component over all calls is settled after the components over normal calls within it, and a
 * normal path is one of the exits, so what all paths take is never less than what normal ones do.
 * (A path may then enter a function twice: on the way to the exit and on the normal path from
 * there.)
 */
#include "analysis/stack/stack_pass.h"
#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>

/** One pass being settled. */
struct settling {
    struct stack_pass *pass;
    const struct stack_pass *normal; /* of the pass over all paths the other one, else NULL */
    ARRAY(uint32_t) queue;
    bool *is_on_way; /* of each node: its way to the deepest exit of its circle is known */
};

/** Returns what is certainly in use when the callee of @p call begins. */
static int64_t known_depth(const struct stack_pass *pass, const struct call *call)
{
    if (call->depth_bytes >= 0)
        return call->depth_bytes;
    // Below a dynamic part of the frame is at least its fixed part.
    const struct frame *frame = &pass->program->facts->frames[call->from];
    return frame->kind == FRAME_DYNAMIC && frame->bytes > 0 ? frame->bytes : 0;
}

static int64_t add_saturating(int64_t depth, int64_t bytes)
{
    return __builtin_add_overflow(depth, bytes, &bytes) ? INT64_MAX : bytes;
}

/** The step from @p call to its callee @p node, or to the deepest member of that. */
static struct step step_to(const struct stack_pass *pass, uint32_t call, uint32_t node,
                           const struct stack_depth *callee)
{
    bool is_list = node >= pass->graph->function_count;
    return (struct step){call, is_list ? callee->step.target : node};
}

/** Makes @p depth at least what @p call takes with what its callee takes, if that is settled. */
static void add_call(const struct stack_pass *pass, struct stack_depth *depth, uint32_t call)
{
    if (!stack_call_is_known(pass, call)) {
        depth->is_bounded = false;
        return;
    }
    const struct call *record = &pass->program->calls[call];
    uint32_t node = pass->graph->callees[call];
    const struct stack_pass *source = stack_callee_pass(pass, call);
    const struct stack_depth *callee = &source->depths[node];
    const uint32_t *component = source->components.component;
    if (component[node] == component[record->from] || callee->bytes < 0) {
        depth->is_bounded = false;
        return;
    }
    int64_t bytes = add_saturating(known_depth(pass, record), callee->bytes);
    depth->is_bounded &= callee->is_bounded && record->depth_bytes >= 0 && bytes < INT64_MAX;
    if (bytes > depth->bytes) {
        depth->bytes = bytes;
        depth->step = step_to(pass, call, node, callee);
    }
}

static struct stack_depth function_exit(const struct stack_pass *pass, uint32_t function)
{
    const struct program *program = pass->program;
    const struct frame *frame = &program->facts->frames[function];
    struct stack_depth depth = {
        .bytes = frame->bytes > 0 ? frame->bytes : 0,
        .step = {NONE, NONE},
        .is_bounded = frame->kind == FRAME_FIXED && frame->bytes >= 0 &&
                      !callgraph_is_opaque(program, function),
    };
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        if (stack_call_counts(pass, i))
            add_call(pass, &depth, i);
    }
    return depth;
}

/** Of a list of targets the deepest member that is settled, which the step names. */
static struct stack_depth list_exit(const struct stack_pass *pass, uint32_t node)
{
    const uint32_t *component = pass->components.component;
    struct stack_depth depth = {.bytes = -1, .step = {NONE, NONE}, .is_bounded = true};
    for (uint32_t i = 0; i < callgraph_successor_count(pass->graph, node); i++) {
        uint32_t member = callgraph_successor(pass->graph, node, i);
        const struct stack_depth *settled = &pass->depths[member];
        bool is_inside = component[member] == component[node];
        depth.is_bounded &= settled->is_bounded && !is_inside;
        if (is_inside || settled->bytes <= depth.bytes)
            continue;
        depth.bytes = settled->bytes;
        depth.step.target = member;
    }
    return depth;
}

static struct stack_depth node_exit(const struct settling *settling, uint32_t node)
{
    const struct stack_pass *pass = settling->pass;
    if (node >= pass->graph->function_count)
        return list_exit(pass, node);
    struct stack_depth depth = function_exit(pass, node);
    if (settling->normal && settling->normal->depths[node].bytes > depth.bytes) {
        depth.bytes = settling->normal->depths[node].bytes;
        depth.step = settling->normal->depths[node].step;
    }
    return depth;
}

static void put_on_way(struct settling *settling, uint32_t node, int64_t bytes, struct step step)
{
    settling->is_on_way[node] = true;
    settling->pass->depths[node].bytes = bytes;
    settling->pass->depths[node].step = step;
    array_push(&settling->queue, node);
}

/**
 * Leads the nodes of the circle of @p node that call it over the way that it has. Calls that count
 * with all paths of their callee are no part of a way over normal paths; what is not led stays with
 * its own exit.
 */
static void lead_callers(struct settling *settling, uint32_t node)
{
    struct stack_pass *pass = settling->pass;
    const struct callgraph *graph = pass->graph;
    const uint32_t *component = pass->components.component;
    const struct stack_depth *depth = &pass->depths[node];
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i], from = pass->program->calls[call].from;
        if (component[from] != component[node] || settling->is_on_way[from] ||
            !stack_is_edge(pass, call) || stack_callee_pass(pass, call) != pass)
            continue;
        int64_t bytes = known_depth(pass, &pass->program->calls[call]);
        put_on_way(settling, from, add_saturating(bytes, depth->bytes),
                   step_to(pass, call, node, depth));
    }
    if (node >= graph->function_count)
        return;
    for (uint32_t i = graph->function_lists[node]; i < graph->function_lists[node + 1]; i++) {
        uint32_t list = graph->list_nodes[i];
        if (component[list] == component[node] && !settling->is_on_way[list])
            put_on_way(settling, list, depth->bytes, (struct step){NONE, node});
    }
}

/** Settles @p nodes, a circle whose exits are known, by the way to the deepest of these. */
static void settle_circle(struct settling *settling, const uint32_t *nodes, uint32_t count)
{
    struct stack_depth *depths = settling->pass->depths;
    uint32_t best = nodes[0];
    for (uint32_t i = 0; i < count; i++) {
        depths[nodes[i]].is_bounded = false;
        int64_t bytes = depths[nodes[i]].bytes;
        if (bytes > depths[best].bytes || (bytes == depths[best].bytes && nodes[i] < best))
            best = nodes[i];
    }
    settling->queue.count = 0;
    put_on_way(settling, best, depths[best].bytes, depths[best].step);
    for (size_t next = 0; next < settling->queue.count; next++)
        lead_callers(settling, settling->queue.data[next]);
}

/** Returns the end of the component of @p pass that begins at index @p first of the order. */
static uint32_t component_end(const struct stack_pass *pass, uint32_t first)
{
    const uint32_t *component = pass->components.component;
    uint32_t end = first + 1;
    while (end < pass->order_count && component[pass->order[end]] == component[pass->order[first]])
        end++;
    return end;
}

/** Settles the component [@p first, @p end) of the order. */
static void settle(struct settling *settling, uint32_t first, uint32_t end)
{
    struct stack_pass *pass = settling->pass;
    const uint32_t *nodes = pass->order + first;
    bool is_function = nodes[0] < pass->graph->function_count;
    if (stack_is_cyclic(pass, nodes[0])) {
        // No exit leads into the circle itself, so each can be stored before the next is sought.
        for (uint32_t i = 0; i < end - first; i++)
            pass->depths[nodes[i]] = node_exit(settling, nodes[i]);
        settle_circle(settling, nodes, end - first);
    } else if (!is_function || !stack_takes_all(pass, nodes[0])) {
        pass->depths[nodes[0]] = node_exit(settling, nodes[0]);
    }
}

static void settling_init(struct settling *ret, struct stack_pass *pass,
                          const struct stack_pass *normal)
{
    size_t node_count = pass->graph->node_count;
    pass->depths = xmalloc((node_count + 1) * sizeof *pass->depths);
    // Lists that no call of the pass goes through stay like this.
    for (size_t i = 0; i < node_count; i++)
        pass->depths[i] = (struct stack_depth){.bytes = -1, .step = {NONE, NONE}};
    *ret = (struct settling){.pass = pass,
                             .normal = normal,
                             .is_on_way = xcalloc(node_count + 1, sizeof *ret->is_on_way)};
}

static void settling_deinit(struct settling *settling)
{
    array_deinit(&settling->queue);
    free(settling->is_on_way);
}

/** Gives the functions of [@p first, @p end) that have no normal paths the depth of all. */
static void take_all(struct stack_pass *normal, const struct stack_pass *all, uint32_t first,
                     uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t node = all->order[i];
        if (node < all->graph->function_count && stack_takes_all(normal, node))
            normal->depths[node] = all->depths[node];
    }
}

void stack_find_depths(struct stack_pass *all, struct stack_pass *normal)
{
    struct settling over_all, over_normal;
    settling_init(&over_normal, normal, NULL);
    settling_init(&over_all, all, normal);
    for (uint32_t first = 0, end; first < all->order_count; first = end) {
        end = component_end(all, first);
        for (uint32_t inner = first, inner_end; inner < end; inner = inner_end) {
            inner_end = component_end(normal, inner);
            settle(&over_normal, inner, inner_end);
        }
        settle(&over_all, first, end);
        take_all(normal, all, first, end);
    }
    settling_deinit(&over_normal);
    settling_deinit(&over_all);
}
