/*
 * drawing.c: the rows of a type: fields in the order of their places, holes between them, and the
 * variants of an enum one behind the other, each with its fields.
 */
#include "report/types/drawing.h"

#include "base/array.h"
#include "report/format/text.h"
#include "report/shared/document.h"
#include "report/shared/place.h"
#include "report/types/types_table.h"

#include <stdlib.h>

enum { BITS = 8 };

struct drawing_row {
    uint64_t bit;   /* LAYOUT_UNKNOWN: nowhere, or not known */
    uint64_t bits;  /* LAYOUT_UNKNOWN */
    unsigned depth; /* of unnamed structs, and in variants */
    bool is_padding, is_variant, is_bit_field;
    const char *name, *type;
};

struct drawing {
    ARRAY(struct drawing_row) rows;
};

/* ---- Rows ------------------------------------------------------------------------------------ */

static uint64_t field_bits(const struct layout_field *field)
{
    if (field->bits)
        return field->bits;
    return field->bytes > UINT32_MAX ? LAYOUT_UNKNOWN : field->bytes * BITS;
}

static int by_place(const void *a, const void *b)
{
    const struct layout_field *x = *(const struct layout_field *const *)a,
                              *y = *(const struct layout_field *const *)b;
    if (x->bit_offset != y->bit_offset)
        return x->bit_offset < y->bit_offset ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void add_hole(struct drawing *drawing, uint64_t bit, uint64_t end, unsigned depth)
{
    array_push(&drawing->rows, (struct drawing_row){.bit = bit,
                                                    .bits = end - bit,
                                                    .depth = depth,
                                                    .is_padding = true,
                                                    .is_bit_field = (bit | end) % BITS != 0});
}

/** Adds fields by place, and the holes between @p bit and @p end if @p has_holes. */
static void add_fields(struct report *report, uint32_t first, uint32_t count, unsigned depth,
                       uint64_t bit, uint64_t end, bool has_holes)
{
    const struct layout_table *table = layouts_of(report);
    const struct layout_field **sorted =
        arena_calloc(&report->arena, (size_t)count + 1, sizeof *sorted);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &table->fields[first + i];
    if (count)
        qsort(sorted, count, sizeof *sorted, by_place);
    for (uint32_t i = 0; i < count; i++) {
        const struct layout_field *field = sorted[i];
        uint64_t bits = field_bits(field);
        bool is_placed = field->bit_offset != LAYOUT_UNKNOWN && bits != LAYOUT_UNKNOWN;
        if (has_holes && field->bit_offset != LAYOUT_UNKNOWN && field->bit_offset > bit)
            add_hole(report->drawing, bit, field->bit_offset, depth);
        array_push(&report->drawing->rows,
                   (struct drawing_row){.bit = field->bit_offset,
                                        .bits = bits,
                                        .depth = depth,
                                        .is_bit_field = field->bits != 0,
                                        .name = field->name      ? field->name
                                                : field->is_base ? "(base class)"
                                                                 : "(unnamed)",
                                        .type = field->type});
        if (field->field_count)
            add_fields(report, field->first_field, field->field_count, depth + 1, field->bit_offset,
                       field->bit_offset + bits, has_holes && is_placed);
        if (is_placed && field->bit_offset + bits > bit)
            bit = field->bit_offset + bits;
    }
    if (has_holes && end > bit)
        add_hole(report->drawing, bit, end, depth);
}

static void add_variants(struct report *report, const struct layout *layout)
{
    const struct layout_table *table = layouts_of(report);
    struct drawing *drawing = report->drawing;
    if (layout->discriminant_bit != LAYOUT_UNKNOWN)
        array_push(&drawing->rows,
                   (struct drawing_row){.bit = layout->discriminant_bit,
                                        .bits = layout->discriminant_bytes <= UINT32_MAX
                                                    ? layout->discriminant_bytes * BITS
                                                    : LAYOUT_UNKNOWN,
                                        .name = layout->is_niche ? "(niche: tells the variants)"
                                                                 : "(tells the variants)"});
    for (uint32_t i = 0; i < layout->variant_count; i++) {
        const struct layout_variant *variant = &table->variants[layout->first_variant + i];
        struct text value = {0};
        if (variant->has_value && variant->is_negative)
            text_addf(&value, "= %lld", (long long)variant->value);
        else if (variant->has_value)
            text_addf(&value, "= %llu", (unsigned long long)variant->value);
        array_push(&drawing->rows,
                   (struct drawing_row){.bit = LAYOUT_UNKNOWN,
                                        .bits = LAYOUT_UNKNOWN,
                                        .is_variant = true,
                                        .name = variant->name ? variant->name : "(unnamed)",
                                        .type = text_keep(&value, &report->arena)});
        add_fields(report, variant->first_field, variant->field_count, 1, 0, 0, false);
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static const struct drawing_row *row_at(struct report *report, uint32_t row)
{
    return &report->drawing->rows.data[row];
}

/** Bytes, and the bits that are left: "4", "4:3". */
static struct cell bits_cell(struct report *report, const struct drawing_row *row, uint64_t bits)
{
    enum style style = row->is_padding ? STYLE_MAYBE : STYLE_PLAIN;
    struct text text = {0};
    if (bits == LAYOUT_UNKNOWN)
        return cell_text(row->is_variant ? "" : "?");
    text_add_count(&text, bits / BITS);
    if (row->is_bit_field)
        text_addf(&text, ":%llu", (unsigned long long)(bits % BITS));
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, style);
}

static struct cell get_offset(struct report *report, uint32_t row)
{
    return bits_cell(report, row_at(report, row), row_at(report, row)->bit);
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    return bits_cell(report, row_at(report, row), row_at(report, row)->bits);
}

static struct cell get_name(struct report *report, uint32_t row)
{
    const struct drawing_row *drawn = row_at(report, row);
    struct text text = {0};
    text_repeat(&text, "  ", drawn->depth);
    text_add(&text, drawn->is_padding ? "padding" : drawn->name);
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, drawn->is_padding   ? STYLE_MAYBE
                               : drawn->is_variant ? STYLE_TITLE
                                                   : STYLE_PLAIN);
}

static struct cell get_type(struct report *report, uint32_t row)
{
    const char *type = row_at(report, row)->type;
    return cell_styled(type ? type : "", STYLE_DIM);
}

static const struct column drawing_columns[] = {
    {NULL, "OFFSET", UNIT_COUNT, get_offset, NULL},
    {NULL, "BYTES", UNIT_COUNT, get_bytes, NULL},
    {NULL, "FIELD", UNIT_NAME, get_name, NULL},
    {NULL, "TYPE", UNIT_NAME, get_type, NULL},
};
static const struct table drawing_table = TABLE(drawing_columns);

/* ---- One type -------------------------------------------------------------------------------- */

static void print_head(struct report *report, const struct layout *layout)
{
    struct text text = {0};
    text_add_clean(&text, layout->name);
    report_print_title(report, text_string(&text));
    text_clear(&text);
    if (layout->bytes == LAYOUT_UNKNOWN)
        text_add(&text, "size not known");
    else
        text_add_bytes_both(&text, layout->bytes);
    if (layout->alignment)
        text_addf(&text, ", aligned to %u", layout->alignment);
    int64_t padding = padding_bytes(layout);
    if (padding > 0)
        text_addf(&text, ", of which %lld padding", (long long)padding);
    uint64_t best = best_bytes(layouts_of(report), layout);
    if (best < layout->bytes)
        text_addf(&text, "; with its fields in the order of their alignment, largest first, %llu B",
                  (unsigned long long)best);
    const char *where = place_text(report, (struct place){layout->file, layout->line});
    if (where)
        text_addf(&text, "; %s", where);
    report_print_wrapped(report, STYLE_PLAIN, text_string(&text), 2);
    text_deinit(&text);
}

void drawing_print(struct report *report, const struct layout *layout)
{
    struct drawing drawing = {0};
    report->drawing = &drawing;
    bool has_holes = padding_bytes(layout) > 0 && !layout->variant_count;
    print_head(report, layout);
    add_fields(report, layout->first_field, layout->field_count, 0, 0, layout->bytes * BITS,
               has_holes);
    add_variants(report, layout);
    struct rows rows = {0};
    rows_push_range(&rows, 0, (uint32_t)drawing.rows.count);
    if (rows.count)
        table_print(report, &drawing_table, rows.data, rows.count);
    else
        screen_print(&report->screen, STYLE_DIM, "no fields\n");
    rows_deinit(&rows);
    array_deinit(&drawing.rows);
    report->drawing = NULL;
}
