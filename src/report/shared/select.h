/*
 * select.h: which rows of a table are shown, and in what order.
 */
#ifndef DWELL_REPORT_SELECT_H
#define DWELL_REPORT_SELECT_H

#include "report/report.h"

/** Compiles --filter into report->filter; the error names what is wrong with it. */
struct error *report_filter_init(struct report *report);
void report_filter_deinit(struct report *report);

/** Tells whether a name or path in @p row of @p table matches --filter; true without one. */
bool report_matches(struct report *report, const struct table *table, uint32_t row);

/** Keeps the matching rows only. */
void rows_filter(struct report *report, const struct table *table, struct rows *rows);

/**
 * Sorts by the column @p key: sizes and counts largest first, everything else ascending, unknown
 * last, ties by row. False if there is no such column.
 */
bool rows_sort(struct report *report, const struct table *table, const char *key,
               struct rows *rows);

/** Sorts by --sort where the table has that column, else by @p key; NULL: leave the order. */
void rows_sort_as_asked(struct report *report, const struct table *table, const char *key,
                        struct rows *rows);

/** Returns how many rows of @p count text output shows: all, --limit, or @p usual. */
size_t rows_shown(const struct report *report, size_t count, size_t usual);

#endif
