/*
 * stack_table.h: the tables of the stack, shared by the reports that show it.
 */
#ifndef DWELL_REPORT_STACK_TABLE_H
#define DWELL_REPORT_STACK_TABLE_H

#include "report/report.h"

extern const struct table stack_table, entry_table, unbounded_table, recursion_table;

/** A function's bound, all unknown where there is none. */
struct bound bound_of(const struct report *report, uint32_t function);
struct frame frame_of(const struct report *report, uint32_t function);

/** Writes the steps of the deepest stack, at most MAX_STEPS; returns how many. */
uint32_t deepest_steps(const struct report *report, uint32_t function, struct step *ret_steps);

void list_entries(struct report *report, struct rows *ret);
void list_recursions(struct report *report, struct rows *ret);

/** A list cell of the reasons why @p function has no bound. */
struct cell unbounded_cell(struct report *report, uint32_t function);

const char *entry_kind_name(unsigned kind);

/** Returns "recursion", "unresolved +3", or NULL if bounded. */
const char *unbounded_text(struct report *report, uint32_t function);

#endif
