/*
 * file.c: debug sections as plain bytes.
 *
 * In: an ELF file, mapped. Out: pointers to its debug sections. libdw reads the file in place where
 * it can. Where it cannot, because sections are compressed (zlib, GNU's .zdebug, zstd, which libdw
 * 0.188 does not know) or split sections share the file with others (-gsplit-dwarf=single), the
 * sections go, decompressed, into a new ELF file in memory. So each thread may open its own handle
 * without decompressing again, and strings keep their place whichever handle read them.
 * Left out: big-endian files; several .debug_info sections in one object file (COMDAT type units).
 */
#include "load/debug/file.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

static const char *const section_names[DEBUG_SECTION_COUNT] = {
    [DEBUG_INFO] = "info",
    [DEBUG_TYPES] = "types",
    [DEBUG_ABBREV] = "abbrev",
    [DEBUG_LINE] = "line",
    [DEBUG_LINE_STR] = "line_str",
    [DEBUG_STR] = "str",
    [DEBUG_STR_OFFSETS] = "str_offsets",
    [DEBUG_ADDR] = "addr",
    [DEBUG_RANGES] = "ranges",
    [DEBUG_RNGLISTS] = "rnglists",
    [DEBUG_CU_INDEX] = "cu_index",
    [DEBUG_TU_INDEX] = "tu_index",
};

enum { GNU_HEADER_BYTES = 12 }; // "ZLIB" and the size

/** A debug section as found in the file. */
struct found {
    Elf_Scn *section;
    const uint8_t *data;
    size_t bytes;
    unsigned compression; // 0, or ELFCOMPRESS_*
    uint64_t full_bytes;  // decompressed
    bool is_gnu;          // .zdebug_*
};

struct found_sections {
    struct found plain[DEBUG_SECTION_COUNT], split[DEBUG_SECTION_COUNT];
};

/** Which section a name stands for, -1 if none: ".debug_line.dwo", ".zdebug_line". */
static int section_kind(const char *name, bool *is_split, bool *is_gnu)
{
    *is_gnu = strncmp(name, ".zdebug_", 8) == 0;
    if (!*is_gnu && strncmp(name, ".debug_", 7) != 0)
        return -1;
    name += *is_gnu ? 8 : 7;
    size_t length = strlen(name);
    *is_split = length > 4 && strcmp(name + length - 4, ".dwo") == 0;
    length -= *is_split ? 4 : 0;
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++)
        if (strlen(section_names[i]) == length && memcmp(name, section_names[i], length) == 0)
            return i;
    return -1;
}

static void find_compression(Elf_Scn *section, const GElf_Shdr *header, struct found *ret)
{
    if (header->sh_flags & SHF_COMPRESSED) {
        GElf_Chdr compressed;
        // An unreadable header is taken for one of no known kind, which fails later.
        bool ok = gelf_getchdr(section, &compressed) != NULL;
        ret->compression = ok ? compressed.ch_type : UINT32_MAX;
        ret->full_bytes = ok ? compressed.ch_size : 0;
    } else if (ret->is_gnu && ret->bytes > GNU_HEADER_BYTES && memcmp(ret->data, "ZLIB", 4) == 0) {
        ret->compression = ELFCOMPRESS_ZLIB;
        for (int i = 4; i < GNU_HEADER_BYTES; i++) // the size is big-endian
            ret->full_bytes = ret->full_bytes << 8 | ret->data[i];
    } else {
        ret->is_gnu = false;
    }
}

/** The sections that name a supplementary file. */
static void find_link(struct debug_file *file, const char *name, struct bytes bytes)
{
    if (strcmp(name, ".gnu_debugaltlink") == 0)
        file->alt_link = bytes;
    else if (strcmp(name, ".debug_sup") == 0)
        file->supplement = bytes;
}

