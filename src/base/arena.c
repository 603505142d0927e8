/*
 * arena.c: a list of chunks, each handed out from its start. Requests larger than a chunk get a
 * chunk of their own. Chunks come from calloc, so large ones are untouched pages until used.
 */
#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 18, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    _Alignas(ALIGNMENT) char data[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_deinit(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (struct arena){0};
}

void arena_join(struct arena *to, struct arena *from)
{
    struct arena_chunk *last = from->chunks;
    if (!last)
        return;
    while (last->next)
        last = last->next;
    if (to->chunks) {
        // Behind the current chunk, whose rest stays usable.
        last->next = to->chunks->next;
        to->chunks->next = from->chunks;
        *from = (struct arena){0};
    } else {
        *to = *from;
        *from = (struct arena){0};
    }
}

static struct arena_chunk *chunk_add(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(struct arena_chunk))
        out_of_memory();
    struct arena_chunk *chunk = xcalloc(1, sizeof *chunk + bytes);
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        out_of_memory();
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (bytes > arena->left) {
        if (bytes >= CHUNK_BYTES / 4) {
            // A chunk of its own, put behind the current one so that its rest stays usable.
            struct arena_chunk *current = arena->chunks;
            struct arena_chunk *chunk = chunk_add(arena, bytes);
            if (current) {
                arena->chunks = current;
                chunk->next = current->next;
                current->next = chunk;
            }
            return chunk->data;
        }
        arena->next = chunk_add(arena, CHUNK_BYTES)->data;
        arena->left = CHUNK_BYTES;
    }
    void *result = arena->next;
    arena->next += bytes;
    arena->left -= bytes;
    return result;
}

void *arena_calloc(struct arena *arena, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        out_of_memory();
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, copy;
    va_start(arguments, format);
    va_copy(copy, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0)
        vsnprintf(text, (size_t)length + 1, format, copy);
    va_end(copy);
    return text;
}
