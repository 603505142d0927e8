/*
 * entry.h: what was found in one image, as bytes and back.
 *
 * An entry is a struct entry_header, then how many records of each kind each function has, the
 * functions' frames, the functions whose address the code takes, the records kind by kind, and a
 * hash of all of that. Numbers are as the machine has them: no other ever reads the entry.
 */
#ifndef DWELL_ANALYSIS_CACHE_ENTRY_H
#define DWELL_ANALYSIS_CACHE_ENTRY_H

#include "analysis/cache/numbering.h"
#include "analysis/found.h"
#include "base/hash.h"

#include <stdio.h>

/** How many bytes cache_entry_write() will write. */
uint64_t cache_entry_bytes(const struct decoded *decoded, const struct numbering *numbering);

/** Writes what was found in the image, under @p key; false if it could not be written as a whole.
 */
bool cache_entry_write(const struct decoded *decoded, const struct numbering *numbering,
                       struct hash_value key, FILE *out);

/**
 * Reads an entry, whose bytes may be anything, into @p decoded: what was found in the image's
 * functions, their frames, and output number @p output, which must be empty. False, with all of
 * that as it was, if it is not a whole entry under @p key.
 */
bool cache_entry_read(struct decoded *decoded, const struct numbering *numbering,
                      struct hash_value key, uint32_t output, const uint8_t *data, size_t bytes);

#endif
