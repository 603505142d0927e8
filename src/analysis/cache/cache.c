/*
 * cache.c: which images are looked for and kept. In: images, and what was found in them. Out: the
 * same from files, and files.
 *
 * An entry is named after the image's build-id, for people, and its key, which says whether it
 * fits. A library that other programs bind to differently (they replace some of its functions, or
 * it allocates through another library) has several. The program itself is kept like a library:
 * whoever looks at its heap looks at its stack next. Small images are not kept, since reading a
 * file takes as long; nor are object files, whose addresses the loader made up.
 */
#include "analysis/cache/cache.h"

#include "analysis/cache/entry.h"
#include "analysis/cache/key.h"
#include "analysis/cache/store.h"
#include "base/memory.h"
#include "base/threads.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SMALLEST_CODE = 1 << 16, ID_LENGTH = 40 };

static const uint64_t FOLDER_BYTES = UINT64_C(1) << 30, LARGEST_ENTRY = UINT64_C(1) << 29;

/** An image on its way from or to its file. */
struct cached {
    struct numbering numbering;
    struct hash_value key;
    char name[STORE_NAME_BYTES];
    bool is_wanted; /* it is worth a file */
    bool is_loaded;
};

struct cache {
    struct decoded *decoded;
    struct store store;
    struct hash_value self;
    struct cached *images; /* of each */
    uint32_t first_output;
};

static bool is_worth_it(const struct image *image)
{
    uint64_t code = 0;
    for (uint32_t i = 0; i < image->placed_count; i++)
        if (image->sections[i].is_executable)
            code += image->sections[i].bytes;
    return image->arch && image->is_placed && image->type != IMAGE_OBJECT && code >= SMALLEST_CODE;
}

struct cache *cache_open(struct decoded *decoded, const char *folder)
{
    struct hash_value self;
    if (!folder || !key_of_program(&self))
        return NULL;
    struct cache *cache = xcalloc(1, sizeof *cache);
    cache->decoded = decoded;
    cache->self = self;
    cache->images = xcalloc(decoded->program->image_count + 1, sizeof *cache->images);
    store_init(&cache->store, folder);
    return cache;
}

void cache_close(struct cache *cache)
{
    if (!cache)
        return;
    for (uint32_t i = 0; i < cache->decoded->program->image_count; i++)
        numbering_deinit(&cache->images[i].numbering);
    store_deinit(&cache->store);
    free(cache->images);
    free(cache);
}

static void name_entry(const struct image *image, struct cached *cached)
{
    snprintf(cached->name, sizeof cached->name, "%.*s-%016" PRIx64 "%016" PRIx64, ID_LENGTH,
             image->build_id ? image->build_id : "no-build-id", cached->key.words[0],
             cached->key.words[1]);
}

static void load_image(struct cache *cache, uint32_t index)
{
    const struct program *program = cache->decoded->program;
    struct cached *cached = &cache->images[index];
    struct store_file file;
    if (!is_worth_it(program->images[index]) || !numbering_init(&cached->numbering, program, index))
        return;
    cached->is_wanted = true;
    cached->key = key_of_image(&cached->numbering, cache->self);
    name_entry(program->images[index], cached);
    if (!store_open(&cache->store, cached->name, &file))
        return;
    cached->is_loaded = cache_entry_read(cache->decoded, &cached->numbering, cached->key,
                                         cache->first_output + index, file.data, file.bytes);
    store_close(&file);
    if (!cached->is_loaded)
        store_remove(&cache->store, cached->name);
}

static void load_images(void *context, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    for (size_t i = begin; i < end; i++)
        load_image(context, (uint32_t)i);
}

void cache_load(struct cache *cache, uint32_t first_output)
{
    if (!cache)
        return;
    const struct program *program = cache->decoded->program;
    cache->first_output = first_output;
    parallel_for(program->workers, program->image_count, 1, load_images, cache);
}

bool cache_has(const struct cache *cache, uint32_t image)
{
    return cache && cache->images[image].is_loaded;
}

static void save_image(struct cache *cache, uint32_t image)
{
    struct store_draft draft;
    const struct cached *cached = &cache->images[image];
    // What was read of a file that somebody was changing may be of no file that ever was.
    if (!cached->is_wanted || cached->is_loaded ||
        !image_is_current(cache->decoded->program->images[image]))
        return;
    uint64_t bytes = cache_entry_bytes(cache->decoded, &cached->numbering);
    if (bytes > LARGEST_ENTRY || !store_begin(&cache->store, bytes, &draft))
        return;
    bool is_good = cache_entry_write(cache->decoded, &cached->numbering, cached->key, draft.out);
    store_end(&cache->store, &draft, cached->name, is_good);
}

static void save_images(void *context, unsigned worker, size_t begin, size_t end)
{
    struct cache *cache = context;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        save_image(cache, (uint32_t)i);
}

void cache_save(struct cache *cache)
{
    bool has_news = false;
    if (!cache)
        return;
    const struct program *program = cache->decoded->program;
    for (uint32_t i = 0; i < program->image_count; i++)
        has_news |= cache->images[i].is_wanted && !cache->images[i].is_loaded;
    if (!has_news || !store_create(&cache->store))
        return;
    parallel_for(program->workers, program->image_count, 1, save_images, cache);
    store_trim(&cache->store, FOLDER_BYTES);
}
