/*
 * libraries.c: the closure of needed libraries, found as the dynamic loader finds them.
 *
 * In: images[0]. Out: further images, breadth first: the order of the loader's global scope.
 * Source: ld.so(8): DT_RPATH of the image and its loaders (only without DT_RUNPATH),
 * LD_LIBRARY_PATH, DT_RUNPATH, the cache, the default folders; $ORIGIN, $LIB and $PLATFORM are
 * expanded. Under --sysroot the environment is not that of the program and is not asked.
 * Left out: LD_PRELOAD, hardware-capability subfolders (same code, other instructions).
 */
#include "base/array.h"
#include "base/map.h"
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** ld.so.cache in the format "glibc-ld.so.cache1.1" (sysdeps/generic/dl-cache.h). */
struct cache_header {
    char magic[20];
    uint32_t count;
    uint32_t strings_bytes;
    uint32_t unused[5];
};

struct cache_entry {
    int32_t flags;
    uint32_t name, path; /* offsets from the header */
    uint32_t os_version;
    uint64_t hardware;
};

struct search {
    struct loader *loader;
    struct mapping cache;
    struct string_map by_name; /* image for each name asked for, and each DT_SONAME */
    ARRAY(struct image *) images;
};

static const char *const default_folders[] = {
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
};

static const char *sysroot(const struct search *search)
{
    const char *root = search->loader->options->sysroot;
    return root ? root : "";
}

static char *folder_of(struct arena *arena, const char *path)
{
    char *resolved = realpath(path, NULL);
    const char *whole = resolved ? resolved : path;
    const char *slash = strrchr(whole, '/');
    char *folder = slash ? arena_strndup(arena, whole, (size_t)(slash - whole)) : NULL;
    free(resolved);
    return folder ? folder : arena_strdup(arena, ".");
}

/** Expands $ORIGIN and its kin in one folder of a search path. */
static char *expand(struct search *search, const struct image *image, const char *text,
                    size_t length)
{
    struct arena *arena = &search->loader->program->arena;
    char *copy = arena_strndup(arena, text, length);
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}", "$LIB",
                                         "${LIB}",  "$PLATFORM", "${PLATFORM}"};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        char *at = strstr(copy, tokens[i]);
        if (!at)
            continue;
        const char *value = i < 2   ? folder_of(arena, image->path)
                            : i < 4 ? (image->pointer_bytes == 8 ? "lib64" : "lib")
                                    : "x86_64";
        *at = '\0';
        copy = arena_printf(arena, "%s%s%s", copy, value, at + strlen(tokens[i]));
    }
    return copy;
}

/** Whether the loader would take this file: right class and machine. Others are passed over. */
static bool is_compatible(const struct image *image, const char *path)
{
    struct mapping mapping;
    struct error *error = map_file(path, false, &mapping);
    if (error) {
        error_destroy(error);
        return false;
    }
    // e_machine lies at the same place in both classes.
    bool result = mapping.bytes > 20 && memcmp(mapping.data, image->file, EI_DATA + 1) == 0 &&
                  memcmp(mapping.data + 18, image->file + 18, 2) == 0;
    unmap_file(&mapping);
    return result;
}

static const char *try_file(struct search *search, const struct image *image, const char *root,
                            const char *folder, const char *name)
{
    struct arena *arena = &search->loader->program->arena;
    const char *path = arena_printf(arena, "%s%s%s%s", root, folder, *folder ? "/" : "", name);
    return access(path, R_OK) == 0 && is_compatible(image, path) ? path : NULL;
}

/** Tries each folder of a colon-separated path; @p image is whose $ORIGIN counts. */
static const char *try_path(struct search *search, const struct image *image, const char *path,
                            const char *name)
{
    while (path && *path) {
        size_t length = strcspn(path, ":;");
        const char *folder = expand(search, image, path, length);
        // An expanded $ORIGIN already lies under the sysroot.
        bool is_below = strncmp(folder, sysroot(search), strlen(sysroot(search))) == 0;
        const char *found = try_file(search, image, is_below ? "" : sysroot(search), folder, name);
        if (found)
            return found;
        path += length + (path[length] != '\0');
    }
    return NULL;
}

static const char *try_rpaths(struct search *search, const struct image *image, const char *name)
{
    if (image->load->run_path)
        return NULL;
    for (const struct image *at = image;;) {
        const char *found = at->load->run_path ? NULL : try_path(search, at, at->load->rpath, name);
        if (found || at->load->loaded_by == NONE)
            return found;
        at = search->images.data[at->load->loaded_by];
    }
}

