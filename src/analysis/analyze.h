/*
 * analyze.h: all analyses, in the order in which they need each other.
 */
#ifndef DWELL_ANALYSIS_ANALYZE_H
#define DWELL_ANALYSIS_ANALYZE_H

#include "base/error.h"
#include "program/facts.h"

struct analyze_options {
    const char *const *allocators; /* further functions that count as allocators */
    size_t allocator_count;
};

/** Fills program->facts of a loaded program. */
void program_analyze(struct program *program, const struct analyze_options *options);

#endif
