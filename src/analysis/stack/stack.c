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
 * normal paths count, but for partial calls and calls in functions with setjmp (ways.c)
 * all their paths do. Allocators are functions like others here: their stack is real. There is no
 * bound where a frame, a depth or a callee is not known, and none in a circle of calls. The maxima
 * themselves, and the floor where there is no bound, are found in depths.c.
 */
#include "analysis/stack.h"

#include "analysis/stack/stack_pass.h"
#include "base/memory.h"

#include <stdlib.h>

static bool may_return(const struct program *program, const struct call *call)
{
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = program->call_targets[call->first_target + i];
        if (program->facts->verdicts[program_whole(program, target)].returns)
            return true;
    }
    return !call->target_count;
}

bool stack_call_is_known(const struct stack_pass *pass, uint32_t call)
{
    const struct call *record = &pass->program->calls[call];
    return pass->graph->callees[call] != NONE &&
           !(record->falls_off && may_return(pass->program, record));
}

bool stack_call_counts(const struct stack_pass *pass, uint32_t call)
{
    uint8_t path = pass->program->facts->call_paths[call];
    return path == CALL_PATH_NORMAL || (path != CALL_PATH_DEAD && !pass->all_paths);
}

const struct stack_pass *stack_callee_pass(const struct stack_pass *pass, uint32_t call)
{
    const struct call *record = &pass->program->calls[call];
    bool takes_all = pass->graph->traits[call] & CALL_IS_PARTIAL ||
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

bool stack_is_edge(const void *context, uint32_t call)
{
    const struct stack_pass *pass = context;
    return stack_call_counts(pass, call) && stack_call_is_known(pass, call);
}

/** Returns the nodes by their component, callees first; the caller frees it. */
static uint32_t *list_by_component(const struct components *components)
{
    CLEANUP_FREE uint32_t *rows = xcalloc((size_t)components->count + 1, sizeof *rows);
    uint32_t *nodes = xmalloc(((size_t)components->order_count + 1) * sizeof *nodes);
    for (uint32_t i = 0; i < components->order_count; i++)
        rows[components->component[components->order[i]] + 1]++;
    for (uint32_t i = 0; i < components->count; i++)
        rows[i + 1] += rows[i];
    for (uint32_t i = 0; i < components->order_count; i++)
        nodes[rows[components->component[components->order[i]]]++] = components->order[i];
    return nodes;
}

/**
 * Finds the components of both passes. The search over normal calls begins at the components over
 * all calls in their order, so that one order of nodes, which it returns, is good for both.
 */
static uint32_t *find_components(struct stack_pass *all, struct stack_pass *normal)
{
    components_init(&all->components, all->graph, stack_is_edge, all, NULL, 0);
    CLEANUP_FREE uint32_t *roots = list_by_component(&all->components);
    uint32_t count = all->components.order_count;
    components_init(&normal->components, normal->graph, stack_is_edge, normal, roots, count);
    uint32_t *order = list_by_component(&normal->components);
    struct stack_pass *passes[] = {all, normal};
    for (unsigned i = 0; i < 2; i++) {
        passes[i]->order = order;
        passes[i]->order_count = count;
    }
    return order;
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

/** Frames that were fixed on condition that a call never returns, which is known only now. */
static void settle_frames(struct program *program)
{
    for (uint32_t i = 0; i < program->call_count; i++) {
        const struct call *call = &program->calls[i];
        struct frame *frame = &program->facts->frames[call->from];
        if (!call->leaves_deep || frame->kind != FRAME_FIXED || !may_return(program, call))
            continue;
        frame->kind = FRAME_DYNAMIC;
        frame->dynamic_address = call->address;
    }
}

void stack_analyze(struct program *program)
{
    settle_frames(program);
    struct callgraph graph;
    callgraph_init(&graph, program);
    struct stack_pass passes[2];
    struct stack_pass *all = &passes[0], *normal = &passes[1];
    *all = (struct stack_pass){.program = program, .graph = &graph};
    *normal = (struct stack_pass){.program = program, .graph = &graph, .all_paths = all};
    uint32_t *order = find_components(all, normal);
    stack_find_depths(all, normal);
    keep_bounds(program, all, normal);
    find_recursions(program, all);
    stack_find_reasons(program, all, normal);
    free(order);
    for (unsigned i = 0; i < 2; i++) {
        components_deinit(&passes[i].components);
        free(passes[i].depths);
    }
    callgraph_deinit(&graph);
}
