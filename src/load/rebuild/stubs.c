/*
 * stubs.c: the GOT and the stubs that jump through it, where no section says where they are.
 *
 * In: the slots that the dynamic loader fills in, the ranges of code in the unwind table. Out: a
 * piece for each run of slots, and for each run of stubs.
 *
 * Slots that stand side by side are the GOT; in memory that is read-only after the start, also what
 * stands between two of them; of runs in other memory only some count, the rest are data. Its base,
 * where distances are counted from, begins a piece of its own: DT_PLTGOT, or a word that holds the
 * address of the dynamic section before two empty ones (psABI x86-64, 5.2: the reserved words).
 *
 * A stub fills a block of 16 or 8 bytes: it jumps through a slot, or pushes and jumps to the first
 * block, which pushes and jumps through a reserved word. Linkers describe all stubs of a section by
 * one entry of the unwind table; so such an entry is a section of stubs if all of its blocks are
 * stubs. Without an entry, blocks behind such a first block are, and if the table describes other
 * code, any. What is taken for ordinary code instead is a function that leaves through a slot,
 * which only reads less well.
 */
#include "load/rebuild/rebuild.h"

#include "base/search.h"

#include <stdlib.h>
#include <string.h>

enum { RESERVED_WORDS = 3, MOST_RUNS = 64 };

/* ---- The GOT --------------------------------------------------------------------------------- */

static bool is_base(const struct rebuild *rebuild, uint64_t address)
{
    const struct image *image = rebuild->image;
    unsigned word = image->pointer_bytes;
    uint64_t value;
    for (unsigned i = 0; i < RESERVED_WORDS; i++)
        if (!image_read(image, address + (uint64_t)i * word, word, &value) ||
            value != (i ? 0 : rebuild->dynamic))
            return false;
    return true;
}

static uint64_t find_base(const struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    unsigned word = image->pointer_bytes;
    for (uint32_t i = 0; i < image->segment_count && rebuild->dynamic; i++) {
        const struct segment *segment = &image->segments[i];
        if (!(segment->flags & MEMORY_WRITE))
            continue;
        for (uint64_t at = -segment->address % word; at + word <= segment->file_bytes; at += word)
            if (is_base(rebuild, segment->address + at))
                return segment->address + at;
    }
    return 0;
}

static bool is_relro(const struct image *image, uint64_t address)
{
    return address - image->relro_address < image->relro_bytes;
}