static void find_section(struct debug_file *file, Elf_Scn *section, const char *name,
                         const GElf_Shdr *header, struct found_sections *ret)
{
    bool is_split, is_gnu;
    int kind = section_kind(name, &is_split, &is_gnu);
    if (header->sh_type == SHT_NOBITS || header->sh_size == 0 ||
        header->sh_offset > file->elf_bytes ||
        header->sh_size > file->elf_bytes - header->sh_offset)
        return;
    find_link(file, name, (struct bytes){file->elf + header->sh_offset, header->sh_size});
    if (kind < 0)
        return;
    // The indexes of a package have no .dwo in their names.
    is_split |= kind == DEBUG_CU_INDEX || kind == DEBUG_TU_INDEX;
    struct found *found = is_split ? &ret->split[kind] : &ret->plain[kind];
    if (found->data)
        return;
    *found = (struct found){.section = section,
                            .data = file->elf + header->sh_offset,
                            .bytes = header->sh_size,
                            .full_bytes = header->sh_size,
                            .is_gnu = is_gnu};
    if (is_gnu || (header->sh_flags & SHF_COMPRESSED))
        found->full_bytes = 0;
    find_compression(section, header, found);
    if (!found->compression)
        found->full_bytes = found->bytes;
}

static void find_sections(struct debug_file *file, Elf *elf, struct found_sections *ret)
{
    size_t names;
    *ret = (struct found_sections){0};
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        const char *name =
            gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name)
            find_section(file, section, name, &header, ret);
    }
}

/* ---- Decompression --------------------------------------------------------------------------- */

/**
 * Whether the sections are not larger than their file lets expect. Compressed ones of real programs
 * take a third to a tenth of their size; deflate reaches 1032:1, zstd more.
 */
static bool size_is_credible(const struct found *found)
{
    enum { MAX_GROWTH = 24, MIN_BYTES = 1 << 20 };
    uint64_t full = 0, stored = 0;
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++) {
        stored += found[i].bytes;
        if (__builtin_add_overflow(full, found[i].full_bytes, &full))
            return false;
    }
    return full <= MIN_BYTES || (full - MIN_BYTES) / MAX_GROWTH <= stored;
}

/** libelf's elf_compress() would do, but writes to the file's headers, which are mapped read-only.
 */
static bool decompress_zlib(const struct found *found, uint8_t *ret, size_t header_bytes)
{
    uLongf bytes = found->full_bytes;
    int status = uncompress(ret, &bytes, found->data + header_bytes, found->bytes - header_bytes);
    return status == Z_OK && bytes == found->full_bytes;
}

static bool decompress_zstd(const struct found *found, uint8_t *ret, size_t header_bytes)
{
    size_t bytes = ZSTD_decompress(ret, found->full_bytes, found->data + header_bytes,
                                   found->bytes - header_bytes);
    return !ZSTD_isError(bytes) && bytes == found->full_bytes;
}

static bool copy_section(const struct found *found, uint8_t *ret, bool is_64)
{
    size_t header_bytes = found->is_gnu ? GNU_HEADER_BYTES
                          : is_64       ? sizeof(Elf64_Chdr)
                                        : sizeof(Elf32_Chdr);
    if (found->compression && found->bytes < header_bytes)
        return false;
    switch (found->compression) {
    case 0:
        memcpy(ret, found->data, found->bytes);
        return true;
    case ELFCOMPRESS_ZLIB:
        return decompress_zlib(found, ret, header_bytes);
    case ELFCOMPRESS_ZSTD:
        return decompress_zstd(found, ret, header_bytes);
    }
    return false;
}

/* ---- A new file in memory -------------------------------------------------------------------- */

enum { NAME_BYTES = 32, HEADERS = DEBUG_SECTION_COUNT + 2 };

struct layout {
    size_t names, headers, data[DEBUG_SECTION_COUNT], total;
};

