/* test_callgraph.c: rows of edges, components, resolvers. */
#include "analysis/calls/callgraph.h"
#include "analysis/calls/components.h"
#include "random_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { PROGRAMS = 10000, LONG_CHAIN = 300000 };

static bool every_call(const void *context, uint32_t call)
{
    (void)context;
    (void)call;
    return true;
}

static void calls_share_lists(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, 4);
    graph_call(&graph, 0, TO(2, 3), NEXT(1));
    graph_call(&graph, 0, TO(1), NEXT(2));
    graph_call(&graph, 0, TO_UNKNOWN, NEXT(3));
    graph_leaf(&graph, 0);
    graph_call(&graph, 1, TO(2, 3), END);
    graph_finish(&graph);
    struct callgraph calls;
    callgraph_init(&calls, &graph.program);
    assert_int_equal(calls.node_count, 5);
    assert_int_equal(calls.callees[0], 4);
    assert_int_equal(calls.callees[1], 1);
    assert_int_equal(calls.callees[2], NONE);
    assert_int_equal(calls.callees[3], 4);
    assert_int_equal(calls.node_callers[5] - calls.node_callers[4], 2);
    assert_int_equal(calls.callers[calls.node_callers[4]], 0);
    assert_int_equal(calls.callers[calls.node_callers[4] + 1], 3);
    assert_int_equal(calls.function_lists[3] - calls.function_lists[2], 1);
    assert_int_equal(calls.list_nodes[calls.function_lists[2]], 4);
    assert_int_equal(callgraph_successor(&calls, 4, 1), 3);
    callgraph_deinit(&calls);
    graph_deinit(&graph);
}

/** Marks what calls lead to from @p node. */
static void close_over(const struct callgraph *calls, uint32_t node, bool *seen)
{
    for (uint32_t i = 0; i < callgraph_successor_count(calls, node); i++) {
        uint32_t successor = callgraph_successor(calls, node, i);
        if (successor == NONE || seen[successor])
            continue;
        seen[successor] = true;
        close_over(calls, successor, seen);
    }
}

static void check_components(const struct callgraph *calls)
{
    enum { MAX_NODES = 64 };
    bool leads[MAX_NODES][MAX_NODES] = {{false}};
    assert_in_range(calls->node_count, 0, MAX_NODES);
    for (uint32_t i = 0; i < calls->node_count; i++)
        close_over(calls, i, leads[i]);
    struct components components;
    components_init(&components, calls, every_call, NULL, NULL, 0);
    for (uint32_t i = 0; i < calls->node_count; i++) {
        assert_int_equal(components.is_cyclic[components.component[i]], leads[i][i]);
        for (uint32_t j = 0; j < calls->node_count; j++) {
            bool is_same = i == j || (leads[i][j] && leads[j][i]);
            assert_int_equal(components.component[i] == components.component[j], is_same);
            if (leads[i][j]) /* callees first */
                assert_true(components.component[j] <= components.component[i]);
        }
    }
    assert_int_equal(components.order_count, calls->node_count);
    components_deinit(&components);
}

static void components_are_circles(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        struct graph graph;
        random_graph_init(&graph, seed);
        struct callgraph calls;
        callgraph_init(&calls, &graph.program);
        check_components(&calls);
        callgraph_deinit(&calls);
        graph_deinit(&graph);
    }
}

/* A chain of calls as long as this would overflow the stack of a recursive search. */
static void long_chains_are_no_problem(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, LONG_CHAIN);
    struct program *program = &graph.program;
    struct arena *arena = &program->arena;
    program->call_count = program->call_target_count = LONG_CHAIN;
    program->calls = arena_calloc(arena, LONG_CHAIN, sizeof *program->calls);
    program->call_targets = arena_calloc(arena, LONG_CHAIN, 4);
    program->function_calls = arena_calloc(arena, LONG_CHAIN + 1, 4);
    for (uint32_t i = 0; i < LONG_CHAIN; i++) {
        program->calls[i] = (struct call){.from = i, .first_target = i, .target_count = 1};
        program->call_targets[i] = (i + 1) % LONG_CHAIN;
        program->function_calls[i + 1] = i + 1;
    }
    struct callgraph calls;
    callgraph_init(&calls, program);
    struct components components;
    components_init(&components, &calls, every_call, NULL, NULL, 0);
    assert_int_equal(components.count, 1);
    assert_true(components.is_cyclic[0]);
    components_deinit(&components);
    callgraph_deinit(&calls);
    graph_deinit(&graph);
}

static void refer(struct graph *graph, uint32_t from, uint32_t to)
{
    struct program *program = &graph->program;
    program->references[program->reference_count++] = (struct reference){
        .target = program->functions[to].address, .from = from, .kind = REFERENCE_ADDRESS};
}

static void calls_of_resolvers_call_what_they_choose(void **state)
{
    (void)state;
    enum { CALLER, RESOLVER, FAST, SLOW, EMPTY, DELEGATING, COUNT };
    struct graph graph;
    graph_init(&graph, COUNT);
    struct program *program = &graph.program;
    program->references = arena_calloc(&program->arena, 8, sizeof *program->references);
    graph_call(&graph, CALLER, TO(RESOLVER), NEXT(1));
    graph_call(&graph, CALLER, TO(EMPTY), NEXT(2));
    graph_call(&graph, CALLER, TO(RESOLVER), NEXT(3));
    graph_call(&graph, CALLER, TO(SLOW), NEXT(4));
    graph_call(&graph, CALLER, TO(SLOW, RESOLVER), NEXT(5));
    graph_call(&graph, CALLER, TO(DELEGATING), END);
    graph_tail(&graph, DELEGATING, TO(RESOLVER));
    graph_finish(&graph);
    refer(&graph, RESOLVER, FAST);
    refer(&graph, DELEGATING, FAST);
    refer(&graph, RESOLVER, SLOW);
    refer(&graph, CALLER, EMPTY);
    program->functions[RESOLVER].is_ifunc = true;
    program->functions[EMPTY].is_ifunc = true;
    program->functions[DELEGATING].is_ifunc = true;
    for (unsigned round = 0; round < 2; round++) {
        callgraph_expand_ifuncs(program);
        const struct call *calls = program->calls;
        assert_int_equal(calls[0].kind, CALL_CONSTANT);
        assert_int_equal(calls[0].target_count, 2);
        assert_int_equal(program->call_targets[calls[0].first_target], FAST);
        assert_int_equal(program->call_targets[calls[0].first_target + 1], SLOW);
        assert_int_equal(calls[1].kind, CALL_UNRESOLVED);
        assert_int_equal(calls[1].target_count, 0);
        assert_int_equal(calls[2].first_target, calls[0].first_target);
        assert_int_equal(calls[3].kind, CALL_DIRECT);
        assert_int_equal(program->call_targets[calls[3].first_target], SLOW);
        assert_int_equal(calls[4].target_count, 3);
        assert_int_equal(calls[5].kind, CALL_UNRESOLVED);
    }
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_share_lists),
        cmocka_unit_test(components_are_circles),
        cmocka_unit_test(long_chains_are_no_problem),
        cmocka_unit_test(calls_of_resolvers_call_what_they_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
