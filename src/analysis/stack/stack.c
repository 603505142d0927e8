/*
 * stack.c: how deep the stack can get below a call of each function.
 *
 * In: frames, calls, facts.call_paths. Out: facts.bounds, facts.unbounded (reasons.c),
 * facts.recursions. For each function
 *
 *     bound = max(frame, max over its calls of (depth at the call + bound of the callee))
 *
 * over the components of the call graph, callees first; per call and not per function, so that a
 * deep callee called from a shallow place costs what it costs (the usual sum over frames is larger;
 * J. Regehr, A. Reid, K. Webb, Eliminating stack overflow by abstract interpretation, 2005). Twice:
 * over all live calls, then over those on normal paths. Of the callees on normal paths, their
 * normal paths count, but for weak calls and calls in functions with setjmp (callgraph.h, ways.c)
 * all their paths do. Allocators are functions like others here: their stack is real. There is no
 * bound where a frame, a depth or a callee is not known, and none in a circle of calls. Calls
 * whose candidates are all address-taken functions count as unresolved, as they do for verdicts.
 *
 * The floor, `at_least`, is the same maximum over what is known: unresolved calls cost nothing,
 * a dynamic frame counts with its fixed part, and in a circle the calls that close it are left out
 * (back edges of the depth-first search in components.c). So it is the length of a path that enters
 * no function twice: not always the longest such path, which is NP-hard to find. Both walks take
 * the functions in one order, so that what normal paths need is never more than what all paths do:
 * that of the search over normal calls, begun at the components of all calls, callees first.
 */
#include "analysis/stack.h"

#include "analysis/stack/stack_pass.h"
#include "base/memory.h"

#include <stdlib.h>

bool stack_call_is_known(const struct stack_pass *pass, uint32_t call)
{
    return pass->graph->callees[call] != NONE && pass->graph->weakness[call] != CALL_IS_ANYTHING;
}

bool stack_call_counts(const struct stack_pass *pass, uint32_t call)
{
    uint8_t path = pass->program->facts->call_paths[call];
    return path == CALL_PATH_NORMAL || (path == CALL_PATH_DIVERGING && !pass->all_paths);
}

const struct stack_pass *stack_callee_pass(const struct stack_pass *pass, uint32_t call)
{
    const struct call *record = &pass->program->calls[call];
    bool takes_all = pass->graph->weakness[call] != CALL_STRONG ||
                     pass->program->facts->verdicts[record->from].is_marked_place;
    return pass->all_paths && takes_all ? pass->all_paths : pass;
}

bool stack_takes_all(const struct stack_pass *pass, uint32_t function)
{
    return pass->all_paths && !pass->program->facts->verdicts[function].has_normal_paths;
}

bool stack_is_cyclic(const struct stack_pass *pass, uint32_t node)
{
    uint32_t component = pass->components.component[node];
    return component != NONE && pass->components.is_cyclic[component];
}

static bool is_edge(const void *context, uint32_t call)
{
    const struct stack_pass *pass = context;
    return stack_call_counts(pass, call) && stack_call_is_known(pass, call);
}

/** Returns what is certainly in use when the callee of @p call begins. */
static int64_t known_depth(const struct stack_pass *pass, const struct call *call)
{
    if (call->depth_bytes >= 0)
        return call->depth_bytes;
    // Below a dynamic part of the frame is at least its fixed part.
    const struct frame *frame = &pass->program->facts->frames[call->from];
    return frame->kind == FRAME_DYNAMIC && frame->bytes > 0 ? frame->bytes : 0;
}

/** Makes @p depth at least what @p call takes with what its callee takes. */
static void add_call(const struct stack_pass *pass, struct stack_depth *depth, uint32_t call)
{
    const struct call *record = &pass->program->calls[call];
    if (!stack_call_is_known(pass, call)) {
        depth->is_bounded = false;
        return;
    }
    uint32_t node = pass->graph->callees[call];
    const struct stack_depth *callee = &stack_callee_pass(pass, call)->depths[node];
    depth->is_bounded &= callee->is_bounded && record->depth_bytes >= 0;
    if (callee->bytes < 0 || pass->positions[node] >= pass->positions[record->from])
        return;
    int64_t bytes;
    if (__builtin_add_overflow(known_depth(pass, record), callee->bytes, &bytes)) {
        bytes = INT64_MAX;
        depth->is_bounded = false;
    }
    if (bytes <= depth->bytes)
        return;
    depth->bytes = bytes;
    bool is_list = node >= pass->graph->function_count;
    depth->step = (struct step){call, is_list ? callee->step.target : node};
}

