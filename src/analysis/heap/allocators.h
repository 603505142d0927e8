/*
 * allocators.h: the functions that hand out and take back heap memory.
 */
#ifndef DWELL_ANALYSIS_HEAP_ALLOCATORS_H
#define DWELL_ANALYSIS_HEAP_ALLOCATORS_H

#include "program/facts.h"

/** A row of the table: what a function does and which of its arguments (from 0) say how much. */
struct allocator {
    const char *name;
    uint8_t role; /* enum allocator_role */
    struct allocator_arguments arguments;
};

/** Returns the row for @p linkage_name, or NULL; the symbol names of Rust's v0 mangling included.
 */
const struct allocator *allocator_find(const char *linkage_name);

/**
 * Fills facts.allocator_roles and facts.allocator_arguments: by each function's own name, by the
 * names of other symbols at its address, and by the @p extra_count further linkage or readable
 * names (--allocator), which allocate; and asks for the constants among these arguments. Before
 * program_decode(), which notes them.
 */
void allocators_mark(struct program *program, const char *const *extra, size_t extra_count);

#endif
