/*
 * trial.h: runs of functions on what is known of their arguments, to see whether all ways through
 * them allocate.
 */
#ifndef DWELL_ANALYSIS_TRIAL_TRIAL_H
#define DWELL_ANALYSIS_TRIAL_TRIAL_H

#include "analysis/calls/returns.h"

struct trial_path;

/** What all trials share; fill in the first part. One thread at a time. */
struct trial {
    const struct callgraph *graph;
    const struct returns *returns;
    enum heap_role role;
    const bool *passes_without; /* of each node: a call of it may come back without an allocation */

    struct trial_path *paths; /* whose ends are still to be found */
    uint32_t path_count;
    uint32_t step_count; /* instructions of this trial */
    bool has_allocated;  /* on one of the paths that have ended */
};

void trial_init(struct trial *trial);
void trial_deinit(struct trial *trial);

/** Whether @p function can be run: its code is at hand, and what it catches is known. */
bool trial_can_run(const struct trial *trial, uint32_t function);

/**
 * Whether each run of @p function that returns has allocated (or freed), and some do. False also if
 * that would take too long to find out.
 */
bool trial_function(struct trial *trial, uint32_t function);

/**
 * The same of all runs of what @p call calls, with the arguments that the straight piece of code
 * before the call leaves, the last @p bytes of it.
 */
bool trial_call(struct trial *trial, uint32_t call, uint32_t bytes);

#endif