static struct stack_depth function_depth(const struct stack_pass *pass, uint32_t function)
{
    if (stack_takes_all(pass, function))
        return pass->all_paths->depths[function];
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

/** Of a list of targets the deepest member, which the step names. */
static struct stack_depth list_depth(const struct stack_pass *pass, uint32_t node)
{
    struct stack_depth depth = {.bytes = -1, .step = {NONE, NONE}, .is_bounded = true};
    for (uint32_t i = 0; i < callgraph_successor_count(pass->graph, node); i++) {
        uint32_t member = callgraph_successor(pass->graph, node, i);
        const struct stack_depth *member_depth = &pass->depths[member];
        depth.is_bounded &= member_depth->is_bounded;
        if (member_depth->bytes <= depth.bytes)
            continue;
        depth.bytes = member_depth->bytes;
        depth.step.target = member;
    }
    return depth;
}

/** Nodes that are not in the order are lists that no call of this pass goes through. */
static void find_depths(struct stack_pass *pass)
{
    uint32_t node_count = pass->graph->node_count;
    pass->depths = xmalloc(((size_t)node_count + 1) * sizeof *pass->depths);
    for (uint32_t i = 0; i < node_count; i++)
        pass->depths[i] = (struct stack_depth){.bytes = -1, .step = {NONE, NONE}};
    for (uint32_t i = 0; i < pass->order_count; i++) {
        uint32_t node = pass->order[i];
        struct stack_depth depth = node < pass->graph->function_count ? function_depth(pass, node)
                                                                      : list_depth(pass, node);
        depth.is_bounded &= !stack_is_cyclic(pass, node);
        pass->depths[node] = depth;
    }
}

/**
 * Returns the nodes in the order of their components over all calls, in each of them that first
 * which the search entered it by: from there the paths are longest. The caller frees it.
 */
static uint32_t *list_roots(const struct stack_pass *all)
{
    const struct components *components = &all->components;
    CLEANUP_FREE uint32_t *rows = xcalloc((size_t)components->count + 1, sizeof *rows);
    uint32_t *roots = xmalloc(((size_t)components->order_count + 1) * sizeof *roots);
    for (uint32_t i = 0; i < components->order_count; i++)
        rows[components->component[components->order[i]] + 1]++;
    for (uint32_t i = 0; i < components->count; i++)
        rows[i + 1] += rows[i];
    for (uint32_t i = components->order_count; i-- > 0;)
        roots[rows[components->component[components->order[i]]]++] = components->order[i];
    return roots;
}

static void find_components(struct stack_pass *all, struct stack_pass *normal)
{
    components_init(&all->components, all->graph, is_edge, all, NULL, 0);
    CLEANUP_FREE uint32_t *roots = list_roots(all);
    components_init(&normal->components, normal->graph, is_edge, normal, roots,
                    all->components.order_count);
}

/** Walks both passes in the order of the search over normal paths. */
static void find_all_depths(struct stack_pass *all, struct stack_pass *normal, uint32_t *positions)
{
    const struct components *components = &normal->components;
    for (uint32_t i = 0; i < components->order_count; i++)
        positions[components->order[i]] = i;
    struct stack_pass *passes[] = {all, normal};
    for (unsigned i = 0; i < 2; i++) {
        passes[i]->order = components->order;
        passes[i]->order_count = components->order_count;
        passes[i]->positions = positions;
        find_depths(passes[i]);
    }
}

static void keep_bounds(struct program *program, const struct stack_pass *all,
                        const struct stack_pass *normal)
{
    struct facts *facts = program->facts;
    facts->bounds =
        arena_calloc(&program->arena, (size_t)program->function_count + 1, sizeof *facts->bounds);
    for (uint32_t i = 0; i < program->function_count; i++) {
        uint32_t whole = program_whole(program, i);
        const struct stack_depth *deep = &all->depths[whole], *usual = &normal->depths[whole];
        facts->bounds[i] = (struct bound){
            .bytes = usual->is_bounded ? usual->bytes : -1,
            .with_panic_bytes = deep->is_bounded ? deep->bytes : -1,
            .at_least_bytes = deep->bytes,
            .normal_at_least_bytes = usual->bytes,
            .deepest_call = deep->step.call,
            .deepest_target = deep->step.target,
            .normal_call = usual->step.call,
            .normal_target = usual->step.target,
            .is_recursive = stack_is_cyclic(all, whole),
        };
    }
}

/** Numbers the cyclic components by their first function; returns how many functions they have. */
static uint32_t number_cycles(struct facts *facts, const struct stack_pass *all,
                              uint32_t *component_cycles)
{
    uint32_t members = 0;
    for (uint32_t i = 0; i < all->graph->function_count; i++) {
        if (!stack_is_cyclic(all, i))
            continue;
        uint32_t component = all->components.component[i];
        if (component_cycles[component] == NONE)
            component_cycles[component] = facts->recursion_count++;
        members++;
    }
    return members;
}

/** Lists the functions of each circle of calls, in their own order. */
static void find_recursions(struct program *program, const struct stack_pass *all)
{
    struct facts *facts = program->facts;
    size_t component_count = all->components.count;
    CLEANUP_FREE uint32_t *cycles = xmalloc((component_count + 1) * sizeof *cycles);
    for (size_t i = 0; i < component_count; i++)
        cycles[i] = NONE;
    facts->recursion_count = 0;
    uint32_t members = number_cycles(facts, all, cycles);
    uint32_t *functions = arena_calloc(&program->arena, (size_t)members + 1, sizeof *functions);
    uint32_t *rows =
        arena_calloc(&program->arena, (size_t)facts->recursion_count + 2, sizeof *rows);
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (stack_is_cyclic(all, i))
            rows[cycles[all->components.component[i]] + 2]++;
    }
    for (uint32_t i = 0; i < facts->recursion_count; i++)
        rows[i + 2] += rows[i + 1];
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (stack_is_cyclic(all, i))
            functions[rows[cycles[all->components.component[i]] + 1]++] = i;
    }
    facts->recursion_functions = functions;
    facts->recursions = rows;
}

void stack_analyze(struct program *program)
{
    struct callgraph graph;
    callgraph_init(&graph, program);
    struct stack_pass passes[2];
    struct stack_pass *all = &passes[0], *normal = &passes[1];
    *all = (struct stack_pass){.program = program, .graph = &graph};
    *normal = (struct stack_pass){.program = program, .graph = &graph, .all_paths = all};
    find_components(all, normal);
    CLEANUP_FREE uint32_t *positions = xmalloc(((size_t)graph.node_count + 1) * sizeof *positions);
    find_all_depths(all, normal, positions);
    keep_bounds(program, all, normal);
    find_recursions(program, all);
    stack_find_reasons(program, all, normal);
    for (unsigned i = 0; i < 2; i++) {
        components_deinit(&passes[i].components);
        free(passes[i].depths);
    }
    callgraph_deinit(&graph);
}
