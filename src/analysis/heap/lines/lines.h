/*
 * lines.h: the lines of own code at which the heap is entered. In: call graph, call paths,
 * allocators, sites, origins. Out: facts.lines, facts.line_sites, facts.apart_steps.
 */
#ifndef DWELL_ANALYSIS_HEAP_LINES_H
#define DWELL_ANALYSIS_HEAP_LINES_H

#include "analysis/calls/returns.h"

void lines_find(struct program *program, const struct callgraph *graph,
                const struct returns *returns);

#endif
