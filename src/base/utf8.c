/*
 * utf8.c: see utf8.h. UTF-8 is decoded by the table of well-formed sequences of the Unicode
 * standard (chapter 3, table 3-7): no overlong forms, no surrogates.
 */
#include "base/utf8.h"

#include "base/memory.h"

#include <stddef.h>
#include <string.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Length of the sequence that @p lead begins and the bits it holds; 0 if it begins none. */
static unsigned sequence_length(unsigned char lead, uint32_t *ret_bits)
{
    if (lead >= 0xC2 && lead <= 0xDF)
        return *ret_bits = lead & 0x1F, 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return *ret_bits = lead & 0x0F, 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return *ret_bits = lead & 0x07, 4;
    return 0;
}

unsigned utf8_decode(const char *string, uint32_t *ret)
{
    unsigned char lead = (unsigned char)string[0];
    if (lead < 0x80) {
        *ret = lead;
        return 1;
    }
    uint32_t code = 0;
    unsigned length = sequence_length(lead, &code);
    *ret = REPLACEMENT_CODE;
    for (unsigned i = 1; i < length; i++) {
        if (!is_continuation(string[i]))
            return 1;
        code = code << 6 | ((unsigned char)string[i] & 0x3F);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (length == 0 || code < smallest[length] || code > 0x10FFFF || is_surrogate)
        return 1;
    *ret = code;
    return length;
}

bool utf8_is_unprintable(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1F},        {0x7F, 0x9F},     {0x200B, 0x200F},
                  {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

char *utf8_clean(const char *string)
{
    char *copy = xmalloc(strlen(string) * strlen(REPLACEMENT) + 1), *end = copy;
    while (*string) {
        uint32_t code;
        unsigned length = utf8_decode(string, &code);
        bool is_bad = code == REPLACEMENT_CODE || utf8_is_unprintable(code);
        end = mempcpy(end, is_bad ? REPLACEMENT : string, is_bad ? strlen(REPLACEMENT) : length);
        string += length;
    }
    *end = 0;
    return copy;
}
