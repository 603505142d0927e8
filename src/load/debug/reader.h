/*
 * reader.h: a position in untrusted little-endian bytes that never passes their end. After
 * the first read that would, `failed` is set and every further read gives 0.
 */
#ifndef DWELL_LOAD_DEBUG_READER_H
#define DWELL_LOAD_DEBUG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data; // NULL when there are none
    size_t bytes;
};

struct reader {
    const uint8_t *next, *end;
    bool failed;
};

static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->next);
}

static inline struct reader reader_at(struct bytes bytes, uint64_t offset)
{
    bool failed = !bytes.data || offset > bytes.bytes;
    const uint8_t *end = bytes.data ? bytes.data + bytes.bytes : NULL;
    return (struct reader){failed ? end : bytes.data + offset, end, failed};
}

static inline void reader_fail(struct reader *reader)
{
    reader->failed = true;
    reader->next = reader->end;
}

static inline void reader_skip(struct reader *reader, uint64_t bytes)
{
    if (bytes > reader_left(reader))
        reader_fail(reader);
    else
        reader->next += bytes;
}

/** Reads an unsigned integer of 1 to 8 bytes. */
static inline uint64_t reader_uint(struct reader *reader, unsigned bytes)
{
    uint64_t value = 0;
    if (bytes > reader_left(reader) || bytes > sizeof value) {
        reader_fail(reader);
        return 0;
    }
    memcpy(&value, reader->next, bytes);
    reader->next += bytes;
    return value;
}

/** Reads a ULEB128; bits past the 64th are lost. */
static inline uint64_t reader_uleb(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; reader->next < reader->end; shift += 7) {
        uint8_t byte = *reader->next++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    reader_fail(reader);
    return 0;
}

static inline int64_t reader_sleb(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; reader->next < reader->end;) {
        uint8_t byte = *reader->next++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80)) {
            if ((byte & 0x40) && shift < 64)
                value |= ~(uint64_t)0 << shift;
            return (int64_t)value;
        }
    }
    reader_fail(reader);
    return 0;
}

/** Reads a NUL-terminated string, NULL if it does not end. */
static inline const char *reader_string(struct reader *reader)
{
    const uint8_t *start = reader->next;
    const uint8_t *end = reader_left(reader) ? memchr(start, 0, reader_left(reader)) : NULL;
    if (!end) {
        reader_fail(reader);
        return NULL;
    }
    reader->next = end + 1;
    return (const char *)start;
}

/**
 * Returns the string at @p offset of a string section, NULL if there is none. Such sections end
 * with the end of a string (debug_file.sections), so that it need not be looked for each time.
 */
static inline const char *section_string(struct bytes section, uint64_t offset)
{
    return offset < section.bytes ? (const char *)section.data + offset : NULL;
}

#endif
