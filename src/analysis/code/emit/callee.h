/*
 * callee.h: which function a call enters, as far as the image itself tells. Private to the reading
 * of machine code.
 */
#ifndef DWELL_ANALYSIS_CODE_CALLEE_H
#define DWELL_ANALYSIS_CODE_CALLEE_H

#include "analysis/code/flow/flow.h"

struct callee {
    uint32_t function; /* never a part; NONE if it is not known */
    uint8_t kind;      /* enum call_kind */
    bool is_partial;   /* the call enters it behind its start */
};

/** Resolves a call of a constant address; follows PLT stubs. */
struct callee callee_at(const struct flow *flow, uint64_t address, enum call_kind kind);

/** Resolves a call through the memory at @p slot. */
struct callee callee_in_slot(const struct flow *flow, uint64_t slot);

/** Resolves the call or jump out of the function that @p effect is, with the state before it. */
struct callee callee_of(const struct flow *flow, const struct effect *effect,
                        const struct machine_state *state);

#endif
