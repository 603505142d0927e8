/*
 * memory.h: what a trial run knows of the stack, word by word. Private to trial/.
 */
#ifndef DWELL_ANALYSIS_TRIAL_MEMORY_H
#define DWELL_ANALYSIS_TRIAL_MEMORY_H

#include "arch/arch.h"

enum { MAX_WORDS = 160 };

/** A word of the stack that something is known of. */
struct stack_word {
    int64_t place; /* a multiple of 8, from the stack pointer at the start */
    struct known value;
};

struct stack_memory {
    const struct image *image; /* whose constants may be read */
    int64_t exposed_from;      /* from here on pointers that are not known may lead */
    uint32_t count;
    struct stack_word words[MAX_WORDS];
};

/** Connects @p machine with @p memory, which was filled or copied before. */
void memory_connect(struct stack_memory *memory, struct machine *machine);

/** Something that is not followed is called: it may write wherever it can get to. */
void memory_expose(struct machine *machine);

/** Forgets what lies below @p place, where the stack pointer is now. */
void memory_drop_below(struct stack_memory *memory, int64_t place);

#endif
