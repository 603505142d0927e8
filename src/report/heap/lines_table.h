/*
 * lines_table.h: the lines of own code that enter the heap, as rows.
 */
#ifndef DWELL_REPORT_LINES_TABLE_H
#define DWELL_REPORT_LINES_TABLE_H

#include "report/report.h"

extern const struct table lines_table;

void list_lines(struct report *report, struct rows *ret);

/** Whether only paths that panic, abort or throw get to the heap there. */
bool is_line_on_panic(const struct report *report, uint32_t line);

/** The whole way from the line to the allocator: "vector::resize → … → operator new"; in the
 * report's arena. */
const char *line_way(struct report *report, uint32_t line);

#endif
