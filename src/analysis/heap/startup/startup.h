/*
 * startup.h: what allocates before main, and after it. In: verdicts, call paths, function lists,
 * the entry point. Out: facts.startup, site.is_before_main.
 */
#ifndef DWELL_ANALYSIS_HEAP_STARTUP_H
#define DWELL_ANALYSIS_HEAP_STARTUP_H

#include "analysis/calls/returns.h"

/** After verdicts and sites. */
void startup_analyze(struct program *program, const struct callgraph *graph,
                     const struct returns *returns);

#endif
