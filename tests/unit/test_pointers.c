/*
 * Machine code in, targets of calls through pointers out: hand-assembled functions, each with the
 * answer worked out by hand. The program is one executable with a fixed place, so that words of
 * data are addresses without relocations. Function 0 makes the call; 1, 2 and 3, at 0x1100, 0x1110
 * and 0x1120, return, unless a test says otherwise.
 */
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"
#include "pointer_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/** Two vtables that have ONE and TWO at @p offset, and nothing behind. */
static void add_tables(struct machine_code *code, enum language language, uint64_t offset)
{
    static const uint64_t tables[] = {FIRST_TABLE, SECOND_TABLE};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t table = tables[i];
        word(code, table, language == RUST ? 0 : THREE); // no destructor; a first virtual function
        word(code, table + 8, language == RUST ? 16 : THREE);
        word(code, table + 16, language == RUST ? 8 : THREE);
        word(code, table + offset, i ? TWO : ONE);
        word(code, table + offset + 8, 1); // the end
        word(code, LISTED + 8 * i, table);
    }
}

/** Reads @p bytes as function 0 and resolves what it calls. */
static void read_code(struct machine_code *code, enum language language, const char *bytes,
                      size_t count)
{
    code_function(code, CODE, bytes, count);
    code_function(code, ONE, "\xc3", 1);
    code_function(code, TWO, "\xc3", 1);
    code_function(code, THREE, "\xc3", 1);
    if (language == CPP)
        code->functions[0].linkage_name = "_Z4callP6Object";
    code_read(code);
    indirect_resolve(&code->program);
}

#define READ(code, language, bytes)                                                                \
    (init(&(code), (language)), add_tables(&(code), (language), 0x18),                             \
     read_code(&(code), (language), (bytes), sizeof(bytes) - 1))

#define ASSERT_METHODS(language, bytes)                                                            \
    do {                                                                                           \
        struct machine_code code;                                                                  \
        READ(code, language, bytes);                                                               \
        assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2));                                           \
        code_deinit(&code);                                                                        \
    } while (0)

#define ASSERT_UNRESOLVED(language, bytes)                                                         \
    do {                                                                                           \
        struct machine_code code;                                                                  \
        READ(code, language, bytes);                                                               \
        assert_true(IS_UNRESOLVED(code, 0));                                                       \
        code_deinit(&code);                                                                        \
    } while (0)

/* ---- Trait objects --------------------------------------------------------------------------- */

static void two_arguments(void **state)
{
    (void)state;
    ASSERT_METHODS(RUST, TWO_ARGUMENTS);
    ASSERT_METHODS(RUST, "\x50"         // push %rax
                         "\xff\x56\x18" // call *0x18(%rsi)
                         "\x58\xc3");
    ASSERT_METHODS(RUST, "\xff\x62\x18");    // jmp *0x18(%rdx): a large result is asked for
    ASSERT_UNRESOLVED(RUST, "\xff\x61\x18"); // jmp *0x18(%rcx): not beside the first
    ASSERT_UNRESOLVED(RUST, "\x48\x89\xd7"   // mov %rdx,%rdi: another object
                            "\xff\x66\x18"); // jmp *0x18(%rsi)
    ASSERT_UNRESOLVED(C, TWO_ARGUMENTS);
    ASSERT_UNRESOLVED(CPP, TWO_ARGUMENTS);
}

static void two_results(void **state)
{
    (void)state;
    ASSERT_METHODS(RUST, "\x50"                 // 1000: push %rax
                         "\xe8\x1a\x01\x00\x00" // 1001: call 1120
                         "\x48\x89\xc7"         // 1006: mov %rax,%rdi
                         "\xff\x52\x18"         // 1009: call *0x18(%rdx)
                         "\x58\xc3");
    ASSERT_UNRESOLVED(RUST, "\x50"                 // 1000: push %rax
                            "\xe8\x1a\x01\x00\x00" // 1001: call 1120
                            "\x48\x89\xd7"         // 1006: mov %rdx,%rdi
                            "\xff\x50\x18"         // 1009: call *0x18(%rax): the wrong way round
                            "\x58\xc3");
}

