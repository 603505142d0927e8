/* test_text.c: sizes for people, names cut to a width, hostile names. */
#include "report/format/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct text *text, const char *expected)
{
    assert_string_equal(text_string(text), expected);
    text_deinit(text);
}

static void test_counts(void **state)
{
    (void)state;
    struct text text = {0};
    text_add_count(&text, 0);
    text_add(&text, " ");
    text_add_count(&text, 999);
    text_add(&text, " ");
    text_add_count(&text, 1000);
    text_add(&text, " ");
    text_add_count(&text, UINT64_MAX);
    expect(&text, "0 999 1,000 18,446,744,073,709,551,615");
}

static void expect_human(uint64_t bytes, const char *expected)
{
    struct text text = {0};
    text_add_human(&text, bytes);
    expect(&text, expected);
}

static void test_human_sizes(void **state)
{
    (void)state;
    expect_human(0, "0 B");
    expect_human(1023, "1023 B");
    expect_human(1024, "1.0 KiB");
    expect_human(1536, "1.5 KiB");
    expect_human(1234567, "1.2 MiB");
    // Not "1024.0 KiB".
    expect_human(1024 * 1024 - 1, "1.0 MiB");
    expect_human(UINT64_MAX, "16.0 EiB");
    struct text text = {0};
    text_add_bytes_both(&text, 1234567);
    expect(&text, "1.2 MiB (1,234,567 B)");
    text_add_bytes_both(&text, 12);
    expect(&text, "12 B");
}

static void expect_clean(const char *string, const char *expected)
{
    struct text text = {0};
    text_add_clean(&text, string);
    expect(&text, expected);
}

static void test_cleaning(void **state)
{
    (void)state;
    expect_clean("größe", "größe");
    expect_clean("a\033[31mb\n", "a" REPLACEMENT "[31mb" REPLACEMENT);
    // A stray continuation, a cut sequence, an overlong slash, a surrogate, beyond Unicode.
    expect_clean("\x80.", REPLACEMENT ".");
    expect_clean("\xE2\x82.", REPLACEMENT REPLACEMENT ".");
    expect_clean("\xC0\xAF.", REPLACEMENT REPLACEMENT ".");
    expect_clean("\xED\xA0\x80.", REPLACEMENT REPLACEMENT REPLACEMENT ".");
    expect_clean("\xF5\x80\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT);
    // Right-to-left override.
    expect_clean("a\xE2\x80\xAE"
                 "b",
                 "a" REPLACEMENT "b");
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("größe"), 5);
    assert_int_equal(text_width("日本"), 4);
    assert_int_equal(text_width("e\xCC\x81"), 1);
}

static void expect_short(const char *string, size_t width, const char *expected)
{
    struct text text = {0};
    text_add_shortened(&text, string, width);
    assert_true(text_width(text_string(&text)) <= width);
    expect(&text, expected);
}

static void test_shortening(void **state)
{
    (void)state;
    expect_short("short", 5, "short");
    expect_short("core::fmt::write", 11, "core…:write");
    expect_short("größe::größe", 6, "gr…öße");
    // A wide character that would not fit whole is left out.
    expect_short("日本語日本語", 6, "日…語");
    expect_short("日本語日本語", 5, "…本語");
    expect_short("anything", 1, "…");
    expect_short("anything", 0, "");
}

static void expect_name(const char *name, size_t width, const char *expected)
{
    struct text text = {0};
    text_add_short_name(&text, name, width);
    expect(&text, expected);
}

static void test_generic_arguments_give_way_first(void **state)
{
    (void)state;
    expect_name("Vec<Box<u8>>::push", 18, "Vec<Box<u8>>::push");
    expect_name("Vec<Box<u8>>::push", 17, "Vec<Box<…>>::push");
    expect_name("Vec<Box<u8>>::push", 12, "Vec<…>::push");
    expect_name("<Vec<u8> as Drop>::drop", 22, "<Vec<…> as Drop>::drop");
    expect_name("operator<(A<int>, B)", 19, "operator<(A<…>, B)");
    // What is no bracket at all is left alone.
    expect_name("a > b is wrong", 14, "a > b is wrong");
    expect_name("f<g is wrong here", 9, "f<g… here");
}

static void expect_last(const char *name, const char *expected)
{
    struct text text = {0};
    text_add_last_parts(&text, name);
    expect(&text, expected);
}

static void test_last_parts(void **state)
{
    (void)state;
    expect_last("main", "main");
    expect_last("std::rt::lang_start_internal", "rt::lang_start_internal");
    expect_last("alloc::vec::Vec<u8, A>::push", "Vec<…>::push");
    expect_last("<regex::Folder as core::fmt::Debug>::fmt", "Folder::fmt");
    expect_last("ns::(anonymous namespace)::run(int, void (*)())", "(anonymous namespace)::run");
    expect_last("", "");
    assert_int_equal(name_without_parameters("ns::f(int (*)(char)) const"), 5);
    assert_int_equal(name_without_parameters("{closure#0}"), 11);
    assert_int_equal(name_without_parameters("()"), 2);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"report", "globals", "stack", "heap"};
    assert_string_equal(text_nearest("globls", names, 4), "globals");
    assert_string_equal(text_nearest("staks", names, 4), "stack");
    assert_null(text_nearest("target/debug/program", names, 4));
    assert_null(text_nearest("x", names, 4));
    assert_int_equal(text_distance("kitten", "sitting"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_human_sizes),
        cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_shortening),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_generic_arguments_give_way_first),
        cmocka_unit_test(test_last_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
