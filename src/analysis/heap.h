/*
 * heap.h: which functions can reach the allocator, and which never return. In: calls, blocks,
 * allocators. Out: facts.verdicts, facts.call_on_panic, facts.sites; facts.lines if
 * they are wanted.
 */
#ifndef DWELL_ANALYSIS_HEAP_H
#define DWELL_ANALYSIS_HEAP_H

#include "program/facts.h"

/** The allocators are marked (allocators.h) and the code is read. */
void heap_analyze(struct program *program, bool with_lines);

#endif
