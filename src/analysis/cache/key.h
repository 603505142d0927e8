/*
 * key.h: what an entry depends on, as 128 bits.
 */
#ifndef DWELL_ANALYSIS_CACHE_KEY_H
#define DWELL_ANALYSIS_CACHE_KEY_H

#include "analysis/cache/numbering.h"
#include "base/hash.h"

/**
 * Gets what stands for the running program and the libraries it is made of, so that no other
 * version reads what this one wrote; false if that cannot be told.
 */
bool key_of_program(struct hash_value *ret);

/** Returns the key of what decoding the image gives in this program; @p self is the above. */
struct hash_value key_of_image(const struct numbering *numbering, struct hash_value self);

#endif
