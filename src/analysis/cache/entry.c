/*
 * entry.c: see entry.h. Entries are written as a stream, so that they take no memory, and read from
 * a mapped file. The hash at the end is for damage; that the rest cannot lead anywhere bad is
 * checked record by record (records.c), since whoever damages a file on purpose can hash, too.
 */
#include "analysis/cache/entry.h"

#include "analysis/cache/records.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 1 << 14 }; /* records that are encoded at a time */

static const char MAGIC[8] = "dwell c1";

struct entry_header {
    char magic[8];
    struct hash_value key;
    uint64_t bytes; /* of the whole entry */
    uint32_t function_count, taken_count;
    uint64_t record_counts[RECORD_KINDS];
};

/* ---- Writing --------------------------------------------------------------------------------- */

struct writer {
    const struct decoded *decoded;
    const struct numbering *numbering;
    FILE *out;
    struct hash hash;
    bool is_good;
};

static void put(struct writer *writer, const void *data, size_t bytes)
{
    hash_add(&writer->hash, data, bytes);
    writer->is_good = writer->is_good && (!bytes || fwrite(data, bytes, 1, writer->out) == 1);
}

static uint32_t count_taken(const struct decoded *decoded, const struct numbering *numbering)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < decoded->program->function_count / 8 + 1; i++)
        count += (uint32_t)__builtin_popcount(decoded->taken[numbering->image][i]);
    return count;
}

static struct entry_header describe(const struct decoded *decoded,
                                    const struct numbering *numbering, struct hash_value key)
{
    struct entry_header header;
    memset(&header, 0, sizeof header);
    memcpy(header.magic, MAGIC, sizeof MAGIC);
    header.key = key;
    header.function_count = numbering->count;
    header.taken_count = count_taken(decoded, numbering);
    header.bytes =
        sizeof header + sizeof(struct hash_value) +
        (uint64_t)numbering->count * (RECORD_KINDS * sizeof(uint32_t) + sizeof(struct frame)) +
        header.taken_count * sizeof(uint32_t);
    for (unsigned i = 0; i < RECORD_KINDS; i++) {
        for (uint32_t k = 0; k < numbering->count; k++)
            header.record_counts[i] +=
                found_count(&decoded->found[numbering->first + k], &record_kinds[i]);
        header.bytes += header.record_counts[i] * record_kinds[i].bytes;
    }
    return header;
}

uint64_t cache_entry_bytes(const struct decoded *decoded, const struct numbering *numbering)
{
    return describe(decoded, numbering, (struct hash_value){{0, 0}}).bytes;
}

static void put_functions(struct writer *writer)
{
    const struct numbering *numbering = writer->numbering;
    for (uint32_t i = 0; i < numbering->count; i++) {
        uint32_t counts[RECORD_KINDS];
        for (unsigned k = 0; k < RECORD_KINDS; k++)
            counts[k] =
                found_count(&writer->decoded->found[numbering->first + i], &record_kinds[k]);
        put(writer, counts, sizeof counts);
    }
    put(writer, writer->decoded->program->facts->frames + numbering->first,
        numbering->count * sizeof(struct frame));
}

static void put_taken(struct writer *writer)
{
    for (uint32_t i = 0; i < writer->decoded->program->function_count; i++) {
        uint32_t number;
        if (!is_function_taken(writer->decoded, writer->numbering->image, i))
            continue;
        writer->is_good = writer->is_good && numbering_encode(writer->numbering, i, &number);
        put(writer, &number, sizeof number);
    }
}

/** Writes @p left records of the function in @p place, the first of which is at @p from. */
static void put_encoded(struct writer *writer, const struct record_kind *kind,
                        const struct record_place *place, const char *from, uint32_t left)
{
    _Alignas(16) char batch[BATCH_BYTES];
    while (left && writer->is_good) {
        uint32_t most = (uint32_t)(BATCH_BYTES / kind->bytes), count = left < most ? left : most;
        memcpy(batch, from, count * kind->bytes);
        for (uint32_t i = 0; i < count; i++)
            writer->is_good =
                record_encode(kind, place, batch + i * kind->bytes) && writer->is_good;
        put(writer, batch, count * kind->bytes);
        from += count * kind->bytes;
        left -= count;
    }
}