/** Whether the word at @p next belongs to the run that the one at @p last is in. */
static bool goes_on(const struct rebuild *rebuild, uint64_t last, uint64_t next)
{
    const struct image *image = rebuild->image;
    if (next == rebuild->got)
        return false;
    return next - last <= image->pointer_bytes || (is_relro(image, last) && is_relro(image, next));
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

void rebuild_add_got(struct rebuild *rebuild)
{
    unsigned word = rebuild->image->pointer_bytes;
    ARRAY(uint64_t) words = {0};
    if (!rebuild->got)
        rebuild->got = find_base(rebuild);
    for (size_t i = 0; i < rebuild->slots.count; i++)
        if (rebuild->slots.data[i].is_of_got)
            array_push(&words, rebuild->slots.data[i].address);
    for (unsigned i = 0; rebuild->got && i < RESERVED_WORDS; i++)
        array_push(&words, rebuild->got + (uint64_t)i * word);
    if (words.count)
        qsort(words.data, words.count, sizeof *words.data, by_number);
    size_t runs = 0;
    for (size_t first = 0, next; first < words.count; first = next, runs++) {
        next = first + 1;
        while (next < words.count && goes_on(rebuild, words.data[next - 1], words.data[next]))
            next++;
        if (runs >= MOST_RUNS && words.data[first] != rebuild->got)
            continue;
        uint64_t end = words.data[next - 1] + word;
        rebuild_add(rebuild,
                    (struct piece){.address = words.data[first],
                                   .bytes = end - words.data[first],
                                   .name = ".got",
                                   .type = SHT_PROGBITS,
                                   .entry_bytes = word,
                                   .is_minor = end - words.data[first] > (next - first) * word});
    }
    array_deinit(&words);
}

/* ---- Stubs ----------------------------------------------------------------------------------- */

static const uint64_t block_sizes[] = {16, 8};

enum stub_block { NO_STUB, FIRST_STUB, ANY_STUB };

static bool is_slot(const struct rebuild *rebuild, uint64_t address)
{
    return bsearch(&address, rebuild->slots.data, rebuild->slots.count, sizeof *rebuild->slots.data,
                   by_number) != NULL;
}

/** Whether it is an instruction that a stub may have beside its jumps. */
static bool is_beside(const struct image *image, const struct effect *effect)
{
    bool pushes = effect->stack == STACK_ADD && effect->stack_value == -(int)image->pointer_bytes;
    return effect->control == CONTROL_NEXT && (effect->is_padding || effect->is_landing || pushes);
}

/** What a jump in a block of stubs that begin at @p first makes of the block. */
static enum stub_block block_of_jump(const struct rebuild *rebuild, const struct effect *effect,
                                     uint64_t first)
{
    uint64_t reserved = (uint64_t)RESERVED_WORDS * rebuild->image->pointer_bytes;
    if (effect->control != CONTROL_JUMP)
        return NO_STUB;
    if (effect->target_kind == TARGET_ADDRESS)
        return effect->target == first ? ANY_STUB : NO_STUB;
    if (effect->target_kind != TARGET_SLOT)
        return NO_STUB;
    if (is_slot(rebuild, effect->target))
        return ANY_STUB;
    return rebuild->got && effect->target - rebuild->got < reserved ? FIRST_STUB : NO_STUB;
}

static enum stub_block read_block(const struct rebuild *rebuild, uint64_t address, uint64_t bytes,
                                  uint64_t first)
{
    const struct image *image = rebuild->image;
    const uint8_t *data = image_bytes(image, address, bytes);
    enum stub_block found = NO_STUB;
    for (uint64_t at = 0; data && at < bytes;) {
        struct effect effect;
        image->arch->decode(data + at, bytes - at, address + at, &effect);
        enum stub_block kind = block_of_jump(rebuild, &effect, first);
        bool is_jump = effect.control == CONTROL_JUMP;
        // Behind the first jump nothing is reached that way; where another one leads is all the
        // same.
        bool is_fitting =
            found == NO_STUB ? kind != NO_STUB : is_jump && effect.target_kind == TARGET_ADDRESS;
        if (!effect.length || (!is_fitting && !is_beside(image, &effect)))
            return NO_STUB;
        if (found == NO_STUB)
            found = kind;
        at += effect.length;
    }
    return found;
}

/** How many bytes from @p address on are stubs, each @p block bytes large, up to @p bytes. */
static uint64_t measure(const struct rebuild *rebuild, uint64_t address, uint64_t bytes,
                        uint64_t block)
{
    uint64_t at = 0;
    while (bytes - at >= block && read_block(rebuild, address + at, block, address))
        at += block;
    return at;
}

static void add_stubs(struct rebuild *rebuild, uint64_t address, uint64_t bytes, uint64_t block)
{
    rebuild_add(rebuild, (struct piece){.address = address,
                                        .bytes = bytes,
                                        .name = ".plt",
                                        .type = SHT_PROGBITS,
                                        .flags = SHF_EXECINSTR,
                                        .entry_bytes = block});
}

/** Adds the range of an entry if it is all stubs. */
static void add_described(struct rebuild *rebuild, const struct span *span)
{
    for (size_t i = 0; i < sizeof block_sizes / sizeof *block_sizes; i++) {
        uint64_t block = block_sizes[i];
        if (span->bytes % block || span->address % block ||
            measure(rebuild, span->address, span->bytes, block) != span->bytes)
            continue;
        add_stubs(rebuild, span->address, span->bytes, block);
        return;
    }
}

/** Returns how many bytes from @p address on are stubs that no entry describes. */
static uint64_t add_run(struct rebuild *rebuild, uint64_t address, uint64_t room)
{
    for (size_t i = 0; i < sizeof block_sizes / sizeof *block_sizes; i++) {
        uint64_t block = block_sizes[i];
        if (room < block || address % block)
            continue;
        enum stub_block first = read_block(rebuild, address, block, address);
        // Where nothing is described at all, a lone jump may be all of a function.
        if (first == NO_STUB || (first == ANY_STUB && !rebuild->frames.count))
            continue;
        uint64_t bytes = measure(rebuild, address, room, block);
        add_stubs(rebuild, address, bytes, block);
        return bytes;
    }
    return 0;
}

/** Adds the stubs in [address, end), where no entry describes any code. */
static void add_undescribed(struct rebuild *rebuild, uint64_t address, uint64_t end)
{
    enum { STEP = 8 };
    address += -address % STEP;
    while (address < end && end - address >= STEP) {
        uint64_t bytes = add_run(rebuild, address, end - address);
        address += bytes ? bytes : STEP;
    }
}

static void search_segment(struct rebuild *rebuild, const struct segment *segment)
{
    const span_list *frames = &rebuild->frames;
    uint64_t at = segment->address, end = at + segment->file_bytes;
    for (size_t i = COUNT_BELOW(frames->data, frames->count, at);
         i < frames->count && frames->data[i].address < end; i++) {
        const struct span *span = &frames->data[i];
        if (span->address >= at) {
            add_undescribed(rebuild, at, span->address);
            add_described(rebuild, span);
        }
        if (span->address + span->bytes > at)
            at = span->address + span->bytes;
    }
    if (at < end)
        add_undescribed(rebuild, at, end);
}

void rebuild_add_stubs(struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    if (!image->arch || !rebuild->slots.count)
        return;
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].flags & MEMORY_EXECUTE)
            search_segment(rebuild, &image->segments[i]);
}
