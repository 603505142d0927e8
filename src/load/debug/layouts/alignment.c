/*
 * alignment.c: how types are aligned.
 *
 * C and C++ do not say it unless the source does; then it is the largest of the members' (x86-64
 * psABI section 3.1.2), or 1 if a member's place or the size shows that the type is packed. Left
 * out: packed types whose members lie where they would lie anyway.
 */
#include "load/debug/layouts/internal.h"

#include "program/program.h"

#include <string.h>

static uint32_t natural(const struct reading *reading, uint64_t bytes)
{
    bool is_power = bytes && !(bytes & (bytes - 1)) && bytes <= MAX_NATURAL;
    // The i386 psABI aligns nothing in a struct to more than a word.
    bool is_i386 = reading->unit->address_bytes == 4 && !reading->worker->session->image->arch &&
                   strcmp(reading->worker->session->image->machine, "unknown") == 0;
    return !is_power ? 0 : is_i386 && bytes > 4 ? 4 : (uint32_t)bytes;
}

/** Whether a member lies where one of a type that is aligned to @p alignment would not. */
static bool is_misplaced(struct worker *worker, const struct entry_data *member, uint32_t alignment)
{
    struct unit *unit;
    const uint8_t *at;
    uint64_t offset, bits;
    if (!alignment || !entry_reference(worker, member, ATTRIBUTE_TYPE, &unit, &at))
        return false;
    if (!entry_uint(member, ATTRIBUTE_BIT_SIZE, &bits))
        return member_offset(member, &offset) && offset % alignment;
    // A bit field does not cross a boundary of its type (x86-64 psABI section 3.1.2).
    uint64_t bytes = type_bytes(worker, unit, at), bit = member_bit(member, bytes);
    return bit != LAYOUT_UNKNOWN && bits && bytes && bytes <= MAX_NATURAL &&
           bit / (bytes * BITS) != (bit + bits - 1) / (bytes * BITS);
}

/** The largest alignment of a struct's members; 1 if one of them shows that it is packed. */
static uint32_t aggregate_alignment(struct reading *reading, const struct entry_data *entry,
                                    unsigned depth)
{
    uint64_t bytes = LAYOUT_UNKNOWN;
    uint32_t largest = 1;
    struct children *children = xmalloc(sizeof *children);
    children_begin(children, reading->worker, entry);
    while (children_next(children)) {
        struct unit *unit;
        const uint8_t *at;
        if (!is_field(&children->entry) ||
            !entry_reference(reading->worker, &children->entry, ATTRIBUTE_TYPE, &unit, &at))
            continue;
        uint32_t alignment = alignment_of(reading, unit, at, depth + 1);
        uint64_t said;
        if (entry_uint(&children->entry, ATTRIBUTE_ALIGNMENT, &said) && said <= UINT32_MAX)
            alignment = (uint32_t)said;
        bool is_packed = is_misplaced(reading->worker, &children->entry, alignment);
        if (!alignment || is_packed) {
            largest = is_packed ? 1 : 0;
            break;
        }
        if (alignment > largest)
            largest = alignment;
    }
    free(children);
    entry_uint(entry, ATTRIBUTE_BYTE_SIZE, &bytes);
    return largest && bytes != LAYOUT_UNKNOWN && bytes % largest ? 1 : largest;
}

static uint32_t read_alignment(struct reading *reading, const struct entry_data *entry,
                               unsigned depth)
{
    uint64_t bytes = 0, value;
    uint32_t alignment;
    struct unit *unit;
    const uint8_t *at;
    entry_uint(entry, ATTRIBUTE_BYTE_SIZE, &bytes);
    if (entry_uint(entry, ATTRIBUTE_ALIGNMENT, &value))
        return value <= UINT32_MAX ? (uint32_t)value : 0;
    if (entry_reference(reading->worker, entry, ATTRIBUTE_SIGNATURE, &unit, &at))
        return alignment_of(reading, unit, at, depth + 1);
    if (has(entry, ATTRIBUTE_DECLARATION))
        return 0;
    switch (entry->tag) {
    case DW_TAG_base_type:
        if (!entry_uint(entry, ATTRIBUTE_ENCODING, &value))
            return 0;
        return natural(reading, value == DW_ATE_complex_float ? bytes / 2 : bytes);
    case DW_TAG_enumeration_type:
        return natural(reading, bytes);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
    case DW_TAG_ptr_to_member_type:
    case DW_TAG_unspecified_type: // nullptr_t
        return entry->unit->address_bytes;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return aggregate_alignment(reading, entry, depth);
    }
    if (!entry_reference(reading->worker, entry, ATTRIBUTE_TYPE, &unit, &at))
        return 0;
    alignment = alignment_of(reading, unit, at, depth + 1);
    if (entry->tag != DW_TAG_atomic_type && !has(entry, ATTRIBUTE_GNU_VECTOR))
        return alignment;
    uint64_t whole = type_bytes(reading->worker, entry->unit, entry->at);
    if (has(entry, ATTRIBUTE_GNU_VECTOR))
        return whole && !(whole & (whole - 1)) && whole <= UINT32_MAX ? (uint32_t)whole : 0;
    uint32_t own = natural(reading, whole);
    return own > alignment ? own : alignment;
}

uint32_t alignment_of(struct reading *reading, struct unit *unit, const uint8_t *at, unsigned depth)
{
    uint32_t known = int_map_get(&reading->alignments, (uintptr_t)at);
    if (known != MAP_NONE)
        return known;
    struct entry_data *entry = xmalloc(sizeof *entry);
    uint32_t alignment = depth < 4 * MAX_NESTING && entry_read(reading->worker, unit, at, entry)
                             ? read_alignment(reading, entry, depth)
                             : 0;
    free(entry);
    int_map_set(&reading->alignments, (uintptr_t)at, alignment);
    return alignment;
}
