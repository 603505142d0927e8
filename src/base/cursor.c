/*
 * cursor.c: numbers of the unwind and exception tables. Sources: DWARF 5 section 7.6 (LEB128), LSB
 * Core (DWARF exception header encoding). Left out: pointers relative to anything but their own
 * place, and indirect ones, which no compiler uses for code.
 */
#include "base/cursor.h"

enum { SIGNED_NUMBER = 0x08 };

bool cursor_take_uleb(struct cursor *cursor, uint64_t *ret)
{
    uint64_t value = 0, byte;
    for (unsigned shift = 0; cursor_take(cursor, 1, &byte); shift += 7) {
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

bool cursor_take_sleb(struct cursor *cursor, int64_t *ret)
{
    uint64_t value = 0, byte;
    for (unsigned shift = 0; cursor_take(cursor, 1, &byte);) {
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        shift += 7;
        if (byte & 0x80)
            continue;
        if (byte & 0x40 && shift < 64)
            value |= UINT64_MAX << shift;
        *ret = (int64_t)value;
        return true;
    }
    return false;
}

static uint64_t sign_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - bytes * 8;
    return (uint64_t)((int64_t)(value << shift) >> shift);
}

/** Returns the width of numbers of a form, 0 if it has no fixed one. */
static unsigned form_bytes(unsigned form, unsigned pointer_bytes)
{
    switch (form) {
    case POINTER_ABSOLUTE:
        return pointer_bytes;
    case 0x02:
    case 0x0a:
        return 2;
    case 0x03:
    case 0x0b:
        return 4;
    case 0x04:
    case 0x0c:
        return 8;
    default:
        return 0;
    }
}

bool cursor_take_pointer(struct cursor *cursor, unsigned encoding, unsigned pointer_bytes,
                         uint64_t *ret)
{
    uint64_t place = cursor->address, value;
    unsigned form = encoding & POINTER_FORM, base = encoding & ~(unsigned)POINTER_FORM;
    unsigned bytes = form_bytes(form, pointer_bytes);
    if ((!bytes && form != POINTER_ULEB) || (base && base != POINTER_RELATIVE))
        return false;
    if (!(bytes ? cursor_take(cursor, bytes, &value) : cursor_take_uleb(cursor, &value)))
        return false;
    if (form & SIGNED_NUMBER)
        value = sign_extend(value, bytes);
    if (base && value)
        value += place;
    *ret = pointer_bytes == 4 ? (uint32_t)value : value;
    return true;
}