/** Writes the records of a kind. */
static void put_records(struct writer *writer, const struct record_kind *kind)
{
    bool is_plain = record_is_plain(kind);
    for (uint32_t i = 0; i < writer->numbering->count; i++) {
        uint32_t function = writer->numbering->first + i;
        const struct found *found = &writer->decoded->found[function];
        const struct output *output = &writer->decoded->outputs[found->output];
        struct record_place place = {writer->numbering, output, found, function};
        uint32_t count = found_count(found, kind);
        if (!count)
            continue;
        const char *from = record_array_get(output, kind).data;
        from += found_first(found, kind) * kind->bytes;
        if (is_plain)
            put(writer, from, count * kind->bytes);
        else
            put_encoded(writer, kind, &place, from, count);
    }
}

bool cache_entry_write(const struct decoded *decoded, const struct numbering *numbering,
                       struct hash_value key, FILE *out)
{
    struct writer writer = {decoded, numbering, out, .is_good = true};
    struct entry_header header = describe(decoded, numbering, key);
    hash_init(&writer.hash);
    put(&writer, &header, sizeof header);
    put_functions(&writer);
    put_taken(&writer);
    for (unsigned i = 0; i < RECORD_KINDS; i++)
        put_records(&writer, &record_kinds[i]);
    struct hash_value value = hash_get(&writer.hash);
    return writer.is_good && fwrite(&value, sizeof value, 1, out) == 1;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct reader {
    struct decoded *decoded;
    const struct numbering *numbering;
    struct entry_header header;
    uint32_t output;
    struct found *found; /* of the image's functions */
    const uint8_t *at, *end;
};

/** Hands out the next @p count times @p bytes bytes; NULL if there are not as many. */
static const uint8_t *take(struct reader *reader, uint64_t count, size_t bytes)
{
    uint64_t total;
    if (__builtin_mul_overflow(count, bytes, &total) ||
        total > (uint64_t)(reader->end - reader->at))
        return NULL;
    const uint8_t *data = reader->at;
    reader->at += total;
    return data;
}

/** Checks everything about the entry but what its records say. */
static bool open_entry(struct reader *reader, struct hash_value key, const uint8_t *data,
                       size_t bytes)
{
    struct hash_value value;
    struct hash hash;
    const struct entry_header *header = &reader->header;
    if (bytes < sizeof *header + sizeof value)
        return false;
    memcpy(&reader->header, data, sizeof *header);
    memcpy(&value, data + bytes - sizeof value, sizeof value);
    if (memcmp(header->magic, MAGIC, sizeof MAGIC) != 0 || !hash_equal(header->key, key) ||
        header->bytes != bytes || header->function_count != reader->numbering->count)
        return false;
    hash_init(&hash);
    hash_add(&hash, data, bytes - sizeof value);
    reader->at = data + sizeof *header;
    reader->end = data + bytes - sizeof value;
    return hash_equal(hash_get(&hash), value);
}

/** Whether function number @p index of the image may have these many records. */
static bool check_counts(const struct reader *reader, uint32_t index, const uint32_t *counts)
{
    const struct numbering *numbering = reader->numbering;
    uint64_t sum = 0;
    for (unsigned i = 0; i < RECORD_KINDS; i++)
        sum += counts[i];
    if (!is_whole_code(&numbering->program->functions[numbering->first + index]))
        return !sum;
    // All code that is read has a block, and later code counts on it.
    return reader->found[index].block_count > 0;
}

/** Finds out which records belong to which function. */
static bool read_counts(struct reader *reader)
{
    uint64_t sums[RECORD_KINDS] = {0};
    for (uint32_t i = 0; i < reader->numbering->count; i++) {
        uint32_t counts[RECORD_KINDS];
        const uint8_t *data = take(reader, RECORD_KINDS, sizeof(uint32_t));
        if (!data)
            return false;
        memcpy(counts, data, sizeof counts);
        reader->found[i].output = reader->output;
        for (unsigned k = 0; k < RECORD_KINDS; k++) {
            found_set(&reader->found[i], &record_kinds[k], (uint32_t)sums[k], counts[k]);
            sums[k] += counts[k];
            if (sums[k] > reader->header.record_counts[k] || sums[k] > INT32_MAX)
                return false;
        }
        if (!check_counts(reader, i, counts))
            return false;
    }
    return memcmp(sums, reader->header.record_counts, sizeof sums) == 0;
}

static bool check_frame(const struct frame *frame)
{
    return frame->kind <= FRAME_UNKNOWN && frame->bytes >= -1 &&
           (frame->bytes < 0) == (frame->kind == FRAME_UNKNOWN);
}

/** Reads frames; those of an entry that turns out bad will be overwritten. */
static bool read_frames(struct reader *reader)
{
    const struct numbering *numbering = reader->numbering;
    struct frame *frames = reader->decoded->program->facts->frames + numbering->first;
    const uint8_t *data = take(reader, numbering->count, sizeof *frames);
    if (!data)
        return false;
    memcpy(frames, data, numbering->count * sizeof *frames);
    for (uint32_t i = 0; i < numbering->count; i++)
        if (!check_frame(&frames[i]))
            return false;
    return true;
}

static bool read_taken(struct reader *reader)
{
    uint8_t *taken = reader->decoded->taken[reader->numbering->image];
    const uint8_t *data = take(reader, reader->header.taken_count, sizeof(uint32_t));
    for (uint32_t i = 0; data && i < reader->header.taken_count; i++) {
        uint32_t number, function;
        memcpy(&number, data + i * sizeof number, sizeof number);
        if (!numbering_decode(reader->numbering, number, &function))
            return false;
        taken[function / 8] |= (uint8_t)(1U << function % 8);
    }
    return data != NULL;
}

static bool read_function(struct reader *reader, const struct record_kind *kind, char *records,
                          uint32_t index)
{
    const struct found *found = &reader->found[index];
    struct record_place place = {reader->numbering, &reader->decoded->outputs[reader->output],
                                 found, reader->numbering->first + index};
    char *record = records + found_first(found, kind) * kind->bytes;
    const char *previous = NULL;
    for (uint32_t i = 0; i < found_count(found, kind); i++, record += kind->bytes) {
        if (!record_decode(kind, &place, record, previous))
            return false;
        previous = record;
    }
    return true;
}

static bool read_records(struct reader *reader, unsigned index)
{
    const struct record_kind *kind = &record_kinds[index];
    size_t count = (size_t)reader->header.record_counts[index];
    const uint8_t *data = take(reader, count, kind->bytes);
    if (!data)
        return false;
    struct record_array array = {xmalloc(count * kind->bytes + 1), count, count};
    memcpy(array.data, data, count * kind->bytes);
    record_array_set(&reader->decoded->outputs[reader->output], kind, array);
    for (uint32_t i = 0; i < reader->numbering->count; i++)
        if (!read_function(reader, kind, array.data, i))
            return false;
    return true;
}

static bool read_content(struct reader *reader)
{
    if (!read_counts(reader) || !read_frames(reader) || !read_taken(reader))
        return false;
    for (unsigned i = 0; i < RECORD_KINDS; i++)
        if (!read_records(reader, i))
            return false;
    return reader->at == reader->end;
}

/** Takes back all of a bad entry. */
static void forget(struct reader *reader)
{
    const struct program *program = reader->decoded->program;
    const struct numbering *numbering = reader->numbering;
    output_deinit(&reader->decoded->outputs[reader->output]);
    memset(reader->decoded->taken[numbering->image], 0, program->function_count / 8 + 1);
    memset(reader->found, 0, numbering->count * sizeof *reader->found);
    memset(program->facts->frames + numbering->first, 0, numbering->count * sizeof(struct frame));
}

bool cache_entry_read(struct decoded *decoded, const struct numbering *numbering,
                      struct hash_value key, uint32_t output, const uint8_t *data, size_t bytes)
{
    struct reader reader = {.decoded = decoded,
                            .numbering = numbering,
                            .output = output,
                            .found = decoded->found + numbering->first};
    if (!open_entry(&reader, key, data, bytes))
        return false;
    if (read_content(&reader))
        return true;
    forget(&reader);
    return false;
}
