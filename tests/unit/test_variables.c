/*
 * Machine code in, targets of calls through arguments and variables out: hand-assembled functions,
 * each with the answer worked out by hand.
 */
#include "analysis/pointers/indirect.h"
#include "pointer_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- Callbacks ------------------------------------------------------------------------------- */

#define PASS_TWO                                                                                   \
    "\xbf\x10\x11\x00\x00" /* 1000: mov $0x1110,%edi */                                            \
    "\xe9\xf6\x00\x00\x00" /* 1005: jmp 1100 */

/** Function 1 calls its first argument; function 3 is @p other. */
static void read_callback(struct machine_code *code, const char *other, size_t count)
{
    init(code, C);
    code_function(code, CODE, PASS_TWO, 10);
    code_function(code, ONE, "\x31\xc0\xff\xe7", 4); // xor %eax,%eax; jmp *%rdi
    code_function(code, TWO, "\xc3", 1);
    code_function(code, THREE, other, count);
    code_function(code, 0x1140, "\xc3", 1);
    code_function(code, 0x1150,
                  "\xbe\x40\x11\x00\x00" // 1150: mov $0x1140,%esi
                  "\xe9\xc6\xff\xff\xff" // 1155: jmp 1120
                  ,
                  10);
    code_read(code);
}

static const char hands_on[] = "\x48\x89\xf7"          // 1120: mov %rsi,%rdi
                               "\xe9\xd8\xff\xff\xff"; // 1123: jmp 1100

static void callbacks(void **state)
{
    (void)state;
    static const char passes_nothing[] = "\x31\xff"              // 1120: xor %edi,%edi
                                         "\xe9\xd9\xff\xff\xff"; // 1122: jmp 1100
    struct machine_code code;
    read_callback(&code, passes_nothing, sizeof passes_nothing - 1);
    indirect_resolve(&code.program);
    assert_true(ENTERS(code, 1, CALL_CONSTANT, 2));
    code_deinit(&code);
    read_callback(&code, hands_on, sizeof hands_on - 1);
    indirect_resolve(&code.program);
    assert_true(ENTERS(code, 1, CALL_CONSTANT, 2, 4));
    code_deinit(&code);
}

static void callbacks_with_unknown_callers(void **state)
{
    (void)state;
    static const char loads[] = "\x48\x8b\x3e"          // 1120: mov (%rsi),%rdi
                                "\xe9\xd8\xff\xff\xff"; // 1123: jmp 1100
    struct machine_code code;
    read_callback(&code, loads, sizeof loads - 1);
    indirect_resolve(&code.program);
    assert_true(IS_UNRESOLVED(code, 1));
    code_deinit(&code);
    // Somebody may call the one that hands its argument on, or the one that calls it.
    for (unsigned function = 1; function <= 3; function += 2) {
        read_callback(&code, hands_on, sizeof hands_on - 1);
        code.functions[function].is_address_taken = true;
        indirect_resolve(&code.program);
        assert_true(IS_UNRESOLVED(code, 1));
        code_deinit(&code);
        read_callback(&code, hands_on, sizeof hands_on - 1);
        struct entry entry = {.function = function, .kind = ENTRY_THREAD};
        code.facts.entries = &entry;
        code.facts.entry_count = 1;
        indirect_resolve(&code.program);
        assert_true(IS_UNRESOLVED(code, 1));
        code_deinit(&code);
        read_callback(&code, hands_on, sizeof hands_on - 1);
        word(&code, VARIABLES + 0x80, code.functions[function].address); // stored in data
        indirect_resolve(&code.program);
        assert_true(IS_UNRESOLVED(code, 1));
        code_deinit(&code);
    }
}

