/*
 * registers.h: calls through pointers of which nothing better is known than what they pass.
 */
#ifndef DWELL_ANALYSIS_POINTERS_REGISTERS_H
#define DWELL_ANALYSIS_POINTERS_REGISTERS_H

#include "program/program.h"

/**
 * Fills program.loose_calls: of unresolved calls through pointers, the functions that they could
 * enter. CALL_PROTOTYPE, or CALL_ADDRESS_TAKEN where all functions whose address is taken could be
 * meant. Only in programs, after indirect_resolve().
 */
void registers_resolve(struct program *program);

#endif
