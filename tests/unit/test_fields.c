/*
 * test_fields.c: calls through typed pointers, in a program made by hand:
 *
 *     struct ops { int (*one)(int); int (*two)(int, int); };          never written
 *     struct object { const struct ops *ops; int (*call)(int); struct ops list[2]; };
 *     int caller(struct object *);
 *     const struct ops table[2];                                      at 0x4000, constant
 *     struct object global;                                           at 0x5000, writable
 */
#include "analysis/pointers/fields/fields.h"
#include "analysis/pointers/fields/takings.h"
#include "analysis/pointers/fields/typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum type_index {
    INT,
    UNARY,
    UNARY_POINTER,
    BINARY,
    BINARY_POINTER,
    OPS,
    OPS_POINTER,
    OPS_ARRAY,
    OBJECT,
    OBJECT_POINTER,
    CALLER,
    LARGE,
    RETURNS_LARGE,
    TYPE_COUNT,
};

static uint64_t key_of(enum type_index index)
{
    return 100 + (uint64_t)index;
}

static const struct type_member members[] = {
    {0, NULL, INT},             // 0: parameter of UNARY
    {0, NULL, INT},             // 1: of BINARY
    {0, NULL, INT},             // 2
    {0, "one", UNARY_POINTER},  // 3: OPS
    {8, "two", BINARY_POINTER}, // 4
    {0, "ops", OPS_POINTER},    // 5: OBJECT
    {8, "call", UNARY_POINTER}, // 6
    {16, "list", OPS_ARRAY},    // 7
    {0, NULL, OBJECT_POINTER},  // 8: parameter of CALLER
    {0, NULL, OBJECT_POINTER},  // 9: of RETURNS_LARGE
};

static const struct type types[TYPE_COUNT] = {
    [INT] = {.kind = TYPE_INTEGER, .bytes = 4, .target = NONE},
    [UNARY] = {.kind = TYPE_FUNCTION, .target = INT, .first_member = 0, .member_count = 1},
    [UNARY_POINTER] = {.kind = TYPE_POINTER, .bytes = 8, .target = UNARY},
    [BINARY] = {.kind = TYPE_FUNCTION, .target = INT, .first_member = 1, .member_count = 2},
    [BINARY_POINTER] = {.kind = TYPE_POINTER, .bytes = 8, .target = BINARY},
    [OPS] =
        {.kind = TYPE_STRUCT, .bytes = 16, .first_member = 3, .member_count = 2, .target = NONE},
    [OPS_POINTER] = {.kind = TYPE_POINTER, .bytes = 8, .target = OPS},
    [OPS_ARRAY] = {.kind = TYPE_ARRAY, .bytes = 32, .elements = 2, .target = OPS},
    [OBJECT] = {.kind = TYPE_STRUCT,
                .bytes = 48,
                .first_member = 5,
                .member_count = 3,
                .target = NONE,
                .is_mutable = true},
    [OBJECT_POINTER] = {.kind = TYPE_POINTER, .bytes = 8, .target = OBJECT},
    [CALLER] = {.kind = TYPE_FUNCTION, .target = INT, .first_member = 8, .member_count = 1},
    [LARGE] = {.kind = TYPE_STRUCT, .bytes = 64, .target = NONE},
    [RETURNS_LARGE] = {.kind = TYPE_FUNCTION,
                       .target = LARGE,
                       .first_member = 9,
                       .member_count = 1},
};

enum function_index { CALLING, FIRST, SECOND, THIRD, PAIR, PAIR_2, FOREIGN, FUNCTION_COUNT };

static const enum type_index function_types[FUNCTION_COUNT] = {
    [CALLING] = CALLER, [FIRST] = UNARY,   [SECOND] = UNARY,           [THIRD] = UNARY,
    [PAIR] = BINARY,    [PAIR_2] = BINARY, [FOREIGN] = INT /* none */,
};

enum { MAX_CALLS = 4, RELOCATIONS = 8 };

struct fixture {
    struct program program;
    struct image image, *images[1];
    struct debug_info debug;
    struct debug_unit unit;
    struct debug_function debug_functions[FUNCTION_COUNT];
    struct debug_variable variables[2];
    struct type types[TYPE_COUNT];
    struct section sections[2];
    struct relocation relocations[RELOCATIONS];
    struct function functions[FUNCTION_COUNT];
    uint32_t image_functions[2];
    struct call calls[MAX_CALLS];
    uint32_t function_calls[FUNCTION_COUNT + 1];
    struct frame frames[FUNCTION_COUNT];
    struct facts facts;
    struct pointer_call pointer_calls[MAX_CALLS];
    struct pointer_store stores[MAX_CALLS];
    struct target_pool pool;
    struct way ways[MAX_CALLS];
};

