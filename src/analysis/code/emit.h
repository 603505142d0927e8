/*
 * emit.h: what was found in a function, in the program's terms. Private to the reading of machine
 * code.
 */
#ifndef DWELL_ANALYSIS_CODE_EMIT_H
#define DWELL_ANALYSIS_CODE_EMIT_H

#include "analysis/code/flow.h"
#include "base/array.h"
#include "program/facts.h"

/** What one worker has found; indexes are within the function, which knows where its own begin. */
struct output {
    ARRAY(struct call) calls;
    ARRAY(uint32_t) targets;
    ARRAY(struct block) blocks;
    ARRAY(struct reference) references;
    ARRAY(struct argument) arguments;

    // Scratch of one function, by flow block.
    ARRAY(uint32_t) block_calls; /* the call that ends it, NONE */
    ARRAY(uint32_t) tails;       /* two for each: calls behind it, where it leaves the function */
    ARRAY(uint32_t) places;      /* the block it is merged into, perhaps over several steps */
    ARRAY(uint32_t) successors;
};

void output_deinit(struct output *output);

/** Adds a function that was solved; @p ret gets its frame. */
void emit_function(struct flow *flow, struct output *output, struct frame *ret);

/** Adds a function whose code cannot be read: it may do anything. */
void emit_unreadable(const struct flow *flow, struct output *output, struct frame *ret);

/** Adds the blocks of the function, whose calls begin at @p first_call of the output. */
void emit_blocks(struct flow *flow, struct output *output, size_t first_call);

/** Adds what the code mentions. */
void emit_references(struct flow *flow, struct output *output);

/** Adds a call without or with one target, and returns its index within the function. */
uint32_t emit_call(struct output *output, size_t first_call, struct call call, uint32_t target);

#endif
