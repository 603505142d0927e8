/*
 * certain.h: functions and calls that always allocate because of the constants in them.
 */
#ifndef DWELL_ANALYSIS_HEAP_CERTAIN_H
#define DWELL_ANALYSIS_HEAP_CERTAIN_H

#include "analysis/heap/ways.h"

/** Finds who can avoid the allocator, all things considered; @p ways is ready. */
void find_avoiders(struct avoiders *ret, const struct ways *ways);

#endif
