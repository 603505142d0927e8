/*
 * limits.h: stacks that are deeper than what there is for them.
 */
#ifndef DWELL_REPORT_LIMITS_H
#define DWELL_REPORT_LIMITS_H

#include "report/report.h"

/** Whether an entry's deepest known stack fits into what it usually has. */
enum fit { FIT_UNKNOWN, FIT_FITS, FIT_EXCEEDS };
enum fit entry_fit(const struct report *report, uint32_t entry);

/** The least that a thread of this program usually has; -1: not known. */
int64_t least_stack(const struct report *report);

/** Adds the listed functions whose frame alone is larger than that. */
void list_large_frames(struct report *report, struct rows *ret);

/** What is too deep: entries, then frames; rows of warning_table. */
void list_stack_warnings(struct report *report, struct rows *ret);
extern const struct table warning_table;

/** Prints them as sentences, at most @p usual unless the user asked for another number. */
void print_stack_warnings(struct report *report, size_t usual);

#endif
