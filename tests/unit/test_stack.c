/*
 * test_stack.c: bounds of small programs, computed by hand. Frames are 16 bytes and calls at depth
 * 8 unless a test says otherwise.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "analysis/stack.h"
#include "graph.h"
#include "program/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F, G, H, I, ABORT, COUNT };

static void begin(struct graph *graph)
{
    graph_init(graph, COUNT);
    graph_name(graph, ABORT, "abort");
}

static void analyze(struct graph *graph)
{
    graph_finish(graph);
    allocators_mark(&graph->program, NULL, 0);
    heap_analyze(&graph->program, false);
    stack_analyze(&graph->program);
}

static struct graph_target at_depth(uint32_t function, int32_t depth)
{
    struct graph_target target = TO(function);
    target.depth = depth;
    return target;
}

static const struct bound *bound(const struct graph *graph, uint32_t function)
{
    return &graph->facts.bounds[function];
}

static const struct unbounded *reason(const struct graph *graph, uint32_t function, uint32_t index)
{
    assert_in_range(index + 1, 1, bound(graph, function)->reason_count);
    return &graph->facts.unbounded[bound(graph, function)->first_reason + index];
}

static void leaf_is_its_frame(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_leaf(&graph, F);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, 16);
    assert_int_equal(bound(&graph, F)->with_panic_bytes, 16);
    assert_int_equal(bound(&graph, F)->at_least_bytes, 16);
    assert_int_equal(bound(&graph, F)->deepest_call, NONE);
    assert_int_equal(bound(&graph, F)->reason_count, 0);
    assert_false(bound(&graph, F)->is_recursive);
    graph_deinit(&graph);
}

/* F's frame is 100, but G (40) is called at depth 10, H (20) at depth 90. */
static void each_call_counts_from_its_own_depth(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[F].bytes = 100;
    graph.facts.frames[G].bytes = 40;
    graph.facts.frames[H].bytes = 20;
    graph_call(&graph, F, at_depth(G, 10), NEXT(1));
    graph_call(&graph, F, at_depth(H, 90), NEXT(2));
    graph_leaf(&graph, F);
    graph_leaf(&graph, G);
    graph_leaf(&graph, H);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, 110);
    assert_int_equal(bound(&graph, F)->deepest_call, 1);
    assert_int_equal(bound(&graph, F)->deepest_target, H);
    graph_deinit(&graph);
}

/* A tail call has given its frame back: the callee begins where F did. */
static void tail_calls_reuse_the_frame(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[F].bytes = 100;
    graph.facts.frames[G].bytes = 120;
    graph_tail(&graph, F, TO(G));
    graph_leaf(&graph, G);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, 120);
    graph_deinit(&graph);
}

static void panic_counts_apart(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[G].bytes = 1000;
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_call(&graph, F, TO(G), END);
    graph_call(&graph, F, TO(H), NEXT(3));
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){I, G}, 2); /* never returns: calls itself without end */
    graph_leaf(&graph, H);
    graph_leaf(&graph, I);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, 24);
    assert_int_equal(bound(&graph, F)->with_panic_bytes, -1);
    assert_int_equal(bound(&graph, F)->at_least_bytes, 8 + 1000);
    assert_int_equal(reason(&graph, F, 0)->kind, UNBOUNDED_RECURSION);
    assert_int_equal(reason(&graph, F, 0)->function, G);
    struct step steps[4];
    assert_int_equal(path_to_deepest(&graph.program, F, false, 4, steps), 1);
    assert_int_equal(steps[0].target, H);
    assert_int_equal(path_to_deepest(&graph.program, F, true, 4, steps), 1);
    assert_int_equal(steps[0].target, G);
    graph_deinit(&graph);
}

/* main() { g(); exit(0); }: no normal path, but what it calls takes stack all the same. */
static void without_normal_paths_all_count(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[G].bytes = 1000;
    graph_chain(&graph, F, (uint32_t[]){G, H}, 2);
    graph_leaf(&graph, G);
    graph_block(&graph, H, 0, NEXT(0));
    analyze(&graph);
    assert_false(graph.facts.verdicts[F].returns);
    assert_int_equal(bound(&graph, F)->bytes, 1008);
    assert_int_equal(bound(&graph, F)->with_panic_bytes, 1008);
    struct step step;
    assert_int_equal(path_to_deepest(&graph.program, F, false, 1, &step), 1);
    assert_int_equal(step.target, G);
    graph_deinit(&graph);
}

static void recursion_has_no_bound(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_chain(&graph, F, (uint32_t[]){G}, 1);
    graph_block(&graph, G, 0, FORK(1, 2));
    graph_call(&graph, G, TO(H), NEXT(2));
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){G, I}, 2);
    graph_leaf(&graph, I);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, -1);
    assert_false(bound(&graph, F)->is_recursive);
    assert_true(bound(&graph, G)->is_recursive);
    assert_true(bound(&graph, H)->is_recursive);
    assert_int_equal(bound(&graph, I)->bytes, 16);
    assert_int_equal(bound(&graph, F)->at_least_bytes, 8 + 8 + 8 + 16); /* F, G, H, I */
    assert_int_equal(graph.facts.recursion_count, 1);
    assert_int_equal(graph.facts.recursions[0], 0);
    assert_int_equal(graph.facts.recursions[1], 2);
    assert_int_equal(graph.facts.recursion_functions[0], G);
    assert_int_equal(graph.facts.recursion_functions[1], H);
    assert_int_equal(bound(&graph, F)->reason_count, 1);
    assert_int_equal(reason(&graph, F, 0)->kind, UNBOUNDED_RECURSION);
    graph_deinit(&graph);
}

