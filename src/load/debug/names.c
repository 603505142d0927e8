/*
 * names.c: qualified names of entries.
 *
 * In: an entry. Out: "ns::Class::method": its name behind those of the scopes around it. What an
 * entry does not say itself, the entry says that it completes (DW_AT_specification) or was made
 * from (DW_AT_abstract_origin); scopes are then those around that one. Names of scopes are kept
 * for the unit, so that each is put together once.
 *
 * Malformed input can make references circular and nest long names deeply; so there are limits on
 * both, and on the bytes that the names of one unit take.
 */
#include "load/debug/internal.h"

enum { MAX_HOPS = 8, MAX_SCOPES = 64, MAX_NAME = 4096, BUDGET_PER_BYTE = 64, MAX_GRANT = 64 << 10 };

static const char too_long[] = "(name too long)";

void names_reset(struct worker *worker, size_t unit_bytes)
{
    int_map_deinit(&worker->names);
    int_map_init(&worker->names);
    worker->name_texts.count = 0;
    // What is left of the grant of the unit before goes back.
    size_t left =
        worker->name_budget < worker->name_grant ? worker->name_budget : worker->name_grant;
    worker->spare_names += left;
    worker->name_grant = worker->spare_names < MAX_GRANT ? worker->spare_names : MAX_GRANT;
    worker->spare_names -= worker->name_grant;
    worker->name_budget = unit_bytes * BUDGET_PER_BYTE + worker->name_grant;
}

static const char *keep_name(struct worker *worker, const uint8_t *at, const char *text)
{
    int_map_set(&worker->names, (uintptr_t)at, (uint32_t)worker->name_texts.count);
    array_push(&worker->name_texts, text);
    return text;
}

static const char *known_name(struct worker *worker, const uint8_t *at)
{
    uint32_t index = int_map_get(&worker->names, (uintptr_t)at);
    return index == MAP_NONE ? NULL : worker->name_texts.data[index];
}

/** What stands for the name of a scope without one; NULL for functions. */
static const char *anonymous_name(unsigned tag)
{
    switch (tag) {
    case DW_TAG_namespace:
        return "(anonymous namespace)";
    case DW_TAG_structure_type:
        return "(anonymous struct)";
    case DW_TAG_class_type:
        return "(anonymous class)";
    case DW_TAG_union_type:
        return "(anonymous union)";
    case DW_TAG_enumeration_type:
        return "(anonymous enum)";
    }
    return NULL;
}

/** The innermost scope around the entry at @p at, NULL at the top of the unit. */
static const uint8_t *scope_around(const struct unit *unit, const uint8_t *at)
{
    uint32_t offset = (uint32_t)(at - unit->start);
    size_t low = 0, high = unit->scopes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unit->scopes.data[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t scope = low ? (uint32_t)low - 1 : NONE;
    while (scope != NONE && unit->scopes.data[scope].end <= offset)
        scope = unit->scopes.data[scope].parent;
    return scope == NONE ? NULL : unit->start + unit->scopes.data[scope].offset;
}

/** One name on the way from an entry to the top of its unit. */
struct component {
    const uint8_t *at; // the entry that was asked for
    const char *text;
};

/** The name of the type unit's entry that a declaration without a name stands for. */
static const char *signature_name(struct worker *worker, const struct entry_data *entry)
{
    struct unit *unit;
    const uint8_t *at;
    struct entry_data target;
    if (!entry_reference(worker, entry, ATTRIBUTE_SIGNATURE, &unit, &at) ||
        !entry_read(worker, unit, at, &target))
        return NULL;
    return entry_string(worker, &target, ATTRIBUTE_NAME);
}

/**
 * Finds the name of the entry at *@p at and moves both to the scope around it (NULL: none); the
 * name is that of what it completes where it has none of its own.
 */
static struct component take_component(struct worker *worker, struct unit **unit,
                                       const uint8_t **at)
{
    struct entry_data entry;
    struct component component = {.at = *at};
    const char *linkage_name = NULL;
    unsigned tag = 0;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
        if (!entry_read(worker, *unit, *at, &entry))
            break;
        tag = tag ? tag : entry.tag;
        if (!component.text)
            component.text = entry_string(worker, &entry, ATTRIBUTE_NAME);
        if (!component.text)
            component.text = signature_name(worker, &entry);
        if (!linkage_name)
            linkage_name = entry_string(worker, &entry, ATTRIBUTE_LINKAGE_NAME);
        if (!entry_reference(worker, &entry, ATTRIBUTE_SPECIFICATION, unit, at) &&
            !entry_reference(worker, &entry, ATTRIBUTE_ORIGIN, unit, at))
            break;
    }
    if (!component.text)
        component.text = linkage_name ? linkage_name : anonymous_name(tag);
    *at = scope_around(*unit, *at);
    return component;
}

/** Appends a component to the name of what is around it, NULL for nothing. */
static const char *join(struct worker *worker, const char *outer, const struct component *inner)
{
    size_t outer_length = outer ? strlen(outer) : 0, inner_length = strnlen(inner->text, MAX_NAME);
    size_t length = outer_length + (outer ? 2 : 0) + inner_length;
    if (length >= MAX_NAME || length > worker->name_budget)
        return keep_name(worker, inner->at, too_long);
    worker->name_budget -= length;
    char *text = arena_alloc(&worker->arena, length + 1);
    if (outer) {
        memcpy(text, outer, outer_length);
        memcpy(text + outer_length, "::", 2);
    }
    memcpy(text + length - inner_length, inner->text, inner_length);
    return keep_name(worker, inner->at, text);
}

const char *entry_name(struct worker *worker, struct unit *unit, const uint8_t *at)
{
    struct component components[MAX_SCOPES];
    size_t count = 0;
    const char *name = known_name(worker, at);
    for (int steps = 0; !name && at && steps < MAX_SCOPES; steps++) {
        components[count] = take_component(worker, &unit, &at);
        // clang leaves some functions that only hold statics without a name: pass over them.
        count += components[count].text || count == 0;
        name = at ? known_name(worker, at) : NULL;
    }
    if (count > 0 && !components[0].text)
        components[0].text = "(unnamed)";
    while (count > 0)
        name = join(worker, name, &components[--count]);
    return name;
}
