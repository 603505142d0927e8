/*
 * streams.c: calls through the tables that glibc's streams (FILE) carry.
 *
 * In: the paths of calls through pointers. Out: for those in an image that has glibc's streams in
 * it, of a pointer from the table of a stream, the functions at that place of all its tables.
 *
 * A stream is a struct _IO_FILE_plus (libio/libioP.h): a FILE, and behind it the address of a
 * struct _IO_jump_t, which is two unused words and then functions, some of them null. All tables
 * are in one section, and before each use the library makes sure that the stream's is
 * (_IO_vtable_check), or ends the program. It would take another one in a copy of the library that
 * dlmopen() loaded; such streams are left out.
 */
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"

enum {
    TABLE_PLACE = 216, /* in a stream, of the table's address; of all 64-bit machines */
    POINTER_BYTES = 8,
    UNUSED_WORDS = 2,
    TABLE_WORDS = 21,
    TABLE_BYTES = TABLE_WORDS * POINTER_BYTES,
    TABLE_ALIGNMENT = 32, /* of large objects of their own (psABI; gcc -malign-data) */
};

/** Where the tables are in an image; none: `section` is NULL. */
struct streams {
    const struct program *program;
    const struct section *section;
    uint32_t image;
    uint32_t stride; /* from one table to the next */
};

static const struct section *table_section(const struct image *image)
{
    for (uint32_t i = 0; i < image->placed_count; i++)
        if (strcmp(image->sections[i].name, "__libc_IO_vtables") == 0)
            return &image->sections[i];
    return NULL;
}

/** Whether tables that far apart fill the section, with no function outside of them. */
static bool is_stride(const struct streams *streams, uint32_t stride)
{
    const struct section *section = streams->section;
    if (section->bytes < TABLE_BYTES || (section->bytes - TABLE_BYTES) % stride)
        return false;
    for (uint64_t at = 0; at < section->bytes; at += POINTER_BYTES) {
        uint64_t word = at % stride / POINTER_BYTES;
        bool is_inside = word >= UNUSED_WORDS && word < TABLE_WORDS;
        if (!is_inside &&
            table_word(streams->program, streams->image, section->address + at).kind ==
                WORD_FUNCTION)
            return false;
    }
    return true;
}

/** Tables are in one array (since glibc 2.37), or each is an object that is aligned by itself. */
static struct streams streams_of(const struct program *program, uint32_t image)
{
    enum { PADDED = (TABLE_BYTES + TABLE_ALIGNMENT - 1) / TABLE_ALIGNMENT * TABLE_ALIGNMENT };
    struct streams streams = {.program = program, .image = image};
    streams.section = table_section(program->images[image]);
    if (!streams.section || program->images[image]->pointer_bytes != POINTER_BYTES ||
        !image_is_c_library(program->images[image]))
        return (struct streams){0};
    bool is_array = is_stride(&streams, TABLE_BYTES), is_padded = is_stride(&streams, PADDED);
    streams.stride = is_array ? TABLE_BYTES : PADDED;
    return is_array == is_padded ? (struct streams){0} : streams;
}

/** The place in its table where a stream's function is loaded from; 0: it is no such call. */
static uint32_t place_in_table(const struct access_path *callee)
{
    unsigned loads = callee->load_count;
    if (loads < 2 || callee->offsets[loads] || callee->offsets[loads - 2] != TABLE_PLACE)
        return 0;
    int32_t place = callee->offsets[loads - 1];
    return place > 0 && place < TABLE_BYTES && place % POINTER_BYTES == 0 ? (uint32_t)place : 0;
}

static struct way functions_at(const struct streams *streams, struct target_pool *pool,
                               uint32_t place)
{
    struct way way = {.first = target_pool_mark(pool), .kind = CALL_VTABLE};
    const struct section *section = streams->section;
    for (uint64_t at = place; at < section->bytes; at += streams->stride) {
        struct word word = table_word(streams->program, streams->image, section->address + at);
        if (word.kind == WORD_FUNCTION)
            array_push(&pool->targets, word.function);
    }
    way.count = target_pool_close(pool, way.first);
    return way;
}

static void resolve_image(const struct streams *streams, struct target_pool *pool)
{
    const struct program *program = streams->program;
    struct way known[TABLE_WORDS] = {0}; /* by place */
    for (uint32_t i = 0; i < program->pointer_call_count; i++) {
        const struct pointer_call *pointer = &program->pointer_calls[i];
        uint32_t place = place_in_table(&pointer->callee);
        if (!place || pool->ways[i].count || pool->ways[i].is_null ||
            program->functions[program->calls[pointer->call].from].image != streams->image)
            continue;
        struct way *way = &known[place / POINTER_BYTES];
        if (!way->count)
            *way = functions_at(streams, pool, place);
        pool->ways[i] = *way;
    }
}

void streams_resolve(struct program *program, struct target_pool *pool)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        struct streams streams = streams_of(program, i);
        if (streams.section)
            resolve_image(&streams, pool);
    }
}
