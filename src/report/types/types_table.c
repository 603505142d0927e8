/* types_table.c: types, their fields and variants, as rows. */
#include "report/types/types_table.h"

#include "program/debug.h"
#include "report/shared/function.h"
#include "report/shared/place.h"

const struct layout_table *layouts_of(const struct report *report)
{
    static const struct layout_table none;
    const struct debug_info *debug = report->program->images[0]->debug;
    return debug ? &debug->layouts : &none;
}

enum origin type_origin(const struct report *report, uint32_t row)
{
    return (enum origin)report->facts->type_origins[row];
}

int64_t padding_bytes(const struct layout *layout)
{
    return layout->padding_bits == LAYOUT_UNKNOWN ? -1 : (int64_t)(layout->padding_bits / 8);
}

/* ---- The best order -------------------------------------------------------------------------- */

static bool can_be_reordered(const struct layout_table *table, const struct layout *layout)
{
    bool is_ordered = layout->language == LANGUAGE_C || layout->language == LANGUAGE_CPP;
    if (!is_ordered || layout->kind == LAYOUT_UNION || layout->kind == LAYOUT_ENUM ||
        !layout->alignment || padding_bytes(layout) <= 0)
        return false;
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const struct layout_field *field = &table->fields[layout->first_field + i];
        if (field->is_base || field->bits || !field->alignment ||
            field->alignment > layout->alignment || field->bytes > UINT32_MAX)
            return false;
    }
    return true;
}

uint64_t best_bytes(const struct layout_table *table, const struct layout *layout)
{
    uint64_t end = 0;
    if (!can_be_reordered(table, layout))
        return layout->bytes;
    // Each field's size is a multiple of its alignment, so by falling alignment none leaves a gap.
    for (uint64_t alignment = (uint64_t)1 << 31; alignment; alignment >>= 1)
        for (uint32_t i = 0; i < layout->field_count; i++) {
            const struct layout_field *field = &table->fields[layout->first_field + i];
            if (field->alignment == alignment)
                end = (end + alignment - 1) / alignment * alignment + field->bytes;
        }
    end = (end + layout->alignment - 1) / layout->alignment * layout->alignment;
    return end < layout->bytes ? end : layout->bytes;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static const struct layout_field *field_at(struct report *report, uint32_t row)
{
    return &layouts_of(report)->fields[row];
}

static struct cell field_list(struct report *report, uint32_t first, uint32_t count)
{
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < count; i++)
        list_add(report, first + i);
    return cell_list(report, begin);
}

static struct cell known_number(uint64_t number)
{
    return number == LAYOUT_UNKNOWN ? cell_null() : cell_number(number);
}

/** The byte that a bit lies in. */
static struct cell byte_of(uint64_t bit)
{
    return bit == LAYOUT_UNKNOWN ? cell_null() : cell_number(bit / 8);
}

/** A number that is not known, or does not apply, if it is 0. */
static struct cell number_or_null(uint32_t number)
{
    return number ? cell_number(number) : cell_null();
}

static struct cell get_field_name(struct report *report, uint32_t row)
{
    return cell_text(field_at(report, row)->name);
}

static struct cell get_field_type(struct report *report, uint32_t row)
{
    return cell_text(field_at(report, row)->type);
}

static struct cell get_field_offset(struct report *report, uint32_t row)
{
    return byte_of(field_at(report, row)->bit_offset);
}

static struct cell get_field_bytes(struct report *report, uint32_t row)
{
    return known_number(field_at(report, row)->bytes);
}

static struct cell get_field_alignment(struct report *report, uint32_t row)
{
    return number_or_null(field_at(report, row)->alignment);
}

static struct cell get_field_bits(struct report *report, uint32_t row)
{
    return number_or_null(field_at(report, row)->bits);
}

static struct cell get_field_first_bit(struct report *report, uint32_t row)
{
    const struct layout_field *field = field_at(report, row);
    bool is_known = field->bits && field->bit_offset != LAYOUT_UNKNOWN;
    return is_known ? cell_number(field->bit_offset % 8) : cell_null();
}

static struct cell get_field_is_base(struct report *report, uint32_t row)
{
    return cell_bool(field_at(report, row)->is_base);
}

static struct cell get_field_fields(struct report *report, uint32_t row)
{
    const struct layout_field *field = field_at(report, row);
    return field_list(report, field->first_field, field->field_count);
}

static const struct table field_table;
static const struct column field_columns[] = {
    {"name", NULL, UNIT_NONE, get_field_name, NULL},
    {"type", NULL, UNIT_NONE, get_field_type, NULL},
    {"offset", NULL, UNIT_BYTES, get_field_offset, NULL},
    {"bytes", NULL, UNIT_BYTES, get_field_bytes, NULL},
    {"alignment", NULL, UNIT_BYTES, get_field_alignment, NULL},
    {"bits", NULL, UNIT_COUNT, get_field_bits, NULL},
    {"first_bit", NULL, UNIT_COUNT, get_field_first_bit, NULL},
    {"is_base", NULL, UNIT_NONE, get_field_is_base, NULL},
    {"fields", NULL, UNIT_NONE, get_field_fields, &field_table},
};
static const struct table field_table = TABLE(field_columns);

/* ---- Variants -------------------------------------------------------------------------------- */

