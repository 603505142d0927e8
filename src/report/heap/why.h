/*
 * why.h: the proof of a verdict, step by step with source lines (heap --why).
 */
#ifndef DWELL_REPORT_WHY_H
#define DWELL_REPORT_WHY_H

#include "report/report.h"

/** Reports why each function that @p name means allocates, or may. */
struct error *report_why(struct report *report, const char *name);

#endif
