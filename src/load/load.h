/*
 * load.h: from ELF files to images. The only users of libelf, libdw and libiberty are in this
 * folder; hostile input ends here: what leaves is bounded and checked.
 */
#ifndef DWELL_LOAD_LOAD_H
#define DWELL_LOAD_LOAD_H

#include "base/error.h"
#include "program/program.h"

struct load_options {
    bool no_libs;           /* only the file itself */
    const char *sysroot;    /* prefix for absolute library paths, NULL for none */
    bool with_layouts;      /* debug information's types with their fields too */
    const char *debug_file; /* separate debug information for the file, NULL to search for it */
};

/**
 * Loads the file at @p path as images[0] of an initialized @p program and, unless told otherwise,
 * the closure of the libraries it needs. A missing library, a corrupt section and the like become
 * diagnostics; an error means that nothing can be said about the file.
 */
struct error *program_load(struct program *program, const char *path,
                           const struct load_options *options);

/**
 * The same for a file that is in memory already; @p data is changed if it is an object file, and
 * must outlive the program. @p name stands for the path in messages.
 */
struct error *program_load_memory(struct program *program, const char *name, uint8_t *data,
                                  size_t bytes, const struct load_options *options);

/**
 * Reads the debug information of @p image into image->debug (a no-op if it is there already or
 * there is none). A unit that cannot be read costs that unit and leaves a diagnostic.
 */
void image_load_debug(struct program *program, struct image *image,
                      const struct load_options *options);

/** Returns an error if one of the files that were read changed since; nothing is right then. */
struct error *program_check_files(const struct program *program);

/** Frees the program with all its images and their mappings. */
void program_unload(struct program *program);

#endif
