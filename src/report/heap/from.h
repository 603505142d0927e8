/*
 * from.h: the report of `heap --from`.
 */
#ifndef DWELL_REPORT_FROM_H
#define DWELL_REPORT_FROM_H

#include "report/report.h"

/** Writes all that a call of the functions named @p name can do with the heap, as a tree. */
struct error *report_from(struct report *report, const char *name);

#endif
