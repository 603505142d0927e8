/*
 * flow.h: one function at a time, from bytes to blocks with known stack heights; private to the
 * reading of machine code. The steps, in order:
 *
 *   flow_begin      the ranges of the function and its parts
 *   flow_descend    instructions, by following control from an entry
 *   flow_land       the same from where the unwinder enters
 *   flow_take_labels      the same from places whose address the function keeps for later
 *   flow_sweep      instructions that no known control reaches
 *   flow_block      straight pieces of instructions, and how they follow each other
 *   flow_solve      what registers hold at each block's start, the stack pointer among them
 *   jump_tables_resolve   targets of jumps through tables; then again from flow_descend
 *   emit_function   calls, blocks, references and the frame, in the program's terms
 *
 * Places in a function are offsets into its ranges laid end to end, the entry first; so a function
 * of several parts is one piece of code. All memory is scratch that is reused for the next one.
 *
 * What is found is cached: whatever code here or in emit/ reads of the program must be in the key
 * of analysis/cache/key.c.
 */
#ifndef DWELL_ANALYSIS_CODE_FLOW_H
#define DWELL_ANALYSIS_CODE_FLOW_H

#include "analysis/code/values/state.h"
#include "arch/arch.h"
#include "base/array.h"
#include "program/exceptions.h"
#include "program/program.h"

/** One contiguous piece of the function. */
struct range {
    uint64_t address;
    uint32_t bytes;
    uint32_t offset; /* of its first byte among all ranges */
    const uint8_t *data;
};

struct instruction {
    struct effect effect; /* length 0: control arrives at bytes that are no instruction */
    uint32_t offset;
    uint32_t block;
    uint32_t table;        /* in jump_tables, of a resolved jump; NONE */
    bool is_leader;        /* a block begins here */
    bool is_internal_call; /* a call within the function: control goes to both successors */
    bool is_label_known;   /* it makes the address that another instruction, is_label_kept, keeps */
    bool is_label_kept;    /* it puts the address of a place in the function somewhere: control may
                              come back there, as by __builtin_longjmp() */
};

/** Instructions that were decoded one after the other; contiguous in the array and in memory. */
struct run {
    uint32_t first, count;
    uint32_t offset;
};

struct flow_block {
    uint32_t first, last; /* instructions */
    uint32_t next;        /* the block that control falls into, NONE */
    uint32_t target;      /* the block that the last instruction jumps to, NONE */
    uint32_t landing;     /* the block where exceptions of the call at its end land, NONE */
    uint32_t number;      /* among the blocks that the program gets */
    bool is_gap;          /* no known control leads here */
    bool is_known;        /* scratch of flow_settle_gaps() */
    bool is_landing;      /* the exception table does; another way may, too */
    bool may_catch;       /* of a landing: it may keep the exception */
    bool works;           /* it reads or writes memory that is not the function's own frame */
    bool may_leave;       /* scratch of emit_blocks() */
    bool falls_off;       /* control runs out of the function's ranges behind it */
};

struct jump_table {
    uint32_t jump; /* instruction */
    uint64_t address;
    uint64_t base; /* what entries are relative to, 0: they are addresses */
    uint32_t bytes;
    uint32_t first_target, target_count; /* in table_targets; sorted */
    uint16_t unit;                       /* bytes of an entry */
    bool is_code;                        /* the entries are pieces of code to jump to */
    bool is_loose;                       /* its end was found without a comparison */
    bool is_complete;                    /* surely no other targets */
};

/** A row of the function's exception tables: calls whose last byte is in [begin, end). */
struct landing {
    uint32_t begin, end;
    uint32_t pad; /* all three are offsets */
    bool may_catch;
};

/** Which addresses of an image's constant data are mentioned by code: a bit for each byte. */
struct landmarks {
    uint64_t address, bytes; /* the covered range */
    uint8_t *bits;
    bool is_lost; /* there would be too many, and none are kept */
};

struct frame_slots;

