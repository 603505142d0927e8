/* test_demangle.c: names and crates of symbols, real ones and hostile ones. */
#include "load/demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "17h0123456789abcdefE"

static void expect(const char *linkage_name, const char *wanted)
{
    char *name = demangle(linkage_name);
    if (wanted) {
        assert_non_null(name);
        assert_string_equal(name, wanted);
    } else {
        assert_null(name);
    }
    free(name);
}

static void expect_crate(const char *linkage_name, const char *wanted)
{
    char crate[64];
    assert_true(symbol_crate(linkage_name, crate, sizeof crate));
    assert_string_equal(crate, wanted);
}

static void expect_no_crate(const char *linkage_name)
{
    char crate[64] = "untouched";
    assert_false(symbol_crate(linkage_name, crate, sizeof crate));
    assert_string_equal(crate, "untouched");
}

static void cpp_names(void **state)
{
    (void)state;
    expect("_ZN2ns1fEi", "ns::f(int)");
    expect("_ZNSt6vectorIiSaIiEE9push_backEOi",
           "std::vector<int, std::allocator<int> >::push_back(int&&)");
    expect("_ZN3fooE", "foo");
}

static void rust_names(void **state)
{
    (void)state;
    expect("_ZN4core3fmt5Write9write_fmt" HASH, "core::fmt::Write::write_fmt");
    expect("_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt" HASH,
           "<&T as core::fmt::Debug>::fmt");
    expect("_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$" HASH,
           "std::rt::lang_start::{{closure}}");
    expect("_RNvCsjrHSEGnQ3l9_7___rustc12___rust_alloc", "__rustc::__rust_alloc");
    expect("_RNvYhNtC4core5Write1f", "<u8 as core::Write>::f");
    expect("_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0B5_",
           "std::rt::lang_start::<()>::{closure#0}");
}

static void suffixes(void **state)
{
    (void)state;
    expect("_ZN2ns1fEi.cold", "ns::f(int) [.cold]");
    expect("_ZN2ns1fEi.part.0.constprop.1", "ns::f(int) [.part.0.constprop.1]");
    expect("_ZN2ns1fEi.cold.0", "ns::f(int) [.cold.0]");
    expect("_ZN2ns1fEi.llvm.123456", "ns::f(int)");
    expect("_ZN2ns1fEi.cold.llvm.123456", "ns::f(int) [.cold]");
    expect("_ZN2ns1fEi@@VERSION_3.4", "ns::f(int)");
    expect("_ZN4core3fmt5Write9write_fmt" HASH ".llvm.99", "core::fmt::Write::write_fmt");
    expect("_RNvC6_123foo3bar.cold", "123foo::bar [.cold]");
}

static void plain_names(void **state)
{
    (void)state;
    expect("main", NULL);
    expect("", NULL);
    expect("parse.cold", NULL);
    expect("memcpy@@GLIBC_2.14", "memcpy");
    expect("local.llvm.1234", "local");
    expect(".llvm.", NULL);
    expect("@", NULL);
    expect("_Rank", NULL);
    expect("_Z", NULL);
    expect("_R", NULL);
}

static char *repeated(const char *start, const char *part, size_t count, const char *end)
{
    char *text = calloc(strlen(start) + strlen(part) * count + strlen(end) + 1, 1);
    assert_non_null(text);
    strcpy(text, start);
    for (size_t i = 0; i < count; i++)
        strcat(text, part);
    return strcat(text, end);
}

/** Names that would take all stack or all memory. */
static void hostile_names(void **state)
{
    (void)state;
    struct {
        const char *start, *part, *end;
    } rows[] = {{"_Z1f", "P", "i"}, {"_Z1f", "N", ""},  {"_Z", "1fI", ""},
                {"_R", "I", ""},    {"_RNv", "Nv", ""}, {"_RINvC1a1b", "T", ""},
                {"_ZN", "1a", "E"}, {"_R", "RL_", "u"}, {"_RNvMB_", "B_", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t count = 16; count < 10000; count *= 5) {
            char *name = repeated(rows[i].start, rows[i].part, count, rows[i].end);
            char crate[64];
            free(demangle(name));
            symbol_crate(name, crate, sizeof crate);
            free(name);
        }
    }
}

/** Each tuple names the one before it twice: 2^30 times the text, were it written out. */
static void exponential_name(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char name[1024] = "_RINvC1a1bTuuE";
    size_t previous = strlen("INvC1a1b");
    for (int i = 0; i < 30; i++) {
        size_t here = strlen(name) - 2;
        char reference[8], *end = reference;
        *end++ = 'B';
        if (previous - 1 >= 62)
            *end++ = digits[(previous - 1) / 62];
        *end++ = digits[(previous - 1) % 62];
        *end++ = '_';
        *end = 0;
        strcat(strcat(strcat(strcat(name, "T"), reference), reference), "E");
        previous = here;
    }
    expect(strcat(name, "E"), NULL);
}

static void crates(void **state)
{
    (void)state;
    expect_crate("_ZN4core3fmt5Write9write_fmt" HASH, "core");
    expect_crate("_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt" HASH, "core");
    expect_crate("_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Debug$GT$3fmt" HASH,
                 "alloc");
    expect_crate("_ZN48_$LT$$u5b$T$u5d$$u20$as$u20$core..fmt..Debug$GT$3fmt" HASH, "core");
    expect_crate("_RNvCsjrHSEGnQ3l9_7___rustc12___rust_alloc", "__rustc");
    expect_crate("_RINvMNtCsgEmfK2I1SDS_4core3stre18trim_start_matchesReECsgY6Mt91CT9J_"
                 "14rustc_demangle",
                 "core");
    // An impl of core's trait for a type of alloc, in a crate of its own.
    expect_crate("_RNvXCs1_5helloNtC5alloc6StringNtC4core5Debug3fmt", "hello");
    expect_crate("_RNvYNtC5alloc6StringNtC4core5Write1f", "alloc");
    expect_crate("_RNvYhNtC4core5Write1f", "core");
    expect_no_crate("_ZN2ns1fEi");
    expect_no_crate("main");
    expect_no_crate("_Rank");
    expect_no_crate("_R");
    expect_no_crate("_RNvB_");
    expect_no_crate("_ZN" HASH);
    char small[4] = "";
    assert_false(symbol_crate("_ZN4core3fmt" HASH, small, sizeof small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpp_names),     cmocka_unit_test(rust_names),
        cmocka_unit_test(suffixes),      cmocka_unit_test(plain_names),
        cmocka_unit_test(hostile_names), cmocka_unit_test(exponential_name),
        cmocka_unit_test(crates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