static void two_words(void **state)
{
    (void)state;
    ASSERT_METHODS(RUST, "\x48\x8b\x47\x08"    // mov 8(%rdi),%rax
                         "\x48\x8b\x3f"        // mov (%rdi),%rdi
                         "\xff\x60\x18");      // jmp *0x18(%rax)
    ASSERT_METHODS(RUST, "\x48\x8b\x46\x28"    // mov 0x28(%rsi),%rax
                         "\x48\x8b\x7e\x20"    // mov 0x20(%rsi),%rdi
                         "\xff\x60\x18");      // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(RUST, "\x48\x8b\x47\x10" // mov 0x10(%rdi),%rax
                            "\x48\x8b\x3f"     // mov (%rdi),%rdi
                            "\xff\x60\x18");   // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(RUST, "\x48\x8b\x47\x08" // mov 8(%rdi),%rax
                            "\x48\x8b\x3e"     // mov (%rsi),%rdi
                            "\xff\x60\x18");   // jmp *0x18(%rax)
}

static void spilled_words(void **state)
{
    (void)state;
    ASSERT_METHODS(RUST, "\x48\x83\xec\x18"     // 1000: sub $0x18,%rsp
                         "\x48\x89\x3c\x24"     // 1004: mov %rdi,(%rsp)
                         "\x48\x89\x74\x24\x08" // 1008: mov %rsi,8(%rsp)
                         "\xe8\x0e\x01\x00\x00" // 100d: call 1120
                         "\x48\x8b\x3c\x24"     // 1012: mov (%rsp),%rdi
                         "\x48\x8b\x44\x24\x08" // 1016: mov 8(%rsp),%rax
                         "\xff\x50\x18"         // 101b: call *0x18(%rax)
                         "\x48\x83\xc4\x18"
                         "\xc3");
    ASSERT_METHODS(RUST, "\x55\x53"             // 1000: push %rbp; push %rbx
                         "\x48\x89\xfd"         // 1002: mov %rdi,%rbp
                         "\x48\x89\xf3"         // 1005: mov %rsi,%rbx
                         "\xe8\x13\x01\x00\x00" // 1008: call 1120
                         "\x48\x89\xef"         // 100d: mov %rbp,%rdi
                         "\xff\x53\x18"         // 1010: call *0x18(%rbx)
                         "\x5b\x5d\xc3");
}

/** What a table holds at an offset where no table has a function is not known. */
static void offset_of_no_table(void **state)
{
    (void)state;
    ASSERT_UNRESOLVED(RUST, "\xff\x66\x20"); // jmp *0x20(%rsi)
    ASSERT_UNRESOLVED(RUST, "\xff\xe6");     // jmp *%rsi
    ASSERT_UNRESOLVED(RUST, "\xff\x66\xf8"); // jmp *-8(%rsi)
}

/* ---- Virtual functions ----------------------------------------------------------------------- */

#define VIRTUAL                                                                                    \
    "\x48\x8b\x07" /* mov (%rdi),%rax */                                                           \
    "\xff\x60\x18" /* jmp *0x18(%rax) */

static void virtual_functions(void **state)
{
    (void)state;
    ASSERT_METHODS(CPP, VIRTUAL);
    ASSERT_UNRESOLVED(C, VIRTUAL);          // C makes tables while it runs
    ASSERT_METHODS(CPP, "\x48\x8b\x06"      // mov (%rsi),%rax: a large result is asked for
                        "\xff\x60\x18");    // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(CPP, "\x48\x8b\x02"   // mov (%rdx),%rax
                           "\xff\x60\x18"); // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(CPP, "\x48\x8b\x07"   // mov (%rdi),%rax
                           "\x31\xff"       // xor %edi,%edi: no object
                           "\x31\xf6"       // xor %esi,%esi
                           "\xff\x60\x18"); // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(CPP, "\x48\x8b\x07"   // mov (%rdi),%rax
                           "\x48\x8b\x38"   // mov (%rax),%rdi: what the object points to
                           "\xff\x60\x18"); // jmp *0x18(%rax)
    ASSERT_METHODS(CPP, "\x48\x8b\x7f\x20"  // mov 0x20(%rdi),%rdi: a member that points to one
                        "\x48\x8b\x07"      // mov (%rdi),%rax
                        "\xff\x60\x18");    // jmp *0x18(%rax)
}