struct flow {
    const struct program *program;
    const struct image *image;
    const struct arch *arch;
    uint32_t image_index;
    uint32_t function;
    struct landmarks *landmarks; /* of the image */
    uint8_t *taken;              /* of the image: a bit for each function of the program whose
                                    address its code takes */
    bool has_landmarks;          /* all landmarks of the image are known: tables can be delimited */
    bool follows_origins;        /* values that are not known keep the name of where they came from
                                    (FORM_ORIGIN); those of arguments always do */
    bool knows_landings;         /* `landings` is complete */
    bool is_swept;               /* all code is decoded that was found */
    const struct frame_slots *slots; /* paths.h; what is kept in the frame, NULL: not followed */
    bool is_deferred;                /* a table's end was needed and landmarks were not there yet */

    ARRAY(struct range) ranges;
    uint32_t bytes;           /* of all ranges */
    uint32_t *instruction_at; /* by offset, NONE where none begins */
    size_t instruction_at_capacity;
    ARRAY(struct instruction) instructions;
    ARRAY(struct run) runs;
    ARRAY(uint32_t) pending;        /* offsets to decode from */
    ARRAY(uint32_t) gaps;           /* offsets where swept code begins */
    ARRAY(uint32_t) indirect_jumps; /* instructions */
    ARRAY(struct jump_table) jump_tables;
    ARRAY(uint32_t) table_targets;  /* offsets */
    ARRAY(struct landing) landings; /* by begin */
    struct landing_ranges rows;     /* scratch */

    ARRAY(struct flow_block) blocks;
    struct solver solver;
};

void flow_init(struct flow *flow, const struct program *program);
void flow_deinit(struct flow *flow);

/** Starts with another function; false if none of its code can be read. */
bool flow_begin(struct flow *flow, uint32_t function);

void flow_descend(struct flow *flow, uint32_t offset);

/** Decodes from places in the function whose address its code keeps in memory. */
void flow_take_labels(struct flow *flow);

/** Reads the exception tables and decodes from all landing pads. */
void flow_land(struct flow *flow);

/** Decodes what is left; returns whether there was anything. */
bool flow_sweep(struct flow *flow);

void flow_block(struct flow *flow);

/** Takes back what turned out to be no gap, because a jump table leads there after all. */
void flow_settle_gaps(struct flow *flow);

/** Links calls to where their exceptions land; the last step of flow_block(). */
void flow_land_blocks(struct flow *flow);

/** Whether there is nothing but filling, as between a call that never returns and what follows. */
bool flow_is_padding(const struct flow *flow, const struct flow_block *block);

/** May be called again after flow->follows_origins or flow->slots has been set. */
void flow_solve(struct flow *flow);

/** Looks at all indirect jumps; returns whether there is new code to be blocked and solved. */
bool jump_tables_resolve(struct flow *flow);

/** Returns the offset of an address, or NONE if it is in none of the ranges. */
uint32_t flow_offset_of(const struct flow *flow, uint64_t address);

uint64_t flow_address_of(const struct flow *flow, uint32_t offset);

/** Returns the block that begins at @p offset, or NONE. */
uint32_t flow_block_at(const struct flow *flow, uint32_t offset);

static inline uint64_t flow_instruction_address(const struct flow *flow, uint32_t instruction)
{
    return flow_address_of(flow, flow->instructions.data[instruction].offset);
}

/**
 * Whether a known number may be an address of the image. Where the image has no fixed place, only
 * one that is made from an address can; any other is in a place of its own (ROM, devices), or none.
 */
static inline bool flow_may_be_address(const struct flow *flow, const struct value *value)
{
    return value->is_address || flow->image->type == IMAGE_EXECUTABLE;
}

/** Whether @p address holds what never changes once the program has started. */
bool flow_is_constant(const struct image *image, uint64_t address);

/** Reads a pointer of the image as the loader leaves it; false if it is not an address of it. */
bool flow_read_pointer(const struct image *image, uint64_t address, uint64_t *ret);

bool landmark_is_set(const struct landmarks *landmarks, uint64_t address);

#endif
