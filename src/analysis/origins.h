/*
 * origins.h: what is the program's own and what came with its language. In: names, debug
 * information. Out: facts.origins, facts.crates, and the same for owners.
 */
#ifndef DWELL_ANALYSIS_ORIGINS_H
#define DWELL_ANALYSIS_ORIGINS_H

#include "program/facts.h"

/** Origins and crates of functions; needs nothing but loaded images. */
void origins_analyze(struct program *program);

/** Origins, crates and units of owners; after globals_analyze(). */
void origins_analyze_owners(struct program *program);

#endif
