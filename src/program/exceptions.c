/*
 * exceptions.c: the exception table (LSDA) of an unwind entry. In: the image's bytes. Out: which
 * calls lead to which landing pad. Sources: Itanium C++ ABI, Exception Handling Tables (HP's
 * description, which gcc and LLVM follow for C, C++ and Rust): a header, the call-site table, the
 * action table. The type table behind them is not read: that an action names a type, any type or a
 * list of allowed types (exception specification) is enough to say that the pad may keep the
 * exception.
 *
 * A call that no row covers does not land: the exception goes on to the caller, or the personality
 * routine ends the program. Left out: tables of the setjmp/longjmp variant, whose rows are no
 * addresses; their code has no landing pads in this sense.
 */
#include "program/exceptions.h"

#include "base/cursor.h"
#include "base/search.h"

enum { MAX_ACTIONS = 32 }; /* of one call; real code has as many as nested try blocks */

/** A table being read. */
struct table {
    const struct unwind_entry *entry;
    struct cursor sites;    /* the call-site table */
    const uint8_t *actions; /* the action table */
    const uint8_t *end;     /* of what the file holds */
    uint64_t base;          /* what landing pads are relative to */
    unsigned encoding;      /* of the call-site table */
    unsigned pointer_bytes;
};

const struct unwind_entry *image_unwind_at(const struct image *image, uint64_t address)
{
    size_t after = COUNT_UP_TO(image->unwind_entries, image->unwind_count, address);
    if (!after)
        return NULL;
    const struct unwind_entry *entry = &image->unwind_entries[after - 1];
    return address - entry->address < entry->bytes ? entry : NULL;
}

/** Gets what the file holds from @p address on. */
static bool open_bytes(const struct image *image, uint64_t address, struct cursor *ret)
{
    uint32_t index = image_segment_at(image, address);
    const uint8_t *data = image_bytes(image, address, 1);
    if (index == NONE || !data)
        return false;
    const struct segment *segment = &image->segments[index];
    *ret = (struct cursor){.at = data,
                           .end = data + (segment->file_bytes - (address - segment->address)),
                           .address = address};
    return true;
}

static bool read_header(const struct image *image, struct table *ret)
{
    struct cursor cursor;
    uint64_t encoding, bytes;
    if (!open_bytes(image, ret->entry->lsda, &cursor) || !cursor_take(&cursor, 1, &encoding))
        return false;
    ret->base = ret->entry->address;
    if (encoding != POINTER_OMITTED &&
        !cursor_take_pointer(&cursor, (unsigned)encoding, ret->pointer_bytes, &ret->base))
        return false;
    if (!cursor_take(&cursor, 1, &encoding) ||
        (encoding != POINTER_OMITTED && !cursor_take_uleb(&cursor, &bytes)))
        return false;
    if (!cursor_take(&cursor, 1, &encoding) || !cursor_take_uleb(&cursor, &bytes) ||
        bytes > (uint64_t)(cursor.end - cursor.at))
        return false;
    ret->encoding = (unsigned)encoding & POINTER_FORM;
    ret->end = cursor.end;
    ret->sites = cursor;
    ret->actions = ret->sites.end = cursor.at + bytes;
    return true;
}

/** Whether any of the actions from number @p first on keeps the exception; so if in doubt. */
static bool may_catch(const struct table *table, uint64_t first)
{
    if (!first)
        return false;
    if (first > (uint64_t)(table->end - table->actions))
        return true;
    struct cursor cursor = {.at = table->actions + (first - 1), .end = table->end};
    for (unsigned i = 0; i < MAX_ACTIONS; i++) {
        int64_t filter, next;
        if (!cursor_take_sleb(&cursor, &filter) || filter)
            return true;
        const uint8_t *place = cursor.at;
        if (!cursor_take_sleb(&cursor, &next))
            return true;
        if (!next)
            return false;
        if (next < table->actions - place || next > table->end - place)
            return true;
        cursor.at = place + next;
    }
    return true;
}

/** Reads one row, whose range must begin at or behind @p last; a pad of 0 means no landing. */
static bool read_site(struct table *table, uint64_t last, struct landing_range *ret)
{
    uint64_t start, bytes, pad, action;
    unsigned width = table->pointer_bytes;
    if (!cursor_take_pointer(&table->sites, table->encoding, width, &start) ||
        !cursor_take_pointer(&table->sites, table->encoding, width, &bytes) ||
        !cursor_take_pointer(&table->sites, table->encoding, width, &pad) ||
        !cursor_take_uleb(&table->sites, &action))
        return false;
    uint64_t room = table->entry->bytes;
    if (start > room || bytes > room - start || table->entry->address + start < last)
        return false;
    *ret = (struct landing_range){.begin = table->entry->address + start,
                                  .end = table->entry->address + start + bytes,
                                  .pad = pad ? table->base + pad : 0,
                                  .may_catch = may_catch(table, action)};
    return true;
}

bool exceptions_read(const struct image *image, const struct unwind_entry *entry,
                     struct landing_ranges *ret)
{
    struct table table = {.entry = entry, .pointer_bytes = image->pointer_bytes};
    size_t before = ret->ranges.count;
    if (!entry->lsda)
        return true;
    if (!read_header(image, &table))
        return false;
    // Rows ascend and do not overlap, so there are at most as many as bytes of code. Empty ones
    // cover nothing and are let pass, but not without end.
    uint64_t last = entry->address, empty = 0;
    while (table.sites.at < table.sites.end) {
        struct landing_range range;
        bool is_good =
            read_site(&table, last, &range) && (range.end > range.begin || ++empty <= entry->bytes);
        if (!is_good) {
            ret->ranges.count = before;
            return false;
        }
        last = range.end;
        if (range.pad && range.end > range.begin)
            array_push(&ret->ranges, range);
    }
    return true;
}
