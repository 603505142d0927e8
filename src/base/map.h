/*
 * map.h: open-addressing hash maps from an integer or a string to a 32-bit index.
 */
#ifndef DWELL_BASE_MAP_H
#define DWELL_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

/** What a lookup returns when there is no entry. */
#define MAP_NONE UINT32_MAX

/** Keys are 64-bit integers; every key but UINT64_MAX is allowed. */
struct int_map {
    uint64_t *keys;
    uint32_t *values;
    size_t count, capacity; /* capacity is 0 or a power of two */
};

void int_map_init(struct int_map *map);
void int_map_deinit(struct int_map *map);
/** Returns the value of @p key or MAP_NONE. */
uint32_t int_map_get(const struct int_map *map, uint64_t key);
/** Sets @p key to @p value, replacing an earlier value. */
void int_map_set(struct int_map *map, uint64_t key, uint32_t value);

/** Keys are NUL-terminated strings that must outlive the map. */
struct string_map {
    const char **keys;
    uint32_t *hashes;
    uint32_t *values;
    size_t count, capacity;
};

void string_map_init(struct string_map *map);
void string_map_deinit(struct string_map *map);
uint32_t string_map_get(const struct string_map *map, const char *key);
void string_map_set(struct string_map *map, const char *key, uint32_t value);

#endif
