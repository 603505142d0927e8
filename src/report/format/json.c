/*
 * json.c: writes JSON (RFC 8259) piece by piece through one buffer.
 *
 * The two outer levels are put on lines of their own, so that each row of a table is one line for
 * line-wise tools; what is inside a row stays on its line. Bytes that are no UTF-8 become U+FFFD.
 */
#include "report/format/json.h"

#include "report/format/text.h"

#include <string.h>

enum { LINE_DEPTH = 2 };

void json_init(struct json *json, FILE *out)
{
    json->out = out;
    json->used = 0;
    json->depth = 0;
    json->is_first = true;
}

static void flush(struct json *json)
{
    fwrite(json->buffer, 1, json->used, json->out);
    json->used = 0;
}

static void put(struct json *json, const char *bytes, size_t count)
{
    if (count > JSON_BUFFER_BYTES - json->used)
        flush(json);
    if (count > JSON_BUFFER_BYTES) {
        fwrite(bytes, 1, count, json->out);
        return;
    }
    memcpy(json->buffer + json->used, bytes, count);
    json->used += count;
}

static void put_string(struct json *json, const char *string)
{
    put(json, string, strlen(string));
}

void json_finish(struct json *json)
{
    put_string(json, "\n");
    flush(json);
}

static bool is_plain(char byte)
{
    unsigned char value = (unsigned char)byte;
    return value >= 0x20 && value < 0x80 && value != '"' && value != '\\';
}

/* Writes the character at @p string, which needs care, and returns its length. */
static unsigned put_special(struct json *json, const char *string)
{
    uint32_t code;
    unsigned length = utf8_decode(string, &code);
    char escape[8];
    if (code == '"' || code == '\\') {
        snprintf(escape, sizeof escape, "\\%c", (char)code);
        put_string(json, escape);
    } else if (code < 0x20) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code);
        put_string(json, escape);
    } else if (code == REPLACEMENT_CODE) {
        put_string(json, REPLACEMENT);
    } else {
        put(json, string, length);
    }
    return length;
}

static void put_quoted(struct json *json, const char *string)
{
    put_string(json, "\"");
    while (*string) {
        size_t plain = 0;
        while (is_plain(string[plain]))
            plain++;
        put(json, string, plain);
        string += plain;
        if (*string)
            string += put_special(json, string);
    }
    put_string(json, "\"");
}

static void put_line_break(struct json *json)
{
    put_string(json, "\n");
    for (unsigned i = 0; i < json->depth; i++)
        put_string(json, "  ");
}

/* Everything that stands before a value: comma, line break, key. */
static void begin_value(struct json *json, const char *key)
{
    if (!json->is_first)
        put_string(json, json->depth <= LINE_DEPTH ? "," : ", ");
    if (json->depth > 0 && json->depth <= LINE_DEPTH)
        put_line_break(json);
    json->is_first = false;
    if (!key)
        return;
    put_quoted(json, key);
    put_string(json, ": ");
}

static void begin_nested(struct json *json, const char *key, const char *bracket)
{
    begin_value(json, key);
    put_string(json, bracket);
    json->depth++;
    json->is_first = true;
}

static void end_nested(struct json *json, const char *bracket)
{
    bool is_empty = json->is_first;
    json->depth--;
    if (!is_empty && json->depth < LINE_DEPTH)
        put_line_break(json);
    put_string(json, bracket);
    json->is_first = false;
}

void json_begin_object(struct json *json, const char *key)
{
    begin_nested(json, key, "{");
}

void json_end_object(struct json *json)
{
    end_nested(json, "}");
}

void json_begin_array(struct json *json, const char *key)
{
    begin_nested(json, key, "[");
}

void json_end_array(struct json *json)
{
    end_nested(json, "]");
}

void json_string(struct json *json, const char *key, const char *value)
{
    if (!value) {
        json_null(json, key);
        return;
    }
    begin_value(json, key);
    put_quoted(json, value);
}

static void put_number(struct json *json, const char *key, const char *sign, uint64_t value)
{
    char digits[24];
    begin_value(json, key);
    snprintf(digits, sizeof digits, "%s%llu", sign, (unsigned long long)value);
    put_string(json, digits);
}

void json_integer(struct json *json, const char *key, uint64_t value)
{
    put_number(json, key, "", value);
}

void json_negative(struct json *json, const char *key, uint64_t size)
{
    put_number(json, key, "-", size);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin_value(json, key);
    put_string(json, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
    begin_value(json, key);
    put_string(json, "null");
}
