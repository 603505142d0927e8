/*
 * analyze.h: all analyses, in the order in which they need each other.
 */
#ifndef DWELL_ANALYSIS_ANALYZE_H
#define DWELL_ANALYSIS_ANALYZE_H

#include "analysis/origins/origins.h"
#include "base/error.h"

struct allocator_rule;

struct analyze_options {
    const struct allocator_rule *allocators; /* further functions that count as allocators */
    size_t allocator_count;
    struct own_patterns own;       /* what the user calls own code */
    bool with_stack, with_globals; /* bounds; owners of bytes: the rest does not need them */
    bool only_types;               /* whose they are, and nothing of the code */
    bool with_lines;               /* of own code that enter the heap */
    int64_t stack_limit;           /* what each entry has, -1: what is usual */
    const char *cache_folder;      /* where what was found in libraries is kept, NULL: nowhere */
};

/** Fills program->facts of a loaded program. */
void program_analyze(struct program *program, const struct analyze_options *options);

#endif
