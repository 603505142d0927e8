/*
 * methods.h: the class of what a virtual function is called on, by the names of symbols.
 */
#ifndef DWELL_ANALYSIS_POINTERS_METHODS_H
#define DWELL_ANALYSIS_POINTERS_METHODS_H

#include "program/program.h"

/**
 * Returns the qualified name of the class that a function which stands in a virtual table is a
 * method of, in the program's arena; NULL if its symbols do not tell.
 */
const char *method_class(struct program *program, uint32_t function);

#endif
