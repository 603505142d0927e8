/*
 * children.c: the entries below one, and where members lie.
 */
#include "load/debug/layouts/internal.h"

void children_begin(struct children *children, struct worker *worker,
                    const struct entry_data *parent)
{
    children->worker = worker;
    children->unit = parent->unit;
    children->next = parent->has_children ? parent->end : NULL;
}

/** Finds the end of what is below the present child. */
static const uint8_t *behind_subtree(struct children *children)
{
    const uint8_t *at = children->entry.end;
    struct unit *unit;
    const uint8_t *sibling;
    if (entry_reference(children->worker, &children->entry, ATTRIBUTE_SIBLING, &unit, &sibling) &&
        unit == children->unit && sibling > at)
        return sibling;
    struct entry_data *below = xmalloc(sizeof *below);
    for (size_t depth = 1; depth > 0;) {
        if (at >= children->unit->end ||
            (*at && !entry_read(children->worker, children->unit, at, below))) {
            at = NULL;
            break;
        }
        depth = *at == 0 ? depth - 1 : depth + below->has_children;
        at = *at == 0 ? at + 1 : below->end;
    }
    free(below);
    return at;
}

bool children_next(struct children *children)
{
    const uint8_t *at = children->next;
    if (!at || at >= children->unit->end || *at == 0 ||
        !entry_read(children->worker, children->unit, at, &children->entry))
        return false;
    children->next = children->entry.has_children ? behind_subtree(children) : children->entry.end;
    return true;
}

bool read_target(struct worker *worker, const struct entry_data *entry, struct entry_data *ret)
{
    struct unit *unit;
    const uint8_t *at;
    return entry_reference(worker, entry, ATTRIBUTE_TYPE, &unit, &at) &&
           entry_read(worker, unit, at, ret);
}

bool is_aggregate(unsigned tag)
{
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_field(const struct entry_data *entry)
{
    bool is_member = entry->tag == DW_TAG_member && !entry_flag(entry, ATTRIBUTE_EXTERNAL) &&
                     !entry_flag(entry, ATTRIBUTE_DECLARATION);
    return is_member || entry->tag == DW_TAG_inheritance;
}

/* ---- Places ---------------------------------------------------------------------------------- */

bool member_offset(const struct entry_data *member, uint64_t *ret)
{
    struct bytes expression;
    *ret = 0;
    if (!has(member, ATTRIBUTE_MEMBER_LOCATION))
        return true;
    if (entry_uint(member, ATTRIBUTE_MEMBER_LOCATION, ret))
        return true;
    if (!entry_expression(member, ATTRIBUTE_MEMBER_LOCATION, &expression))
        return false;
    struct reader reader = reader_at(expression, 0); // as DWARF 2 has it
    if (reader_uint(&reader, 1) != DW_OP_plus_uconst)
        return false;
    *ret = reader_uleb(&reader);
    return !reader.failed && !reader_left(&reader);
}

/* DWARF 3 counts a bit field from the highest bit of what it is stored in, below zero where it goes
 * on behind that (section 5.5.6). */
uint64_t member_bit(const struct entry_data *member, uint64_t bytes)
{
    uint64_t offset, bit, bits, storage;
    bool is_negative;
    if (entry_uint(member, ATTRIBUTE_DATA_BIT_OFFSET, &bit))
        return bit;
    if (!member_offset(member, &offset) || offset > INT64_MAX / BITS)
        return LAYOUT_UNKNOWN;
    if (!entry_int(member, ATTRIBUTE_BIT_OFFSET, &bit, &is_negative) ||
        !entry_uint(member, ATTRIBUTE_BIT_SIZE, &bits))
        return offset * BITS;
    if (!entry_uint(member, ATTRIBUTE_BYTE_SIZE, &storage))
        storage = bytes;
    if (storage > MAX_NATURAL || bits > MAX_NATURAL * BITS)
        return LAYOUT_UNKNOWN;
    // clang writes a number below zero as a large one.
    int64_t from_top = (int64_t)bit;
    if (from_top < INT8_MIN || from_top + (int64_t)bits > (int64_t)(storage * BITS))
        return LAYOUT_UNKNOWN;
    return (offset + storage) * BITS - bit - bits;
}
