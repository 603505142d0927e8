/*
 * arena.h: memory that is freed all at once.
 *
 * One arena belongs to each loaded program; whatever hangs below `struct program` lives there.
 * An arena is used by one thread at a time. Running out of memory aborts with a message.
 */
#ifndef DWELL_BASE_ARENA_H
#define DWELL_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next;                 /* first free byte of the newest chunk */
    size_t left;                /* free bytes in the newest chunk */
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);

/** Moves all memory of @p from to @p to, which frees it from then on; @p from is empty again. */
void arena_join(struct arena *to, struct arena *from);

/** Returns @p bytes zeroed bytes, aligned to 16. Never NULL. */
void *arena_alloc(struct arena *arena, size_t bytes);

/** Returns an array of @p count zeroed elements of @p bytes each; aborts if the product overflows.
 */
void *arena_calloc(struct arena *arena, size_t count, size_t bytes);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
