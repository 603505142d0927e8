/*
 * emit.h: what was found in a function, in the program's terms. Private to the reading of machine
 * code.
 */
#ifndef DWELL_ANALYSIS_CODE_EMIT_H
#define DWELL_ANALYSIS_CODE_EMIT_H

#include "analysis/code/flow/flow.h"
#include "analysis/code/values/paths.h"
#include "base/array.h"
#include "program/facts.h"

/** An instruction that produces the address of a function (1), or a record that uses one (-1). */
struct function_use {
    uint32_t function;
    int balance;
};

/** Scratch of passed.c for one function. */
struct passed_arguments {
    ARRAY(uint8_t) at_start; /* of each block */
    ARRAY(uint32_t) queue;
    bool is_found;
};

/** What one worker has found; indexes are within the function, which knows where its own begin. */
struct output {
    ARRAY(struct call) calls;
    ARRAY(uint32_t) targets;
    ARRAY(struct block) blocks;
    ARRAY(struct reference) references;
    ARRAY(struct argument) arguments;
    ARRAY(struct pointer_call) pointer_calls;
    ARRAY(struct pointer_store) pointer_stores;
    ARRAY(struct pointer_argument) pointer_arguments;

    // Scratch of one function.
    struct frame_slots slots;
    struct passed_arguments passed;
    ARRAY(struct function_use) mentions;

    // The same, by flow block.
    ARRAY(uint32_t) block_calls; /* the call that ends it, NONE */
    ARRAY(uint32_t) tails;       /* two for each: calls behind it, where it leaves the function */
    ARRAY(uint32_t) places;      /* the block it is merged into, perhaps over several steps */
    ARRAY(uint32_t) successors;
};

void output_deinit(struct output *output);

/** Where what belongs to one function begins in an output. */
struct output_mark {
    size_t calls, arguments, pointer_calls, pointer_arguments, references;
};

/** Adds a function that was solved; @p ret gets its frame. */
void emit_function(struct flow *flow, struct output *output, struct frame *ret);

/** Adds a function whose code cannot be read: it may do anything. */
void emit_unreadable(const struct flow *flow, struct output *output, struct frame *ret);

/** Brings the calls of a function of @p blocks flow blocks into the order of their addresses. */
void emit_sort_calls(struct output *output, const struct output_mark *first, size_t blocks);

/** Adds the blocks of the function, whose calls begin at @p first_call of the output. */
void emit_blocks(struct flow *flow, struct output *output, size_t first_call);

/** Adds what the code mentions; the function's references begin at @p first of the output. */
void emit_references(struct flow *flow, struct output *output, size_t first);

/** Gets the address that an instruction has computed, if it has; @p state is that behind it. */
static inline bool emit_computed_address(const struct effect *effect,
                                         const struct machine_state *state, uint64_t *ret)
{
    bool is_computed = effect->value_kind == VALUE_ADD ||
                       effect->value_kind == VALUE_ADD_REGISTERS ||
                       effect->value_kind == VALUE_SUBTRACT || effect->value_kind == VALUE_AND;
    if (!is_computed || effect->value_is_address || effect->destination >= MAX_REGISTERS)
        return false;
    const struct value *value = &state->registers[effect->destination];
    *ret = (uint64_t)value->number;
    return value->form == FORM_CONSTANT && value->is_address;
}

/** Adds an address that was computed to what is mentioned. */
void emit_computed_reference(struct flow *flow, struct output *output, uint64_t address);

/** Whether the solved function has anything to tell that needs flow->follows_origins. */
bool pointers_want_origins(const struct flow *flow);

/**
 * Adds the call number @p call of the function, which goes through a pointer from somewhere and
 * ends @p block: one record for each way there that makes a difference.
 */
void emit_pointer_call(const struct flow *flow, struct output *output, uint32_t block,
                       uint32_t call);

/** Finds what is passed at all calls of the solved function. */
void passed_arguments_find(struct passed_arguments *passed, const struct flow *flow);

/** What is passed by the call that ends @p block. */
uint8_t passed_arguments_at(const struct passed_arguments *passed, const struct flow *flow,
                            uint32_t block);

/** Whether what follows the call that ends @p block reads its result. */
bool passed_looks_at_result(const struct flow *flow, uint32_t block);

void passed_arguments_deinit(struct passed_arguments *passed);

/**
 * Tells where the tables of trait objects came from, of the calls from @p first_call on and their
 * records from @p first_pointer_call on. Solves the function once more, with each load a name of
 * its own; so it comes last.
 */
void emit_receivers(struct flow *flow, struct output *output, size_t first_call,
                    size_t first_pointer_call);

/** Adds what the call number @p call passes on that may be called. */
void emit_pointer_arguments(const struct flow *flow, struct output *output,
                            const struct machine_state *state, uint32_t call);

/** Adds a store to @p place of the address of a function; @p state is that before it. */
void emit_pointer_store(const struct flow *flow, struct output *output, const struct effect *effect,
                        const struct machine_state *state, const struct value *place);

/** Notes that the instruction, behind which @p state holds, perhaps names a function. */
void emit_function_mention(const struct flow *flow, struct output *output,
                           const struct effect *effect, const struct machine_state *state);
/** Notes that the address of @p function was used in a way that is known. */
void emit_function_use(struct output *output, uint32_t function);
/** Adds the functions that were named more often than used. */
void emit_loose_functions(const struct flow *flow, struct output *output);

/** Adds a call without or with one target, and returns its index within the function. */
uint32_t emit_call(struct output *output, size_t first_call, struct call call, uint32_t target);

#endif
