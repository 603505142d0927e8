/*
 * shape.c: what bytes without a name look like. Only shapes that hardly arise by chance
 * are recognized; everything else stays anonymous.
 */
#include "analysis/globals/owners.h"
#include "arch/arch.h"

/** Length of the UTF-8 character at @p data if it is printable, 0 otherwise. */
static unsigned printable_character(const uint8_t *data, uint64_t bytes)
{
    uint8_t first = data[0];
    if ((first >= 0x20 && first < 0x7f) || (first >= 7 && first <= 13) || first == 0x1b)
        return 1;
    unsigned length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (first >= 0xf5 || length > bytes)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

uint64_t shape_c_string(const uint8_t *data, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        if (!data[at])
            return at + 1;
        unsigned length = printable_character(data + at, bytes - at);
        if (!length)
            return 0;
        at += length;
    }
    return 0;
}

bool shape_is_text(const uint8_t *data, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        unsigned length = printable_character(data + at, bytes - at);
        if (!length)
            return false;
        at += length;
    }
    return bytes > 0;
}

static bool holds_function(const struct image *image, uint64_t address)
{
    const struct relocation *relocation = image_relocation_at(image, address);
    return relocation && relocation->function != NONE;
}

static bool plain_word(const struct image *image, uint64_t address, uint64_t *ret)
{
    return !image_relocation_at(image, address) &&
           image_read(image, address, image->pointer_bytes, ret);
}

uint64_t shape_rust_vtable(const struct program *program, uint32_t image_index, uint64_t address,
                           uint64_t bytes)
{
    const struct image *image = program->images[image_index];
    uint64_t word = image->pointer_bytes, drop = 0, size, alignment;
    if (bytes < 3 * word || address % word)
        return 0;
    bool has_drop = holds_function(image, address);
    if (!has_drop && (!plain_word(image, address, &drop) || drop))
        return 0;
    if (!plain_word(image, address + word, &size) ||
        !plain_word(image, address + 2 * word, &alignment))
        return 0;
    if (!alignment || (alignment & (alignment - 1)) || alignment > (1u << 29) || size % alignment ||
        size > (1ull << 40))
        return 0;
    uint64_t length = 3 * word;
    while (length + word <= bytes && holds_function(image, address + length))
        length += word;
    return has_drop || length > 3 * word ? length : 0;
}

static bool is_code_padding(const struct image *image, const uint8_t *data, uint64_t address,
                            uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        struct effect effect = {0};
        if (!data[at]) {
            at++;
            continue;
        }
        image->arch->decode(data + at, bytes - at, address + at, &effect);
        if (!effect.length || !effect.is_padding)
            return false;
        at += effect.length;
    }
    return true;
}

bool shape_is_padding(const struct image *image, uint64_t address, uint64_t bytes, bool is_code)
{
    uint32_t index = image_segment_at(image, address);
    if (index == NONE)
        return false;
    const struct segment *segment = &image->segments[index];
    uint64_t at = address - segment->address;
    uint64_t in_file = at < segment->file_bytes ? segment->file_bytes - at : 0;
    if (in_file > bytes)
        in_file = bytes;
    const uint8_t *data = in_file ? image_bytes(image, address, in_file) : NULL;
    if (is_code && image->arch && data)
        return is_code_padding(image, data, address, in_file);
    for (uint64_t i = 0; i < in_file; i++)
        if (data[i])
            return false;
    return true;
}
