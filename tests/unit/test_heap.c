/*
 * test_heap.c: the verdicts of small programs, each with one reason to be what it is.
 * Function 0 is the one asked about unless a test says otherwise.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "graph.h"
#include "program/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F, G, H, MALLOC, FREE, ABORT, COUNT };

static void begin(struct graph *graph)
{
    graph_init(graph, COUNT);
    graph_name(graph, MALLOC, "malloc");
    graph_name(graph, FREE, "free");
    graph_name(graph, ABORT, "abort");
}

static void analyze(struct graph *graph)
{
    graph_finish(graph);
    allocators_mark(&graph->program, NULL, 0);
    heap_analyze(&graph->program, false);
}

static enum verdict allocates(const struct graph *graph, uint32_t function)
{
    return graph->facts.verdicts[function].allocates;
}

static enum verdict frees(const struct graph *graph, uint32_t function)
{
    return graph->facts.verdicts[function].frees;
}

static void straight_call_is_always(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_chain(&graph, F, (uint32_t[]){MALLOC}, 1);
    graph_chain(&graph, G, (uint32_t[]){F, FREE}, 2);
    graph_leaf(&graph, H);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    assert_int_equal(frees(&graph, F), VERDICT_NEVER);
    assert_int_equal(allocates(&graph, G), VERDICT_ALWAYS);
    assert_int_equal(frees(&graph, G), VERDICT_ALWAYS);
    assert_int_equal(allocates(&graph, H), VERDICT_NEVER);
    assert_int_equal(allocates(&graph, MALLOC), VERDICT_ALWAYS);
    assert_int_equal(frees(&graph, MALLOC), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void realloc_counts_for_both(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, MALLOC, "realloc");
    graph_chain(&graph, F, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    assert_int_equal(frees(&graph, F), VERDICT_ALWAYS);
    graph_deinit(&graph);
}

static void one_branch_is_maybe(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_call(&graph, F, TO(MALLOC), NEXT(2));
    graph_leaf(&graph, F);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    graph_deinit(&graph);
}

static void both_branches_are_always(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_call(&graph, F, TO(MALLOC), NEXT(3));
    graph_tail(&graph, F, TO(G));
    graph_leaf(&graph, F);
    graph_tail(&graph, G, TO(MALLOC));
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    graph_deinit(&graph);
}

/* for (i = 0; i < n; i++) malloc(1); n may be 0 */
static void loop_may_run_zero_times(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_call(&graph, F, TO(MALLOC), NEXT(0));
    graph_leaf(&graph, F);
    graph_call(&graph, G, TO(MALLOC), FORK(0, 1)); /* do malloc(1); while (...); */
    graph_leaf(&graph, G);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    assert_int_equal(allocates(&graph, G), VERDICT_ALWAYS);
    graph_deinit(&graph);
}

/* if (bad) { malloc(1); abort(); } return; */
static void allocation_before_abort_is_on_panic(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 3));
    graph_call(&graph, F, TO(MALLOC), NEXT(2));
    graph_call(&graph, F, TO(ABORT), END);
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){F}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, G), VERDICT_ON_PANIC);
    assert_true(graph.facts.call_on_panic[0]);
    assert_true(graph.facts.call_on_panic[1]);
    assert_false(graph.facts.call_on_panic[2]);
    assert_int_equal(graph.facts.site_count, 1);
    assert_true(graph.facts.sites[0].is_on_panic);
    graph_deinit(&graph);
}

/* The compiler did not know that die() never returns: a return stands behind the call. */
static void noreturn_is_found_through_calls(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_chain(&graph, G, (uint32_t[]){MALLOC, ABORT, FREE}, 3);
    graph_call(&graph, F, TO(G), NEXT(2));
    graph_leaf(&graph, F);
    analyze(&graph);
    assert_false(graph.facts.verdicts[G].returns);
    assert_true(graph.facts.verdicts[F].returns);
    assert_int_equal(allocates(&graph, G), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, F), VERDICT_ON_PANIC);
    assert_int_equal(frees(&graph, G), VERDICT_NEVER); /* free() stands behind abort() */
    graph_deinit(&graph);
}

/* The same with an unknown exception table: what stands behind abort() may be a landing pad. */
static void landing_pad_may_follow_noreturn_call(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_hide_pads(&graph, F);
    graph_chain(&graph, F, (uint32_t[]){ABORT, FREE}, 2);
    analyze(&graph);
    assert_true(graph.facts.verdicts[F].returns);
    assert_false(graph.facts.verdicts[F].has_normal_paths);
    assert_int_equal(frees(&graph, F), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, F), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void landing_pads_are_not_normal(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, F, TO(G), NEXT(1));
    graph_leaf(&graph, F);
    graph_block(&graph, F, BLOCK_LANDING_PAD, NEXT(3));
    graph_call(&graph, F, TO(FREE), NEXT(1));
    graph_leaf(&graph, G);
    analyze(&graph);
    assert_int_equal(frees(&graph, F), VERDICT_ON_PANIC);
    graph_deinit(&graph);
}

