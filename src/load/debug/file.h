/*
 * file.h: an ELF file with debug information, its sections readable as plain bytes.
 */
#ifndef DWELL_LOAD_DEBUG_FILE_H
#define DWELL_LOAD_DEBUG_FILE_H

#include "base/error.h"
#include "load/debug/reader.h"
#include "load/elf_file.h"

#include <elfutils/libdw.h>

enum debug_section {
    DEBUG_INFO,
    DEBUG_TYPES,
    DEBUG_ABBREV,
    DEBUG_LINE,
    DEBUG_LINE_STR,
    DEBUG_STR,
    DEBUG_STR_OFFSETS,
    DEBUG_ADDR,
    DEBUG_RANGES,
    DEBUG_RNGLISTS,
    DEBUG_CU_INDEX, /* of packages of split units */
    DEBUG_TU_INDEX,
    DEBUG_SECTION_COUNT
};

/** What a file is to the image; also the number of its handle in each worker. */
enum debug_file_role {
    DEBUG_FILE_MAIN,    /* the image itself, or the file that its debug information moved to */
    DEBUG_FILE_ALT,     /* what dwz moved out of several files */
    DEBUG_FILE_PACKAGE, /* .dwp: split units of the whole image */
    DEBUG_FILE_SPLIT,   /* .dwo: split units of one object file */
    DEBUG_FILE_ROLES
};

struct debug_file {
    char *path;
    enum debug_file_role role;
    struct mapping mapping; /* empty if the bytes belong to an image */
    uint8_t *rebuilt;       /* decompressed copy, or NULL */
    const uint8_t *elf;     /* what libdw is to open; stays in place until the file is closed */
    size_t elf_bytes;
    struct bytes sections[DEBUG_SECTION_COUNT]; /* those of strings end with the end of one */
    size_t stored_bytes;                        /* of all of them, as they are in the file */
    unsigned growth;         /* how many times larger they are than that, rounded up */
    struct bytes alt_link;   /* .gnu_debugaltlink: name and build-id of dwz's file */
    struct bytes supplement; /* .debug_sup: the same in DWARF 5 */
};

/** Opens the file at @p path; an error says why it has no readable debug information. */
struct error *debug_file_open(const char *path, enum debug_file_role role, struct debug_file **ret);

/** The same for bytes in memory, which must outlive the file. */
struct error *debug_file_wrap(const char *path, const uint8_t *data, size_t bytes,
                              enum debug_file_role role, struct debug_file **ret);

void debug_file_close(struct debug_file *file);

/** Makes the file's bytes writable and its own, so that damaged headers can be mended. */
struct error *debug_file_own(struct debug_file *file);

#endif
