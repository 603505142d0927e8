/* test_json.c: the writer's output, byte for byte. */
#include "report/format/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct json json;
    FILE *out;
    char *text;
    size_t length;
};

static struct fixture *begin(void)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->out = open_memstream(&fixture->text, &fixture->length);
    json_init(&fixture->json, fixture->out);
    return fixture;
}

static void end(struct fixture *fixture, const char *expected)
{
    json_finish(&fixture->json);
    fclose(fixture->out);
    assert_string_equal(fixture->text, expected);
    free(fixture->text);
    free(fixture);
}

static void test_values(void **state)
{
    (void)state;
    struct fixture *fixture = begin();
    struct json *json = &fixture->json;
    json_begin_object(json, NULL);
    json_string(json, "text", "a");
    json_string(json, "none", NULL);
    json_integer(json, "most", UINT64_MAX);
    json_bool(json, "yes", true);
    json_null(json, "null");
    json_end_object(json);
    end(fixture, "{\n  \"text\": \"a\",\n  \"none\": null,\n  \"most\": 18446744073709551615,\n"
                 "  \"yes\": true,\n  \"null\": null\n}\n");
}

static void test_a_row_is_a_line(void **state)
{
    (void)state;
    struct fixture *fixture = begin();
    struct json *json = &fixture->json;
    json_begin_object(json, NULL);
    json_begin_array(json, "rows");
    for (uint64_t i = 0; i < 2; i++) {
        json_begin_object(json, NULL);
        json_integer(json, "n", i);
        json_begin_array(json, "list");
        json_integer(json, NULL, i);
        json_integer(json, NULL, i + 1);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "empty");
    json_end_array(json);
    json_end_object(json);
    end(fixture, "{\n  \"rows\": [\n    {\"n\": 0, \"list\": [0, 1]},\n"
                 "    {\"n\": 1, \"list\": [1, 2]}\n  ],\n  \"empty\": []\n}\n");
}

static void expect_written(const char *string, const char *expected)
{
    struct fixture *fixture = begin();
    json_string(&fixture->json, NULL, string);
    end(fixture, expected);
}

static void test_escapes(void **state)
{
    (void)state;
    expect_written("a\"b\\c/", "\"a\\\"b\\\\c/\"\n");
    expect_written("\n\t\x01", "\"\\u000a\\u0009\\u0001\"\n");
    expect_written("größe 日本 \xF0\x9F\xA6\x80", "\"größe 日本 \xF0\x9F\xA6\x80\"\n");
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    expect_written("a\xFFz", "\"a\xEF\xBF\xBDz\"\n");
    expect_written("\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
    expect_written("\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
}

static void test_longer_than_the_buffer(void **state)
{
    (void)state;
    enum { LENGTH = 3 * JSON_BUFFER_BYTES };
    char *string = malloc(LENGTH + 1);
    char *expected = malloc(LENGTH + 4);
    assert_non_null(string);
    assert_non_null(expected);
    memset(string, 'x', LENGTH);
    string[LENGTH] = '\0';
    sprintf(expected, "\"%s\"\n", string);
    expect_written(string, expected);
    free(string);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_a_row_is_a_line),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_longer_than_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
