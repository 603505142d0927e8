/*
 * hash.c: four lanes of 64 bits, each a chain of the rounds of XXH64 (Yann Collet, xxHash
 * specification), so that it keeps up with reading memory. A round is a bijection of its lane, so
 * two contents that differ in one word never give the same lanes. The end mixes all lanes twice, in
 * different order, to get 128 bits.
 */
#include "base/hash.h"

#include <string.h>

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)

enum { STRIPE = sizeof(((struct hash *)0)->pending) };

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static uint64_t round_of(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static void add_stripe(uint64_t lanes[4], const uint8_t *data)
{
    uint64_t words[4];
    memcpy(words, data, sizeof words);
    for (unsigned i = 0; i < 4; i++)
        lanes[i] = round_of(lanes[i], words[i]);
}

void hash_init(struct hash *hash)
{
    *hash = (struct hash){.lanes = {PRIME_1, PRIME_2, PRIME_3, PRIME_1 ^ PRIME_3}};
}

void hash_add(struct hash *hash, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    size_t pending = hash->bytes % STRIPE;
    if (!bytes)
        return;
    hash->bytes += bytes;
    if (pending) {
        size_t room = STRIPE - pending, taken = bytes < room ? bytes : room;
        memcpy(hash->pending + pending, at, taken);
        if (taken < room)
            return;
        add_stripe(hash->lanes, hash->pending);
        at += taken;
        bytes -= taken;
    }
    uint64_t lanes[4];
    memcpy(lanes, hash->lanes, sizeof lanes);
    for (; bytes >= STRIPE; bytes -= STRIPE, at += STRIPE)
        add_stripe(lanes, at);
    memcpy(hash->lanes, lanes, sizeof lanes);
    memcpy(hash->pending, at, bytes);
}

void hash_add_number(struct hash *hash, uint64_t number)
{
    hash_add(hash, &number, sizeof number);
}

void hash_add_text(struct hash *hash, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    hash_add_number(hash, text ? length : UINT64_MAX);
    hash_add(hash, text ? text : "", length);
}

static uint64_t avalanche(uint64_t word)
{
    word = (word ^ word >> 33) * PRIME_2;
    word = (word ^ word >> 29) * PRIME_3;
    return word ^ word >> 32;
}

struct hash_value hash_get(const struct hash *hash)
{
    uint8_t last[STRIPE] = {0};
    uint64_t lanes[4];
    memcpy(last, hash->pending, hash->bytes % STRIPE);
    memcpy(lanes, hash->lanes, sizeof lanes);
    add_stripe(lanes, last);
    struct hash_value value = {{hash->bytes, ~hash->bytes}};
    for (unsigned i = 0; i < 4; i++) {
        value.words[0] = avalanche(round_of(value.words[0], lanes[i]));
        value.words[1] = avalanche(round_of(value.words[1], lanes[3 - i]));
    }
    return value;
}
