/* padding.c: what of a type no field covers. */
#include "load/debug/layouts/internal.h"

struct piece {
    uint64_t bit, end;
};

static int by_bit(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return x->bit < y->bit ? -1 : x->bit > y->bit;
}

struct pieces {
    ARRAY(struct piece) all;
    bool has_unknown; // something lies at a place that is not known
};

static void add_piece(struct pieces *pieces, uint64_t bit, uint64_t bits)
{
    uint64_t end;
    if (bit == LAYOUT_UNKNOWN || __builtin_add_overflow(bit, bits, &end))
        pieces->has_unknown = true;
    else if (bits)
        array_push(&pieces->all, (struct piece){bit, end});
}

static void add_fields(struct pieces *pieces, const struct layout_output *out, uint32_t first,
                       uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct layout_field *field = &out->fields.data[i];
        if (field->field_count) { // which has no name, so its holes are told nowhere else
            add_fields(pieces, out, field->first_field, field->field_count);
            continue;
        }
        bool is_flexible = field->bytes == LAYOUT_UNKNOWN || field->bytes > LAYOUT_UNKNOWN / BITS;
        add_piece(pieces, field->bit_offset,
                  field->bits   ? field->bits
                  : is_flexible ? 0
                                : field->bytes * BITS);
    }
}

uint64_t layout_padding(const struct layout_output *out, const struct layout *layout)
{
    struct pieces pieces = {0};
    uint64_t covered = 0, end = 0;
    if (layout->bytes > LAYOUT_UNKNOWN / BITS)
        return LAYOUT_UNKNOWN;
    if (layout->kind == LAYOUT_ENUM && layout->discriminant_bit == LAYOUT_UNKNOWN &&
        !layout->field_count)
        return 0; // a number
    add_fields(&pieces, out, layout->first_field, layout->field_count);
    for (uint32_t i = 0; i < layout->variant_count; i++) {
        const struct layout_variant *variant = &out->variants.data[layout->first_variant + i];
        add_fields(&pieces, out, variant->first_field, variant->field_count);
    }
    if (layout->discriminant_bit != LAYOUT_UNKNOWN && layout->discriminant_bytes <= MAX_NATURAL)
        add_piece(&pieces, layout->discriminant_bit, layout->discriminant_bytes * BITS);
    if (pieces.all.count)
        qsort(pieces.all.data, pieces.all.count, sizeof *pieces.all.data, by_bit);
    for (size_t i = 0; i < pieces.all.count; i++) {
        const struct piece *piece = &pieces.all.data[i];
        uint64_t bit = piece->bit > end ? piece->bit : end;
        if (piece->end > bit) {
            covered += piece->end - bit;
            end = piece->end;
        }
    }
    array_deinit(&pieces.all);
    return pieces.has_unknown || covered > layout->bytes * BITS ? LAYOUT_UNKNOWN
                                                                : layout->bytes * BITS - covered;
}