/* A function that always throws and catches returns, but has no normal path. */
static void catch_returns_without_normal_path(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, F, TO(MALLOC), NEXT(1));
    graph_call(&graph, F, TO(ABORT), END);
    graph_block(&graph, F, BLOCK_LANDING_PAD | BLOCK_RETURNS, END);
    graph_chain(&graph, G, (uint32_t[]){F}, 1);
    graph_chain(&graph, H, (uint32_t[]){F, MALLOC}, 2);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, G), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, H), VERDICT_ALWAYS);
    assert_true(graph.facts.verdicts[G].has_normal_paths);
    graph_deinit(&graph);
}

/* for (;;) { g(); } with g: if (x) malloc(1); and h: f(); */
static void endless_loop_is_normal(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, F, TO(G), NEXT(0));
    graph_block(&graph, G, 0, FORK(1, 2));
    graph_call(&graph, G, TO(MALLOC), NEXT(2));
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){FREE, F}, 2);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    assert_int_equal(allocates(&graph, H), VERDICT_MAYBE);
    assert_int_equal(frees(&graph, H), VERDICT_MAYBE); // not always: it never returns
    assert_true(graph.facts.verdicts[H].lingers && !graph.facts.verdicts[H].returns);
    assert_int_equal(graph.facts.call_paths[0], CALL_PATH_NORMAL);
    graph_deinit(&graph);
}

/* malloc(1); for (;;) ; and malloc(1); for (;;) abort(); */
static void dead_ends_are_not_normal(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, F, TO(MALLOC), NEXT(1));
    graph_block(&graph, F, 0, NEXT(1));
    graph_call(&graph, G, TO(MALLOC), NEXT(1));
    graph_call(&graph, G, TO(ABORT), NEXT(1));
    graph_chain(&graph, H, (uint32_t[]){F}, 1);
    analyze(&graph);
    for (uint32_t i = F; i <= H; i++) {
        assert_int_equal(allocates(&graph, i), VERDICT_ON_PANIC);
        assert_false(graph.facts.verdicts[i].lingers);
    }
    graph_deinit(&graph);
}

/* A function that is known to end the program may go round in circles before it does. */
static void loops_in_known_ends_are_not_normal(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, F, "__fortify_fail");
    graph_call(&graph, F, TO(G), NEXT(0));
    graph_chain(&graph, G, (uint32_t[]){MALLOC}, 1);
    graph_chain(&graph, H, (uint32_t[]){F}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, H), VERDICT_ON_PANIC);
    graph_deinit(&graph);
}

/* Whatever the code of such a function looks like: its last jump leads out of it. */
static void known_not_to_return(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, F, "siglongjmp");
    graph_chain(&graph, F, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    assert_int_not_equal(allocates(&graph, F), VERDICT_ALWAYS);
    assert_false(graph.facts.verdicts[F].returns);
    assert_false(graph.facts.verdicts[F].has_normal_paths);
    graph_deinit(&graph);
}

static void unresolved_call_is_unknown(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, F, TO_UNKNOWN, NEXT(1));
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){F}, 1);
    graph_chain(&graph, H, (uint32_t[]){F, MALLOC}, 2);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_UNKNOWN);
    assert_int_equal(allocates(&graph, G), VERDICT_UNKNOWN);
    assert_int_equal(allocates(&graph, H), VERDICT_ALWAYS); /* whatever F does */
    assert_int_equal(frees(&graph, H), VERDICT_UNKNOWN);
    assert_int_equal(graph.facts.verdicts[F].witness_call, 0);
    struct step steps[4];
    assert_int_equal(path_to_heap(&graph.program, G, HEAP_ALLOCATES, 4, steps), 2);
    assert_int_equal(steps[0].call, 1);
    assert_int_equal(steps[0].target, F);
    assert_int_equal(steps[1].call, 0);
    assert_int_equal(steps[1].target, NONE);
    graph_deinit(&graph);
}

