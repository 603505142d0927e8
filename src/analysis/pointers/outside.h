/*
 * outside.h: what runs together with the program and was not read. It may call what the program
 * exports, and pass functions and objects of its own.
 */
#ifndef DWELL_ANALYSIS_POINTERS_OUTSIDE_H
#define DWELL_ANALYSIS_POINTERS_OUTSIDE_H

#include "program/program.h"

/** Whether there is anything: the file is a library or an object, or a needed library is missing.
 */
bool outside_may_call(const struct program *program);

/**
 * Whether it may have tables of functions for objects, C++ classes or Rust traits, that the program
 * calls methods of. The C library has none.
 */
bool outside_may_have_objects(const struct program *program);

#endif
