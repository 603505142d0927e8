/*
 * found.h: what was found in the code of each function, before it is put into the program's tables;
 * shared by decode.c and the cache.
 */
#ifndef DWELL_ANALYSIS_FOUND_H
#define DWELL_ANALYSIS_FOUND_H

#include "analysis/code/emit/emit.h"

/** What was found in one function: pieces of an output. */
struct found {
    uint32_t output; /* in decoded.outputs */
    uint32_t first_call, call_count;
    uint32_t first_target, target_count;
    uint32_t first_block, block_count;
    uint32_t first_reference, reference_count;
    uint32_t first_argument, argument_count;
    uint32_t first_pointer_call, pointer_call_count;
    uint32_t first_pointer_store, pointer_store_count;
    uint32_t first_pointer_argument, pointer_argument_count;
};

/** What was found in all of them. Frames are in program.facts already. */
struct decoded {
    struct program *program;
    struct output *outputs; /* one for each worker, then one for each image that was cached */
    uint32_t output_count;
    struct found *found; /* of each function */
    uint8_t **taken;     /* of each image: a bit for each function whose address its code takes */
};

static inline bool is_function_taken(const struct decoded *decoded, uint32_t image,
                                     uint32_t function)
{
    return decoded->taken[image][function / 8] >> function % 8 & 1;
}

/** Whether the function has code that is read: it is no part, no stub and not external. */
static inline bool is_whole_code(const struct function *function)
{
    return function->part_of == NONE && function->source != FUNCTION_PLT &&
           function->source != FUNCTION_EXTERNAL;
}

#endif
