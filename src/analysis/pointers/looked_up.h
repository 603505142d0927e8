/*
 * looked_up.h: functions that the program looks up by name while it runs (dlsym).
 */
#ifndef DWELL_ANALYSIS_POINTERS_LOOKED_UP_H
#define DWELL_ANALYSIS_POINTERS_LOOKED_UP_H

#include "analysis/pointers/indirect.h"

/** Asks for the arguments of the functions that look others up; before decoding. */
void looked_up_want_arguments(struct program *program);

/** Whether the path is the result of such a function. */
bool is_looked_up(const struct program *program, const struct access_path *callee);

/** Answers calls of results whose names are constants and defined in the program. */
void looked_up_resolve(struct program *program, struct target_pool *pool);

#endif