/** A table that is passed: only its own functions, and only while it is constant. */
static void passed_tables(void **state)
{
    (void)state;
    static const uint64_t places[] = {FIRST_TABLE, VARIABLES + 0x40};
    for (unsigned i = 0; i < 2; i++) {
        struct machine_code code;
        char pass[] = "\xbe\x00\x00\x00\x00"  // 1000: mov $table,%esi
                      "\xe9\xf6\x00\x00\x00"; // 1005: jmp 1100
        uint32_t place = (uint32_t)places[i];
        memcpy(pass + 1, &place, 4);
        init(&code, RUST);
        word(&code, places[i] + 0x18, TWO);
        word(&code, CONSTANTS + 0x118, THREE);
        code_function(&code, CODE, pass, 10);
        code_function(&code, ONE, TWO_ARGUMENTS, 3);
        code_function(&code, TWO, "\xc3", 1);
        code_function(&code, THREE, "\xc3", 1);
        code_read(&code);
        indirect_resolve(&code.program);
        assert_true(i ? !ENTERS(code, 1, CALL_VTABLE, 2) : ENTERS(code, 1, CALL_VTABLE, 2));
        code_deinit(&code);
    }
}

/** On one of two ways something is added to the table, so that it need not be its first entry. */
static void passed_tables_with_index(void **state)
{
    (void)state;
    static const char pass[] = "\xbe\x10\x30\x00\x00"  // 1000: mov $0x3010,%esi
                               "\xe9\xf6\x00\x00\x00"; // 1005: jmp 1100
    static const char calls[] = "\x85\xff"             // 1100: test %edi,%edi
                                "\x74\x04"             // 1102: je 1108
                                "\x48\x8d\x34\xfe"     // 1104: lea (%rsi,%rdi,8),%rsi
                                "\xff\x66\x18";        // 1108: jmp *0x18(%rsi)
    struct machine_code code;
    init(&code, C);
    word(&code, FIRST_TABLE + 0x18, TWO);
    word(&code, FIRST_TABLE + 0x20, THREE);
    code_function(&code, CODE, pass, sizeof pass - 1);
    code_function(&code, ONE, calls, sizeof calls - 1);
    code_function(&code, TWO, "\xc3", 1);
    code_function(&code, THREE, "\xc3", 1);
    code_read(&code);
    indirect_resolve(&code.program);
    assert_true(IS_UNRESOLVED(code, 1));
    code_deinit(&code);
}

/* ---- Variables ------------------------------------------------------------------------------- */

#define CALL_VARIABLE "\xff\x25\xfa\x3f\x00\x00" /* 1000: jmp *0x5000 */
#define STORE_TWO                                                                                  \
    "\x48\xc7\x05\xf5\x3e\x00\x00\x10\x11\x00\x00\xc3" /* 1100: movq $0x1110,0x5000                \
                                                        */

/** Function 0 calls the variable, 1 stores TWO there, function 3 is @p other. */
static void read_variable(struct machine_code *code, struct symbol *variable, const char *other,
                          size_t count)
{
    *variable = (struct symbol){.address = VARIABLE,
                                .bytes = 8,
                                .name = "variable",
                                .section = 3,
                                .type = SYMBOL_OBJECT,
                                .is_defined = true};
    init(code, C);
    code->image.symbols = variable;
    code->image.symbol_count = 1;
    code_function(code, CODE, CALL_VARIABLE, 6);
    code_function(code, ONE, STORE_TWO, 12);
    code_function(code, TWO, "\xc3", 1);
    code_function(code, THREE, other, count);
    code_read(code);
}

#define RESOLVE_VARIABLE(code, variable, other)                                                    \
    (read_variable(&(code), &(variable), (other), sizeof(other) - 1),                              \
     indirect_resolve(&(code).program))

static void variables(void **state)
{
    (void)state;
    struct machine_code code;
    struct symbol variable;
    RESOLVE_VARIABLE(code, variable, "\xc3");
    assert_true(ENTERS(code, 0, CALL_FIELD, 2));
    // So it is no jump to anywhere in its function.
    assert_int_equal(code.program.blocks[0].flags & (BLOCK_UNRESOLVED | BLOCK_RETURNS), 0);
    code_deinit(&code);
    RESOLVE_VARIABLE(code, variable,
                     "\x48\x8b\x05\xd9\x3e\x00\x00" // 1120: mov 0x5000,%rax: reads
                     "\xc3");
    assert_true(ENTERS(code, 0, CALL_FIELD, 2));
    code_deinit(&code);
    // What is there from the start counts, too.
    read_variable(&code, &variable, "\xc3", 1);
    word(&code, VARIABLE, THREE);
    indirect_resolve(&code.program);
    assert_true(ENTERS(code, 0, CALL_FIELD, 2, 3));
    code_deinit(&code);
}

