/*
 * file.h: what is known of the file itself: the `file` object and the diagnostics of every
 * document.
 */
#ifndef DWELL_REPORT_FILE_H
#define DWELL_REPORT_FILE_H

#include "report/report.h"

extern const struct table file_table, diagnostic_table;

/** Something that an image needs, and which image. */
struct library {
    const struct image *needed_by;
    const struct needed_library *needed;
};

/** Rows of the libraries of the whole closure, each name once. */
void list_libraries(struct report *report, struct rows *ret);
struct library library_at(const struct report *report, uint32_t row);

/** Adds what built the file ("rustc 1.95.0", "gcc 12.2.0") to report->strings. */
void list_producers(struct report *report, struct rows *ret);

void list_diagnostics(struct report *report, struct rows *ret);
struct diagnostic diagnostic_at(struct report *report, uint32_t row);

/** Adds a string of this report's arena to report->strings and returns its row. */
uint32_t report_add_string(struct report *report, const char *string);

/** A list of rows of report->strings. */
extern const struct table string_table;

#endif
