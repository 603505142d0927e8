/*
 * test_startup.c: what runs before main and after it, in programs of a few functions. Unless a test
 * says otherwise, START calls the C library's start, which calls main through a pointer.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { START, LIBC, MAIN, SETUP, MALLOC, ABORT, COUNT };

static void begin(struct graph *graph)
{
    graph_init(graph, COUNT);
    graph_name(graph, LIBC, "__libc_start_main");
    graph_name(graph, MALLOC, "malloc");
    graph_name(graph, ABORT, "abort");
    graph_leaf(graph, MAIN);
}

/** START never comes back from LIBC. */
static void start_by_library(struct graph *graph)
{
    graph_call(graph, START, TO(LIBC), END);
}

static const struct startup *analyze(struct graph *graph)
{
    graph_finish(graph);
    graph->image.is_placed = true;
    graph->image.type = IMAGE_PIE;
    graph->image.pointer_bytes = 8;
    graph->image.entry = graph->program.functions[START].address;
    graph->facts.main_function = MAIN;
    allocators_mark(&graph->program, NULL, 0);
    heap_analyze(&graph->program, false);
    assert_true(graph->facts.startup.is_known);
    return &graph->facts.startup;
}

static void main_itself_does_not_count(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(1));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_NEVER);
    assert_int_equal(startup->after, VERDICT_NEVER);
    assert_int_equal(startup->part_count, 0);
    graph_deinit(&graph);
}

static void a_call_on_the_way_is_always(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO(SETUP), NEXT(1));
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(2));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_ALWAYS);
    assert_int_equal(startup->after, VERDICT_NEVER);
    assert_int_equal(startup->part_count, 1);
    assert_int_equal(startup->parts[0].function, LIBC);
    assert_int_equal(startup->parts[0].target, SETUP);
    assert_int_equal(startup->parts[0].verdict, VERDICT_ALWAYS);
    assert_int_equal(graph.facts.site_count, 1);
    assert_true(graph.facts.sites[0].is_before_main);
    graph_deinit(&graph);
}

static void sites_on_the_way_itself(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO(MALLOC), NEXT(1));
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(2));
    graph_call(&graph, LIBC, TO(MALLOC), NEXT(3));
    graph_call(&graph, LIBC, TO(ABORT), END);
    assert_int_equal(analyze(&graph)->before, VERDICT_ALWAYS);
    assert_int_equal(graph.facts.site_count, 2);
    assert_true(graph.facts.sites[0].is_before_main);
    assert_false(graph.facts.sites[1].is_before_main);
    graph_deinit(&graph);
}

static void a_call_on_one_branch_is_maybe(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_block(&graph, LIBC, 0, FORK(1, 2));
    graph_call(&graph, LIBC, TO(SETUP), NEXT(2));
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(3));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    assert_int_equal(analyze(&graph)->before, VERDICT_MAYBE);
    graph_deinit(&graph);
}

static void what_comes_after_main(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(1));
    graph_call(&graph, LIBC, TO(SETUP), NEXT(2));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_NEVER);
    assert_int_equal(startup->after, VERDICT_MAYBE);
    assert_false(graph.facts.sites[0].is_before_main);
    graph_deinit(&graph);
}

static void what_ends_the_program_is_on_panic(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_block(&graph, LIBC, 0, FORK(1, 3));
    graph_call(&graph, LIBC, TO(SETUP), NEXT(2));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(4));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_ON_PANIC);
    assert_false(graph.facts.sites[0].is_before_main);
    graph_deinit(&graph);
}

static void unresolved_calls_elsewhere_are_unknown(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO(SETUP), NEXT(1));
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(2));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_call(&graph, SETUP, TO_UNKNOWN, NEXT(1));
    graph_block(&graph, SETUP, BLOCK_RETURNS, END);
    assert_int_equal(analyze(&graph)->before, VERDICT_UNKNOWN);
    graph_deinit(&graph);
}

static void main_may_be_called_directly(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_call(&graph, START, TO(SETUP), NEXT(1));
    graph_call(&graph, START, TO(MAIN), NEXT(2));
    graph_call(&graph, START, TO(MALLOC), NEXT(3));
    graph_call(&graph, START, TO(ABORT), END);
    graph_leaf(&graph, SETUP);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_NEVER);
    assert_int_equal(startup->after, VERDICT_MAYBE);
    graph_deinit(&graph);
}

static void a_library_that_was_not_read_is_unknown(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_UNKNOWN);
    assert_int_equal(startup->after, VERDICT_UNKNOWN);
    graph_deinit(&graph);
}

/** A list with one constructor: SETUP, which allocates. */
static void constructors_count(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    start_by_library(&graph);
    graph_call(&graph, LIBC, TO_UNKNOWN, NEXT(1));
    graph_call(&graph, LIBC, TO(ABORT), END);
    graph_chain(&graph, SETUP, (uint32_t[]){MALLOC}, 1);
    uint8_t bytes[8] = {0};
    struct section list = {.name = ".init_array",
                           .address = 0x900000,
                           .bytes = sizeof bytes,
                           .data = bytes,
                           .role = SECTION_FUNCTION_LIST};
    struct relocation pointer = {.address = 0x900000, .symbol = NONE, .function = SETUP};
    graph.image.sections = &list;
    graph.image.section_count = graph.image.placed_count = 1;
    graph.image.relocations = &pointer;
    graph.image.relocation_count = 1;
    const struct startup *startup = analyze(&graph);
    assert_int_equal(startup->before, VERDICT_ALWAYS);
    assert_int_equal(startup->parts[0].kind, STARTUP_CONSTRUCTOR);
    assert_int_equal(startup->parts[0].function, SETUP);
    assert_true(graph.facts.sites[0].is_before_main);
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_itself_does_not_count),
        cmocka_unit_test(a_call_on_the_way_is_always),
        cmocka_unit_test(sites_on_the_way_itself),
        cmocka_unit_test(a_call_on_one_branch_is_maybe),
        cmocka_unit_test(what_comes_after_main),
        cmocka_unit_test(what_ends_the_program_is_on_panic),
        cmocka_unit_test(unresolved_calls_elsewhere_are_unknown),
        cmocka_unit_test(main_may_be_called_directly),
        cmocka_unit_test(a_library_that_was_not_read_is_unknown),
        cmocka_unit_test(constructors_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
