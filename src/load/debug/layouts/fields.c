/*
 * fields.c: members of structs, and variants of enums.
 *
 * Rust's enums are structs with a variant part (DWARF 5 section 5.7.10), which names the field that
 * tells the variants apart; a variant without a value of its own is the one whose field has the
 * niche. Left out: member functions, static members, lists of discriminants (DW_AT_discr_list).
 */
#include "load/debug/layouts/internal.h"

#include <string.h>

/** What an unnamed struct or union has is reached as if it were the outer one's. */
static void read_nested(struct reading *reading, const struct entry_data *member, unsigned depth,
                        struct layout_field *field)
{
    struct entry_data *target = xmalloc(sizeof *target);
    if (depth < MAX_NESTING && read_target(reading->worker, member, target) &&
        is_aggregate(target->tag) && !has(target, ATTRIBUTE_NAME) &&
        !has(target, ATTRIBUTE_SPECIFICATION)) {
        struct fields nested = read_fields(reading, target, field->bit_offset, depth + 1);
        field->first_field = nested.first;
        field->field_count = nested.count;
    }
    free(target);
}

static struct layout_field read_field(struct reading *reading, const struct entry_data *member,
                                      uint64_t base, unsigned depth)
{
    struct layout_field field = {
        .name = worker_keep(reading->worker, entry_string(reading->worker, member, ATTRIBUTE_NAME)),
        .bytes = LAYOUT_UNKNOWN,
        .is_base = member->tag == DW_TAG_inheritance,
    };
    struct unit *unit;
    const uint8_t *at;
    uint64_t bits;
    if (entry_reference(reading->worker, member, ATTRIBUTE_TYPE, &unit, &at)) {
        field.type = type_name(reading->worker, reading->unit->language, unit, at);
        field.bytes = type_bytes(reading->worker, unit, at);
        field.alignment = alignment_of(reading, unit, at, 0);
    }
    if (entry_uint(member, ATTRIBUTE_ALIGNMENT, &bits) && bits <= UINT32_MAX)
        field.alignment = (uint32_t)bits;
    if (entry_uint(member, ATTRIBUTE_BIT_SIZE, &bits) && bits <= UINT32_MAX)
        field.bits = (uint32_t)bits;
    field.bit_offset = member_bit(member, field.bytes);
    if (base == LAYOUT_UNKNOWN ||
        (field.bit_offset != LAYOUT_UNKNOWN &&
         __builtin_add_overflow(field.bit_offset, base, &field.bit_offset)))
        field.bit_offset = LAYOUT_UNKNOWN;
    read_nested(reading, member, depth, &field);
    return field;
}

struct fields read_fields(struct reading *reading, const struct entry_data *entry, uint64_t base,
                          unsigned depth)
{
    ARRAY(struct layout_field) own = {0};
    struct children *children = xmalloc(sizeof *children);
    children_begin(children, reading->worker, entry);
    while (children_next(children))
        if (is_field(&children->entry))
            array_push(&own, read_field(reading, &children->entry, base, depth));
    free(children);
    struct fields fields = {(uint32_t)reading->out->fields.count, (uint32_t)own.count};
    for (size_t i = 0; i < own.count; i++)
        array_push(&reading->out->fields, own.data[i]);
    array_deinit(&own);
    return fields;
}

/* ---- Variants -------------------------------------------------------------------------------- */

static bool is_number(const char *name)
{
    return name && *name && strspn(name, "0123456789") == strlen(name);
}

/** A Rust variant: one member, of a struct that has the fields. Coroutines only number them. */
static struct layout_variant read_variant(struct reading *reading, const struct entry_data *entry)
{
    struct layout_variant variant = {0};
    variant.has_value =
        entry_int(entry, ATTRIBUTE_DISCR_VALUE, &variant.value, &variant.is_negative);
    struct children *children = xmalloc(sizeof *children);
    struct entry_data *target = xmalloc(sizeof *target);
    children_begin(children, reading->worker, entry);
    while (children_next(children)) {
        uint64_t offset;
        if (children->entry.tag != DW_TAG_member)
            continue;
        const char *name = entry_string(reading->worker, &children->entry, ATTRIBUTE_NAME);
        if (read_target(reading->worker, &children->entry, target)) {
            const char *type = entry_string(reading->worker, target, ATTRIBUTE_NAME);
            name = !name || (is_number(name) && type) ? type : name;
            bool is_placed = member_offset(&children->entry, &offset) && offset < UINT32_MAX;
            struct fields fields =
                read_fields(reading, target, is_placed ? offset * BITS : LAYOUT_UNKNOWN, 0);
            variant.first_field = fields.first;
            variant.field_count = fields.count;
        }
        variant.name = worker_keep(reading->worker, name);
        break;
    }
    free(target);
    free(children);
    return variant;
}

static void read_discriminant(struct reading *reading, const struct entry_data *part,
                              struct layout *layout)
{
    struct unit *unit, *type_unit;
    const uint8_t *at, *type;
    struct entry_data *member = xmalloc(sizeof *member);
    if (entry_reference(reading->worker, part, ATTRIBUTE_DISCR, &unit, &at) &&
        entry_read(reading->worker, unit, at, member) &&
        entry_reference(reading->worker, member, ATTRIBUTE_TYPE, &type_unit, &type)) {
        layout->discriminant_bytes = type_bytes(reading->worker, type_unit, type);
        layout->discriminant_bit = member_bit(member, layout->discriminant_bytes);
    }
    free(member);
}

static void read_variant_part(struct reading *reading, const struct entry_data *part,
                              struct layout *layout)
{
    struct children *children = xmalloc(sizeof *children);
    layout->kind = LAYOUT_ENUM;
    layout->first_variant = (uint32_t)reading->out->variants.count;
    read_discriminant(reading, part, layout);
    children_begin(children, reading->worker, part);
    while (children_next(children)) {
        if (children->entry.tag != DW_TAG_variant)
            continue;
        struct layout_variant variant = read_variant(reading, &children->entry);
        array_push(&reading->out->variants, variant);
        layout->variant_count++;
        layout->is_niche |= !variant.has_value && layout->discriminant_bit != LAYOUT_UNKNOWN;
    }
    free(children);
}

void read_variants(struct reading *reading, const struct entry_data *entry, struct layout *layout)
{
    struct children *children = xmalloc(sizeof *children);
    children_begin(children, reading->worker, entry);
    while (children_next(children)) {
        if (children->entry.tag == DW_TAG_variant_part) {
            read_variant_part(reading, &children->entry, layout);
        } else if (children->entry.tag == DW_TAG_enumerator) {
            struct layout_variant variant = {
                .name = worker_keep(reading->worker, entry_string(reading->worker, &children->entry,
                                                                  ATTRIBUTE_NAME))};
            variant.has_value = entry_int(&children->entry, ATTRIBUTE_CONST_VALUE, &variant.value,
                                          &variant.is_negative);
            if (!layout->variant_count)
                layout->first_variant = (uint32_t)reading->out->variants.count;
            array_push(&reading->out->variants, variant);
            layout->variant_count++;
        }
    }
    free(children);
}
