/*
 * utf8.h: text from hostile files and command lines, made safe to print.
 */
#ifndef DWELL_BASE_UTF8_H
#define DWELL_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/** Stands for what is no UTF-8. */
#define REPLACEMENT "\xEF\xBF\xBD"
#define REPLACEMENT_CODE 0xFFFDu

/**
 * Decodes the code point at @p string (NUL-terminated, not at its end). Returns its length in
 * bytes; 1 with REPLACEMENT_CODE for a byte that begins no valid sequence.
 */
unsigned utf8_decode(const char *string, uint32_t *ret);

/** Whether the code point would drive a terminal, or make a name look like another. */
bool utf8_is_unprintable(uint32_t code);

/** Returns a copy with all that is unprintable or no UTF-8 replaced; to be freed. */
char *utf8_clean(const char *string);

#endif
