/*
 * rust.c: those types of Rust that lead to trait objects.
 *
 * In: raw types of a unit that was walked. Out: the same without all that is of no use. rustc
 * describes a pointer to a trait object as a struct with a member "vtable", under the name of the
 * pointer ("&dyn path::Trait", "alloc::boxed::Box<dyn path::Trait, ...>"). Kept are these, and
 * structs, arrays and references that lead to them; of structs only the members that do. A program
 * has a hundred times as many other types, so the rest goes as soon as a unit is walked.
 *
 * Raw pointers are not followed: unsafe code may give them any type before it uses them. Left out
 * are enums, too, whose variants lie over each other.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum { MAX_ROUNDS = 6 }; /* members, elements and references on the way to a trait object */

enum use {
    USE_NONE,
    USE_TABLE, /* the type of a pointer to a vtable */
    USE_LEADS, /* to a trait object */
};

struct prune {
    struct raw_types *raw;
    uint8_t *uses;            /* enum use of each type */
    uint32_t *targets;        /* of each type: the type that it refers to, RAW_NONE */
    uint32_t *member_targets; /* the same of each child */
};

static bool is_reference(const char *name)
{
    return name && (name[0] == '&' || strncmp(name, "alloc::boxed::Box<", 18) == 0);
}

bool rust_type_is_wanted(struct worker *worker, const struct entry_data *entry)
{
    switch (entry->tag) {
    case DW_TAG_structure_type:
    case DW_TAG_array_type:
        return true;
    case DW_TAG_pointer_type:
        return is_reference(entry_string(worker, entry, ATTRIBUTE_NAME));
    }
    return false;
}

static void find_targets(struct prune *prune)
{
    const struct raw_types *raw = prune->raw;
    for (size_t i = 0; i < raw->types.count; i++)
        prune->targets[i] = raw_type_at(raw, raw->types.data[i].target);
    for (size_t i = 0; i < raw->children.count; i++)
        prune->member_targets[i] = raw_type_at(raw, raw->children.data[i].target);
}

/** Finds the pointers to trait objects themselves. */
static void find_trait_objects(struct prune *prune)
{
    const struct raw_types *raw = prune->raw;
    for (size_t i = 0; i < raw->children.count; i++) {
        const struct raw_child *child = &raw->children.data[i];
        const struct raw_type *owner = &raw->types.data[child->owner];
        uint32_t target = prune->member_targets[i];
        if (target == RAW_NONE || !child->name || strcmp(child->name, "vtable") != 0 ||
            !owner->name || !strstr(owner->name, "dyn "))
            continue;
        prune->uses[child->owner] = USE_LEADS;
        if (prune->uses[target] == USE_NONE)
            prune->uses[target] = USE_TABLE;
    }
}

static bool leads(const struct prune *prune, uint32_t target)
{
    return target != RAW_NONE && prune->uses[target] == USE_LEADS;
}

/** One step from what leads to trait objects to what leads to that; false if there was none. */
static bool spread(struct prune *prune)
{
    const struct raw_types *raw = prune->raw;
    bool is_new = false;
    for (size_t i = 0; i < raw->types.count; i++) {
        if (prune->uses[i] == USE_LEADS || !leads(prune, prune->targets[i]))
            continue;
        prune->uses[i] = USE_LEADS;
        is_new = true;
    }
    for (size_t i = 0; i < raw->children.count; i++) {
        uint32_t owner = raw->children.data[i].owner;
        if (prune->uses[owner] == USE_LEADS || !leads(prune, prune->member_targets[i]))
            continue;
        prune->uses[owner] = USE_LEADS;
        is_new = true;
    }
    return is_new;
}

/** Drops what leads nowhere; what is left keeps its order. */
static void drop_rest(struct prune *prune)
{
    struct raw_types *raw = prune->raw;
    size_t types = 0, children = 0, locals = 0;
    for (size_t i = 0; i < raw->locals.count; i++) {
        uint32_t target = raw_type_at(raw, raw->locals.data[i].target);
        if (leads(prune, target))
            raw->locals.data[locals++] = raw->locals.data[i];
    }
    for (size_t i = 0; i < raw->types.count; i++) {
        struct raw_type type = raw->types.data[i];
        size_t first = children;
        for (uint32_t k = type.first; prune->uses[i] && k < type.first + type.count; k++) {
            uint32_t target = prune->member_targets[k];
            if (target == RAW_NONE || !prune->uses[target])
                continue;
            raw->children.data[children] = raw->children.data[k];
            raw->children.data[children++].owner = (uint32_t)types;
        }
        type.first = (uint32_t)first;
        type.count = (uint32_t)(children - first);
        if (prune->uses[i])
            raw->types.data[types++] = type;
    }
    raw->locals.count = locals;
    raw->types.count = types;
    raw->children.count = children;
}

#define SHRINK(array)                                                                              \
    ((array)->capacity = (array)->count + 1,                                                       \
     (array)->data = xrealloc((array)->data, (array)->capacity * sizeof *(array)->data))

void rust_types_prune(struct raw_types *raw)
{
    struct prune prune = {.raw = raw};
    raw->has_details |= raw->has_kept_parameters || raw->has_moved_parameters;
    prune.uses = xcalloc(raw->types.count + 1, sizeof *prune.uses);
    prune.targets = xcalloc(raw->types.count + 1, sizeof *prune.targets);
    prune.member_targets = xcalloc(raw->children.count + 1, sizeof *prune.member_targets);
    find_targets(&prune);
    find_trait_objects(&prune);
    for (int round = 0; round < MAX_ROUNDS && spread(&prune); round++)
        ;
    drop_rest(&prune);
    SHRINK(&raw->types);
    SHRINK(&raw->children);
    SHRINK(&raw->locals);
    free(prune.uses);
    free(prune.targets);
    free(prune.member_targets);
}
