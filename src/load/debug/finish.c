/*
 * finish.c: raw records get what other entries say of them.
 *
 * In: a unit that was walked; the scopes of all units. Out: records with names, types, files and
 * lines. An entry may leave what it says to a declaration or to the abstract function that it was
 * made from, perhaps in another unit; the file numbers there are those of that unit's line table.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum { MAX_HOPS = 8 };

/** What an entry, and those that it refers to, say. */
struct description {
    const char *linkage_name;
    uint32_t file, line;
    bool is_external, is_noreturn;
    struct unit *type_unit;
    const uint8_t *type; // NULL if none
};

static void describe_hop(struct worker *worker, const struct entry_data *entry,
                         struct description *ret)
{
    uint64_t value;
    if (!ret->linkage_name)
        ret->linkage_name = entry_string(worker, entry, ATTRIBUTE_LINKAGE_NAME);
    if (ret->file == UINT32_MAX && entry_uint(entry, ATTRIBUTE_DECL_FILE, &value))
        ret->file = line_file(worker, entry->unit, value);
    if (ret->line == 0 && entry_uint(entry, ATTRIBUTE_DECL_LINE, &value) && value <= UINT32_MAX)
        ret->line = (uint32_t)value;
    ret->is_external |= entry_flag(entry, ATTRIBUTE_EXTERNAL);
    ret->is_noreturn |= entry_flag(entry, ATTRIBUTE_NORETURN);
    if (!ret->type)
        entry_reference(worker, entry, ATTRIBUTE_TYPE, &ret->type_unit, &ret->type);
}

static struct description describe(struct worker *worker, struct unit *unit, const uint8_t *at)
{
    struct description description = {.file = UINT32_MAX};
    struct entry_data entry;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
        if (!entry_read(worker, unit, at, &entry))
            break;
        describe_hop(worker, &entry, &description);
        if (!entry_reference(worker, &entry, ATTRIBUTE_SPECIFICATION, &unit, &at) &&
            !entry_reference(worker, &entry, ATTRIBUTE_ORIGIN, &unit, &at))
            break;
    }
    return description;
}

const char *worker_keep(struct worker *worker, const char *text)
{
    size_t length = text ? strnlen(text, worker->name_budget) : 0;
    if (!text || length == worker->name_budget) {
        // Else one string after the other would be gone through for nothing.
        worker->name_budget = text ? 0 : worker->name_budget;
        return NULL;
    }
    worker->name_budget -= length;
    return arena_strdup(&worker->arena, text);
}

static void finish_functions(struct worker *worker, struct unit *unit)
{
    struct unit_records *records = &unit->records;
    for (size_t i = 0; i < records->functions.count; i++) {
        struct debug_function *function = &records->functions.data[i];
        const uint8_t *at = records->function_entries.data[i];
        struct description description = describe(worker, unit, at);
        function->name = entry_name(worker, unit, at);
        function->linkage_name = worker_keep(worker, description.linkage_name);
        function->file = description.file;
        function->line = description.line;
        function->is_external = description.is_external;
        function->is_noreturn = description.is_noreturn;
        function->type_key = type_key_of_function(worker, unit, at);
        if (description.type && unit->language == LANGUAGE_RUST)
            function->result_key =
                type_key_of_variable(worker, description.type_unit, description.type);
    }
}

static void finish_inlined(struct worker *worker, struct unit *unit)
{
    struct unit_records *records = &unit->records;
    for (size_t i = 0; i < records->inlined.count; i++) {
        struct debug_inlined *inlined = &records->inlined.data[i];
        const uint8_t *at = records->inlined_entries.data[i];
        struct unit *origin = unit;
        if (at < unit->root || at >= unit->end)
            origin = worker_find_unit(worker, at);
        inlined->name = entry_name(worker, origin, at);
        if (inlined->call_file != UINT32_MAX)
            inlined->call_file = line_file(worker, unit, inlined->call_file);
    }
}

static bool is_vtable(const struct unit *unit, const char *name)
{
    size_t length = strlen(name);
    return unit->language == LANGUAGE_RUST && length > 8 &&
           (strcmp(name + length - 8, "{vtable}") == 0 ||
            strcmp(name + length - 8, "::vtable") == 0);
}

static void finish_variables(struct worker *worker, struct unit *unit)
{
    struct unit_records *records = &unit->records;
    for (size_t i = 0; i < records->variables.count; i++) {
        struct debug_variable *variable = &records->variables.data[i];
        const uint8_t *at = records->variable_entries.data[i];
        struct description description = describe(worker, unit, at);
        variable->name = entry_name(worker, unit, at);
        variable->linkage_name = worker_keep(worker, description.linkage_name);
        variable->file = description.file;
        variable->line = description.line;
        if (description.type) {
            variable->type =
                type_name(worker, unit->language, description.type_unit, description.type);
            variable->bytes = type_bytes(worker, description.type_unit, description.type);
            variable->type_key =
                type_key_of_variable(worker, description.type_unit, description.type);
        }
        if (variable->kind == DEBUG_STATIC && is_vtable(unit, variable->name))
            variable->kind = DEBUG_VTABLE;
    }
}

/* ---- Order ----------------------------------------------------------------------------------- */

static int by_range(const void *a, const void *b)
{
    const struct debug_inlined *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_address(const void *a, const void *b)
{
    const struct debug_function *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void finish_unit(struct worker *worker, struct unit *unit)
{
    const char *name = worker_keep(worker, unit->name),
               *producer = worker_keep(worker, unit->producer);
    unit->result = (struct debug_unit){
        .name = name ? name : "",
        .directory = worker_keep(worker, unit->directory),
        .producer = producer ? producer : "",
        .language = unit->language,
        .has_folded = unit->types.has_folded,
        .has_details = unit->types.has_details,
        .keeps_parameters = unit->types.has_kept_parameters && !unit->types.has_moved_parameters,
    };
}

void unit_finish(struct worker *worker, struct unit *unit)
{
    struct unit_records *records = &unit->records;
    names_reset(worker, (size_t)(unit->end - unit->start));
    finish_unit(worker, unit);
    types_finish(worker, unit);
    layouts_finish(worker, unit);
    finish_functions(worker, unit);
    finish_inlined(worker, unit);
    finish_variables(worker, unit);
    if (records->functions.count)
        qsort(records->functions.data, records->functions.count, sizeof *records->functions.data,
              by_address);
    if (records->inlined.count)
        qsort(records->inlined.data, records->inlined.count, sizeof *records->inlined.data,
              by_range);
    array_deinit(&records->function_entries);
    array_deinit(&records->inlined_entries);
    array_deinit(&records->variable_entries);
}