/** A library that is not there may pass objects of its own; the C library has none. */
static void objects_from_elsewhere(void **state)
{
    (void)state;
    static const char *const names[] = {"libc.so.6", "libother.so.1"};
    for (unsigned i = 0; i < 2; i++) {
        struct machine_code code;
        struct needed_library needed = {.name = names[i], .image = NONE};
        init(&code, CPP);
        add_tables(&code, CPP, 0x18);
        code.image.needed = &needed;
        code.image.needed_count = 1;
        read_code(&code, CPP, VIRTUAL, sizeof VIRTUAL - 1);
        assert_true(i == 0 ? ENTERS(code, 0, CALL_VTABLE, 1, 2) : IS_UNRESOLVED(code, 0));
        code_deinit(&code);
    }
}

/** Functions 0, 1 and 2 as ever; 3 is @p store, which writes the address of 4. */
static void read_filled(struct machine_code *code, enum language language, const char *store,
                        size_t count)
{
    init(code, language);
    add_tables(code, language, 0x18);
    if (language == CPP)
        code_function(code, CODE, VIRTUAL, sizeof VIRTUAL - 1);
    else
        code_function(code, CODE, TWO_ARGUMENTS, sizeof TWO_ARGUMENTS - 1);
    code->functions[0].linkage_name = language == CPP ? "_Z4callP6Object" : "call";
    code_function(code, ONE, "\xc3", 1);
    code_function(code, TWO, "\xc3", 1);
    code_function(code, THREE, store, count);
    code_function(code, 0x1140, "\xc3", 1);
    code_read(code);
    indirect_resolve(&code->program);
}

/** Code fills tables while it runs, too; what it puts at the same offset counts. */
static void filled_tables(void **state)
{
    (void)state;
    static const char same[] = "\x48\xc7\x47\x18\x40\x11\x00\x00\xc3";  // movq $0x1140,0x18(%rdi)
    static const char other[] = "\x48\xc7\x47\x20\x40\x11\x00\x00\xc3"; // movq $0x1140,0x20(%rdi)
    for (enum language language = CPP; language <= RUST; language++) {
        struct machine_code code;
        read_filled(&code, language, same, 9);
        assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2, 4));
        code_deinit(&code);
        read_filled(&code, language, other, 9);
        assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2));
        code_deinit(&code);
    }
    // An address and something else: that is an offset, and the place any behind the address.
    static const char by_offset[] = "\xb8\x00\x50\x00\x00"         // mov $0x5000,%eax
                                    "\x48\x8d\x0c\x07"             // lea (%rdi,%rax),%rcx
                                    "\x48\xc7\x01\x40\x11\x00\x00" // movq $0x1140,(%rcx)
                                    "\xc3";
    struct machine_code code;
    read_filled(&code, CPP, by_offset, sizeof by_offset - 1);
    assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2, 4));
    code_deinit(&code);
    // Nor is a number that is an address only on the second of two ways.
    static const char on_one_way[] = "\x85\xf6"                     // 1120: test %esi,%esi
                                     "\x74\x0a"                     // 1122: je 112e
                                     "\xb8\x50\x00\x00\x00"         // 1124: mov $0x50,%eax
                                     "\xc1\xe0\x08"                 // 1129: shl $8,%eax
                                     "\xeb\x05"                     // 112c: jmp 1133
                                     "\xb8\x00\x50\x00\x00"         // 112e: mov $0x5000,%eax
                                     "\x48\x8d\x0c\x07"             // 1133: lea (%rdi,%rax),%rcx
                                     "\x48\xc7\x01\x40\x11\x00\x00" // movq $0x1140,(%rcx)
                                     "\xc3";
    read_filled(&code, CPP, on_one_way, sizeof on_one_way - 1);
    assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2, 4));
    code_deinit(&code);
}

