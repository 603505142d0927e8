/*
 * Machine code in, arguments of calls out: hand-assembled functions, each with the answer
 * worked out by hand. Function 1, at 0x1100, is the one whose arguments are asked for: the first
 * and the second.
 */
#include "machine_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t wanted[] = {0, 3, 0, 0};

#define READ(code, bytes)                                                                          \
    (code_init(&(code)), (code).facts.wanted_arguments = (uint8_t *)wanted,                        \
     code_read_one(&(code), (bytes), sizeof(bytes) - 1))

static void assert_argument(const struct machine_code *code, uint32_t call, unsigned index,
                            int64_t number)
{
    int64_t found;
    assert_true(program_call_argument(&code->program, call, index, &found));
    assert_int_equal(found, number);
}

static void assert_nothing(const struct machine_code *code, uint32_t call)
{
    int64_t found;
    for (unsigned index = 0; index < 6; index++)
        assert_false(program_call_argument(&code->program, call, index, &found));
}

/** Reads code whose first call has @p number as its first argument and nothing as its second. */
#define ASSERT_FIRST(bytes, number)                                                                \
    do {                                                                                           \
        struct machine_code code;                                                                  \
        READ(code, bytes);                                                                         \
        assert_argument(&code, 0, 0, (number));                                                    \
        assert_false(program_call_argument(&code.program, 0, 1, &(int64_t){0}));                   \
        code_deinit(&code);                                                                        \
    } while (0)

#define ASSERT_NONE(bytes)                                                                         \
    do {                                                                                           \
        struct machine_code code;                                                                  \
        READ(code, bytes);                                                                         \
        assert_int_equal(code.program.function_calls[1] > 0, true);                                \
        assert_nothing(&code, 0);                                                                  \
        code_deinit(&code);                                                                        \
    } while (0)

static void test_widths(void **state)
{
    (void)state;
    ASSERT_FIRST("\xbf\x18\x00\x00\x00" // 1000: mov $0x18,%edi
                 "\xe8\xf6\x00\x00\x00" // 1005: call 1100
                 "\xc3",
                 24);
    ASSERT_FIRST("\x31\xff"              // 1000: xor %edi,%edi
                 "\xe9\xf9\x00\x00\x00", // 1002: jmp 1100
                 0);
    ASSERT_FIRST("\xbf\xff\xff\xff\xff" // 1000: mov $0xffffffff,%edi
                 "\xe8\xf6\x00\x00\x00" // 1005: call 1100
                 "\xc3",
                 0xffffffff);
    ASSERT_FIRST("\x48\xc7\xc7\xff\xff\xff\xff" // 1000: mov $-1,%rdi
                 "\xe8\xf4\x00\x00\x00"         // 1007: call 1100
                 "\xc3",
                 -1);
    ASSERT_FIRST("\x48\xc7\xc7\xff\xff\xff\xff" // 1000: mov $-1,%rdi
                 "\xc1\xef\x04"                 // 1007: shr $4,%edi
                 "\xe8\xf1\x00\x00\x00"         // 100a: call 1100
                 "\xc3",
                 0x0fffffff);
    ASSERT_NONE("\x66\xbf\x18\x00"     // 1000: mov $0x18,%di; the rest of rdi stays
                "\xe8\xf7\x00\x00\x00" // 1004: call 1100
                "\xc3");
}

static void test_two_arguments(void **state)
{
    (void)state;
    struct machine_code code;
    READ(code, "\xbe\x08\x00\x00\x00" // 1000: mov $8,%esi
               "\x8d\x7e\x10"         // 1005: lea 0x10(%rsi),%edi
               "\xe8\xf3\x00\x00\x00" // 1008: call 1100
               "\xe8\xee\x00\x00\x00" // 100d: call 1100: the first may have changed both
               "\xc3");
    assert_argument(&code, 0, 0, 24);
    assert_argument(&code, 0, 1, 8);
    assert_nothing(&code, 1);
    code_deinit(&code);
}

