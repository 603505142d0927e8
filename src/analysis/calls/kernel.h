/*
 * kernel.h: what the C library calls in the kernel's own code (vDSO).
 */
#ifndef DWELL_ANALYSIS_CALLS_KERNEL_H
#define DWELL_ANALYSIS_CALLS_KERNEL_H

#include "program/program.h"

/**
 * Returns the external function for what the kernel offers in place of @p function, if that is of
 * the C library and asks for the time or the processor; else NONE.
 */
uint32_t kernel_function_behind(const struct program *program, uint32_t function);

#endif