static void adjusted_this(void **state)
{
    (void)state;
    ASSERT_UNRESOLVED(CPP, "\x48\xb8\x00\x00\x00\x00\x01\x00\x00\x00" // movabs $0x100000000,%rax
                           "\x48\x8b\x04\x07"                         // mov (%rdi,%rax),%rax
                           "\xff\x60\x18");                           // jmp *0x18(%rax)
    ASSERT_METHODS(CPP, "\x48\x8b\x47\x10"    // mov 0x10(%rdi),%rax: the second base's table
                        "\x48\x83\xc7\x10"    // add $0x10,%rdi
                        "\xff\x60\x18");      // jmp *0x18(%rax)
    ASSERT_METHODS(CPP, "\x48\x8b\x07"        // mov (%rdi),%rax: a virtual base is
                        "\x48\x03\x78\xe8"    // add -0x18(%rax),%rdi: somewhere in the object
                        "\x48\x8b\x07"        // mov (%rdi),%rax
                        "\xff\x60\x18");      // jmp *0x18(%rax)
    ASSERT_UNRESOLVED(CPP, "\x48\x8b\x47\x10" // mov 0x10(%rdi),%rax
                           "\x48\x83\xc7\x18" // add $0x18,%rdi: another place than the table's
                           "\xff\x60\x18");   // jmp *0x18(%rax)
}

/** Compilers merge the ends of branches; what comes on each way is a record of its own. */
static void merged_calls(void **state)
{
    (void)state;
    struct machine_code code;
    READ(code, CPP,
         "\x85\xd2"       // 1000: test %edx,%edx
         "\x74\x05"       // 1002: je 1009
         "\x48\x8b\x07"   // 1004: mov (%rdi),%rax
         "\xeb\x06"       // 1007: jmp 100f
         "\x48\x89\xf7"   // 1009: mov %rsi,%rdi
         "\x48\x8b\x06"   // 100c: mov (%rsi),%rax
         "\xff\x60\x18"); // 100f: jmp *0x18(%rax)
    assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2));
    assert_int_equal(code.program.pointer_call_count, 2);
    assert_int_equal(code.program.pointer_calls[0].call, code.program.pointer_calls[1].call);
    code_deinit(&code);
    // What is known least counts for the whole.
    READ(code, CPP,
         "\x85\xd2"             // 1000: test %edx,%edx
         "\x74\x09"             // 1002: je 100d
         "\x48\x8b\x07"         // 1004: mov (%rdi),%rax
         "\x48\x8b\x40\x18"     // 1007: mov 0x18(%rax),%rax
         "\xeb\x05"             // 100b: jmp 1012
         "\xb8\x20\x11\x00\x00" // 100d: mov $0x1120,%eax
         "\xff\xe0");           // 1012: jmp *%rax
    assert_true(ENTERS(code, 0, CALL_VTABLE, 1, 2, 3));
    code_deinit(&code);
    ASSERT_UNRESOLVED(CPP, "\x48\x8b\x07"     // 1000: mov (%rdi),%rax
                           "\x48\x8b\x40\x18" // 1003: mov 0x18(%rax),%rax
                           "\x85\xd2"         // 1007: test %edx,%edx
                           "\x74\x03"         // 1009: je 100e
                           "\x48\x89\xc8"     // 100b: mov %rcx,%rax: anything
                           "\xff\xe0");       // 100e: jmp *%rax
}

/* ---- Tables ---------------------------------------------------------------------------------- */

/** The functions at @p offset of tables of a kind, as a bit each. */
static unsigned slots_at(const struct tables *tables, enum table_kind kind, uint32_t offset)
{
    size_t count;
    unsigned found = 0;
    const struct table_slot *slots = tables_at(tables, kind, offset, &count);
    for (size_t i = 0; i < count; i++)
        found |= 1U << slots[i].function;
    return found;
}

static void find_tables(struct machine_code *code, struct tables *ret)
{
    code_function(code, CODE, "\xc3", 1);
    code_function(code, ONE, "\xc3", 1);
    code_function(code, TWO, "\xc3", 1);
    code_function(code, THREE, "\xc3", 1);
    code_read(code);
    tables_init(ret, &code->program);
}

