/* test_names.c: names of functions and types as people say them, and paths. */
#include "base/path.h"
#include "report/format/names.h"
#include "report/format/type_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_type(const char *type, const char *expected)
{
    struct text text = {0};
    text_add_type(&text, type);
    assert_string_equal(text_string(&text), expected);
    text_deinit(&text);
}

static void types(void **state)
{
    (void)state;
    assert_type("u64", "u64");
    assert_type("alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>", "Vec<String>");
    assert_type("[alloc::string::String]", "[String]");
    assert_type("std::vector<float, std::allocator<float> >", "vector<float>");
    assert_type("std::vector<std::vector<int, std::allocator<int> >, "
                "std::allocator<std::vector<int, std::allocator<int> > > >",
                "vector<vector<int>>");
    assert_type("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
                "string");
    assert_type("std::collections::hash::map::HashMap<u32, (u8, app::Item), "
                "std::hash::random::RandomState>",
                "HashMap<u32, (u8, Item)>");
    assert_type("Point[]", "Point[]");
    assert_type("f<a, ", "f<a, ");
    assert_type("", "");
}

static void assert_bare(const char *name, const char *expected)
{
    struct text text = {0};
    text_add_bare_name(&text, name);
    assert_string_equal(text_string(&text), expected);
    text_deinit(&text);
}

static void bare_names(void **state)
{
    (void)state;
    assert_bare("main", "main");
    assert_bare("ns::f(int, char const*) const", "ns::f");
    assert_bare("Renderer::process(float*, unsigned long) [.isra.0]", "Renderer::process");
    assert_bare("f(int) [clone .constprop.0] [clone .cold]", "f");
    assert_bare("parse.isra.0", "parse");
    assert_bare("parse.llvm.1234567", "parse");
    assert_bare("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push");
    assert_bare("std::vector<int, std::allocator<int> >::push_back(int const&)",
                "std::vector::push_back");
    assert_bare("<app::Item<T> as core::fmt::Display>::fmt", "app::Item::fmt");
    assert_bare("<app::Item>::new", "app::Item::new");
    assert_bare("operator<<(std::ostream&, int)", "operator<<");
    assert_bare("", "");
}

static void assert_path(const char *path, const char *expected)
{
    char *plain = path_without_parents(path);
    assert_string_equal(plain, expected);
    free(plain);
}

static void paths(void **state)
{
    (void)state;
    assert_path("/usr/bin/../lib/gcc/12/../../../include/c++/12/vector",
                "/usr/include/c++/12/vector");
    assert_path("/a/b/c.h", "/a/b/c.h");
    assert_path("../a/../b.c", "../b.c");
    assert_path("../../b.c", "../../b.c");
    assert_path("a/b/..", "a/");
    assert_path("/../b", "/../b");
    assert_path("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(bare_names),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