static const struct layout_variant *variant_at(struct report *report, uint32_t row)
{
    return &layouts_of(report)->variants[row];
}

static struct cell get_variant_name(struct report *report, uint32_t row)
{
    return cell_text(variant_at(report, row)->name);
}

static struct cell get_variant_value(struct report *report, uint32_t row)
{
    const struct layout_variant *variant = variant_at(report, row);
    if (!variant->has_value)
        return cell_null();
    return variant->is_negative ? cell_integer((int64_t)variant->value)
                                : cell_number(variant->value);
}

static struct cell get_variant_fields(struct report *report, uint32_t row)
{
    const struct layout_variant *variant = variant_at(report, row);
    return field_list(report, variant->first_field, variant->field_count);
}

static const struct column variant_columns[] = {
    {"name", NULL, UNIT_NONE, get_variant_name, NULL},
    {"value", NULL, UNIT_NONE, get_variant_value, NULL},
    {"fields", NULL, UNIT_NONE, get_variant_fields, &field_table},
};
static const struct table variant_table = TABLE(variant_columns);

/* ---- Types ----------------------------------------------------------------------------------- */

static const struct layout *layout_at(struct report *report, uint32_t row)
{
    return &layouts_of(report)->layouts[row];
}

static struct cell get_name(struct report *report, uint32_t row)
{
    return cell_text(layout_at(report, row)->name);
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    return known_number(layout_at(report, row)->bytes);
}

static struct cell get_alignment(struct report *report, uint32_t row)
{
    return number_or_null(layout_at(report, row)->alignment);
}

static struct cell get_padding(struct report *report, uint32_t row)
{
    return cell_signed(padding_bytes(layout_at(report, row)));
}

static struct cell get_best(struct report *report, uint32_t row)
{
    return known_number(best_bytes(layouts_of(report), layout_at(report, row)));
}

/* Said only where it is something to gain. */
static struct cell get_best_text(struct report *report, uint32_t row)
{
    const struct layout *layout = layout_at(report, row);
    uint64_t bytes = best_bytes(layouts_of(report), layout);
    return bytes < layout->bytes ? cell_number(bytes) : cell_text("");
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    static const char *const names[] = {[LAYOUT_STRUCT] = "struct",
                                        [LAYOUT_CLASS] = "class",
                                        [LAYOUT_UNION] = "union",
                                        [LAYOUT_ENUM] = "enum"};
    return cell_text(names[layout_at(report, row)->kind]);
}

static struct place place_of(struct report *report, uint32_t row)
{
    const struct layout *layout = layout_at(report, row);
    return (struct place){layout->file, layout->line};
}

static struct cell get_place(struct report *report, uint32_t row)
{
    return cell_text(place_text(report, place_of(report, row)));
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return cell_file(place_of(report, row));
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return cell_line(place_of(report, row));
}

static struct cell get_origin(struct report *report, uint32_t row)
{
    return cell_text(origin_name(type_origin(report, row)));
}

static struct cell get_discriminant_offset(struct report *report, uint32_t row)
{
    return byte_of(layout_at(report, row)->discriminant_bit);
}

static struct cell get_discriminant_bytes(struct report *report, uint32_t row)
{
    const struct layout *layout = layout_at(report, row);
    bool has_one = layout->discriminant_bit != LAYOUT_UNKNOWN;
    return has_one ? known_number(layout->discriminant_bytes) : cell_null();
}

static struct cell get_is_niche(struct report *report, uint32_t row)
{
    return cell_bool(layout_at(report, row)->is_niche);
}

static struct cell get_fields(struct report *report, uint32_t row)
{
    const struct layout *layout = layout_at(report, row);
    return field_list(report, layout->first_field, layout->field_count);
}

static struct cell get_variants(struct report *report, uint32_t row)
{
    const struct layout *layout = layout_at(report, row);
    return field_list(report, layout->first_variant, layout->variant_count);
}

static const struct column type_columns[] = {
    {"name", NULL, UNIT_NAME, get_name, NULL},
    {"bytes", "BYTES", UNIT_BYTES, get_bytes, NULL},
    {"alignment", "ALIGN", UNIT_BYTES, get_alignment, NULL},
    {"padding_bytes", "PADDING", UNIT_BYTES, get_padding, NULL},
    {"best_bytes", NULL, UNIT_BYTES, get_best, NULL},
    {NULL, "BEST", UNIT_BYTES, get_best_text, NULL},
    {"kind", "KIND", UNIT_NONE, get_kind, NULL},
    {NULL, "NAME", UNIT_NAME, get_name, NULL},
    {NULL, "WHERE", UNIT_PATH, get_place, NULL},
    {"file", NULL, UNIT_PATH, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
    {"origin", NULL, UNIT_NONE, get_origin, NULL},
    {"discriminant_offset", NULL, UNIT_BYTES, get_discriminant_offset, NULL},
    {"discriminant_bytes", NULL, UNIT_BYTES, get_discriminant_bytes, NULL},
    {"is_niche", NULL, UNIT_NONE, get_is_niche, NULL},
    {"fields", NULL, UNIT_NONE, get_fields, &field_table},
    {"variants", NULL, UNIT_NONE, get_variants, &variant_table},
};
const struct table type_table = TABLE(type_columns);
