/*
 * path.h: the paths over calls that prove a verdict or a bound, followed step by step. The steps
 * are in facts.h; every path here is finite, because the analyses make each step go strictly
 * nearer to its end.
 */
#ifndef DWELL_PROGRAM_PATH_H
#define DWELL_PROGRAM_PATH_H

#include "program/facts.h"

/**
 * Writes to @p ret_steps, at most @p limit, the steps that prove the verdict of @p function on
 * @p role, outermost call first: to the allocator for maybe, always and on_panic, to the call that
 * could not be resolved for unknown. Returns how many; 0 where there is nothing to prove (never) or
 * the function itself is the allocator or what could not be read.
 */
uint32_t path_to_heap(const struct program *program, uint32_t function, enum heap_role role,
                      uint32_t limit, struct step *ret_steps);

/** The same along the deepest stack, over all paths or over normal ones only. */
uint32_t path_to_deepest(const struct program *program, uint32_t function, bool with_panic,
                         uint32_t limit, struct step *ret_steps);

#endif
