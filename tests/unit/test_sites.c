/*
 * test_sites.c: what is known of calls that hand out memory. Function 0 makes them.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F, G, MALLOC, FREE, COUNT };

static void begin(struct graph *graph)
{
    graph_init(graph, COUNT);
    graph_name(graph, MALLOC, "malloc");
    graph_name(graph, FREE, "free");
}

static void analyze(struct graph *graph)
{
    graph_finish(graph);
    allocators_mark(&graph->program, NULL, 0);
    heap_analyze(&graph->program, false);
}

/** What is known of the site of calloc(count, size), given its constant arguments. */
static struct site calloc_site(const struct argument *arguments, uint32_t count, bool is_partial)
{
    struct graph graph;
    begin(&graph);
    graph_name(&graph, MALLOC, "calloc");
    struct graph_target target = TO(MALLOC);
    target.is_partial = is_partial;
    graph_call(&graph, F, target, NEXT(1));
    graph_block(&graph, F, BLOCK_RETURNS, END);
    graph.program.arguments = (struct argument *)arguments;
    graph.program.argument_count = count;
    analyze(&graph);
    assert_int_equal(graph.facts.site_count, 1);
    assert_int_equal(graph.facts.wanted_arguments[MALLOC], 3);
    assert_int_equal(graph.facts.wanted_arguments[FREE], 3);
    struct site site = graph.facts.sites[0];
    graph_deinit(&graph);
    return site;
}

static void assert_site(struct site site, int64_t bytes, int64_t count)
{
    assert_int_equal(site.bytes, bytes);
    assert_int_equal(site.count, count);
    assert_int_equal(site.alignment, -1);
}

static void sizes_of_sites(void **state)
{
    (void)state;
    const struct argument both[] = {{.number = 3, .index = 0}, {.number = 8, .index = 1}};
    assert_site(calloc_site(both, 2, false), 24, 3);
    assert_site(calloc_site(both, 1, false), -1, 3);
    assert_site(calloc_site(both + 1, 1, false), -1, -1);
    assert_site(calloc_site(both, 0, false), -1, -1);
    assert_site(calloc_site(both, 2, true), -1, -1);
    const struct argument many[] = {{.number = INT64_MAX, .index = 0}, {.number = 3, .index = 1}};
    assert_site(calloc_site(many, 2, false), -1, INT64_MAX);
    const struct argument minus[] = {{.number = -1, .index = 0}, {.number = -8, .index = 1}};
    assert_site(calloc_site(minus, 2, false), -1, -1);
}

/* Of what a call could enter, what hands out memory of the heap is of more interest than pages. */
static void sites_of_candidates(void **state)
{
    (void)state;
    struct graph graph;
    begin(&graph);
    graph_name(&graph, G, "mmap");
    struct graph_target slot = TO(G, MALLOC);
    slot.kind = CALL_VTABLE;
    graph_call(&graph, F, slot, NEXT(1));
    graph_leaf(&graph, F);
    analyze(&graph);
    assert_int_equal(graph.facts.site_count, 1);
    assert_int_equal(graph.facts.sites[0].kind, SITE_ALLOCATE);
    assert_int_equal(graph.facts.sites[0].allocator, MALLOC);
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_sites),
        cmocka_unit_test(sites_of_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