static const char *cache_string(const struct search *search, size_t base, uint32_t offset)
{
    struct string_table table = {(const char *)search->cache.data + base,
                                 search->cache.bytes - base};
    return string_at(&table, offset);
}

/** Looks the name up in the loader's cache, a table of names and paths. */
static const char *try_cache(struct search *search, const struct image *image, const char *name)
{
    static const char magic[] = "glibc-ld.so.cache1.1";
    if (!search->cache.bytes)
        return NULL;
    const uint8_t *start = memmem(search->cache.data, search->cache.bytes, magic, sizeof magic - 1);
    if (!start)
        return NULL;
    size_t base = (size_t)(start - search->cache.data), room = search->cache.bytes - base;
    struct cache_header header;
    if (room < sizeof header)
        return NULL;
    memcpy(&header, start, sizeof header);
    for (size_t i = 0; i < header.count; i++) {
        struct cache_entry entry;
        size_t at = sizeof header + i * sizeof entry;
        if (at + sizeof entry > room)
            break;
        memcpy(&entry, start + at, sizeof entry);
        if (strcmp(cache_string(search, base, entry.name), name) != 0)
            continue;
        const char *found =
            try_file(search, image, sysroot(search), "", cache_string(search, base, entry.path));
        if (found)
            return found;
    }
    return NULL;
}

static const char *find_library(struct search *search, const struct image *image, const char *name)
{
    if (strchr(name, '/'))
        return try_file(search, image, sysroot(search), "",
                        expand(search, image, name, strlen(name)));
    const char *found = try_rpaths(search, image, name);
    if (!found && !*sysroot(search))
        found = try_path(search, image, getenv("LD_LIBRARY_PATH"), name);
    if (!found)
        found = try_path(search, image, image->load->run_path, name);
    if (!found)
        found = try_cache(search, image, name);
    for (size_t i = 0; !found && i < sizeof default_folders / sizeof *default_folders; i++)
        found = try_file(search, image, sysroot(search), default_folders[i], name);
    return found;
}

/** Loads the library at @p path; returns its number or NONE. */
static uint32_t add_library(struct search *search, uint32_t loaded_by, const char *path)
{
    struct diagnostics *diagnostics = &search->loader->program->diagnostics;
    struct mapping mapping;
    struct image *image = NULL;
    struct error *error = map_file(path, false, &mapping);
    if (!error)
        error = image_load(search->loader, path, mapping, &image);
    if (error) {
        diagnose(diagnostics, NULL, "%s", error->message);
        error_destroy(error);
        return NONE;
    }
    image->load->loaded_by = loaded_by;
    array_push(&search->images, image);
    return (uint32_t)search->images.count - 1;
}

static void resolve(struct search *search, uint32_t image_index, struct needed_library *needed)
{
    struct image *image = search->images.data[image_index];
    uint32_t known = string_map_get(&search->by_name, needed->name);
    if (known != MAP_NONE) {
        needed->image = known;
        needed->path = search->images.data[known]->path;
        return;
    }
    needed->path = find_library(search, image, needed->name);
    if (!needed->path) {
        diagnose(&search->loader->program->diagnostics, image->path,
                 "needs the library %s, which was not found; calls into it are unknown "
                 "(set LD_LIBRARY_PATH or --sysroot)",
                 needed->name);
        return;
    }
    if (search->loader->options->no_libs)
        return;
    needed->image = add_library(search, image_index, needed->path);
    if (needed->image == NONE)
        return;
    string_map_set(&search->by_name, needed->name, needed->image);
    const char *soname = search->images.data[needed->image]->name;
    if (string_map_get(&search->by_name, soname) == MAP_NONE)
        string_map_set(&search->by_name, soname, needed->image);
}

void load_libraries(struct loader *loader)
{
    struct program *program = loader->program;
    struct search search = {.loader = loader};
    string_map_init(&search.by_name);
    array_push(&search.images, program->images[0]);
    string_map_set(&search.by_name, program->images[0]->name, 0);
    const char *cache_path = arena_printf(&program->arena, "%s/etc/ld.so.cache", sysroot(&search));
    error_destroy(map_file(cache_path, false, &search.cache));
    // The list grows while it is walked: breadth first.
    for (uint32_t i = 0; i < search.images.count; i++)
        for (uint32_t k = 0; k < search.images.data[i]->needed_count; k++)
            resolve(&search, i, &search.images.data[i]->needed[k]);
    unmap_file(&search.cache);
    string_map_deinit(&search.by_name);
    program->image_count = (uint32_t)search.images.count;
    program->images = arena_calloc(&program->arena, search.images.count, sizeof *program->images);
    memcpy(program->images, search.images.data, search.images.count * sizeof *program->images);
    array_deinit(&search.images);
}