static void add_functions(struct fixture *fixture)
{
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++) {
        uint64_t address = 0x1000 + 0x10 * i;
        fixture->functions[i] = (struct function){.address = address,
                                                  .bytes = 0x10,
                                                  .linkage_name = "",
                                                  .symbol = NONE,
                                                  .debug_function = i == FOREIGN ? NONE : i,
                                                  .part_of = NONE};
        if (i == FOREIGN)
            continue;
        fixture->debug_functions[i] = (struct debug_function){
            .address = address, .type_key = key_of(function_types[i]), .is_external = true};
    }
    fixture->debug.function_count = FOREIGN;
    fixture->image_functions[1] = FUNCTION_COUNT;
}

static void add_relocation(struct fixture *fixture, uint64_t address, uint32_t function)
{
    struct relocation *next = &fixture->relocations[fixture->image.relocation_count++];
    *next = (struct relocation){
        .address = address, .symbol = NONE, .function = function, .kind = RELOCATION_RELATIVE};
    if (function != NONE)
        fixture->functions[function].is_address_taken = true;
}

/** The table holds {FIRST, PAIR} and {SECOND, PAIR_2}. THIRD is not taken. */
static void init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    memcpy(fixture->types, types, sizeof types);
    for (uint32_t i = 0; i < TYPE_COUNT; i++) {
        fixture->types[i].key = key_of((enum type_index)i);
        fixture->types[i].shape = 1000 + i;
    }
    fixture->debug = (struct debug_info){.units = &fixture->unit,
                                         .functions = fixture->debug_functions,
                                         .variables = fixture->variables,
                                         .unit_count = 1,
                                         .variable_count = 2};
    fixture->debug.types = (struct type_table){
        .types = fixture->types, .members = (struct type_member *)members, .count = TYPE_COUNT};
    fixture->unit = (struct debug_unit){.producer = "GNU C", .language = LANGUAGE_C};
    fixture->variables[0] =
        (struct debug_variable){.address = 0x4000, .bytes = 32, .type_key = key_of(OPS_ARRAY)};
    fixture->variables[1] =
        (struct debug_variable){.address = 0x5000, .bytes = 48, .type_key = key_of(OBJECT)};
    fixture->sections[0] =
        (struct section){.address = 0x4000, .bytes = 0x100, .role = SECTION_RELRO};
    fixture->sections[1] =
        (struct section){.address = 0x5000, .bytes = 0x100, .role = SECTION_DATA};
    fixture->images[0] = &fixture->image;
    fixture->image = (struct image){.name = "program",
                                    .type = IMAGE_PIE,
                                    .pointer_bytes = 8,
                                    .debug = &fixture->debug,
                                    .sections = fixture->sections,
                                    .section_count = 2,
                                    .placed_count = 2,
                                    .relocations = fixture->relocations};
    program_init(&fixture->program);
    fixture->program.images = fixture->images;
    fixture->program.image_count = 1;
    fixture->program.functions = fixture->functions;
    fixture->program.function_count = FUNCTION_COUNT;
    fixture->program.image_functions = fixture->image_functions;
    fixture->program.calls = fixture->calls;
    fixture->program.function_calls = fixture->function_calls;
    fixture->facts.frames = fixture->frames;
    fixture->program.facts = &fixture->facts;
    fixture->program.pointer_calls = fixture->pointer_calls;
    fixture->program.pointer_stores = fixture->stores;
    add_functions(fixture);
    add_relocation(fixture, 0x4000, FIRST);
    add_relocation(fixture, 0x4008, PAIR);
    add_relocation(fixture, 0x4010, SECOND);
    add_relocation(fixture, 0x4018, PAIR_2);
}

