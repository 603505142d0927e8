/*
 * find.h: where the debug information and symbols of a stripped image are.
 */
#ifndef DWELL_LOAD_DEBUG_FIND_H
#define DWELL_LOAD_DEBUG_FIND_H

#include "load/load.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Finds the separate file that holds the debug information and the symbol table of @p image:
 * options->debug_file if it is this image's, else by build-id, else by .gnu_debuglink. What is
 * returned is checked to belong to the image. The caller frees *@p ret_path.
 */
bool debug_find_file(const struct image *image, const struct load_options *options,
                     char **ret_path);

/** How a file that someone named for an image relates to it. */
enum debug_match {
    DEBUG_MATCH,         /* the build-ids are equal, or the image has none */
    DEBUG_MISMATCH,      /* the build-ids differ, or only the image has one */
    DEBUG_MATCH_NO_FILE, /* it is missing, unreadable or not ELF */
};

enum debug_match debug_match_file(const struct image *image, const char *path);

/**
 * Finds the file that dwz moved common parts of @p image's debug information to. @p link is the
 * name in the file at @p path that refers to it, @p build_id (hexadecimal, "" if not known) what
 * it must have. The caller frees the result; NULL if it is nowhere.
 */
char *debug_find_supplement(const struct load_options *options, const char *path, const char *link,
                            const char *build_id);

/**
 * Unpacks .gnu_debugdata: a small ELF file with symbols only. False if there is none or it is
 * damaged or absurdly large; otherwise the caller frees *@p ret.
 */
bool minidebug_extract(const struct image *image, uint8_t **ret, size_t *ret_bytes);

#endif
