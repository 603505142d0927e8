/*
 * libraries.c: the closure of needed libraries, found as the dynamic loader finds them.
 *
 * In: images[0]. Out: further images, breadth first: the order of the loader's global scope.
 * Source: ld.so(8): DT_RPATH of the image and its loaders (only without DT_RUNPATH),
 * LD_LIBRARY_PATH, DT_RUNPATH, the cache, the default folders; $ORIGIN, $LIB and $PLATFORM are
 * expanded. Under --sysroot the environment is not that of the program and is not asked.
 * A file can name thousands of libraries and thousands of folders, so the search as a whole ends
 * after MOST_TRIES, far more than programs need that have a folder of its own for each library
 * (Nix). Left out: LD_PRELOAD, hardware-capability subfolders (same code, other instructions).
 */
#include "base/array.h"
#include "base/map.h"
#include "load/elf_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TRIES = 1 << 18 };

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
    struct string_table cache_strings; /* all of it */
    uint32_t tries_left;               /* files that may still be looked for */
    struct string_map by_name;         /* image for each name asked for, and each DT_SONAME */
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

/** A path that is being put together; what is longer than a path can be is none. */
struct path {
    char text[PATH_MAX];
    size_t length;
    bool is_too_long;
};

static void path_add(struct path *path, const char *text, size_t length)
{
    path->is_too_long |= length >= sizeof path->text - path->length;
    if (path->is_too_long)
        return;
    memcpy(path->text + path->length, text, length);
    path->length += length;
    path->text[path->length] = '\0';
}

static void path_add_folder_of(struct path *path, const char *file)
{
    char *resolved = realpath(file, NULL);
    const char *whole = resolved ? resolved : file;
    const char *slash = strrchr(whole, '/');
    path_add(path, slash ? whole : ".", slash ? (size_t)(slash - whole) : 1);
    free(resolved);
}

/** Appends @p text with $ORIGIN and its kin expanded, where they stand first. */
static void path_expand(struct path *path, const struct image *image, const char *text,
                        size_t length)
{
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}", "$LIB",
                                         "${LIB}",  "$PLATFORM", "${PLATFORM}"};
    const char *end = text + length;
    while (text < end) {
        const char *dollar = memchr(text, '$', (size_t)(end - text));
        path_add(path, text, (size_t)((dollar ? dollar : end) - text));
        if (!dollar)
            return;
        size_t i = 0, count = sizeof tokens / sizeof *tokens;
        while (i < count && ((size_t)(end - dollar) < strlen(tokens[i]) ||
                             memcmp(dollar, tokens[i], strlen(tokens[i])) != 0))
            i++;
        text = dollar + (i < count ? strlen(tokens[i]) : 1);
        if (i < 2)
            path_add_folder_of(path, image->path);
        else if (i < 4)
            path_add(path, image->pointer_bytes == 8 ? "lib64" : "lib",
                     image->pointer_bytes == 8 ? 5 : 3);
        else if (i < count)
            path_add(path, "x86_64", 6);
        else
            path_add(path, "$", 1);
    }
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

/** Returns a copy of the path if a fitting file is there. */
static const char *try_path(struct search *search, const struct image *image,
                            const struct path *path)
{
    if (path->is_too_long || !search->tries_left)
        return NULL;
    search->tries_left--;
    bool is_found = access(path->text, R_OK) == 0 && is_compatible(image, path->text);
    return is_found ? arena_strdup(&search->loader->program->arena, path->text) : NULL;
}

static const char *try_file(struct search *search, const struct image *image, const char *folder,
                            const char *name)
{
    struct path path = {.length = 0};
    path_add(&path, sysroot(search), strlen(sysroot(search)));
    path_add(&path, folder, strlen(folder));
    path_add(&path, "/", *folder ? 1 : 0);
    path_add(&path, name, strlen(name));
    return try_path(search, image, &path);
}

/** Tries one folder of a search path. */
static const char *try_folder(struct search *search, const struct image *image, const char *folder,
                              size_t length, const char *name)
{
    struct path expanded = {.length = 0}, path = {.length = 0};
    path_expand(&expanded, image, folder, length);
    // An expanded $ORIGIN already lies under the sysroot.
    if (strncmp(expanded.text, sysroot(search), strlen(sysroot(search))) != 0)
        path_add(&path, sysroot(search), strlen(sysroot(search)));
    path_add(&path, expanded.text, expanded.length);
    path_add(&path, "/", expanded.length ? 1 : 0);
    path_add(&path, name, strlen(name));
    path.is_too_long |= expanded.is_too_long;
    return try_path(search, image, &path);
}

/** Tries each folder of a colon-separated path; @p image is whose $ORIGIN counts. */
static const char *try_folders(struct search *search, const struct image *image,
                               const char *folders, const char *name)
{
    while (folders && *folders && search->tries_left) {
        size_t length = strcspn(folders, ":;");
        const char *found = try_folder(search, image, folders, length, name);
        // What is too long for a path still takes time to pass over.
        uint32_t passed =
            (uint32_t)(length / PATH_MAX < MOST_TRIES ? length / PATH_MAX : MOST_TRIES);
        search->tries_left -= passed < search->tries_left ? passed : search->tries_left;
        if (found)
            return found;
        folders += length + (folders[length] != '\0');
    }
    return NULL;
}

static const char *try_rpaths(struct search *search, const struct image *image, const char *name)
{
    if (image->load->run_path)
        return NULL;
    for (const struct image *at = image;;) {
        const char *found =
            at->load->run_path ? NULL : try_folders(search, at, at->load->rpath, name);
        if (found || at->load->loaded_by == NONE)
            return found;
        at = search->images.data[at->load->loaded_by];
    }
}

static const char *cache_string(const struct search *search, size_t base, uint32_t offset)
{
    return string_at(&search->cache_strings, (uint64_t)base + offset);
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
        const char *found = try_file(search, image, "", cache_string(search, base, entry.path));
        if (found)
            return found;
    }
    return NULL;
}

static const char *find_library(struct search *search, const struct image *image, const char *name)
{
    if (strchr(name, '/')) {
        struct path path = {.length = 0};
        path_add(&path, sysroot(search), strlen(sysroot(search)));
        path_expand(&path, image, name, strlen(name));
        return try_path(search, image, &path);
    }
    const char *found = try_rpaths(search, image, name);
    if (!found && !*sysroot(search))
        found = try_folders(search, image, getenv("LD_LIBRARY_PATH"), name);
    if (!found)
        found = try_folders(search, image, image->load->run_path, name);
    if (!found)
        found = try_cache(search, image, name);
    for (size_t i = 0; !found && i < sizeof default_folders / sizeof *default_folders; i++)
        found = try_file(search, image, default_folders[i], name);
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
    if (needed->is_lost)
        return;
    uint32_t known = string_map_get(&search->by_name, needed->name);
    if (known != MAP_NONE) {
        needed->image = known;
        needed->path = search->images.data[known]->path;
        return;
    }
    needed->path = find_library(search, image, needed->name);
    if (!needed->path && !search->tries_left)
        diagnose(&search->loader->program->diagnostics, image->path,
                 "names so many libraries and folders that the search for them was given up");
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
    struct search search = {.loader = loader, .tries_left = MOST_TRIES};
    string_map_init(&search.by_name);
    array_push(&search.images, program->images[0]);
    string_map_set(&search.by_name, program->images[0]->name, 0);
    const char *cache_path = arena_printf(&program->arena, "%s/etc/ld.so.cache", sysroot(&search));
    error_destroy(map_file(cache_path, false, &search.cache));
    search.cache_strings = string_table_make(search.cache.data, search.cache.bytes);
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