static void test_two_paths(void **state)
{
    (void)state;
    ASSERT_NONE("\x85\xf6"             // 1000: test %esi,%esi
                "\xbf\x08\x00\x00\x00" // 1002: mov $8,%edi
                "\x74\x05"             // 1007: je 100e
                "\xbf\x10\x00\x00\x00" // 1009: mov $16,%edi
                "\xe8\xed\x00\x00\x00" // 100e: call 1100
                "\xc3");
    ASSERT_FIRST("\x85\xf6"             // 1000: test %esi,%esi
                 "\xbf\x08\x00\x00\x00" // 1002: mov $8,%edi
                 "\x74\x05"             // 1007: je 100e
                 "\xbf\x08\x00\x00\x00" // 1009: mov $8,%edi
                 "\xe8\xed\x00\x00\x00" // 100e: call 1100
                 "\xc3",
                 8);
    ASSERT_NONE("\xbf\x08\x00\x00\x00" // 1000: mov $8,%edi
                "\x85\xf6"             // 1005: test %esi,%esi
                "\x0f\x44\xfa"         // 1007: cmove %edx,%edi
                "\xe8\xf1\x00\x00\x00" // 100a: call 1100
                "\xc3");
}

#define KEPT_OVER_CALL                                                                             \
    "\x53"                 /* 1000: push %rbx */                                                   \
    "\xbb\x18\x00\x00\x00" /* 1001: mov $0x18,%ebx */                                              \
    "\xe8\x05\x01\x00\x00" /* 1006: call 1110 */                                                   \
    "\x89\xdf"             /* 100b: mov %ebx,%edi */                                               \
    "\xe8\xee\x00\x00\x00" /* 100d: call 1100 */                                                   \
    "\x5b"                 /* 1012: pop %rbx */                                                    \
    "\xc3"                 /* 1013: ret */

static void test_kept_over_call(void **state)
{
    (void)state;
    struct machine_code code;
    READ(code, KEPT_OVER_CALL);
    assert_nothing(&code, 0); // nobody asks for those of 1110
    assert_argument(&code, 1, 0, 24);
    code_deinit(&code);
}

/** What no known control reaches may be a landing pad, and another one behind any call. */
static void test_gaps_hide_ways(void **state)
{
    (void)state;
    ASSERT_NONE(KEPT_OVER_CALL "\xb8\x01\x00\x00\x00" // 1014: mov $1,%eax
                               "\xc3");
    ASSERT_FIRST("\xbf\x18\x00\x00\x00" // 1000: mov $0x18,%edi
                 "\xe8\xf6\x00\x00\x00" // 1005: call 1100
                 "\xc3"                 // 100a: ret
                 "\xb8\x01\x00\x00\x00" // 100b: mov $1,%eax
                 "\xc3",
                 24);
}

static void test_unknown_jumps(void **state)
{
    (void)state;
    ASSERT_FIRST("\xbf\x18\x00\x00\x00" // 1000: mov $0x18,%edi
                 "\xe8\xf6\x00\x00\x00" // 1005: call 1100
                 "\xff\xe0",            // 100a: jmp *%rax, a tail call
                 24);
    ASSERT_NONE("\x53"                 // 1000: push %rbx
                "\xbf\x18\x00\x00\x00" // 1001: mov $0x18,%edi
                "\xe8\xf5\x00\x00\x00" // 1006: call 1100
                "\xff\xe0");           // 100b: jmp *%rax, within the function
}

/** Parts of a function that lie before it come first in the order of calls. */
static void test_order_of_parts(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code.facts.wanted_arguments = (uint8_t *)wanted;
    code_function(&code, CODE,
                  "\xbf\x01\x00\x00\x00" // 1000: mov $1,%edi
                  "\xe8\xf6\x00\x00\x00" // 1005: call 1100
                  "\xc3",
                  11);
    code_function(&code, 0x1100, "\xc3", 1);
    code_function(&code, 0x1110,
                  "\x74\xee"             // 1110: je 1100
                  "\xbf\x02\x00\x00\x00" // 1112: mov $2,%edi
                  "\xe8\xe4\xff\xff\xff" // 1117: call 1100
                  "\xe9\xdf\xfe\xff\xff" // 111c: jmp 1000, its part
                  ,
                  17);
    code.functions[0].part_of = 2;
    code.functions[2].first_part = 0;
    code_read(&code);
    uint32_t first = code.program.function_calls[2];
    assert_int_equal(code.program.function_calls[3] - first, 3);
    assert_int_equal(code.program.calls[first].address, 0x1005);
    assert_argument(&code, first, 0, 1);
    assert_nothing(&code, first + 1); // the je
    assert_argument(&code, first + 2, 0, 2);
    code_deinit(&code);
}

