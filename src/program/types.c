/* types.c: lookups in the table of types, which is sorted by key. */
#include "program/types.h"

#include "base/search.h"

uint32_t type_find(const struct type_table *table, uint64_t key)
{
    size_t after = search_up_to(table->types, sizeof *table->types, offsetof(struct type, key),
                                table->count, key);
    return after && table->types[after - 1].key == key ? (uint32_t)after - 1 : UINT32_MAX;
}

uint64_t type_hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325ULL; // FNV-1a
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
    return hash;
}

uint64_t type_find_by_name(const struct type_table *table, const char *name, uint32_t unit)
{
    uint64_t hash = type_hash_name(name), found = 0;
    size_t stride = sizeof *table->by_name, offset = offsetof(struct type_by_name, name);
    size_t end = search_up_to(table->by_name, stride, offset, table->by_name_count, hash);
    for (size_t i = end; i > 0 && table->by_name[i - 1].name == hash; i--) {
        if (table->by_name[i - 1].unit != unit)
            continue;
        if (found && found != table->by_name[i - 1].type_key)
            return 0;
        found = table->by_name[i - 1].type_key;
    }
    return found;
}
