/*
 * state.h: what is known of the registers at one place of a function.
 *
 * A small lattice, just large enough for stack pointers, jump tables and calls through registers
 * that hold constants. What is not known keeps a name (FORM_ORIGIN) that says where it came from;
 * paths.h follows it. Meeting two states forgets what they do not share.
 */
#ifndef DWELL_ANALYSIS_CODE_STATE_H
#define DWELL_ANALYSIS_CODE_STATE_H

#include "arch/arch.h"
#include "base/array.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum value_form {
    FORM_UNKNOWN,
    FORM_CONSTANT,     /* number */
    FORM_SLOT,         /* what the constant slot at the address `number` holds */
    FORM_STACK,        /* the caller's stack pointer + number */
    FORM_STACK_BELOW,  /* an address at or below that, how far is decided at run time */
    FORM_INDEX,        /* number + unit * i, where 0 <= i <= bound */
    FORM_TABLE_ENTRY,  /* an entry of the table at `number`, unit bytes, index <= bound */
    FORM_TABLE_TARGET, /* such an entry of 4 bytes + an address: `bound` is how far that is from
                          the table, `unit` the bound of the index, TABLE_BOUND_NONE: any */
    FORM_ORIGIN, /* not known, but where it came from is, plus number; see enum value_origin */
};

/** Where the value of a register came from: its name, so that equal ones are equal. */
enum value_origin {
    ORIGIN_ENTRY,    /* register `bound` when the function was entered */
    ORIGIN_LOAD,     /* what instruction `bound` loaded */
    ORIGIN_RESULT,   /* what the call that is instruction `bound` returned */
    ORIGIN_RESULT_2, /* in the second result register */
    ORIGIN_MADE,     /* what instruction `bound` computed */
    ORIGIN_STORED,   /* what instruction `bound` stored to a slot of the frame */
    ORIGIN_JOIN,     /* different values met; `bound` is the block * MAX_REGISTERS + register */
};

#define BOUND_NONE UINT32_MAX
#define TABLE_BOUND_NONE UINT16_MAX

struct value {
    int64_t number;
    uint32_t bound;      /* BOUND_NONE: any */
    uint16_t unit;       /* of FORM_ORIGIN: enum value_origin */
    uint8_t form;        /* enum value_form */
    bool is_loose : 1;   /* the bound comes from the width of a type, nobody compared; of
                            FORM_ORIGIN: not surely this value (struct access_path) */
    bool is_address : 1; /* of FORM_CONSTANT and FORM_INDEX: `number` is made from an address of the
                            image, so that whatever is added to it is an offset */
};

enum { MAX_REGISTERS = 32 };

enum comparison_kind {
    COMPARISON_NONE,
    COMPARISON_REGISTER,
    COMPARISON_MEMORY,
    COMPARISON_REGISTERS
};

/** What the flags say: the last comparison whose operands are still what they were. */
struct comparison {
    int64_t value, displacement;
    uint8_t kind;                  /* enum comparison_kind */
    register_number first, second; /* base and index of a memory operand */
    uint8_t bytes, scale;
};

/** A place in memory whose unsigned value is at most `bound` (BOUND_NONE: there is none). */
struct memory_bound {
    int64_t displacement;
    uint32_t bound;
    register_number base, index;
    uint8_t bytes, scale;
};

/** How sure it is that control takes an edge; a call may never return. */
enum strength {
    STRENGTH_LANDING, /* everything behind a landing pad that nothing else leads to */
    STRENGTH_AFTER_CALL,
    STRENGTH_INDIRECT,
    STRENGTH_SURE
};

/** What goes with the registers. */
struct state_head {
    struct comparison comparison;
    struct memory_bound memory;
    int64_t first_height;                   /* stack pointer at the first arrival */
    uint32_t copied;                        /* registers that take part in copies */
    register_number copy_of[MAX_REGISTERS]; /* the register whose value this one has, or NONE */
    uint8_t strength;                       /* enum strength */
    uint8_t visits;
    uint8_t disagreements; /* how often a deeper stack arrived */
    bool is_reached;
};

/** The states at the start of all blocks of a function, and the queue of blocks to look at. */
struct solver {
    ARRAY(struct state_head) heads;
    ARRAY(struct value) values; /* register_count for each block */
    ARRAY(uint32_t) queue;      /* binary heap of blocks, lowest first */
    ARRAY(bool) is_queued;
    uint32_t landing; /* index of the state in which the unwinder enters gaps */
    bool jumps_land;  /* unresolved jumps are the only ways into gaps */
};

/** The state that instructions are applied to. */
struct machine_state {
    struct state_head head;
    struct value registers[MAX_REGISTERS];
};

struct flow;
struct instruction;

/** Whether nothing is known of the number that a value is. */
static inline bool value_is_any(const struct value *value)
{
    return value->form == FORM_UNKNOWN || value->form == FORM_ORIGIN;
}

#define VALUE_OF(...) ((struct value){.bound = BOUND_NONE, __VA_ARGS__})

static_assert(sizeof(struct value) == 16, "values have no padding, so their bytes can be compared");

static inline bool value_equal(const struct value *a, const struct value *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/** Returns what is true of both. */
struct value value_meet(const struct value *a, const struct value *b);

/** Returns a + b * scale + number, or unknown. */
struct value value_add(struct value a, struct value b, unsigned scale, int64_t number);

/** Returns what a VALUE_STORE or VALUE_PUSH puts into memory. */
struct value value_stored(const struct machine_state *state, const struct effect *effect);

/** Returns what the effect leaves in its destination. */
struct value value_of_effect(const struct flow *flow, const struct machine_state *state,
                             const struct effect *effect);

/** Returns the address of the memory operand. */
struct value value_of_operand(const struct machine_state *state, const struct effect *effect);

/** Knows nothing, not even the stack pointer. */
void state_init(const struct flow *flow, struct machine_state *ret);

/** Forgets all registers but the stack pointer. */
void state_forget_all(const struct flow *flow, struct machine_state *state);

/** Applies one instruction; calls are taken to return. */
void state_apply(const struct flow *flow, const struct instruction *instruction,
                 struct machine_state *state);

/** Gets the state right before an instruction; false if control is not known to get there. */
bool state_before(const struct flow *flow, uint32_t instruction, struct machine_state *ret);

/** Gets the state at the start of a block; false if the block is not reached. */
bool state_at_block(const struct flow *flow, uint32_t block, struct machine_state *ret);

#endif
