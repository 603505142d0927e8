/*
 * zeroes.c: how many bytes of each owner are zero when the program starts.
 *
 * In: owners, the file's bytes, relocations. Out: owner.zero_bytes. What the loader fills in is not
 * zero, whatever the file holds there. Code, tables and what no variable owns are not counted.
 */
#include "analysis/globals/owners.h"

static bool is_counted(const struct owner *owner)
{
    return owner->kind == OWNER_STATIC || owner->kind == OWNER_CONSTANT ||
           owner->kind == OWNER_ANONYMOUS || owner->kind == OWNER_STRING;
}

static uint64_t zeroes_in(const uint8_t *bytes, uint64_t count)
{
    uint64_t zeroes = 0;
    for (uint64_t i = 0; i < count; i++)
        zeroes += bytes[i] == 0;
    return zeroes;
}

/** Zeroes of the file in [address, address + bytes) that the loader overwrites. */
static uint64_t filled_in(const struct image *image, const uint8_t *data, uint64_t address,
                          uint64_t bytes)
{
    uint64_t filled = 0;
    uint32_t first = image_relocation_from(
        image, address > image->pointer_bytes ? address - image->pointer_bytes + 1 : 0);
    for (uint32_t i = first;
         i < image->relocation_count && image->relocations[i].address < address + bytes; i++)
        for (uint64_t at = 0; at < image->pointer_bytes; at++) {
            uint64_t place = image->relocations[i].address + at - address;
            filled += place < bytes && data[place] == 0;
        }
    return filled < bytes ? filled : bytes;
}

static int64_t zeroes_of(const struct image *image, const struct owner *owner)
{
    if (owner->memory == MEMORY_BSS || owner->memory == MEMORY_TLS_BSS)
        return (int64_t)owner->bytes;
    uint64_t address =
        owner->memory == MEMORY_TLS_DATA ? image->tls_address + owner->address : owner->address;
    const uint8_t *data = image_bytes(image, address, owner->bytes);
    if (!data)
        return -1;
    uint64_t zeroes = zeroes_in(data, owner->bytes);
    uint64_t filled = filled_in(image, data, address, owner->bytes);
    return (int64_t)(filled < zeroes ? zeroes - filled : 0);
}

void globals_count_zeroes(struct program *program)
{
    struct facts *facts = program->facts;
    for (uint32_t i = 0; i < facts->owner_count; i++) {
        struct owner *owner = &facts->owners[i];
        owner->zero_bytes = is_counted(owner) ? zeroes_of(program->images[0], owner) : -1;
    }
}
