/*
 * text.c: growing strings, sizes and counts for people.
 *
 * Locale functions are left out on purpose: what is printed must not depend on the machine it is
 * printed on.
 */
#include "report/format/text.h"

#include "base/array.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_deinit(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    array_reserve(text, text->length + count + 1);
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

const char *text_keep(struct text *text, struct arena *arena)
{
    const char *string = arena_strdup(arena, text_string(text));
    text_deinit(text);
    return string;
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
    char *formatted;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&formatted, format, arguments);
    va_end(arguments);
    if (length < 0)
        out_of_memory();
    text_add_bytes(text, formatted, (size_t)length);
    free(formatted);
}

void text_repeat(struct text *text, const char *string, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(text, string);
}

struct code_range {
    uint32_t first, last;
};

static bool is_in(const struct code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* The blocks that terminals draw two columns wide, or not at all; after Unicode's UAX #11. */
static unsigned code_width(uint32_t code)
{
    static const struct code_range wide[] = {
        {0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    static const struct code_range none[] = {{0x300, 0x36F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}};
    if (code < 0x300)
        return 1;
    if (is_in(none, sizeof none / sizeof none[0], code))
        return 0;
    return is_in(wide, sizeof wide / sizeof wide[0], code) ? 2 : 1;
}

size_t text_width(const char *string)
{
    size_t width = 0;
    while (*string) {
        uint32_t code;
        string += utf8_decode(string, &code);
        width += code_width(code);
    }
    return width;
}

void text_add_clean(struct text *text, const char *string)
{
    while (*string) {
        uint32_t code;
        unsigned length = utf8_decode(string, &code);
        if (code == REPLACEMENT_CODE || utf8_is_unprintable(code))
            text_add(text, REPLACEMENT);
        else
            text_add_bytes(text, string, length);
        string += length;
    }
}

/* Returns the start of the longest tail of @p string that fits in @p width columns. */
static const char *fitting_tail(const char *string, size_t width)
{
    size_t rest = text_width(string);
    while (rest > width) {
        uint32_t code;
        string += utf8_decode(string, &code);
        rest -= code_width(code);
    }
    return string;
}

/* Returns the bytes of the longest head that fits in *@p width columns, and what it takes there. */
static size_t fitting_head_bytes(const char *string, size_t *width)
{
    size_t bytes = 0, used = 0;
    while (string[bytes]) {
        uint32_t code;
        unsigned length = utf8_decode(string + bytes, &code);
        if (code_width(code) > *width - used)
            break;
        used += code_width(code);
        bytes += length;
    }
    *width = used;
    return bytes;
}

void text_add_cut(struct text *text, const char *string, size_t width, unsigned share_percent)
{
    struct text clean = {0};
    text_add_clean(&clean, string);
    const char *whole = text_string(&clean);
    if (text_width(whole) <= width) {
        text_add(text, whole);
    } else if (width > 0) {
        size_t head_width = (width - 1) * share_percent / 100;
        size_t head_bytes = fitting_head_bytes(whole, &head_width);
        text_add_bytes(text, whole, head_bytes);
        text_add(text, "…");
        text_add(text, fitting_tail(whole, width - 1 - head_width));
    }
    text_deinit(&clean);
}

void text_add_shortened(struct text *text, const char *string, size_t width)
{
    text_add_cut(text, string, width, 40);
}

void text_add_short_path(struct text *text, const char *path, size_t width)
{
    text_add_cut(text, path, width, 0);
}

void text_add_count(struct text *text, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text_add(text, ",");
        text_add_bytes(text, &digits[i], 1);
    }
}

void text_add_human(struct text *text, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        text_addf(text, "%u B", (unsigned)bytes);
        return;
    }
    unsigned unit = 1;
    // 1023.95 of a unit would be rounded to 1024.0 of it.
    while (unit < 6 && (double)bytes / (double)(1ull << 10 * unit) >= 1023.95)
        unit++;
    text_addf(text, "%.1f %s", (double)bytes / (double)(1ull << 10 * unit), units[unit]);
}

void text_add_bytes_both(struct text *text, uint64_t bytes)
{
    text_add_human(text, bytes);
    if (bytes < 1024)
        return;
    text_add(text, " (");
    text_add_count(text, bytes);
    text_add(text, " B)");
}

enum { DISTANCE_BYTES = 63 };

static unsigned minimum(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned text_distance(const char *a, const char *b)
{
    unsigned row[DISTANCE_BYTES + 1];
    unsigned a_length = (unsigned)strnlen(a, DISTANCE_BYTES);
    unsigned b_length = (unsigned)strnlen(b, DISTANCE_BYTES);
    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = minimum(change, minimum(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strnlen(name, DISTANCE_BYTES) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = text_distance(name, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
