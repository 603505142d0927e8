/*
 * hash.h: 128 bits that stand for any number of bytes. Good enough to tell contents apart and to
 * notice damage; no protection against somebody who makes equal ones on purpose.
 */
#ifndef DWELL_BASE_HASH_H
#define DWELL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t lanes[4];
    uint64_t bytes;      /* that were added */
    uint8_t pending[32]; /* the last ones, too few for the lanes */
};

struct hash_value {
    uint64_t words[2];
};

void hash_init(struct hash *hash);

/** Adds @p bytes bytes; how they are cut into calls does not matter. */
void hash_add(struct hash *hash, const void *data, size_t bytes);

/** Adds a number, as its eight bytes. */
void hash_add_number(struct hash *hash, uint64_t number);

/** Adds a string and its end; NULL differs from all strings. */
void hash_add_text(struct hash *hash, const char *text);

/** Returns the value of what was added so far. */
struct hash_value hash_get(const struct hash *hash);

static inline bool hash_equal(struct hash_value a, struct hash_value b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

#endif
