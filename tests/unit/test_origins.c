/* test_origins.c: whose code stands in a file, by its path and by what the user says. */
#include "analysis/origins/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum origin origin;
    } rows[] = {
        {"/users/me/app/src/main.rs", ORIGIN_USER},
        {"src/main.c", ORIGIN_USER},
        {"/usr/src/debug/app/main.c", ORIGIN_USER},
        {"/rustc/59807616e1fa/library/alloc/src/vec/mod.rs", ORIGIN_LIBRARY},
        {"/rustc/59807616e1fa/compiler/rustc_data/src/lib.rs", ORIGIN_USER},
        {"/users/me/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/a.rs",
         ORIGIN_LIBRARY},
        {"/usr/include/c++/12/bits/stl_vector.h", ORIGIN_LIBRARY},
        {"/usr/include/x86_64-linux-gnu/c++/12/bits/c++config.h", ORIGIN_LIBRARY},
        {"/usr/lib/gcc/x86_64-linux-gnu/12/include/emmintrin.h", ORIGIN_LIBRARY},
        {"/usr/include/boost/any.hpp", ORIGIN_DEPENDENCY},
        {"/usr/local/include/fmt/core.h", ORIGIN_DEPENDENCY},
        {"/users/me/.cargo/registry/src/index.crates.io-6f17d22bba15001f/serde-1.0/src/lib.rs",
         ORIGIN_DEPENDENCY},
        {"/users/me/.cargo/git/checkouts/thing-1234/5678/src/lib.rs", ORIGIN_DEPENDENCY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(origin_of_path(rows[i].path), rows[i].origin);
}

static bool matches(const char *pattern, const char *crate, const char *path)
{
    struct own_patterns own = {&pattern, 1};
    return own_matches(&own, crate, path);
}

static void patterns(void **state)
{
    (void)state;
    assert_true(matches("app", "app", NULL));
    assert_false(matches("app", "apple", NULL));
    assert_true(matches("app*", "apple", NULL));
    assert_true(matches("src/engine", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_true(matches("src/engine/", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_true(matches("mixer.c", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_false(matches("engine/mix", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_false(matches("rc/engine", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_true(matches("/builds/*/src", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_false(matches("/src", NULL, "/builds/4711/src/engine/mixer.c"));
    assert_false(matches("/", NULL, "relative.c"));
    assert_true(matches("/", NULL, "/anything.c"));
    assert_false(matches("src", NULL, NULL));
    struct own_patterns none = {NULL, 0};
    assert_false(own_matches(&none, "app", "/src/a.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
