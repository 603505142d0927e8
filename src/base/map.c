/*
 * map.c: linear probing over power-of-two tables, at most five eighths full.
 * Integer keys are mixed with the finalizer of MurmurHash3; strings use FNV-1a.
 */
#include "base/map.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define EMPTY_KEY UINT64_MAX

static uint64_t mix(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    return key ^ (key >> 33);
}

static uint32_t hash_string(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
    return (uint32_t)mix(hash);
}

static size_t grown_capacity(size_t capacity)
{
    return capacity ? capacity * 2 : 64;
}

void int_map_init(struct int_map *map)
{
    *map = (struct int_map){0};
}

void int_map_deinit(struct int_map *map)
{
    free(map->keys);
    free(map->values);
    *map = (struct int_map){0};
}

static size_t int_map_slot(const struct int_map *map, uint64_t key)
{
    size_t slot = mix(key) & (map->capacity - 1);
    while (map->keys[slot] != key && map->keys[slot] != EMPTY_KEY)
        slot = (slot + 1) & (map->capacity - 1);
    return slot;
}

uint32_t int_map_get(const struct int_map *map, uint64_t key)
{
    if (!map->capacity)
        return MAP_NONE;
    size_t slot = int_map_slot(map, key);
    return map->keys[slot] == key && key != EMPTY_KEY ? map->values[slot] : MAP_NONE;
}

static void int_map_grow(struct int_map *map)
{
    struct int_map old = *map;
    map->capacity = grown_capacity(old.capacity);
    map->keys = xmalloc(map->capacity * sizeof *map->keys);
    map->values = xmalloc(map->capacity * sizeof *map->values);
    memset(map->keys, 0xff, map->capacity * sizeof *map->keys);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.keys[i] == EMPTY_KEY)
            continue;
        size_t slot = int_map_slot(map, old.keys[i]);
        map->keys[slot] = old.keys[i];
        map->values[slot] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

void int_map_set(struct int_map *map, uint64_t key, uint32_t value)
{
    if (key == EMPTY_KEY)
        return;
    if ((map->count + 1) * 8 > map->capacity * 5)
        int_map_grow(map);
    size_t slot = int_map_slot(map, key);
    if (map->keys[slot] != key) {
        map->keys[slot] = key;
        map->count++;
    }
    map->values[slot] = value;
}

void string_map_init(struct string_map *map)
{
    *map = (struct string_map){0};
}

void string_map_deinit(struct string_map *map)
{
    free(map->keys);
    free(map->hashes);
    free(map->values);
    *map = (struct string_map){0};
}

static size_t string_map_slot(const struct string_map *map, const char *key, uint32_t hash)
{
    size_t slot = hash & (map->capacity - 1);
    while (map->keys[slot] && (map->hashes[slot] != hash || strcmp(map->keys[slot], key) != 0))
        slot = (slot + 1) & (map->capacity - 1);
    return slot;
}

uint32_t string_map_get(const struct string_map *map, const char *key)
{
    if (!map->capacity)
        return MAP_NONE;
    size_t slot = string_map_slot(map, key, hash_string(key));
    return map->keys[slot] ? map->values[slot] : MAP_NONE;
}

static void string_map_grow(struct string_map *map)
{
    struct string_map old = *map;
    map->capacity = grown_capacity(old.capacity);
    map->keys = xcalloc(map->capacity, sizeof *map->keys);
    map->hashes = xmalloc(map->capacity * sizeof *map->hashes);
    map->values = xmalloc(map->capacity * sizeof *map->values);
    for (size_t i = 0; i < old.capacity; i++) {
        if (!old.keys[i])
            continue;
        size_t slot = old.hashes[i] & (map->capacity - 1);
        while (map->keys[slot])
            slot = (slot + 1) & (map->capacity - 1);
        map->keys[slot] = old.keys[i];
        map->hashes[slot] = old.hashes[i];
        map->values[slot] = old.values[i];
    }
    free(old.keys);
    free(old.hashes);
    free(old.values);
}

void string_map_set(struct string_map *map, const char *key, uint32_t value)
{
    if ((map->count + 1) * 8 > map->capacity * 5)
        string_map_grow(map);
    uint32_t hash = hash_string(key);
    size_t slot = string_map_slot(map, key, hash);
    if (!map->keys[slot]) {
        map->keys[slot] = key;
        map->hashes[slot] = hash;
        map->count++;
    }
    map->values[slot] = value;
}
