/*
 * tree.h: what a function calls, as a tree with stack sizes (stack --from).
 */
#ifndef DWELL_REPORT_TREE_H
#define DWELL_REPORT_TREE_H

#include "report/report.h"

/** Reports on the tree below each function that @p name means. */
struct error *report_tree(struct report *report, const char *name);

#endif
