/*
 * damage_entry.c: damages an entry of the cache as somebody would who knows how entries are sealed.
 *
 *     damage_entry FILE SEED
 *
 * In: an entry. Out: the same file with a few bytes changed, which depend on the seed, and a hash
 * at its end that fits.
 */
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHANGES = 6, HEADER_BYTES = 112 };

/** Marsaglia's xorshift, 64 bits. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/** Changes bytes behind the header, mostly a little, as that gets further. */
static void damage(uint8_t *data, size_t count, uint64_t seed)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (unsigned i = 0; i < 4; i++)
        next_random(&state);
    for (uint64_t left = next_random(&state) % MOST_CHANGES + 1; left; left--) {
        uint8_t *place = &data[HEADER_BYTES + next_random(&state) % (count - HEADER_BYTES)];
        if (next_random(&state) % 4)
            *place = (uint8_t)(*place + next_random(&state) % 5 - 2);
        else
            *place = (uint8_t)next_random(&state);
    }
}

static void seal(uint8_t *data, size_t count)
{
    struct hash hash;
    hash_init(&hash);
    hash_add(&hash, data, count);
    struct hash_value value = hash_get(&hash);
    memcpy(data + count, &value, sizeof value);
}

static int damage_file(FILE *file, uint64_t seed)
{
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    if (bytes < (long)(2 * HEADER_BYTES))
        return 2;
    uint8_t *data = malloc((size_t)bytes);
    size_t count = (size_t)bytes - sizeof(struct hash_value);
    rewind(file);
    bool is_good = data && fread(data, (size_t)bytes, 1, file) == 1;
    if (is_good) {
        damage(data, count, seed);
        seal(data, count);
        rewind(file);
        is_good = fwrite(data, (size_t)bytes, 1, file) == 1;
    }
    free(data);
    return is_good ? 0 : 2;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[1], "r+") : NULL;
    if (!file)
        return 2;
    int status = damage_file(file, strtoull(argv[2], NULL, 10));
    return fclose(file) == 0 ? status : 2;
}