static void deinit(struct fixture *fixture)
{
    array_deinit(&fixture->pool.targets);
    program_deinit(&fixture->program);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

#define PATH(...) ((struct access_path){.call = NONE, __VA_ARGS__})
#define ARGUMENT_OPS(offset)                                                                       \
    PATH(.root = ROOT_ARGUMENT, .load_count = 2, .offsets = {0, (offset), 0})
#define ARGUMENT_CALL PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {8, 0})

static bool value_is(const struct fixture *fixture, struct access_path path, enum type_index owner,
                     uint64_t offset)
{
    struct field field;
    return typed_value(&fixture->program, CALLING, &path, &field) && field.owner == key_of(owner) &&
           field.offset == offset;
}

static bool is_unknown(const struct fixture *fixture, struct access_path path)
{
    struct field field;
    return !typed_value(&fixture->program, CALLING, &path, &field);
}

static void paths_lead_to_members(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    assert_true(value_is(&fixture, ARGUMENT_CALL, OBJECT, 8));
    assert_true(value_is(&fixture, ARGUMENT_OPS(0), OPS, 0));
    assert_true(value_is(&fixture, ARGUMENT_OPS(8), OPS, 8));
    // Elements of an array that is a member; one that is in the frame of nobody.
    assert_true(value_is(
        &fixture, PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {16 + 24}), OPS, 8));
    assert_true(
        value_is(&fixture, PATH(.root = ROOT_ADDRESS, .load_count = 1, .address = 0x4010), OPS, 0));
    assert_true(value_is(&fixture,
                         PATH(.root = ROOT_ADDRESS, .load_count = 1, .address = 0x4000,
                              .offsets = {8}, .is_indexed = true),
                         OPS, 8));
    deinit(&fixture);
}

static void paths_that_lead_nowhere(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    // Around the object, behind it, into the middle of a pointer, past the call itself.
    assert_true(
        is_unknown(&fixture, PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {-8})));
    assert_true(
        is_unknown(&fixture, PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {48})));
    assert_true(is_unknown(&fixture, PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {4})));
    assert_true(
        is_unknown(&fixture, PATH(.root = ROOT_ARGUMENT, .load_count = 1, .offsets = {8, 8})));
    assert_true(is_unknown(&fixture, PATH(.root = ROOT_ARGUMENT, .index = 1, .load_count = 1)));
    assert_true(is_unknown(&fixture, PATH(.root = ROOT_VALUE, .load_count = 1)));
    assert_true(
        is_unknown(&fixture, PATH(.root = ROOT_ADDRESS, .load_count = 1, .address = 0x4020)));
    // An index where there is no array, and one that begins behind the first element.
    struct access_path indexed = ARGUMENT_CALL;
    indexed.is_indexed = true;
    assert_true(is_unknown(&fixture, indexed));
    assert_true(is_unknown(&fixture, PATH(.root = ROOT_ADDRESS, .load_count = 1, .address = 0x4010,
                                          .is_indexed = true)));
    deinit(&fixture);
}

static void arguments_that_compilers_moved(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    fixture.functions[CALLING].linkage_name = "caller.constprop.0";
    assert_true(is_unknown(&fixture, ARGUMENT_CALL));
    fixture.functions[CALLING].linkage_name = "caller";
    assert_false(is_unknown(&fixture, ARGUMENT_CALL));
    // LLVM changes private functions without a sign.
    fixture.unit.producer = "clang version 14";
    fixture.debug_functions[CALLING].is_external = false;
    assert_true(is_unknown(&fixture, ARGUMENT_CALL));
    fixture.functions[CALLING].is_address_taken = true;
    assert_false(is_unknown(&fixture, ARGUMENT_CALL));
    // A large result is returned through a hidden first argument.
    fixture.debug_functions[CALLING].type_key = key_of(RETURNS_LARGE);
    assert_true(is_unknown(&fixture, ARGUMENT_CALL));
    struct access_path second = ARGUMENT_CALL;
    second.index = 1;
    assert_true(value_is(&fixture, second, OBJECT, 8));
    deinit(&fixture);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static void add_call(struct fixture *fixture, struct access_path callee)
{
    uint32_t index = fixture->program.call_count++;
    fixture->calls[index] = (struct call){.from = CALLING, .kind = CALL_UNRESOLVED};
    fixture->pointer_calls[fixture->program.pointer_call_count++] =
        (struct pointer_call){.call = index, .callee = callee};
}

static void add_store(struct fixture *fixture, uint32_t function, struct access_path place)
{
    fixture->stores[fixture->program.pointer_store_count++] = (struct pointer_store){
        .from = CALLING, .function = function, .kind = POINTED_FUNCTION, .place = place};
    fixture->functions[function].is_address_taken = true;
}

static void resolve(struct fixture *fixture)
{
    fixture->pool = (struct target_pool){.program = &fixture->program, .ways = fixture->ways};
    fields_resolve(&fixture->program, &fixture->pool);
}

static void check_targets(const struct fixture *fixture, uint32_t index, enum call_kind kind,
                          const uint32_t *targets, uint32_t count)
{
    const struct way *way = &fixture->ways[index];
    assert_int_equal(way->kind, kind);
    assert_int_equal(way->count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(fixture->pool.targets.data[way->first + i], targets[i]);
}

#define CHECK(fixture, call, kind, ...)                                                            \
    check_targets((fixture), (call), (kind), (const uint32_t[]){__VA_ARGS__},                      \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void members_of_closed_structs(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    add_call(&fixture, ARGUMENT_OPS(0));
    add_call(&fixture, ARGUMENT_OPS(8));
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_FIELD, FIRST, SECOND);
    CHECK(&fixture, 1, CALL_FIELD, PAIR, PAIR_2);
    assert_int_equal(fixture.ways[0].first, fixture.ways[2].first);
    deinit(&fixture);
}

static void constant_tables(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    // Loose functions may be in any struct, but not in a constant one.
    add_store(&fixture, THIRD, PATH(.root = ROOT_UNKNOWN));
    add_call(&fixture,
             PATH(.root = ROOT_ADDRESS, .load_count = 1, .address = 0x4000, .is_indexed = true));
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_FIELD, FIRST, SECOND);
    CHECK(&fixture, 1, CALL_FIELD, FIRST, SECOND, THIRD);
    deinit(&fixture);
}

static void written_structs_take_all_of_the_type(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    add_store(&fixture, THIRD, PATH(.root = ROOT_ADDRESS, .address = 0x5008));
    add_call(&fixture, ARGUMENT_CALL);
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_PROTOTYPE, FIRST, SECOND, THIRD);
    CHECK(&fixture, 1, CALL_FIELD, FIRST, SECOND);
    deinit(&fixture);

    // Code that writes to the struct takes its promise away.
    init(&fixture);
    add_store(&fixture, THIRD, PATH(.root = ROOT_ADDRESS, .address = 0x5010));
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_PROTOTYPE, FIRST, SECOND, THIRD);
    deinit(&fixture);
}

