/*
 * Exception tables in, landing pads out: tables written by hand after the Itanium C++ ABI, with the
 * rows that must be found, and damaged ones, of which nothing may be believed. The code that the
 * table is for is 0x40 bytes at 0x1000; the image is that of machine_code.h.
 */
#include "machine_code.h"
#include "program/exceptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CODE_BYTES = 0x40, MAX_ROWS = 4 };

struct table_case {
    const char *bytes;
    size_t count;
    struct landing_range rows[MAX_ROWS]; /* the first with an end of 0 ends the list */
};

#define TABLE(text) text, sizeof(text) - 1

static struct landing_ranges read_table(struct machine_code *code, const char *bytes, size_t count,
                                        bool *ret_is_good)
{
    static const char nops[CODE_BYTES];
    struct landing_ranges result = {0};
    code_init(code);
    code_function(code, CODE, nops, CODE_BYTES);
    code_exceptions(code, bytes, count);
    *ret_is_good = exceptions_read(&code->image, &code->unwind_entries[0], &result);
    return result;
}

static const struct table_case good[] = {
    /* No rows: nothing lands. */
    {TABLE("\xff\xff\x01\x00"), {{0}}},
    /* One row whose pad cleans up; a row without a pad; one with a type; one with two actions, of
       which the second catches. LEB128 numbers. */
    {TABLE("\xff\x9b\x1d\x01\x10"
           "\x02\x05\x20\x00"
           "\x08\x04\x00\x00"
           "\x0c\x04\x28\x03"
           "\x10\x01\x30\x05"
           "\x00\x00\x01\x00\x00\x7d"),
     {{0x1002, 0x1007, 0x1020, false},
      {0x100c, 0x1010, 0x1028, true},
      {0x1010, 0x1011, 0x1030, true}}},
    /* An exception specification keeps the exception, too. Numbers of four bytes. */
    {TABLE("\xff\xff\x03\x0d"
           "\x04\x00\x00\x00\x08\x00\x00\x00\x18\x00\x00\x00\x01"
           "\x7f\x00"),
     {{0x1004, 0x100c, 0x1018, true}}},
    /* Pads relative to an address of their own, given relative to its place (0x3801). */
    {TABLE("\x1b\x0f\xd8\xff\xff\xff\x01\x04"
           "\x00\x05\x10\x00"),
     {{0x1000, 0x1005, 0x1020, false}}},
    /* A chain of actions that never ends may do anything. */
    {TABLE("\xff\xff\x01\x04\x00\x05\x10\x01\x00\x7f"), {{0x1000, 0x1005, 0x1010, true}}},
    /* An action outside the file, too. */
    {TABLE("\xff\xff\x01\x06\x00\x05\x10\xff\xff\x7f"), {{0x1000, 0x1005, 0x1010, true}}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct machine_code code;
        bool is_good;
        struct landing_ranges found = read_table(&code, good[i].bytes, good[i].count, &is_good);
        size_t count = 0;
        assert_true(is_good);
        for (; count < MAX_ROWS && good[i].rows[count].end; count++) {
            const struct landing_range *row = &good[i].rows[count];
            assert_true(count < found.ranges.count);
            assert_int_equal(found.ranges.data[count].begin, row->begin);
            assert_int_equal(found.ranges.data[count].end, row->end);
            assert_int_equal(found.ranges.data[count].pad, row->pad);
            assert_int_equal(found.ranges.data[count].may_catch, row->may_catch);
        }
        assert_int_equal(found.ranges.count, count);
        array_deinit(&found.ranges);
        code_deinit(&code);
    }
}

static const struct table_case bad[] = {
    {TABLE("\x2b\x00\x00\x00\x00\xff\x01\x00"), {{0}}},     /* relative to the text */
    {TABLE("\xff\xff\x05\x04\x00\x05\x10\x00"), {{0}}},     /* numbers of no known form */
    {TABLE("\xff\xff\x01\xff\xff\xff\x7f"), {{0}}},         /* longer than the file */
    {TABLE("\xff\xff\x01\x05\x00\x05\x10\x00\x00"), {{0}}}, /* half a row */
    {TABLE("\xff\xff\x01\x04\x30\x11\x10\x00"), {{0}}},     /* behind the code */
    {TABLE("\xff\xff\x01\x04\x41\x00\x10\x00"), {{0}}},     /* begins there */
    {TABLE("\xff\xff\x01\x08\x10\x05\x20\x00\x00\x05\x20\x00"), {{0}}}, /* not in order */
    {TABLE("\xff\xff\x01\x08\x10\x05\x20\x00\x14\x05\x20\x00"), {{0}}}, /* overlapping */
};

static void test_damaged_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct machine_code code;
        bool is_good;
        struct landing_ranges found = read_table(&code, bad[i].bytes, bad[i].count, &is_good);
        assert_false(is_good);
        assert_int_equal(found.ranges.count, 0);
        array_deinit(&found.ranges);
        code_deinit(&code);
    }
}

/* A table that begins at the file's last bytes, or nowhere. */
static void test_table_outside(void **state)
{
    (void)state;
    static const uint64_t places[] = {END - 1, END - 3, END, UINT64_MAX - 2, 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct machine_code code;
        bool is_good;
        struct landing_ranges found = read_table(&code, TABLE("\xff\xff\x01\x00"), &is_good);
        memset(code.file + END - 3, 0xff, 3);
        memset(code.file, 0x80, CODE);
        code.unwind_entries[0].lsda = places[i];
        assert_false(exceptions_read(&code.image, &code.unwind_entries[0], &found));
        array_deinit(&found.ranges);
        code_deinit(&code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_damaged_tables),
        cmocka_unit_test(test_table_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
