/*
 * Names that rustc makes in, traits out; and vtables by hand: which of them an object of a trait
 * may have. Every table has one function, at offset 0x18, but for those of Sub, which extends T and
 * has T's method there and its own behind.
 */
#include "analysis/pointers/traits/trait_names.h"
#include "analysis/pointers/traits/traits.h"
#include "machine_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- Names ----------------------------------------------------------------------------------- */

#define ASSERT_TABLE(name, expected)                                                               \
    (assert_true(trait_of_table((name), text)), assert_string_equal(text, (expected)))
#define ASSERT_POINTER(name, expected)                                                             \
    (assert_true(trait_of_pointer((name), text)), assert_string_equal(text, (expected)))

static void names_of_tables(void **state)
{
    (void)state;
    char text[MAX_TRAIT_NAME];
    ASSERT_TABLE("<a::X as a::T>::{vtable}", "a::T");
    ASSERT_TABLE("<alloc::boxed::Box<dyn a::T> as a::m::U<(u32), a::X>>::{vtable}",
                 "a::m::U<(u32), a::X>");
    ASSERT_TABLE("<fn(u8) -> u8 as a::T>::{vtable}", "a::T");
    assert_false(trait_of_table("<a::X as _>::{vtable}", text));
    assert_false(trait_of_table("<<a::X as a::P>::Q as a::R as a::T>::{vtable}", text));
    assert_false(trait_of_table("a::X::vtable", text));
    assert_false(trait_of_table(">::{vtable}", text));
    assert_false(trait_of_table("", text));
}

static void names_of_pointers(void **state)
{
    (void)state;
    char text[MAX_TRAIT_NAME], name[1024];
    ASSERT_POINTER("&dyn a::T", "a::T");
    ASSERT_POINTER("&mut (dyn a::T<u8> + core::marker::Send + core::marker::Sync)", "a::T<u8>");
    ASSERT_POINTER("alloc::boxed::Box<(dyn a::T + core::marker::Send), alloc::alloc::Global>",
                   "a::T");
    ASSERT_POINTER("*const alloc::sync::ArcInner<std::sync::poison::mutex::Mutex<dyn a::T>>",
                   "a::T");
    ASSERT_POINTER("&dyn core::ops::function::Fn<(u32, fn(u8) -> u8), Output=u32>",
                   "core::ops::function::Fn<(u32, fn(u8) -> u8)>");
    ASSERT_POINTER("&dyn core::iter::traits::iterator::Iterator<Item=u32>",
                   "core::iter::traits::iterator::Iterator");
    // Which methods a table has may depend on the associated types.
    assert_false(trait_of_pointer("&dyn a::T<Item=u32>", text));
    // The pointer's second word may be of something else than the argument.
    assert_false(trait_of_pointer("&a::Holder<dyn a::T>", text));
    assert_false(trait_of_pointer("&[u8]", text));
    assert_false(trait_of_pointer("&core::mem::X", text));
    assert_false(trait_of_pointer("", text));
    memset(name, 'x', sizeof name - 1);
    memcpy(name, "&dyn a::", 8);
    name[sizeof name - 1] = 0;
    assert_false(trait_of_pointer(name, text));
}

static void assert_method(const char *name, const char *expected)
{
    struct span trait;
    assert_int_equal(trait_of_method(name, &trait), METHOD_NAMED);
    assert_true(span_equals(trait, expected));
}

