/*
 * exceptions.h: where the unwinder may enter a piece of code: its exception table, on demand. The
 * tables stay in the image's bytes, for most are needed once, while their function is decoded.
 */
#ifndef DWELL_PROGRAM_EXCEPTIONS_H
#define DWELL_PROGRAM_EXCEPTIONS_H

#include "base/array.h"
#include "program/program.h"

/** Exceptions that leave a call whose return address is in (begin, end] go to `pad`. */
struct landing_range {
    uint64_t begin, end;
    uint64_t pad;
    bool may_catch; /* false: it only cleans up, and the unwinder goes on */
};

struct landing_ranges {
    ARRAY(struct landing_range) ranges; /* in ascending order, without overlaps */
};

/** Returns the unwind entry that covers @p address, NULL if there is none. */
const struct unwind_entry *image_unwind_at(const struct image *image, uint64_t address);

/**
 * Adds the landing pads of @p entry to @p ret. False if it has a table that cannot be read or that
 * is not what a compiler makes; @p ret then has what there was before.
 */
bool exceptions_read(const struct image *image, const struct unwind_entry *entry,
                     struct landing_ranges *ret);

#endif
