/*
 * dot.h: calls --dot, the call graph for Graphviz.
 */
#ifndef DWELL_REPORT_DOT_H
#define DWELL_REPORT_DOT_H

#include "report/report.h"

/** Writes one digraph. */
void report_dot(struct report *report);

#endif