static void unresolved_on_panic(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 3)); /* unresolved, then abort: may be on panic or never */
    graph_call(&graph, F, TO_UNKNOWN, NEXT(2));
    graph_call(&graph, F, TO(ABORT), END);
    graph_leaf(&graph, F);
    graph_block(&graph, G, 0, FORK(1, 4)); /* with malloc besides: on panic for certain */
    graph_call(&graph, G, TO_UNKNOWN, NEXT(2));
    graph_call(&graph, G, TO(MALLOC), NEXT(3));
    graph_call(&graph, G, TO(ABORT), END);
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){MALLOC, ABORT}, 2);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_UNKNOWN);
    assert_int_equal(allocates(&graph, G), VERDICT_ON_PANIC);
    assert_int_equal(frees(&graph, G), VERDICT_UNKNOWN);
    assert_int_equal(allocates(&graph, H), VERDICT_ON_PANIC);
    graph_deinit(&graph);
}

static void imports(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, G, "memcpy");
    graph_name(&graph, H, "qsort");
    graph_block(&graph, F, 0, FORK(1, 2));
    graph_call(&graph, F, TO(G), NEXT(2));
    graph_leaf(&graph, F);
    analyze(&graph);
    assert_int_equal(allocates(&graph, G), VERDICT_NEVER);
    assert_int_equal(allocates(&graph, F), VERDICT_NEVER);
    assert_int_equal(allocates(&graph, H), VERDICT_UNKNOWN);
    assert_int_equal(allocates(&graph, ABORT), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void candidates(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    struct graph_target slot = TO(G, MALLOC);
    slot.kind = CALL_VTABLE;
    graph_call(&graph, F, slot, NEXT(1)); /* one of two allocates */
    graph_leaf(&graph, F);
    graph_tail(&graph, G, TO(H));
    graph_leaf(&graph, H);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    assert_int_equal(graph.facts.site_count, 1);
    assert_int_equal(graph.facts.sites[0].allocator, MALLOC);
    struct step step;
    assert_int_equal(path_to_heap(&graph.program, F, HEAP_ALLOCATES, 1, &step), 1);
    assert_int_equal(step.target, MALLOC);
    graph_deinit(&graph);

    begin(&graph);
    slot = TO(G, MALLOC);
    slot.kind = CALL_VTABLE;
    graph_call(&graph, F, slot, NEXT(1)); /* each of two does */
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    graph_deinit(&graph);
}

/** What an unresolved call could enter makes `maybe`, and never takes an `unknown` away. */
static void loose_calls_may_allocate(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    struct graph_target any = TO(G, H);
    any.kind = CALL_ADDRESS_TAKEN;
    graph_call(&graph, F, any, NEXT(1));
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){MALLOC}, 1);
    graph_chain(&graph, H, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    assert_int_equal(frees(&graph, F), VERDICT_UNKNOWN);
    assert_int_equal(graph.facts.verdicts[F].witness_call, 0);
    graph_deinit(&graph);
}

static void partial_call_is_never_always(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    struct graph_target middle = TO(G);
    middle.is_partial = true;
    graph_call(&graph, F, middle, NEXT(1));
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_UNKNOWN);
    assert_int_equal(frees(&graph, F), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void recursion(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2)); /* if (n) f(n - 1); else malloc(1); */
    graph_call(&graph, F, TO(F), NEXT(3));
    graph_call(&graph, F, TO(MALLOC), NEXT(3));
    graph_leaf(&graph, F);
    graph_block(&graph, G, 0, FORK(1, 2)); /* if (n) g(n - 1); */
    graph_call(&graph, G, TO(G), NEXT(2));
    graph_leaf(&graph, G);
    graph_chain(&graph, H, (uint32_t[]){MALLOC, H}, 2); /* malloc(1); h(); without end */
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    assert_int_equal(allocates(&graph, G), VERDICT_NEVER);
    assert_int_equal(allocates(&graph, H), VERDICT_ON_PANIC);
    assert_false(graph.facts.verdicts[H].returns);
    graph_deinit(&graph);
}

static void unknown_jump_may_leave(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, BLOCK_UNRESOLVED, END);
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_UNKNOWN);
    assert_int_equal(frees(&graph, F), VERDICT_UNKNOWN);
    graph_deinit(&graph);
}

