/*
 * sites.h: where code calls an allocator. In: the call graph, facts.call_paths, the allocators.
 * Out: facts.sites.
 */
#ifndef DWELL_ANALYSIS_HEAP_SITES_H
#define DWELL_ANALYSIS_HEAP_SITES_H

#include "analysis/calls/callgraph.h"

void sites_find(struct program *program, const struct callgraph *graph);

#endif
