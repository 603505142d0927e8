/*
 * nearest.h: the frame of own code that is nearest to a call: the function it stands in, or one
 * that was inlined there. Private to the lines of the heap.
 */
#ifndef DWELL_ANALYSIS_HEAP_LINES_NEAREST_H
#define DWELL_ANALYSIS_HEAP_LINES_NEAREST_H

#include "program/facts.h"

enum { NOT_OWN = UINT8_MAX };

/**
 * Returns for each call of the program how many inlined frames, of the language or of dependencies,
 * lie between it and the nearest own frame; NOT_OWN if there is no such frame. To be freed.
 */
uint8_t *nearest_own_frames(const struct program *program);

#endif