static void converted_functions(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    // A function of two arguments, taken for one of one.
    add_relocation(&fixture, 0x5008, PAIR);
    add_call(&fixture, ARGUMENT_CALL);
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_PROTOTYPE, FIRST, SECOND, PAIR);
    deinit(&fixture);
}

static void functions_without_a_type_fit_everything(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    fixture.functions[FOREIGN].is_address_taken = true;
    add_call(&fixture, ARGUMENT_OPS(8));
    add_call(&fixture, ARGUMENT_CALL);
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_FIELD, PAIR, PAIR_2, FOREIGN);
    CHECK(&fixture, 1, CALL_PROTOTYPE, FIRST, SECOND, FOREIGN);
    deinit(&fixture);
}

static void functions_with_more_parameters_than_described_fit_everything(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    fixture.types[BINARY].member_count = 0;
    fixture.functions[PAIR].is_address_taken = true;
    fixture.frames[PAIR].taken = 1;
    add_call(&fixture, ARGUMENT_CALL);
    resolve(&fixture);
    CHECK(&fixture, 0, CALL_PROTOTYPE, FIRST, SECOND, PAIR);
    deinit(&fixture);
}

static void calls_that_stay_unresolved(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture);
    fixture.types[OBJECT].is_from_system = true;
    add_call(&fixture, ARGUMENT_CALL);
    add_call(&fixture, PATH(.root = ROOT_VALUE));
    resolve(&fixture);
    assert_int_equal(fixture.ways[0].count, 0);
    assert_int_equal(fixture.ways[1].count, 0);
    deinit(&fixture);

    // Something in the table that is no function's start.
    init(&fixture);
    fixture.relocations[0].function = NONE;
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    assert_int_equal(fixture.ways[0].count, 0);
    deinit(&fixture);

    // A library is called with objects that are not here.
    init(&fixture);
    fixture.image.type = IMAGE_SHARED;
    add_call(&fixture, ARGUMENT_OPS(0));
    resolve(&fixture);
    assert_int_equal(fixture.ways[0].count, 0);
    deinit(&fixture);

    // A pointer without a prototype may be called with anything.
    init(&fixture);
    fixture.types[UNARY].member_count = 0;
    fixture.types[UNARY].is_variadic = true;
    add_call(&fixture, ARGUMENT_CALL);
    resolve(&fixture);
    assert_int_equal(fixture.ways[0].count, 0);
    deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_members),
        cmocka_unit_test(paths_that_lead_nowhere),
        cmocka_unit_test(arguments_that_compilers_moved),
        cmocka_unit_test(members_of_closed_structs),
        cmocka_unit_test(constant_tables),
        cmocka_unit_test(written_structs_take_all_of_the_type),
        cmocka_unit_test(converted_functions),
        cmocka_unit_test(functions_without_a_type_fit_everything),
        cmocka_unit_test(functions_with_more_parameters_than_described_fit_everything),
        cmocka_unit_test(calls_that_stay_unresolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
