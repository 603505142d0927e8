/*
 * heap.h: which functions can reach the allocator, and which never return. In: calls, blocks,
 * function names. Out: facts.allocator_roles, facts.verdicts, facts.call_on_panic, facts.sites.
 */
#ifndef DWELL_ANALYSIS_HEAP_H
#define DWELL_ANALYSIS_HEAP_H

#include "program/facts.h"

/**
 * @p extra_allocators: @p extra_count further linkage or readable names of functions that count as
 * allocators (--allocator).
 */
void heap_analyze(struct program *program, const char *const *extra_allocators, size_t extra_count);

#endif
