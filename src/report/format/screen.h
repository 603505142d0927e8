/*
 * screen.h: where text goes and how it may look there.
 */
#ifndef DWELL_REPORT_SCREEN_H
#define DWELL_REPORT_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

enum style {
    STYLE_PLAIN,
    STYLE_TITLE, /* headings */
    STYLE_DIM,   /* what one reads second */
    STYLE_GOOD,  /* never allocates, bounded */
    STYLE_MAYBE, /* sometimes, or only when panicking */
    STYLE_BAD,   /* always allocates, no bound, a warning */
    STYLE_DOUBT, /* not known */
};

/** @c width is 0 where lines may be as long as they like: nothing is cut. */
struct screen {
    FILE *out;
    unsigned width;
    bool has_color;
};

/** Prints @p text as it is, its first line in @p style where there is colour. */
void screen_print(const struct screen *screen, enum style style, const char *text);
void screen_printf(const struct screen *screen, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
