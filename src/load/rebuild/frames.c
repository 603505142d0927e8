/*
 * frames.c: the unwind table, where no section says where it is.
 *
 * In: the header of the table (PT_GNU_EH_FRAME), if there is one. Out: a piece for .eh_frame, and
 * the ranges of code that its entries describe.
 *
 * The header says where the table begins; its end is the entry of length 0, or the end of what is
 * there. Programs that are linked statically have no header. There the table is searched for: what
 * begins like an entry that others share, and is a table from there to its end. Of several tables
 * the largest counts. A table that is overlooked makes the answers poorer, not wrong: the code is
 * found as in files without one (discover.c).
 *
 * Sources: LSB Core, Exception Frames and .eh_frame_hdr.
 */
#include "load/rebuild/rebuild.h"

#include "base/cursor.h"

#include <stdlib.h>

/** Where the table begins, as its header says; false if that cannot be read. */
static bool read_header(const struct image *image, uint64_t header, uint64_t *ret)
{
    uint64_t version, encoding;
    const uint8_t *data = image_bytes(image, header, 8);
    if (!data || !image_read(image, header, 1, &version) || version != 1 ||
        !image_read(image, header + 1, 1, &encoding))
        return false;
    struct cursor cursor = {
        .at = data + 4, .end = data + rebuild_room(image, header), .address = header + 4};
    return cursor_take_pointer(&cursor, (unsigned)encoding, image->pointer_bytes, ret);
}

/** Whether an entry that others share may begin there: its length, its mark, and a version. */
static bool may_begin(const struct image *image, uint64_t address)
{
    uint64_t length, mark, version;
    enum { LONGEST = 64 };
    return image_read(image, address, 4, &length) && length > 8 && length <= LONGEST &&
           image_read(image, address + 4, 4, &mark) && !mark &&
           image_read(image, address + 8, 1, &version) && (version == 1 || version == 3);
}

struct found {
    uint64_t address, bytes;
    struct unwind_list entries;
};

static void keep_larger(struct found *best, struct found *other)
{
    if (other->entries.count > best->entries.count) {
        struct found swapped = *best;
        *best = *other;
        *other = swapped;
    }
    array_deinit(&other->entries);
}

/** Searches the bytes of a segment; each is looked at once, and each table read once. */
static void search_segment(struct rebuild *rebuild, const struct segment *segment,
                           struct found *best)
{
    struct image *image = rebuild->image;
    for (uint64_t at = -segment->address % 4; at + 4 <= segment->file_bytes;) {
        struct found found = {.address = segment->address + at};
        if (!may_begin(image, found.address)) {
            at += 4;
            continue;
        }
        uint64_t room = segment->file_bytes - at;
        bool is_whole = unwind_measure(image, found.address, room, &found.entries, &found.bytes);
        if (!is_whole)
            found.entries.count = 0;
        at += found.bytes > 4 ? (found.bytes + 3) / 4 * 4 : 4;
        keep_larger(best, &found);
    }
}

static int by_address(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static void keep(struct rebuild *rebuild, const struct found *found)
{
    if (!found->bytes)
        return;
    rebuild_add(rebuild, (struct piece){.address = found->address,
                                        .bytes = found->bytes,
                                        .name = ".eh_frame",
                                        .type = SHT_PROGBITS});
    for (size_t i = 0; i < found->entries.count; i++)
        array_push(&rebuild->frames,
                   (struct span){found->entries.data[i].address, found->entries.data[i].bytes});
    if (rebuild->frames.count)
        qsort(rebuild->frames.data, rebuild->frames.count, sizeof *rebuild->frames.data,
              by_address);
}

void rebuild_add_frames(struct rebuild *rebuild, uint64_t header)
{
    struct image *image = rebuild->image;
    struct found found = {0};
    if (header && read_header(image, header, &found.address)) {
        unwind_measure(image, found.address, rebuild_room(image, found.address), &found.entries,
                       &found.bytes);
    } else {
        for (uint32_t i = 0; i < image->segment_count; i++)
            search_segment(rebuild, &image->segments[i], &found);
    }
    if (header && !found.bytes)
        diagnose(&rebuild->loader->program->diagnostics, image->path,
                 "the unwind table is not where its header says");
    keep(rebuild, &found);
    array_deinit(&found.entries);
}
