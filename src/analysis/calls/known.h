/*
 * known.h: what the languages' standards say about functions whose code cannot say it.
 */
#ifndef DWELL_ANALYSIS_CALLS_KNOWN_H
#define DWELL_ANALYSIS_CALLS_KNOWN_H

#include "program/program.h"

enum {
    KNOWN_NEVER_RETURNS = 1,
    KNOWN_RETURNS_TWICE = 2, /* setjmp: control comes back to it from longjmp */
    KNOWN_NO_HEAP = 4,       /* neither allocates nor frees */
    KNOWN_EVERYWHERE =
        8, /* the above holds wherever it is defined, not only where its code is missing */
    KNOWN_UNWINDS = 32, /* reads its return address and leaves for a landing pad, as exception
                           tables tell: it is no setjmp, and does not stray */
    KNOWN_EXITS = 64,   /* ends the program as a return from main does, wherever it is defined */
    KNOWN_ENDS = 16,    /* ends the program or throws, wherever it is defined: a loop in it
                           only makes sure of that */
};

/** Takes back what the code of functions that unwind seems to say of their returns. */
void known_settle_frames(struct program *program);

/** Returns the KNOWN_* flags of each function, 0 for most; the caller frees it. */
uint8_t *known_functions(const struct program *program);

#endif
