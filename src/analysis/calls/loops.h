/*
 * loops.h: circles of blocks within one function.
 */
#ifndef DWELL_ANALYSIS_CALLS_LOOPS_H
#define DWELL_ANALYSIS_CALLS_LOOPS_H

#include "base/array.h"
#include "program/program.h"

enum loop_mark {
    LOOP_OUTSIDE, /* not to be looked at */
    LOOP_INSIDE,  /* control may be here and goes on to the successors */
    LOOP_FOUND,   /* found: it is INSIDE and on a circle of such blocks */
};

/** Scratch memory, reused for the next function. */
struct loops {
    ARRAY(uint8_t) marks;    /* enum loop_mark of each block; the caller fills it */
    ARRAY(uint32_t) numbers; /* of each block, in the order of discovery from 1; 0: not yet */
    ARRAY(uint32_t) lowest;  /* of each block: the smallest number that it is known to reach */
    ARRAY(uint32_t) open;    /* blocks whose circle is not complete, by number */
    ARRAY(uint64_t) path;    /* from the root to the current block: 2 * block + next edge */
};

/** Makes room for @p count blocks, all of them outside. */
void loops_begin(struct loops *loops, uint32_t count);

/**
 * Marks the blocks on circles. @p blocks are those of one function, whose first is block
 * @p first of the program; there are as many as loops_begin() was told.
 */
void loops_find(struct loops *loops, const struct block *blocks, uint32_t first);

void loops_deinit(struct loops *loops);

#endif