static bool layout_add(struct layout *layout, uint64_t bytes, size_t *ret_at)
{
    *ret_at = layout->total;
    return !__builtin_add_overflow(layout->total, bytes, &layout->total) &&
           !__builtin_add_overflow(layout->total, 15, &layout->total) &&
           (layout->total &= ~(size_t)15, layout->total < SIZE_MAX / 2);
}

static bool make_layout(const struct found *found, struct layout *ret)
{
    *ret = (struct layout){.total = sizeof(Elf64_Ehdr)};
    bool ok = layout_add(ret, HEADERS * sizeof(Elf64_Shdr), &ret->headers) &&
              layout_add(ret, (HEADERS + 1) * NAME_BYTES, &ret->names);
    for (int i = 0; ok && i < DEBUG_SECTION_COUNT; i++)
        ok = layout_add(ret, found[i].full_bytes, &ret->data[i]);
    return ok;
}

/** Writes the ELF header, the section headers and their names: each name in a slot of its own. */
static void write_headers(uint8_t *elf, const struct layout *layout, const struct found *found,
                          bool is_split, unsigned machine)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)elf;
    *header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = (Elf64_Half)machine,
        .e_version = EV_CURRENT,
        .e_shoff = layout->headers,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = HEADERS,
        .e_shstrndx = HEADERS - 1};
    Elf64_Shdr *sections = (Elf64_Shdr *)(elf + layout->headers);
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++) {
        bool is_index = i == DEBUG_CU_INDEX || i == DEBUG_TU_INDEX;
        unsigned name = (unsigned)(i + 1) * NAME_BYTES;
        // libdw must not see the indexes of a package; see hide_index().
        sections[i + 1] = (Elf64_Shdr){.sh_name = found[i].data && !is_index ? name : 0,
                                       // An absent section must not look like an empty one.
                                       .sh_type = found[i].data ? SHT_PROGBITS : SHT_NULL,
                                       .sh_offset = layout->data[i],
                                       .sh_size = found[i].full_bytes,
                                       .sh_addralign = 1};
        snprintf((char *)elf + layout->names + name, NAME_BYTES, ".debug_%s%s", section_names[i],
                 is_split ? ".dwo" : "");
    }
    sections[HEADERS - 1] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                         .sh_offset = layout->names,
                                         .sh_size = (HEADERS + 1) * NAME_BYTES,
                                         .sh_addralign = 1};
}

static struct error *rebuild(struct debug_file *file, const struct found *found, bool is_split,
                             Elf *elf)
{
    struct layout layout;
    GElf_Ehdr header;
    if (!gelf_getehdr(elf, &header) || !size_is_credible(found) || !make_layout(found, &layout))
        return error_create("debug sections are compressed and claim sizes that none have");
    // calloc of this size maps fresh pages: a false size costs nothing until it is filled.
    uint8_t *copy = calloc(1, layout.total);
    if (!copy)
        return error_create("debug sections of %zu bytes do not fit into memory", layout.total);
    bool is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++) {
        if (found[i].data && !copy_section(&found[i], copy + layout.data[i], is_64)) {
            free(copy);
            return error_create("section .debug_%s cannot be decompressed", section_names[i]);
        }
    }
    write_headers(copy, &layout, found, is_split, header.e_machine);
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++)
        file->sections[i] = found[i].data
                                ? (struct bytes){copy + layout.data[i], found[i].full_bytes}
                                : (struct bytes){0};
    free(file->rebuilt);
    file->rebuilt = copy;
    file->elf = copy;
    file->elf_bytes = layout.total;
    return NULL;
}

/**
 * Takes away the names of a package's indexes, in pages of our own: libdw 0.188 takes the file for
 * one without split units when it sees a .debug section whose name does not end with .dwo.
 */
static void hide_index(struct debug_file *file, Elf *elf, const struct found *index)
{
    GElf_Ehdr header;
    if (!index->section || !gelf_getehdr(elf, &header))
        return;
    uint64_t at = header.e_shoff + elf_ndxscn(index->section) * (uint64_t)header.e_shentsize;
    if (at < file->elf_bytes && file->elf_bytes - at >= sizeof(Elf32_Word))
        memset((uint8_t *)file->elf + at, 0, sizeof(Elf32_Word));
}