static void names_of_methods(void **state)
{
    (void)state;
    struct span trait;
    assert_method("<a::X as a::T>::m", "a::T");
    assert_method("<a::X<B> as a::T<C>>::m", "a::T");
    assert_method("<<a::X as a::Y>::Z as a::T>::m", "a::T");
    assert_method("<fn(u8) .> u8 as a::T>::m", "a::T");
    assert_method("a::T::m", "a::T");
    assert_method("a::n::<impl a::T for u64>::m", "a::T");
    assert_method("core::ops::function::FnOnce::call_once{{vtable.shim}}",
                  "core::ops::function::FnOnce");
    assert_method(
        "<a::m::{closure#0} as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}",
        "core::ops::function::FnOnce");
    assert_method("core::ptr::drop_in_place<a::X>", "core::ptr");
    assert_method("<a::X>::m", "<");
    assert_method("a::n::<impl a::X>::m", "<");
    assert_int_equal(trait_of_method("a::f::{{closure}}", &trait), METHOD_CLOSURE);
    assert_int_equal(trait_of_method("a::f::{closure#1}", &trait), METHOD_CLOSURE);
    static const char *const unknown[] = {
        "main",
        "a::f::{{closure}}::g",
        "<a::X as a::T>::m::inner",
        "<a::X as a::T>::m<u8>",
        "<a::X as a::T as a::U>::m",
        "<a::X as (a::T)>::m",
        "",
        "::",
        "<>::m::",
        ">::m",
    };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(trait_of_method(unknown[i], &trait), METHOD_UNKNOWN);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

enum {
    UNIT_PLAIN,     // of the program, not optimized
    UNIT_OPTIMIZED, // of the program
    UNIT_STANDARD,
    FIRST = CODE + 0x100,
    LISTED = CONSTANTS + 0x600,
    COUNT = 10,
};

static const struct {
    const char *name;
    uint32_t unit;
} rows[COUNT] = {
    {"<a::X as a::T>::m", UNIT_PLAIN},              // 1, in the table that is named
    {"<a::Y as a::T>::m", UNIT_PLAIN},              // 2
    {"<a::X as a::U>::n", UNIT_PLAIN},              // 3
    {"a::f::{{closure}}", UNIT_PLAIN},              // 4
    {"_RNvCs1a_3std1f", UNIT_STANDARD},             // 5
    {"<a::X as a::U>::o", UNIT_OPTIMIZED},          // 6: may be another by its name
    {"<a::Z as a::U>::p", UNIT_PLAIN},              // 7: has a second name
    {"<a::W as a::T>::m", UNIT_PLAIN},              // 8, in Sub's table
    {"<a::W as a::Sub>::s", UNIT_PLAIN},            // 9, the same
    {"core::ptr::drop_in_place<a::Y>", UNIT_PLAIN}, // 10
};

struct made {
    struct machine_code code;
    struct debug_info debug;
    struct debug_unit units[4];
    struct debug_function functions[COUNT];
    struct debug_variable variables[4];
    struct debug_line lines[COUNT + 1];
    struct symbol symbols[COUNT + 1];
    const char *crates[COUNT + 1];
    struct tables tables;
    struct traits traits;
};

static uint64_t table_at(unsigned index)
{
    return CONSTANTS + 0x40 * index;
}

static void word(struct made *made, uint64_t address, uint64_t value)
{
    memcpy(made->code.file + address, &value, sizeof value);
}

static void add_table(struct made *made, unsigned index, uint32_t function)
{
    word(made, table_at(index) + 8, 16);
    word(made, table_at(index) + 16, 8);
    word(made, table_at(index) + 24, FIRST + 0x10 * (function - 1));
    word(made, table_at(index) + 32, 1); // the end
    word(made, LISTED + 8 * index, table_at(index));
}

static void add_functions(struct made *made)
{
    code_function(&made->code, CODE, "\xc3", 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t address = FIRST + 0x10 * i;
        struct function *function =
            &made->code.functions[code_function(&made->code, address, "\xc3", 1)];
        function->linkage_name = rows[i].name;
        function->symbol = i + (i >= 7); // number 7 has two
        function->debug_function = rows[i].unit == UNIT_STANDARD ? NONE : i;
        made->functions[i] = (struct debug_function){.address = address,
                                                     .name = rows[i].name,
                                                     .linkage_name = rows[i].name,
                                                     .unit = rows[i].unit};
        made->lines[i] = (struct debug_line){.address = address, .file = 0};
        made->symbols[function->symbol] = (struct symbol){
            .address = address, .name = rows[i].name, .type = SYMBOL_FUNCTION, .is_defined = true};
        made->crates[i + 1] = "a";
    }
    made->symbols[7] = made->symbols[6];
    made->symbols[7].name = "<a::X as a::T>::q";
}

static void init(struct made *made)
{
    memset(made, 0, sizeof *made);
    code_init(&made->code);
    made->code.image.type = IMAGE_EXECUTABLE;
    made->code.facts.crates = made->crates;
    add_functions(made);
    for (unsigned i = 1; i <= 8; i++)
        add_table(made, i, i);
    word(made, table_at(8) + 32, FIRST + 0x10 * 8);
    word(made, table_at(8) + 40, 1);
    word(made, table_at(2), FIRST + 0x10 * 9);
    made->units[UNIT_PLAIN] =
        (struct debug_unit){"a.rs/@/a.1-cgu.0", "/a", "", LANGUAGE_RUST, false, true, true};
    made->units[UNIT_OPTIMIZED] =
        (struct debug_unit){"a.rs/@/a.1-cgu.1", "/a", "", LANGUAGE_RUST, false, true, false};
    made->units[UNIT_STANDARD] = (struct debug_unit){
        "s.rs/@/std.2-cgu.0", "/rustc/1", "", LANGUAGE_RUST, false, false, false};
    made->variables[0] = (struct debug_variable){.address = table_at(1),
                                                 .bytes = 32,
                                                 .name = "<a::X as a::T>::{vtable}",
                                                 .kind = DEBUG_VTABLE};
    made->variables[1] = (struct debug_variable){.address = table_at(8),
                                                 .bytes = 40,
                                                 .name = "<a::W as a::Sub>::{vtable}",
                                                 .kind = DEBUG_VTABLE};
    made->debug = (struct debug_info){.units = made->units,
                                      .functions = made->functions,
                                      .lines = made->lines,
                                      .variables = made->variables,
                                      .unit_count = 3,
                                      .function_count = COUNT,
                                      .line_count = COUNT,
                                      .variable_count = 2};
    made->code.image.debug = &made->debug;
    made->code.image.symbols = made->symbols;
    made->code.image.symbol_count = COUNT + 1;
}

static void start(struct made *made)
{
    code_read(&made->code);
    tables_init(&made->tables, &made->code.program);
    traits_init(&made->traits, &made->code.program, &made->tables);
}

static void deinit(struct made *made)
{
    traits_deinit(&made->traits);
    tables_deinit(&made->tables);
    code_deinit(&made->code);
}

/** Whether the tables of the trait have just these functions at the offset. */
static bool has(struct made *made, const char *trait, uint32_t offset, const uint32_t *functions,
                size_t count)
{
    struct target_pool pool = {.program = &made->code.program};
    uint32_t number = traits_find(&made->traits, trait);
    assert_int_not_equal(number, NONE);
    traits_push(&made->traits, number, offset, &pool);
    uint32_t found = target_pool_close(&pool, 0);
    bool is_equal = found == count && (!count || !memcmp(pool.targets.data, functions, 4 * count));
    array_deinit(&pool.targets);
    return is_equal;
}

#define HAS(made, trait, offset, ...)                                                              \
    has((made), (trait), (offset), (const uint32_t[]){__VA_ARGS__},                                \
        sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void tables_of_traits(void **state)
{
    (void)state;
    struct made made;
    init(&made);
    start(&made);
    // Not U's method, the closure, and what std has; but Sub's table, which begins like T's.
    assert_true(HAS(&made, "a::T", 0x18, 1, 2, 6, 7, 8));
    // What drops Y is in a table that may be T's, although nothing names it.
    assert_true(HAS(&made, "a::T", 0, 10));
    // T's tables are too small for Sub where they have names.
    assert_true(HAS(&made, "a::Sub", 0x20, 9));
    assert_true(HAS(&made, "a::Sub", 0x18, 2, 6, 7, 8));
    assert_int_equal(traits_find(&made.traits, "a::U"), NONE);
    deinit(&made);
}

/** Rust code that has lines and no types may be the program's. */
static void crates_without_types(void **state)
{
    (void)state;
    struct made made;
    init(&made);
    made.units[3] =
        (struct debug_unit){"b.rs/@/b.3-cgu.0", "/b", "", LANGUAGE_RUST, false, false, false};
    made.debug.unit_count = 4;
    start(&made);
    assert_true(HAS(&made, "a::T", 0x18, 1, 2, 5, 6, 7, 8));
    deinit(&made);
}

/** Nothing is certain of code that was optimized, not even what the trait's own tables have. */
static void optimized_code(void **state)
{
    (void)state;
    struct made made;
    init(&made);
    made.units[UNIT_PLAIN].keeps_parameters = false;
    start(&made);
    assert_true(HAS(&made, "a::T", 0x18, 1, 2, 3, 4, 5, 6, 7, 8));
    deinit(&made);
}

/** Two traits of one name: their tables tell, or the names of their crates. */
static void traits_of_one_name(void **state)
{
    (void)state;
    struct made made;
    init(&made);
    made.variables[2] = (struct debug_variable){.address = table_at(3),
                                                .bytes = 32,
                                                .name = "<a::X as a::T>::{vtable}",
                                                .kind = DEBUG_VTABLE};
    made.debug.variable_count = 3;
    start(&made);
    assert_int_equal(traits_find(&made.traits, "a::T"), NONE);
    deinit(&made);
    init(&made);
    made.variables[2] = (struct debug_variable){.address = table_at(2),
                                                .bytes = 40,
                                                .name = "<a::Y as a::T>::{vtable}",
                                                .kind = DEBUG_VTABLE};
    made.debug.variable_count = 3;
    start(&made);
    assert_int_equal(traits_find(&made.traits, "a::T"), NONE);
    deinit(&made);
    init(&made);
    made.units[UNIT_OPTIMIZED].name = "b.rs/@/a.7-cgu.1";
    start(&made);
    assert_int_equal(traits_find(&made.traits, "a::T"), NONE);
    deinit(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_tables),      cmocka_unit_test(names_of_pointers),
        cmocka_unit_test(names_of_methods),     cmocka_unit_test(tables_of_traits),
        cmocka_unit_test(crates_without_types), cmocka_unit_test(optimized_code),
        cmocka_unit_test(traits_of_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
