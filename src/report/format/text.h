/*
 * text.h: strings for people: growing text, sizes and counts, and names cut to a width. Names come
 * from hostile files; what leaves here is valid UTF-8 without control characters.
 */
#ifndef DWELL_REPORT_TEXT_H
#define DWELL_REPORT_TEXT_H

#include "base/arena.h"
#include "base/utf8.h"

#include <stddef.h>
#include <stdint.h>

/** A string that grows; data is NULL or NUL-terminated. Freed with text_deinit(). */
struct text {
    char *data;
    size_t length, capacity;
};

void text_deinit(struct text *text);
void text_clear(struct text *text);
/** Returns the string, "" for an empty text; valid until the next change. */
const char *text_string(const struct text *text);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_repeat(struct text *text, const char *string, size_t count);

/** Returns a copy of the string in @p arena; frees the text. */
const char *text_keep(struct text *text, struct arena *arena);

/** Returns how many columns a terminal takes for @p string. */
size_t text_width(const char *string);

/** Adds @p string with invalid bytes, control and direction characters replaced. */
void text_add_clean(struct text *text, const char *string);

/**
 * Adds @p string cleaned and, if it is wider than @p width columns, with its middle replaced by
 * an ellipsis; the tail, which tells paths and qualified names apart, keeps the larger part.
 */
void text_add_shortened(struct text *text, const char *string, size_t width);

/** Adds @p string in at most @p width columns; where it is too wide, a head of @p share_percent of
 *  that, "…" and its tail. */
void text_add_cut(struct text *text, const char *string, size_t width, unsigned share_percent);

/** Adds a source path in at most @p width columns; its beginning gives way. */
void text_add_short_path(struct text *text, const char *path, size_t width);

/** Adds 1234567 as "1,234,567". */
void text_add_count(struct text *text, uint64_t count);

/** Adds "412 B", "1.2 MiB". */
void text_add_human(struct text *text, uint64_t bytes);

/** Adds the human size and, where that rounds, the exact one: "1.2 MiB (1,234,567 B)". */
void text_add_bytes_both(struct text *text, uint64_t bytes);

/**
 * Returns the one of @p count names that is nearest to @p name by edit distance, or NULL if none
 * is near enough to be what was meant.
 */
const char *text_nearest(const char *name, const char *const *names, size_t count);

/** Edit distance of two strings, of which only the first 63 bytes count. */
unsigned text_distance(const char *a, const char *b);

#endif