/* ---- Opening --------------------------------------------------------------------------------- */

static bool has_compressed(const struct found *found)
{
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++)
        if (found[i].compression)
            return true;
    return false;
}

/** Sums up what the file holds, and cuts off what follows the last string of a section. */
static void measure(struct debug_file *file, const struct found *found)
{
    static const enum debug_section strings[] = {DEBUG_STR, DEBUG_LINE_STR};
    uint64_t full_bytes = 0;
    file->stored_bytes = 0;
    for (int i = 0; i < DEBUG_SECTION_COUNT; i++) {
        file->stored_bytes += found[i].bytes;
        full_bytes += found[i].full_bytes;
    }
    file->growth = (unsigned)(full_bytes / (file->stored_bytes + 1)) + 1;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct bytes *section = &file->sections[strings[i]];
        const uint8_t *end = section->bytes ? memrchr(section->data, 0, section->bytes) : NULL;
        section->bytes = end ? (size_t)(end - section->data) + 1 : 0;
    }
}

static struct error *read_sections(struct debug_file *file, bool must_rebuild)
{
    elf_version(EV_CURRENT);
    if (file->elf_bytes < EI_NIDENT || file->elf[EI_DATA] != ELFDATA2LSB)
        return error_create("is not a little-endian ELF file");
    Elf *elf = elf_memory((char *)file->elf, file->elf_bytes);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return error_create("is not an ELF file");
    }
    struct found_sections all;
    find_sections(file, elf, &all);
    bool is_split = file->role == DEBUG_FILE_PACKAGE || file->role == DEBUG_FILE_SPLIT;
    const struct found *found = is_split ? all.split : all.plain;
    struct error *error = NULL;
    if (!found[DEBUG_INFO].data)
        error = error_create("has no debug information");
    else if (must_rebuild || has_compressed(found) || (is_split && all.plain[DEBUG_INFO].data))
        error = rebuild(file, found, is_split, elf);
    else
        for (int i = 0; i < DEBUG_SECTION_COUNT; i++)
            file->sections[i] = (struct bytes){found[i].data, found[i].bytes};
    if (!error && !file->rebuilt && file->role == DEBUG_FILE_PACKAGE) {
        hide_index(file, elf, &found[DEBUG_CU_INDEX]);
        hide_index(file, elf, &found[DEBUG_TU_INDEX]);
    }
    elf_end(elf);
    if (!error)
        measure(file, found);
    return error;
}

struct error *debug_file_wrap(const char *path, const uint8_t *data, size_t bytes,
                              enum debug_file_role role, struct debug_file **ret)
{
    struct debug_file *file = xcalloc(1, sizeof *file);
    *file = (struct debug_file){.role = role, .elf = data, .elf_bytes = bytes};
    file->path = xstrdup(path);
    struct error *error = read_sections(file, false);
    if (error)
        debug_file_close(file);
    else
        *ret = file;
    return error;
}

struct error *debug_file_open(const char *path, enum debug_file_role role, struct debug_file **ret)
{
    struct mapping mapping;
    // Headers of a package's units are changed in place, in pages of our own.
    struct error *error = map_file(path, role == DEBUG_FILE_PACKAGE, &mapping);
    if (error)
        return error;
    error = debug_file_wrap(path, mapping.data, mapping.bytes, role, ret);
    if (error)
        unmap_file(&mapping);
    else
        (*ret)->mapping = mapping;
    return error;
}

void debug_file_close(struct debug_file *file)
{
    if (!file)
        return;
    unmap_file(&file->mapping);
    free(file->rebuilt);
    free(file->path);
    free(file);
}

struct error *debug_file_own(struct debug_file *file)
{
    return file->rebuilt ? NULL : read_sections(file, true);
}
