/* test_allocators.c: the table of allocators, and the functions that the user adds to it. */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_allocator(const char *name, enum allocator_role role, int size, int alignment,
                            int count)
{
    const struct allocator *allocator = allocator_find(name);
    assert_non_null(allocator);
    assert_int_equal(allocator->role, role);
    assert_int_equal(allocator->arguments.size, size);
    assert_int_equal(allocator->arguments.alignment, alignment);
    assert_int_equal(allocator->arguments.count, count);
}

static void allocators_are_known_by_name(void **state)
{
    (void)state;
    check_allocator("malloc", ALLOCATOR_ALLOCATE, 0, -1, -1);
    check_allocator("calloc", ALLOCATOR_ALLOCATE, 1, -1, 0);
    check_allocator("posix_memalign", ALLOCATOR_ALLOCATE, 2, 1, -1);
    check_allocator("realloc", ALLOCATOR_REALLOCATE, 1, -1, -1);
    check_allocator("free", ALLOCATOR_FREE, -1, -1, -1);
    check_allocator("_ZnamSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, 0, 1, -1);
    check_allocator("_ZdlPvmSt11align_val_t", ALLOCATOR_FREE, 1, 2, -1);
    check_allocator("__rust_realloc", ALLOCATOR_REALLOCATE, 3, 2, -1);
    check_allocator("_RNvCs5QKde7ScR4H_7___rustc12___rust_alloc", ALLOCATOR_ALLOCATE, 0, 1, -1);
    check_allocator("_RNvCs5QKde7ScR4H_7___rustc11___rdl_alloc", ALLOCATOR_ALLOCATE, 0, 1, -1);
    check_allocator("_RNvC7___rustc14___rust_dealloc", ALLOCATOR_FREE, 1, 2, -1);
    check_allocator("_ZN7___rustc12___rust_alloc17h0123456789abcdefE", ALLOCATOR_ALLOCATE, 0, 1,
                    -1);
    check_allocator("_ZN7___rustc10___rg_alloc17h0123456789abcdefE", ALLOCATOR_ALLOCATE, 0, 1, -1);
    check_allocator("_ZnwmSt11align_val_t12__hot_cold_t", ALLOCATOR_ALLOCATE, 0, 1, -1);
    check_allocator("__libc_calloc", ALLOCATOR_ALLOCATE, 1, -1, 0);
    check_allocator("__GI___libc_free", ALLOCATOR_FREE, -1, -1, -1);
    check_allocator("_rjem_mallocx", ALLOCATOR_ALLOCATE, 0, -1, -1);
    check_allocator("mi_heap_reallocn", ALLOCATOR_REALLOCATE, 3, -1, 2);
    check_allocator("tc_memalign", ALLOCATOR_ALLOCATE, 1, 0, -1);
    check_allocator("_malloc_r", ALLOCATOR_ALLOCATE, 1, -1, -1);
    check_allocator("mmap64", ALLOCATOR_MAP, 1, -1, -1);
    check_allocator("munmap", ALLOCATOR_UNMAP, 1, -1, -1);
    check_allocator("_ZN72_$LT$a..Pool$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc"
                    "17h0123456789abcdefE",
                    ALLOCATOR_ALLOCATE, -1, -1, -1);
    check_allocator("_RNvXCs5QKde7ScR4H_1aNtB2_4PoolNtNtNtCs5QKde7ScR4H_4core5alloc6global"
                    "11GlobalAlloc7dealloc",
                    ALLOCATOR_FREE, -1, -1, -1);
    static const char *const others[] = {
        "",
        "je_mallocs",
        "dlopen",
        "__free_hook",
        "mi_stats_print",
        "_ZN7___rustc12___rust_alloc5inner17h0123456789abcdefE",
        "_ZN72_$LT$a..Pool$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc5inner17h0E",
        "_ZN72_$LT$a..Pool$u20$as$u20$core..alloc..global..GlobalAlloc$GT$999alloc17h0E",
        ("_RNCNvXCs5QKde7ScR4H_1aNtB2_4PoolNtNtNtCs5QKde7ScR4H_4core5alloc6global"
         "11GlobalAlloc5alloc0"),
        "mallocs",
        "_Znw",
        "strdup",
        "_RNvC",
        "_RNvCs5QKde7ScR4H",
        "_RNvCs_7___rustc",
        "_RNvCs_7___rustc99___rust_alloc",
        "_RNvCs_7___rustc12___rust_allocator",
        "_RNvCs5QKde7ScR4H_7___rustc26___rust_alloc_error_handler",
        "_RNvCs_5crate12___rust_alloc",
    };
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(allocator_find(others[i]));
}

static void aliases_mark_allocators(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, 2);
    graph_name(&graph, 1, "my_zone_alloc");
    graph_leaf(&graph, 1);
    graph_finish(&graph);
    struct symbol symbol = {.address = graph.program.functions[1].address,
                            .name = "malloc",
                            .type = SYMBOL_FUNCTION,
                            .is_defined = true};
    graph.image.symbols = &symbol;
    graph.image.symbol_count = 1;
    allocators_mark(&graph.program, NULL, 0);
    assert_int_equal(graph.facts.allocator_roles[0], ALLOCATOR_NONE);
    assert_int_equal(graph.facts.allocator_roles[1], ALLOCATOR_ALLOCATE);
    graph_deinit(&graph);
}

