/*
 * find.c: the search for separate debug information.
 *
 * In: an image. Out: a path, checked by build-id or CRC. The places are those that GDB's manual
 * documents ("Debugging Information in Separate Files"): /usr/lib/debug/.build-id/xx/yyyy.debug,
 * then the name in .gnu_debuglink in the image's folder, its .debug/ and below /usr/lib/debug.
 * With a sysroot, absolute places are looked for below it. `.gnu_debugdata` is the "mini debug
 * info" of the same manual. Left out: debuginfod; nothing is fetched from a network.
 */
#include "load/debug/find.h"

#include "base/array.h"
#include "base/memory.h"
#include "load/elf_file.h"

#include <elfutils/libdwelf.h>
#include <lzma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    MAX_MINIDEBUG_BYTES = 256 << 20,
    MAX_DECODER_BYTES = 256 << 20,
    MAX_BUILD_ID = 64,
};

static __attribute__((format(printf, 1, 2))) char *format(const char *pattern, ...)
{
    va_list arguments;
    char *text;
    va_start(arguments, pattern);
    if (vasprintf(&text, pattern, arguments) < 0)
        out_of_memory();
    va_end(arguments);
    return text;
}

static const char *sysroot(const struct load_options *options)
{
    return options && options->sysroot ? options->sysroot : "";
}

static bool is_regular_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/** The absolute folder of @p path without a trailing slash. */
static char *folder_of(const char *path)
{
    char *resolved = realpath(path, NULL);
    char *folder = resolved ? resolved : format("%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash) {
        free(folder);
        return format(".");
    }
    *slash = 0;
    return folder;
}

/* ---- Identity -------------------------------------------------------------------------------- */

/** Writes the build-id in hexadecimal, "" if there is none; false if it is no ELF file. */
static bool read_build_id(struct mapping mapping, char ret[2 * MAX_BUILD_ID + 1])
{
    const void *id;
    *ret = 0;
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)mapping.data, mapping.bytes);
    bool is_elf = elf && elf_kind(elf) == ELF_K_ELF;
    ssize_t bytes = is_elf ? dwelf_elf_gnu_build_id(elf, &id) : 0;
    for (ssize_t i = 0; i < bytes && i < MAX_BUILD_ID; i++)
        sprintf(ret + 2 * i, "%02x", ((const uint8_t *)id)[i]);
    elf_end(elf);
    return is_elf;
}

static bool file_build_id(const char *path, char ret[2 * MAX_BUILD_ID + 1])
{
    struct mapping mapping;
    struct error *error = map_file(path, false, &mapping);
    if (error) {
        error_destroy(error);
        return false;
    }
    bool is_elf = read_build_id(mapping, ret);
    unmap_file(&mapping);
    return is_elf;
}

enum debug_match debug_match_file(const struct image *image, const char *path)
{
    char id[2 * MAX_BUILD_ID + 1];
    if (!file_build_id(path, id))
        return DEBUG_MATCH_NO_FILE;
    return !image->build_id || strcmp(image->build_id, id) == 0 ? DEBUG_MATCH : DEBUG_MISMATCH;
}

static bool crc_matches(const char *path, uint32_t crc)
{
    struct mapping mapping;
    struct error *error = map_file(path, false, &mapping);
    if (error) {
        error_destroy(error);
        return false;
    }
    bool equal = crc32_z(0, mapping.data, mapping.bytes) == crc;
    unmap_file(&mapping);
    return equal;
}

/* ---- Places ---------------------------------------------------------------------------------- */

static const struct section *section_named(const struct image *image, const char *name)
{
    for (uint32_t i = 0; i < image->section_count; i++)
        if (image->sections[i].data && strcmp(image->sections[i].name, name) == 0)
            return &image->sections[i];
    return NULL;
}

static char *build_id_path(const struct load_options *options, const char *id)
{
    return format("%s/usr/lib/debug/.build-id/%.2s/%s.debug", sysroot(options), id, id + 2);
}

static char *find_by_build_id(const struct image *image, const struct load_options *options)
{
    if (!image->build_id || strlen(image->build_id) < 4)
        return NULL;
    char *path = build_id_path(options, image->build_id);
    if (debug_match_file(image, path) == DEBUG_MATCH)
        return path;
    free(path);
    return NULL;
}

