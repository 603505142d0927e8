/*
 * arrivals.h: what callers pass to a function, followed back over arguments that are handed on.
 */
#ifndef DWELL_ANALYSIS_CALLS_ARRIVALS_H
#define DWELL_ANALYSIS_CALLS_ARRIVALS_H

#include "base/array.h"
#include "base/map.h"
#include "program/facts.h"

/** An argument of a function. */
struct source {
    uint32_t function;
    uint8_t argument;
};

struct arrivals {
    const struct program *program;
    uint32_t *caller_rows; /* function_count + 1 indexes into callers */
    uint32_t *callers;     /* calls with the function as only target */
    bool *has_other_callers;

    // Of the last arrivals_find().
    ARRAY(struct pointer_argument) values; /* functions and tables, with the calls that pass them */
    ARRAY(struct source) sources;          /* the arguments that were looked at */
    struct int_map seen;
};

/** Needs calls, pointer_arguments and facts.entries; keeps a reference to @p program. */
void arrivals_init(struct arrivals *ret, const struct program *program);
void arrivals_deinit(struct arrivals *arrivals);

/**
 * Finds all functions and tables that may arrive at an argument of @p function into
 * arrivals->values; false if not all of them are known.
 */
bool arrivals_find(struct arrivals *arrivals, uint32_t function, uint8_t argument);

#endif