static void rust_tables(void **state)
{
    (void)state;
    static const uint64_t heads[][3] = {
        {ONE, 8, 8}, {0, 0, 1}, // vtables
        {0, 9, 3},              // no alignment
        {0, 12, 8},             // not a multiple of it
        {5, 8, 8},              // no destructor
    };
    struct machine_code code;
    struct tables tables;
    init(&code, RUST);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t table = CONSTANTS + 0x40 * (uint64_t)i;
        for (unsigned k = 0; k < 3; k++)
            word(&code, table + 8 * k, heads[i][k]);
        word(&code, table + 0x18 + 8 * i, i & 1 ? TWO : THREE);
        word(&code, LISTED + 8 * i, table);
    }
    find_tables(&code, &tables);
    assert_int_equal(slots_at(&tables, TABLE_RUST, 0), 1 << 1);
    assert_int_equal(slots_at(&tables, TABLE_RUST, 0x18), 1 << 3);
    assert_int_equal(slots_at(&tables, TABLE_RUST, 0x20), 1 << 2); // behind a null
    assert_int_equal(slots_at(&tables, TABLE_RUST, 0x28), 0);
    assert_int_equal(slots_at(&tables, TABLE_OTHER, 0x28), 1 << 3);
    assert_int_equal(slots_at(&tables, TABLE_OTHER, 0x30), 1 << 2);
    assert_int_equal(slots_at(&tables, TABLE_OTHER, 0x38), 1 << 3);
    tables_deinit(&tables);
    code_deinit(&code);
}

/** A class with two bases: its tables follow each other, the second with a negative top. */
static void cpp_tables(void **state)
{
    (void)state;
    enum { TYPE = CONSTANTS + 0x200, TABLE = CONSTANTS + 0x20 };
    static const uint64_t words[] = {0, TYPE, ONE, TWO, (uint64_t)-16, TYPE, 0, THREE /* 8 */, 1};
    struct machine_code code;
    struct tables tables;
    init(&code, CPP);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        word(&code, TABLE + 8 * i, words[i]);
    word(&code, LISTED, TABLE); // as the symbol of the table says, or the code of a constructor:
    word(&code, LISTED + 8, TABLE + 16);
    find_tables(&code, &tables);
    assert_int_equal(slots_at(&tables, TABLE_CPP, 0), 1 << 1);
    assert_int_equal(slots_at(&tables, TABLE_CPP, 8), 1 << 2 | 1 << 3);
    assert_int_equal(slots_at(&tables, TABLE_CPP, 16), 0);
    assert_int_equal(slots_at(&tables, TABLE_RUST, 0x18), 0);
    tables_deinit(&tables);
    code_deinit(&code);
}

static void words_of_data(void **state)
{
    (void)state;
    struct machine_code code;
    init(&code, C);
    word(&code, CONSTANTS, ONE);
    word(&code, CONSTANTS + 8, ONE + 1);
    word(&code, CONSTANTS + 16, VARIABLE);
    word(&code, CONSTANTS + 24, 77);
    code_function(&code, CODE, "\xc3", 1);
    code_function(&code, ONE, "\x90\xc3", 2);
    code_read(&code);
    assert_int_equal(table_word(&code.program, 0, CONSTANTS).kind, WORD_FUNCTION);
    assert_int_equal(table_word(&code.program, 0, CONSTANTS).function, 1);
    assert_int_equal(table_word(&code.program, 0, CONSTANTS + 8).kind, WORD_DATA);
    assert_int_equal(table_word(&code.program, 0, CONSTANTS + 16).kind, WORD_DATA);
    assert_int_equal(table_word(&code.program, 0, CONSTANTS + 24).kind, WORD_NUMBER);
    assert_int_equal(table_word(&code.program, 0, END).kind, WORD_NONE);
    code_deinit(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_arguments),
        cmocka_unit_test(two_results),
        cmocka_unit_test(two_words),
        cmocka_unit_test(spilled_words),
        cmocka_unit_test(offset_of_no_table),
        cmocka_unit_test(virtual_functions),
        cmocka_unit_test(objects_from_elsewhere),
        cmocka_unit_test(filled_tables),
        cmocka_unit_test(adjusted_this),
        cmocka_unit_test(merged_calls),
        cmocka_unit_test(rust_tables),
        cmocka_unit_test(cpp_tables),
        cmocka_unit_test(words_of_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