/** Whether the first argument of the first call is told like this; a factor of 0 stands for 1. */
static void assert_told(const char *bytes, size_t count, struct argument wanted_argument)
{
    struct machine_code code;
    code_init(&code);
    code.facts.wanted_arguments = (uint8_t *)wanted;
    code_read_one(&code, bytes, count);
    const struct argument *found = NULL;
    for (uint32_t i = 0; !found && i < code.program.argument_count; i++)
        if (code.program.arguments[i].index == 0)
            found = &code.program.arguments[i];
    assert_non_null(found);
    assert_int_equal(found->kind, wanted_argument.kind);
    assert_int_equal(found->number, wanted_argument.number);
    assert_int_equal(found->factor, wanted_argument.factor ? wanted_argument.factor : 1);
    assert_int_equal(found->addend, wanted_argument.addend);
    code_deinit(&code);
}

#define ASSERT_TOLD(bytes, ...)                                                                    \
    assert_told((bytes), sizeof(bytes) - 1, (struct argument){__VA_ARGS__})

static void test_where_they_come_from(void **state)
{
    (void)state;
    ASSERT_TOLD("\x48\x8d\x7e\x10"      // 1000: lea 0x10(%rsi),%rdi
                "\xe9\xf7\x00\x00\x00", // 1004: jmp 1100
                .kind = ARGUMENT_OWN, .number = 1, .addend = 16);
    ASSERT_TOLD("\x48\x6b\xfa\x18"      // 1000: imul $24,%rdx,%rdi
                "\xe9\xf7\x00\x00\x00", // 1004: jmp 1100
                .kind = ARGUMENT_OWN, .number = 2, .factor = 24);
    ASSERT_TOLD("\x48\x8b\x3e"          // 1000: mov (%rsi),%rdi
                "\xe9\xf8\x00\x00\x00", // 1003: jmp 1100
                .kind = ARGUMENT_LOADED);
    ASSERT_TOLD("\x50"                 // 1000: push %rax
                "\xe8\x0a\x01\x00\x00" // 1001: call 1110
                "\x48\x8d\x78\x01"     // 1006: lea 1(%rax),%rdi
                "\xe8\xf1\x00\x00\x00" // 100a: call 1100
                "\x58\xc3",
                .kind = ARGUMENT_RESULT, .number = 0x1001, .addend = 1);
    ASSERT_TOLD("\x48\x8d\x7c\x24\xf0"  // 1000: lea -0x10(%rsp),%rdi
                "\xe9\xf6\x00\x00\x00", // 1005: jmp 1100
                .kind = ARGUMENT_FRAME, .number = -24);
}

/** The loader writes the number into the code (DT_TEXTREL), so nobody knows it. */
static void test_filled_in(void **state)
{
    (void)state;
    static const char bytes[] = "\x48\xbf\x18\x00\x00\x00\x00\x00\x00\x00" // 1000: movabs $24,%rdi
                                "\xe9\xf1\x00\x00\x00";                    // 100a: jmp 1100
    ASSERT_FIRST("\x48\xbf\x18\x00\x00\x00\x00\x00\x00\x00"
                 "\xe9\xf1\x00\x00\x00",
                 24);
    struct machine_code code;
    code_init(&code);
    code.facts.wanted_arguments = (uint8_t *)wanted;
    code.relocation = (struct relocation){
        .address = CODE + 2, .symbol = 0, .function = NONE, .kind = RELOCATION_ABSOLUTE};
    code.image.relocation_count = 1;
    code_read_one(&code, bytes, sizeof bytes - 1);
    assert_nothing(&code, 0);
    code_deinit(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),         cmocka_unit_test(test_two_arguments),
        cmocka_unit_test(test_two_paths),      cmocka_unit_test(test_kept_over_call),
        cmocka_unit_test(test_gaps_hide_ways), cmocka_unit_test(test_unknown_jumps),
        cmocka_unit_test(test_order_of_parts), cmocka_unit_test(test_where_they_come_from),
        cmocka_unit_test(test_filled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