static void unknowns_have_reasons(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[G] =
        (struct frame){.bytes = 64, .kind = FRAME_DYNAMIC, .dynamic_address = 0x1108};
    graph.facts.frames[I] = (struct frame){.bytes = -1, .kind = FRAME_UNKNOWN};
    graph_call(&graph, F, TO_UNKNOWN, NEXT(1));
    graph_call(&graph, F, TO(G), NEXT(2));
    graph_call(&graph, F, TO(H), NEXT(3));
    graph_leaf(&graph, F);
    graph_call(&graph, G, at_depth(H, -1), NEXT(1));
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){I}, 1);
    graph_leaf(&graph, I);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, -1);
    assert_int_equal(bound(&graph, F)->reason_count, 3); /* the nearest first */
    assert_int_equal(reason(&graph, F, 0)->kind, UNBOUNDED_UNRESOLVED_CALL);
    assert_int_equal(reason(&graph, F, 0)->address, graph.program.calls[0].address);
    assert_int_equal(reason(&graph, F, 1)->kind, UNBOUNDED_DYNAMIC_FRAME);
    assert_int_equal(reason(&graph, F, 1)->function, G);
    assert_int_equal(reason(&graph, F, 1)->address, 0x1108);
    assert_int_equal(reason(&graph, F, 2)->function, I);
    /* the fixed part of G, H at 8 below it, and nothing known of I */
    assert_int_equal(bound(&graph, G)->at_least_bytes, 64 + 16);
    assert_int_equal(bound(&graph, F)->at_least_bytes, 8 + 64 + 16);
    graph_deinit(&graph);
}

/** A reason that is there on two ways is as far away as the shorter one says. */
static void reasons_count_from_the_nearest_way(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_chain(&graph, F, (uint32_t[]){G, H, I}, 3);
    graph_call(&graph, G, TO_UNKNOWN, NEXT(1));
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){G}, 1);
    graph_call(&graph, I, TO_UNKNOWN, NEXT(1));
    graph_leaf(&graph, I);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->reason_count, 2);
    assert_int_equal(reason(&graph, F, 0)->function, G);
    assert_int_equal(reason(&graph, F, 1)->function, I);
    graph_deinit(&graph);
}

static void imports_are_unresolved(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, G, "qsort");
    graph_chain(&graph, F, (uint32_t[]){G}, 1);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, -1);
    assert_int_equal(reason(&graph, F, 0)->kind, UNBOUNDED_UNRESOLVED_CALL);
    assert_int_equal(reason(&graph, F, 0)->function, F);
    graph_deinit(&graph);
}

static void deepest_candidate_counts(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[H].bytes = 500;
    struct graph_target slot = TO(G, H, I);
    slot.kind = CALL_VTABLE;
    graph_call(&graph, F, slot, NEXT(1));
    graph_leaf(&graph, F);
    graph_leaf(&graph, G);
    graph_leaf(&graph, H);
    graph_leaf(&graph, I);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, 508);
    assert_int_equal(bound(&graph, F)->deepest_target, H);
    graph_deinit(&graph);
}

static void sums_do_not_overflow(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph.facts.frames[G].bytes = INT64_MAX - 4;
    graph_chain(&graph, F, (uint32_t[]){G}, 1);
    graph_leaf(&graph, G);
    analyze(&graph);
    assert_int_equal(bound(&graph, F)->bytes, -1);
    assert_int_equal(bound(&graph, F)->at_least_bytes, INT64_MAX);
    assert_int_equal(bound(&graph, F)->reason_count, 1);
    graph_deinit(&graph);
}

static void reasons_are_few_and_different(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, 3);
    for (uint32_t i = 0; i < 20; i++)
        graph_call(&graph, 0, TO_UNKNOWN, NEXT(i + 1));
    graph_leaf(&graph, 0);
    graph_chain(&graph, 1, (uint32_t[]){0, 0, 0}, 3);
    graph_chain(&graph, 2, (uint32_t[]){1, 0}, 2);
    analyze(&graph);
    assert_int_equal(bound(&graph, 0)->reason_count, MAX_REASONS);
    assert_int_equal(bound(&graph, 2)->reason_count, MAX_REASONS);
    /* one list for all three */
    assert_int_equal(bound(&graph, 1)->first_reason, bound(&graph, 0)->first_reason);
    for (uint32_t i = 1; i < MAX_REASONS; i++)
        assert_true(reason(&graph, 2, i - 1)->address < reason(&graph, 2, i)->address);
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_is_its_frame),
        cmocka_unit_test(each_call_counts_from_its_own_depth),
        cmocka_unit_test(tail_calls_reuse_the_frame),
        cmocka_unit_test(panic_counts_apart),
        cmocka_unit_test(without_normal_paths_all_count),
        cmocka_unit_test(recursion_has_no_bound),
        cmocka_unit_test(unknowns_have_reasons),
        cmocka_unit_test(reasons_count_from_the_nearest_way),
        cmocka_unit_test(imports_are_unresolved),
        cmocka_unit_test(deepest_candidate_counts),
        cmocka_unit_test(sums_do_not_overflow),
        cmocka_unit_test(reasons_are_few_and_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
