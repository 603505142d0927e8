/*
 * fields.h: calls through function pointers in memory, by the types of C and C++.
 */
#ifndef DWELL_ANALYSIS_CALLS_FIELDS_FIELDS_H
#define DWELL_ANALYSIS_CALLS_FIELDS_FIELDS_H

#include "analysis/pointers/indirect.h"

/**
 * Answers the ways of program.pointer_calls that have no targets yet and whose pointer has a known
 * type, as CALL_FIELD or CALL_PROTOTYPE. Equal answers share their list of targets. Only in
 * programs: a library is called by code that is not here, with pointers of its own.
 */
void fields_resolve(struct program *program, struct target_pool *pool);

#endif