/** Reads the one name of these tests. */
static char *demangle_pool(const char *linkage_name)
{
    return strcmp(linkage_name, "_ZN4pool3getEm") == 0 ? strdup("pool::get(unsigned long)") : NULL;
}

static uint8_t role_by_rule(const char *name, uint8_t role)
{
    struct graph graph;
    graph_init(&graph, 3);
    graph_name(&graph, 1, "_ZN4pool3getEm");
    graph_name(&graph, 2, "malloc");
    graph_finish(&graph);
    graph.program.demangle = demangle_pool;
    const struct allocator_rule rule = {{name, role, {1, -1, -1}}, "file:1"};
    allocators_mark(&graph.program, &rule, 1);
    uint8_t result = graph.facts.allocator_roles[1];
    assert_int_equal(graph.program.diagnostics.count, result == ALLOCATOR_NONE);
    assert_int_equal(graph.facts.allocator_roles[2], ALLOCATOR_ALLOCATE);
    if (result != ALLOCATOR_NONE)
        assert_int_equal(graph.facts.allocator_arguments[1].size, 1);
    graph_deinit(&graph);
    return result;
}

static void rules_name_functions(void **state)
{
    (void)state;
    assert_int_equal(role_by_rule("_ZN4pool3getEm", ALLOCATOR_FREE), ALLOCATOR_FREE);
    assert_int_equal(role_by_rule("pool::get", ALLOCATOR_ALLOCATE), ALLOCATOR_ALLOCATE);
    assert_int_equal(role_by_rule("pool::get(unsigned long)", ALLOCATOR_REALLOCATE),
                     ALLOCATOR_REALLOCATE);
    assert_int_equal(role_by_rule("pool::get(int)", ALLOCATOR_ALLOCATE), ALLOCATOR_NONE);
    assert_int_equal(role_by_rule("get", ALLOCATOR_ALLOCATE), ALLOCATOR_NONE);
    assert_int_equal(role_by_rule("pool::getter", ALLOCATOR_ALLOCATE), ALLOCATOR_NONE);
}

/** The file says more than the table; the command line says less. */
static void rules_and_the_table(void **state)
{
    (void)state;
    struct graph graph;
    graph_init(&graph, 2);
    graph_name(&graph, 0, "calloc");
    graph_name(&graph, 1, "mmap");
    graph_finish(&graph);
    const struct allocator_rule rules[] = {{{"calloc", ALLOCATOR_ALLOCATE, {-1, -1, -1}}, NULL},
                                           {{"mmap", ALLOCATOR_ALLOCATE, {1, -1, -1}}, "file:1"}};
    allocators_mark(&graph.program, rules, 1);
    assert_int_equal(graph.facts.allocator_arguments[0].count, 0);
    assert_int_equal(graph.facts.allocator_roles[1], ALLOCATOR_NONE);
    assert_int_equal(graph.facts.map_roles[1], ALLOCATOR_MAP);
    allocators_mark(&graph.program, rules, 2);
    assert_int_equal(graph.facts.allocator_roles[1], ALLOCATOR_ALLOCATE);
    assert_int_equal(graph.facts.map_roles[1], ALLOCATOR_NONE);
    graph_deinit(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocators_are_known_by_name),
        cmocka_unit_test(aliases_mark_allocators),
        cmocka_unit_test(rules_name_functions),
        cmocka_unit_test(rules_and_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
