/*
 * layouts.c: structs, unions and enums with their fields.
 *
 * In: the entries that the walk over a unit found. Out: records of the worker, one for all that is
 * described alike (program/layouts.h).
 */
#include "load/debug/layouts/internal.h"

enum { SCOPE_NEW, SCOPE_PLAIN, SCOPE_HAS_VARIANTS };

void layouts_collect(struct unit *unit, const struct entry_data *entry, uint32_t scope)
{
    switch (entry->tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
        if (!has(entry, ATTRIBUTE_DECLARATION) && !has(entry, ATTRIBUTE_SIGNATURE))
            array_push(&unit->layout_entries, (struct layout_entry){entry->at, scope});
    }
}

void layout_output_deinit(struct layout_output *out)
{
    array_deinit(&out->layouts);
    array_deinit(&out->fields);
    array_deinit(&out->variants);
    int_map_deinit(&out->by_hash);
}

/* ---- Types ----------------------------------------------------------------------------------- */

static enum layout_kind kind_of(const struct entry_data *entry)
{
    switch (entry->tag) {
    case DW_TAG_class_type:
        return LAYOUT_CLASS;
    case DW_TAG_union_type:
        return LAYOUT_UNION;
    case DW_TAG_enumeration_type:
        return LAYOUT_ENUM;
    default:
        return LAYOUT_STRUCT;
    }
}

static void add_layout(struct reading *reading, const struct entry_data *entry,
                       const struct entry_data *named, uint64_t hash)
{
    struct worker *worker = reading->worker;
    struct layout layout = {.bytes = type_bytes(worker, entry->unit, entry->at),
                            .alignment = alignment_of(reading, entry->unit, entry->at, 0),
                            .hash = hash,
                            .discriminant_bit = LAYOUT_UNKNOWN,
                            .unit = reading->unit->number,
                            .kind = (uint8_t)kind_of(entry),
                            .language = (uint8_t)reading->unit->language};
    uint64_t file, line;
    layout.name = entry_name(worker, named->unit, named->at);
    if (entry_uint(named, ATTRIBUTE_DECL_FILE, &file)) {
        uint32_t number = line_file(worker, reading->unit, file);
        layout.file = number < worker->files.count ? worker->files.data[number] : NULL;
    }
    if (entry_uint(named, ATTRIBUTE_DECL_LINE, &line) && line <= UINT32_MAX)
        layout.line = (uint32_t)line;
    struct fields fields = read_fields(reading, entry, 0, 0);
    layout.first_field = fields.first;
    layout.field_count = fields.count;
    read_variants(reading, entry, &layout);
    layout.padding_bits = layout_padding(reading->out, &layout);
    array_push(&reading->out->layouts, layout);
}

/** Whether @p scope is a Rust enum: the structs in it are its variants, which are told with it. */
static bool has_variants(struct reading *reading, uint32_t scope)
{
    if (scope == NONE || reading->unit->language != LANGUAGE_RUST)
        return false;
    if (reading->scope_kinds[scope] == SCOPE_NEW) {
        struct entry_data *entry = xmalloc(sizeof *entry);
        struct children *children = xmalloc(sizeof *children);
        const uint8_t *at = reading->unit->start + reading->unit->scopes.data[scope].offset;
        reading->scope_kinds[scope] = SCOPE_PLAIN;
        if (entry_read(reading->worker, reading->unit, at, entry) && is_aggregate(entry->tag)) {
            children_begin(children, reading->worker, entry);
            while (children_next(children))
                if (children->entry.tag == DW_TAG_variant_part)
                    reading->scope_kinds[scope] = SCOPE_HAS_VARIANTS;
        }
        free(children);
        free(entry);
    }
    return reading->scope_kinds[scope] == SCOPE_HAS_VARIANTS;
}

static void read_layout(struct reading *reading, const struct layout_entry *found)
{
    struct worker *worker = reading->worker;
    struct entry_data *named = xmalloc(sizeof *named), *target = xmalloc(sizeof *target);
    const struct entry_data *entry = named;
    bool is_wanted = entry_read(worker, reading->unit, found->at, named);
    if (is_wanted && named->tag == DW_TAG_typedef) {
        // An unnamed type is known by its typedef.
        entry = target;
        is_wanted = read_target(worker, named, target) &&
                    (is_aggregate(target->tag) || target->tag == DW_TAG_enumeration_type) &&
                    !has(target, ATTRIBUTE_NAME) && !has(target, ATTRIBUTE_SPECIFICATION) &&
                    !has(target, ATTRIBUTE_DECLARATION) && !has(target, ATTRIBUTE_SIGNATURE);
    } else if (is_wanted) {
        is_wanted = (has(named, ATTRIBUTE_NAME) || has(named, ATTRIBUTE_SPECIFICATION)) &&
                    !has_variants(reading, found->scope);
    }
    if (is_wanted) {
        const char *name = entry_string(worker, named, ATTRIBUTE_NAME);
        uint64_t hash = layout_hash(reading, entry, name, found->scope);
        if (int_map_get(&reading->out->by_hash, hash) == MAP_NONE) {
            int_map_set(&reading->out->by_hash, hash, 1);
            add_layout(reading, entry, named, hash);
        }
    }
    free(target);
    free(named);
}

void layouts_finish(struct worker *worker, struct unit *unit)
{
    struct reading reading = {.worker = worker, .unit = unit, .out = &worker->layouts};
    size_t scopes = unit->scopes.count + 1;
    if (!unit->layout_entries.count)
        return;
    int_map_init(&reading.alignments);
    reading.scope_hashes = xcalloc(scopes, sizeof *reading.scope_hashes);
    reading.scope_kinds = xcalloc(scopes, sizeof *reading.scope_kinds);
    for (size_t i = 0; i < unit->layout_entries.count; i++)
        read_layout(&reading, &unit->layout_entries.data[i]);
    free(reading.scope_hashes);
    free(reading.scope_kinds);
    int_map_deinit(&reading.alignments);
    array_deinit(&unit->layout_entries);
}
