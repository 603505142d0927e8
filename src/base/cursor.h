/*
 * cursor.h: little-endian numbers of the forms that unwind and exception tables use, read one
 * after the other from bytes that may be damaged. Each call returns false, with the cursor
 * somewhere at or before the end, if there are not enough bytes.
 */
#ifndef DWELL_BASE_CURSOR_H
#define DWELL_BASE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes being read, with the address of the first. */
struct cursor {
    const uint8_t *at, *end;
    uint64_t address; /* of `at` */
};

/** How a pointer is written (LSB Core, DWARF exception header encoding). */
enum pointer_encoding {
    POINTER_ABSOLUTE = 0x00, /* as wide as an address */
    POINTER_ULEB = 0x01,
    POINTER_FORM = 0x0f,     /* the part of the encoding that says how wide the number is */
    POINTER_RELATIVE = 0x10, /* to its own place */
    POINTER_BASE = 0x70,     /* the part of the encoding that says what it is relative to */
    POINTER_OMITTED = 0xff,
};

static inline bool cursor_take(struct cursor *cursor, unsigned bytes, uint64_t *ret)
{
    if ((uint64_t)(cursor->end - cursor->at) < bytes)
        return false;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += bytes;
    cursor->address += bytes;
    *ret = value;
    return true;
}

bool cursor_take_uleb(struct cursor *cursor, uint64_t *ret);
bool cursor_take_sleb(struct cursor *cursor, int64_t *ret);

/**
 * Takes a pointer of @p encoding; false also if that is none of those known here. A raw value of 0
 * stays 0 (no pointer) whatever it is relative to.
 */
bool cursor_take_pointer(struct cursor *cursor, unsigned encoding, unsigned pointer_bytes,
                         uint64_t *ret);

#endif
