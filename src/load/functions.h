/*
 * functions.h: candidates for functions, shared by functions.c, which collects and sorts them, and
 * discover.c, which finds them in code that nothing describes.
 */
#ifndef DWELL_LOAD_FUNCTIONS_H
#define DWELL_LOAD_FUNCTIONS_H

#include "base/array.h"
#include "program/program.h"

struct candidate {
    uint64_t address, bytes; /* bytes 0: not said */
    uint32_t symbol, debug_function;
    uint32_t section;
    uint8_t source; /* enum function_source */
    bool is_label;  /* a symbol without a type: counts only where nothing better covers it */
    bool is_ifunc;
    bool is_data; /* a constant that lies between functions: no function, but it ends one */
};

struct finder {
    struct image *image;
    uint32_t image_index;
    ARRAY(struct candidate) candidates;
    ARRAY(struct function) found; /* of this image */
};

static inline bool holds_code(enum section_role role)
{
    return role == SECTION_CODE || role == SECTION_DEAD_CODE;
}

/** Appends a candidate unless it lies outside code. */
void candidate_add(struct finder *finder, struct candidate candidate);

/**
 * Adds candidates for functions that no table describes, where the sorted candidates so far leave
 * code uncovered.
 */
void functions_discover(struct finder *finder);

/** Joins pieces of split functions to the functions that they belong to. */
void functions_join_parts(struct finder *finder);

#endif
