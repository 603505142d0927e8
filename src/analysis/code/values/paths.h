/*
 * paths.h: where a value of a function came from, told as a path of loads from something that has
 * a name (program/pointers.h). Private to the reading of machine code.
 */
#ifndef DWELL_ANALYSIS_CODE_PATHS_H
#define DWELL_ANALYSIS_CODE_PATHS_H

#include "analysis/code/flow/flow.h"

/** A store to a place in the frame. */
struct slot_store {
    struct value value; /* that was stored */
    int64_t offset;     /* from the caller's stack pointer */
    uint32_t bytes;
};

/** A value by its name (FORM_ORIGIN). */
struct value_name {
    uint32_t bound;
    uint16_t unit;
};

/** What one function keeps in its frame; scratch that is reused for the next. */
struct frame_slots {
    ARRAY(struct slot_store) stores; /* by offset */
    bool is_escaped;                 /* there may be stores through pointers, too */
    uint32_t widest;                 /* bytes of the widest store */

    ARRAY(struct value_name) layouts; /* pointers whose third word is read; sorted */
    bool has_layouts;                 /* they have been looked for */

    ARRAY(struct slot_store) described; /* into variables that debug information describes */
    int64_t described_from; /* the stack pointer that such variables were counted from */
    bool has_described;     /* they have been looked for */
};

void frame_slots_deinit(struct frame_slots *slots);

/** Finds the stores of the function, which is solved. */
void frame_slots_find(struct frame_slots *slots, const struct flow *flow);

/**
 * Gets the one value of @p bytes that the function ever stores to the slot at @p offset; false if
 * there are several. If the slot may be written through a pointer, too, a value that says where it
 * came from is marked as loose, and any other is not given.
 */
bool frame_slot_value(const struct frame_slots *slots, int64_t offset, int64_t bytes,
                      struct value *ret);

/**
 * Gets what a store to any of the @p bytes at @p offset puts there, the first one whose number is
 * at least *@p number, which is raised behind it; false if there is none.
 */
bool frame_slot_next(const struct frame_slots *slots, int64_t offset, int64_t bytes, size_t *number,
                     struct value *ret);

/** Finds the path of @p value, which some register of the solved function holds. */
void path_of_value(const struct flow *flow, struct value value, struct access_path *ret);

/**
 * Whether the function also reads the third word behind the pointer that the address @p place is
 * made from: of the vtable of a trait object that is the alignment of its value.
 */
bool path_reads_layout(const struct flow *flow, struct frame_slots *slots, struct value place);

/**
 * Whether the value is an address plus a number that was rounded to a power of two: where what
 * follows a head of some size begins, given its alignment.
 */
bool path_is_rounded(const struct flow *flow, struct value value);

enum { MAX_ALTERNATIVES = 4 };

/** Gets the values between which a condition chose @p value; itself if none did. */
unsigned path_alternatives(const struct flow *flow, struct value value,
                           struct value ret[MAX_ALTERNATIVES]);

/** Returns the address that the value was loaded from, of FORM_UNKNOWN if it was not loaded. */
struct value path_place(const struct flow *flow, struct value value);

/** Finds the path of what is loaded from the address @p place. */
void path_of_loaded(const struct flow *flow, struct value place, struct access_path *ret);

#endif
