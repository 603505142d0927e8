/*
 * arguments.h: what calls pass in registers. Private to the reading of machine code; what is found
 * is read with program_argument() and its like of program.h.
 */
#ifndef DWELL_ANALYSIS_CODE_ARGUMENTS_H
#define DWELL_ANALYSIS_CODE_ARGUMENTS_H

#include "analysis/code/emit/emit.h"

/** How far back constants of a function can be followed. */
enum constant_reach {
    REACH_NONE,     /* control may arrive anywhere: nothing is sure */
    REACH_BLOCK,    /* blocks may be entered in ways that are not known: to the block's start */
    REACH_FUNCTION, /* all ways are known */
};

/** Returns the reach for the whole function, which is solved. */
enum constant_reach arguments_reach(const struct flow *flow);

/** Whether the function calls one whose arguments facts.wanted_arguments wants. */
bool arguments_are_wanted(const struct flow *flow);

/**
 * Adds what is known of the arguments that facts.wanted_arguments wants of @p callee: those of the
 * call number @p call of the function, which ends @p block and is made in @p state. An address of
 * the image counts as a constant, as it is at link time.
 */
void emit_arguments(const struct flow *flow, struct output *output, enum constant_reach reach,
                    uint32_t block, const struct machine_state *state, uint32_t callee,
                    uint32_t call);

#endif
