/*
 * origins.h: whose code and data something is: the program's own, its dependencies', or what came
 * with its language. In: names, debug information, what the user says. Out: facts.origins,
 * facts.file_origins, facts.type_origins, facts.crates, and the same for owners.
 */
#ifndef DWELL_ANALYSIS_ORIGINS_H
#define DWELL_ANALYSIS_ORIGINS_H

#include "program/facts.h"

/**
 * What the user calls own code: crates, or files and folders, as patterns for fnmatch. One that
 * begins with a slash matches from the start of a path, others from any of its folders on. If there
 * are none, own is what is not known to be anything else.
 */
struct own_patterns {
    const char *const *patterns;
    size_t count;
};

/** Origins of functions, files and types, crates of functions; needs nothing but loaded images. */
void origins_analyze(struct program *program, const struct own_patterns *own);

/** Counts a C main that only leads to the program's own as start-up code; after entries_analyze().
 */
void origins_settle_main(struct program *program);

/** Origins, crates and units of owners; after globals_analyze(). */
void origins_analyze_owners(struct program *program, const struct own_patterns *own);

#endif
