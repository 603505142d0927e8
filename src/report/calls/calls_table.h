/*
 * calls_table.h: the tables of the call graph.
 */
#ifndef DWELL_REPORT_CALLS_TABLE_H
#define DWELL_REPORT_CALLS_TABLE_H

#include "report/report.h"

extern const struct table caller_table, call_table, unresolved_call_table, call_kind_table,
    target_list_table;

/** The calls of the listed functions, by function, then address. */
void list_calls(struct report *report, struct rows *ret);

/** Calls with the lists of targets that are too long to tell for each call; one for each list. */
void list_target_lists(struct report *report, struct rows *ret);

/** The kinds that some call has, strongest first. */
void list_call_kinds(struct report *report, struct rows *ret);

/** Tells whether no normal path leads through @p call, as far as that is known. */
bool is_call_on_panic(const struct report *report, uint32_t call);

#endif