static void variables_that_others_write(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
    } others[] = {
        {"\xbf\x00\x50\x00\x00\xc3", 6},             // mov $0x5000,%edi: its address is taken
        {"\x48\x89\x3d\xd9\x3e\x00\x00\xff\xd7", 9}, // mov %rdi,0x5000; call *%rdi
        {"\xc6\x05\xd9\x3e\x00\x00\x01\xc3", 8},     // movb $1,0x5000
        {"\x0f\xab\x05\xd9\x3e\x00\x00\xc3", 8},     // bts %eax,0x5000: any bit behind
        {"\x0f\x11\x05\xd1\x3e\x00\x00\xc3", 8},     // movups %xmm0,0x4ff8: reaches into it
        {"\x48\x89\x04\xfd\x00\x50\x00\x00\xc3", 9}, // mov %rax,0x5000(,%rdi,8)
        {"\x48\x8b\x06\x48\x89\x05\xd6\x3e\x00\x00\xc3", 11}, // mov (%rsi),%rax; mov %rax,0x5000
    };
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        struct machine_code code;
        struct symbol variable;
        read_variable(&code, &variable, others[i].bytes, others[i].count);
        struct entry entry = {.function = 3, .kind = ENTRY_MAIN};
        code.facts.entries = &entry; // so that its arguments may be anything
        code.facts.entry_count = 1;
        indirect_resolve(&code.program);
        assert_true(IS_UNRESOLVED(code, 0));
        code_deinit(&code);
    }
}

static void variables_that_are_seen(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct machine_code code;
        struct symbol variable;
        read_variable(&code, &variable, "\xc3", 1);
        if (i == 0)
            variable.is_dynamic = true; // by other images
        else if (i == 1)
            word(&code, VARIABLES + 0x80, VARIABLE); // through a pointer in data
        else if (i == 2)
            code.image.symbol_count = 0; // how far it reaches is not known
        else if (i == 3)
            variable.bytes = 16; // what is written with an index need not be mentioned
        else
            word(&code, VARIABLE, 0x123456); // it holds no function from the start
        indirect_resolve(&code.program);
        assert_true(IS_UNRESOLVED(code, 0));
        code_deinit(&code);
    }
}

/** A setter's argument is what its callers pass. */
static void variables_with_setter(void **state)
{
    (void)state;
    struct machine_code code;
    struct symbol variable;
    static const char setter[] = "\x48\x89\x3d\xd9\x3e\x00\x00\xc3"; // 1120: mov %rdi,0x5000
    read_variable(&code, &variable, setter, 8);
    indirect_resolve(&code.program);
    assert_true(ENTERS(code, 0, CALL_FIELD, 2)); // nobody calls it
    code_deinit(&code);
    init(&code, C);
    code.image.symbols = &variable;
    code.image.symbol_count = 1;
    code_function(&code, CODE, CALL_VARIABLE, 6);
    code_function(&code, ONE, STORE_TWO, 12);
    code_function(&code, TWO, "\xc3", 1);
    code_function(&code, THREE, setter, 8);
    code_function(&code, FOUR,
                  "\xbf\x50\x11\x00\x00" // 1130: mov $0x1150,%edi
                  "\xe9\xe6\xff\xff\xff" // 1135: jmp 1120
                  ,
                  10);
    code_function(&code, 0x1150, "\xc3", 1);
    code_read(&code);
    indirect_resolve(&code.program);
    assert_true(ENTERS(code, 0, CALL_FIELD, 2, 5));
    code_deinit(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callbacks),
        cmocka_unit_test(callbacks_with_unknown_callers),
        cmocka_unit_test(passed_tables),
        cmocka_unit_test(passed_tables_with_index),
        cmocka_unit_test(variables),
        cmocka_unit_test(variables_that_others_write),
        cmocka_unit_test(variables_that_are_seen),
        cmocka_unit_test(variables_with_setter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
