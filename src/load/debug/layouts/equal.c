/*
 * equal.c: a hash of what an entry and its members say, to tell equal types before any name of
 * theirs is written, since each C unit describes its headers again.
 */
#include "load/debug/layouts/internal.h"

#include "base/hash.h"

static void hash_attribute(struct hash *hash, const struct entry_data *entry,
                           enum attribute attribute)
{
    uint64_t value;
    bool is_negative;
    if (!entry_int(entry, attribute, &value, &is_negative))
        value = LAYOUT_UNKNOWN;
    hash_add_number(hash, value);
}

static void hash_string(struct hash *hash, struct worker *worker, const struct entry_data *entry)
{
    const char *name = entry_string(worker, entry, ATTRIBUTE_NAME);
    hash_add_text(hash, name ? name : "");
}

/** The names around, so that types of one name in several name spaces differ. */
static uint64_t scope_hash(struct reading *reading, uint32_t scope)
{
    if (scope == NONE)
        return 1;
    if (reading->scope_hashes[scope])
        return reading->scope_hashes[scope];
    const struct scope *around = &reading->unit->scopes.data[scope];
    struct entry_data *entry = xmalloc(sizeof *entry);
    struct hash hash;
    hash_init(&hash);
    // Scopes stand behind those that they are in, so this ends.
    hash_add_number(&hash, around->parent < scope ? scope_hash(reading, around->parent) : 1);
    if (entry_read(reading->worker, reading->unit, reading->unit->start + around->offset, entry) &&
        entry->tag != DW_TAG_compile_unit)
        hash_string(&hash, reading->worker, entry);
    free(entry);
    return reading->scope_hashes[scope] = hash_get(&hash).words[0] | 1;
}

static void hash_members(struct hash *hash, struct worker *worker, const struct entry_data *entry,
                         unsigned depth)
{
    struct children *children = xmalloc(sizeof *children);
    struct entry_data *target = xmalloc(sizeof *target);
    children_begin(children, worker, entry);
    while (depth < MAX_NESTING && children_next(children)) {
        const struct entry_data *child = &children->entry;
        bool is_variant = child->tag == DW_TAG_variant_part || child->tag == DW_TAG_variant;
        if (!is_field(child) && child->tag != DW_TAG_enumerator && !is_variant)
            continue;
        hash_add_number(hash, child->tag);
        hash_string(hash, worker, child);
        hash_attribute(hash, child, ATTRIBUTE_MEMBER_LOCATION);
        hash_attribute(hash, child, ATTRIBUTE_DATA_BIT_OFFSET);
        hash_attribute(hash, child, ATTRIBUTE_BIT_OFFSET);
        hash_attribute(hash, child, ATTRIBUTE_BIT_SIZE);
        hash_attribute(hash, child, ATTRIBUTE_CONST_VALUE);
        hash_attribute(hash, child, ATTRIBUTE_DISCR_VALUE);
        if (read_target(worker, child, target)) {
            hash_add_number(hash, target->tag);
            hash_string(hash, worker, target);
            hash_attribute(hash, target, ATTRIBUTE_BYTE_SIZE);
            if (!has(target, ATTRIBUTE_NAME) && is_aggregate(target->tag))
                hash_members(hash, worker, target, depth + 1);
        }
        if (is_variant)
            hash_members(hash, worker, child, depth + 1);
    }
    free(target);
    free(children);
}

uint64_t layout_hash(struct reading *reading, const struct entry_data *entry, const char *name,
                     uint32_t scope)
{
    struct hash hash;
    hash_init(&hash);
    hash_add_number(&hash, scope_hash(reading, scope));
    hash_add_number(&hash, entry->tag);
    hash_add_text(&hash, name ? name : "");
    hash_attribute(&hash, entry, ATTRIBUTE_BYTE_SIZE);
    hash_attribute(&hash, entry, ATTRIBUTE_ALIGNMENT);
    hash_members(&hash, reading->worker, entry, 0);
    uint64_t value = hash_get(&hash).words[0];
    return value == UINT64_MAX ? 0 : value; // which the map does not take
}