/* A weak import that nobody defines is null, and not called. */
static void absent_imports_do_nothing(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, G, "perhaps");
    graph_chain(&graph, F, (uint32_t[]){G}, 1);
    graph_finish(&graph);
    graph.program.functions[G].is_absent = true;
    allocators_mark(&graph.program, NULL, 0);
    heap_analyze(&graph.program, false);
    assert_int_equal(allocates(&graph, F), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void unknown_jump_reaches_gaps(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_block(&graph, F, 0, FORK(1, 2)); /* a switch whose table was not understood */
    graph_tail(&graph, F, TO_UNKNOWN);
    graph.data[1].flags = BLOCK_UNRESOLVED;
    graph_leaf(&graph, F);
    graph_block(&graph, F, BLOCK_GAP, NEXT(4)); /* one of its cases */
    graph_call(&graph, F, TO(MALLOC), NEXT(2));
    analyze(&graph);
    assert_int_equal(allocates(&graph, F), VERDICT_MAYBE);
    assert_int_equal(frees(&graph, F), VERDICT_UNKNOWN);
    assert_false(graph.facts.call_on_panic[1]);
    graph_deinit(&graph);
}

/* if (setjmp(b) == 0) g(); return; with g: malloc(1); longjmp(b, 1); */
static void longjmp_comes_back(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, 5);
    enum { SETJMP = 2, LONGJMP = 3, HEAP = 4 };
    graph_name(&graph, SETJMP, "_setjmp");
    graph_name(&graph, LONGJMP, "longjmp");
    graph_name(&graph, HEAP, "malloc");
    graph_call(&graph, F, TO(SETJMP), FORK(1, 2));
    graph_call(&graph, F, TO(G), NEXT(2));
    graph_leaf(&graph, F);
    graph_chain(&graph, G, (uint32_t[]){HEAP, LONGJMP}, 2);
    graph_leaf(&graph, LONGJMP); /* its code looks as if it returned */
    analyze(&graph);
    assert_false(graph.facts.verdicts[LONGJMP].returns);
    assert_false(graph.facts.verdicts[G].returns);
    assert_int_equal(allocates(&graph, G), VERDICT_ON_PANIC);
    assert_int_equal(allocates(&graph, F), VERDICT_UNKNOWN); /* not never, not on_panic */
    assert_int_equal(frees(&graph, F), VERDICT_NEVER);
    graph_deinit(&graph);
}

static void shortest_witness(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_chain(&graph, F, (uint32_t[]){G, H}, 2);
    graph_chain(&graph, G, (uint32_t[]){H}, 1);
    graph_chain(&graph, H, (uint32_t[]){MALLOC}, 1);
    analyze(&graph);
    struct step steps[8];
    assert_int_equal(path_to_heap(&graph.program, F, HEAP_ALLOCATES, 8, steps), 2);
    assert_int_equal(steps[0].target, H);
    assert_int_equal(steps[1].target, MALLOC);
    assert_int_equal(path_to_heap(&graph.program, F, HEAP_ALLOCATES, 1, steps), 1);
    assert_int_equal(path_to_heap(&graph.program, F, HEAP_FREES, 8, steps), 0);
    graph_deinit(&graph);
}

static void user_allocators(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, G, "pool_get");
    graph_leaf(&graph, G);
    graph_chain(&graph, F, (uint32_t[]){G}, 1);
    graph_finish(&graph);
    const struct allocator_rule rules[] = {
        {{"pool_get", ALLOCATOR_ALLOCATE, {-1, -1, -1}}, NULL},
        {{"no_such", ALLOCATOR_ALLOCATE, {-1, -1, -1}}, NULL},
    };
    allocators_mark(&graph.program, rules, 2);
    heap_analyze(&graph.program, false);
    assert_int_equal(allocates(&graph, F), VERDICT_ALWAYS);
    assert_int_equal(graph.program.diagnostics.count, 1);
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(straight_call_is_always),
        cmocka_unit_test(realloc_counts_for_both),
        cmocka_unit_test(one_branch_is_maybe),
        cmocka_unit_test(both_branches_are_always),
        cmocka_unit_test(loop_may_run_zero_times),
        cmocka_unit_test(allocation_before_abort_is_on_panic),
        cmocka_unit_test(noreturn_is_found_through_calls),
        cmocka_unit_test(landing_pad_may_follow_noreturn_call),
        cmocka_unit_test(landing_pads_are_not_normal),
        cmocka_unit_test(catch_returns_without_normal_path),
        cmocka_unit_test(endless_loop_is_normal),
        cmocka_unit_test(dead_ends_are_not_normal),
        cmocka_unit_test(loops_in_known_ends_are_not_normal),
        cmocka_unit_test(known_not_to_return),
        cmocka_unit_test(unknown_jump_may_leave),
        cmocka_unit_test(absent_imports_do_nothing),
        cmocka_unit_test(unresolved_call_is_unknown),
        cmocka_unit_test(unresolved_on_panic),
        cmocka_unit_test(imports),
        cmocka_unit_test(candidates),
        cmocka_unit_test(loose_calls_may_allocate),
        cmocka_unit_test(partial_call_is_never_always),
        cmocka_unit_test(recursion),
        cmocka_unit_test(unknown_jump_reaches_gaps),
        cmocka_unit_test(longjmp_comes_back),
        cmocka_unit_test(shortest_witness),
        cmocka_unit_test(user_allocators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