/** The name and CRC that strip or objcopy left behind. */
static bool read_debuglink(const struct image *image, const char **ret_name, uint32_t *ret_crc)
{
    const struct section *section = section_named(image, ".gnu_debuglink");
    const char *name = section ? (const char *)section->data : NULL;
    size_t length = name ? strnlen(name, section->bytes) : 0;
    size_t crc_at = (length + 4) & ~(size_t)3;
    if (length == 0 || section->bytes < 4 || crc_at > section->bytes - 4 || strchr(name, '/'))
        return false;
    memcpy(ret_crc, section->data + crc_at, sizeof *ret_crc);
    *ret_name = name;
    return true;
}

static char *find_by_link(const struct image *image, const struct load_options *options)
{
    const char *name;
    uint32_t crc;
    if (!read_debuglink(image, &name, &crc))
        return NULL;
    char *folder = folder_of(image->path);
    const char *root = sysroot(options);
    // Below a sysroot, the image's folder already begins with it.
    size_t root_length = strlen(root);
    bool is_below = root_length && strncmp(folder, root, root_length) == 0;
    char *places[] = {
        format("%s/%s", folder, name),
        format("%s/.debug/%s", folder, name),
        format("%s/usr/lib/debug%s/%s", root, folder + (is_below ? root_length : 0), name),
    };
    free(folder);
    char *found = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!found && is_regular_file(places[i]) && crc_matches(places[i], crc))
            found = places[i];
        else
            free(places[i]);
    }
    return found;
}

/** --debug-file names a file for the main image, but the options reach every image. */
static bool is_given_file_of(const struct image *image, const struct load_options *options)
{
    if (!options || !options->debug_file || image->load->loaded_by != NONE)
        return false;
    return debug_match_file(image, options->debug_file) == DEBUG_MATCH;
}

bool debug_find_file(const struct image *image, const struct load_options *options, char **ret_path)
{
    if (is_given_file_of(image, options)) {
        *ret_path = format("%s", options->debug_file);
        return true;
    }
    *ret_path = find_by_build_id(image, options);
    if (!*ret_path)
        *ret_path = find_by_link(image, options);
    return *ret_path != NULL;
}

/** Returns @p path if it is the wanted file; else frees it. */
static char *accept_supplement(char *path, const char *build_id)
{
    char id[2 * MAX_BUILD_ID + 1];
    if (is_regular_file(path) && file_build_id(path, id) &&
        (!*build_id || strcmp(id, build_id) == 0))
        return path;
    free(path);
    return NULL;
}

char *debug_find_supplement(const struct load_options *options, const char *path, const char *link,
                            const char *build_id)
{
    const char *slash = strrchr(link, '/');
    const char *name = slash ? slash + 1 : link;
    char *folder = folder_of(path), *found = NULL;
    if (*link == '/')
        found = accept_supplement(format("%s%s", sysroot(options), link), build_id);
    else if (*link)
        found = accept_supplement(format("%s/%s", folder, link), build_id);
    if (!found && *name)
        found = accept_supplement(format("%s/.dwz/%s", folder, name), build_id);
    if (!found && *name)
        found =
            accept_supplement(format("%s/usr/lib/debug/.dwz/%s", sysroot(options), name), build_id);
    if (!found && strlen(build_id) > 4)
        found = accept_supplement(build_id_path(options, build_id), build_id);
    free(folder);
    return found;
}

/* ---- Mini debug info ------------------------------------------------------------------------- */

/** Unpacks all of the stream's input into a growing buffer; false if damaged or too large. */
static bool unpack(lzma_stream *stream, uint8_t **ret, size_t *ret_bytes)
{
    size_t capacity = 0;
    lzma_ret status = LZMA_OK;
    while (status == LZMA_OK) {
        size_t done = stream->total_out;
        if (done == capacity) {
            if (capacity >= MAX_MINIDEBUG_BYTES)
                return false;
            *ret = array_grow(*ret, 1, capacity ? capacity * 2 : 1 << 16, &capacity);
        }
        stream->next_out = *ret + done;
        stream->avail_out = capacity - done;
        status = lzma_code(stream, LZMA_FINISH);
    }
    *ret_bytes = stream->total_out;
    return status == LZMA_STREAM_END && stream->total_out > 0;
}

bool minidebug_extract(const struct image *image, uint8_t **ret, size_t *ret_bytes)
{
    const struct section *section = section_named(image, ".gnu_debugdata");
    lzma_stream stream = LZMA_STREAM_INIT;
    if (!section || lzma_stream_decoder(&stream, MAX_DECODER_BYTES, 0) != LZMA_OK)
        return false;
    stream.next_in = section->data;
    stream.avail_in = section->bytes;
    *ret = NULL;
    bool ok = unpack(&stream, ret, ret_bytes);
    lzma_end(&stream);
    if (!ok) {
        free(*ret);
        *ret = NULL;
    }
    return ok;
}
