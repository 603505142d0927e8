/*
 * globals.h: who owns each byte of global memory. In: images[0], functions, references. Out:
 * facts.owners, so that each byte of each segment, and of the thread-local block, has exactly one.
 */
#ifndef DWELL_ANALYSIS_GLOBALS_GLOBALS_H
#define DWELL_ANALYSIS_GLOBALS_GLOBALS_H

#include "program/facts.h"

void globals_analyze(struct program *program);

#endif
