/*
 * discover.c: functions that neither a symbol nor an unwind table describes (a stripped program
 * built with -fno-asynchronous-unwind-tables, assembly).
 *
 * In: the code, and the sorted candidates so far. Out: further candidates in code that they do not
 * cover: what direct calls go to, what instructions or data mention by address, and the first
 * instruction of each remaining gap. Their ends are where the next candidate begins. A linear sweep
 * over the sections is enough, since only calls' targets are taken from it and a wrong one merely
 * cuts a function in two.
 */
#include "arch/arch.h"
#include "base/search.h"
#include "load/elf_file.h"
#include "load/functions.h"

/** Whether one of the first @p count candidates says whose code @p address is. */
static bool is_covered(const struct finder *finder, size_t count, uint64_t address)
{
    size_t after = COUNT_UP_TO(finder->candidates.data, count, address);
    if (!after)
        return false;
    // Candidates without a size reach to the next one as far as this file is concerned.
    const struct candidate *candidate = &finder->candidates.data[after - 1];
    return !candidate->bytes ? candidate->address == address
                             : address - candidate->address < candidate->bytes;
}

static void consider(struct finder *finder, size_t count, uint64_t address)
{
    uint32_t section = image_section_at(finder->image, address);
    if (section == NONE || !holds_code(finder->image->sections[section].role) ||
        is_covered(finder, count, address))
        return;
    candidate_add(finder, (struct candidate){.address = address,
                                             .symbol = NONE,
                                             .debug_function = NONE,
                                             .source = FUNCTION_ENTRY});
}

static void sweep_code(struct finder *finder, size_t count, const struct section *section)
{
    const struct arch *arch = finder->image->arch;
    struct effect effect;
    for (uint64_t at = 0; at < section->bytes; at += effect.length ? effect.length : 1) {
        arch->decode(section->data + at, section->bytes - at, section->address + at, &effect);
        if (effect.control == CONTROL_CALL && effect.target_kind == TARGET_ADDRESS)
            consider(finder, count, effect.target);
        bool is_fixed = finder->image->type == IMAGE_EXECUTABLE;
        if (effect.value_is_address || (effect.value_may_be_address && is_fixed))
            consider(finder, count, (uint64_t)effect.value);
    }
}

static void sweep_data(struct finder *finder, size_t count, const struct section *section)
{
    unsigned word = finder->image->pointer_bytes;
    uint64_t value;
    for (uint64_t at = -section->address % word; at + word <= section->bytes; at += word)
        if (image_read(finder->image, section->address + at, word, &value))
            consider(finder, count, value);
}

/** Adds the first instruction behind filling in [address, end). */
static void begin_gap(struct finder *finder, uint64_t address, uint64_t end)
{
    const struct arch *arch = finder->image->arch;
    const uint8_t *data = image_bytes(finder->image, address, end - address);
    while (data && address < end) {
        struct effect effect = {0};
        if (*data)
            arch->decode(data, end - address, address, &effect);
        if (*data && !(effect.length && effect.is_padding))
            break;
        uint64_t step = *data ? effect.length : 1;
        address += step;
        data += step;
    }
    if (data && address < end)
        candidate_add(finder, (struct candidate){.address = address,
                                                 .symbol = NONE,
                                                 .debug_function = NONE,
                                                 .source = FUNCTION_ENTRY});
}

/** Calls begin_gap() for what the first @p count candidates leave of a section; returns its size.
 */
static uint64_t walk_gaps(struct finder *finder, size_t count, const struct section *section,
                          bool begin)
{
    uint64_t next = section->address, end = section->address + section->bytes, total = 0;
    size_t first = COUNT_BELOW(finder->candidates.data, count, section->address);
    for (size_t i = first; i <= count; i++) {
        const struct candidate *candidate = i < count ? &finder->candidates.data[i] : NULL;
        uint64_t limit = candidate && candidate->address < end ? candidate->address : end;
        if (limit > next) {
            total += limit - next;
            if (begin)
                begin_gap(finder, next, limit);
            candidate = i < count ? &finder->candidates.data[i] : NULL;
        }
        if (!candidate || candidate->address >= end)
            break;
        uint64_t covered = candidate->address + candidate->bytes;
        // One without a size covers what follows it.
        if (!candidate->bytes)
            covered = i + 1 < count ? finder->candidates.data[i + 1].address : end;
        if (covered > next)
            next = covered;
    }
    return total;
}

void functions_discover(struct finder *finder)
{
    const struct image *image = finder->image;
    size_t count = finder->candidates.count;
    uint64_t missing = 0, code = 0;
    if (!image->arch)
        return;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (section->role != SECTION_CODE || !section->data)
            continue;
        code += section->bytes;
        missing += walk_gaps(finder, count, section, true);
    }
    // Filling alone is a few percent; sweeping is worth it only where functions are missing.
    if (missing < 256 || missing < code / 16)
        return;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (!section->data)
            continue;
        if (section->role == SECTION_CODE)
            sweep_code(finder, count, section);
        else if (section->role == SECTION_DATA || section->role == SECTION_RELRO ||
                 (section->role == SECTION_READ_ONLY && image->type == IMAGE_EXECUTABLE))
            sweep_data(finder, count, section);
    }
}
