/*
 * cached_program.h: a program of three images, and what was found in the one in the middle, a
 * library; the others only move its functions to other numbers.
 */
#ifndef TESTS_UNIT_CACHED_PROGRAM_H
#define TESTS_UNIT_CACHED_PROGRAM_H

#include "analysis/cache/entry.h"
#include "analysis/cache/key.h"
#include "analysis/cache/records.h"

enum {
    LIBRARY = 1, /* the image */
    MAX_BEFORE = 8,
    OWN_FUNCTIONS = 5, /* whole, part of the first, stub, whole, whole but empty of calls */
    OTHER_FUNCTIONS = 3,
    EXTERNAL_FUNCTIONS = 2,
    MOST_FUNCTIONS = MAX_BEFORE + OWN_FUNCTIONS + OTHER_FUNCTIONS + EXTERNAL_FUNCTIONS,
    RELOCATIONS = 6,
    LIBRARY_BYTES = 256,
};

struct cached_program {
    struct program program;
    struct facts facts;
    struct image images[3], *image_list[3];
    struct segment segment;
    struct section section;
    struct relocation relocations[RELOCATIONS];
    struct unwind_entry unwind_entry;
    struct function functions[MOST_FUNCTIONS];
    struct frame frames[MOST_FUNCTIONS];
    uint8_t wanted_arguments[MOST_FUNCTIONS];
    uint32_t image_functions[4];
    uint8_t file[LIBRARY_BYTES];
    uint8_t taken_bits[3][MOST_FUNCTIONS / 8 + 1], *taken[3];
    struct found found[MOST_FUNCTIONS];
    struct output outputs[1];
    struct decoded decoded;
    struct numbering numbering;
    uint32_t first; /* function of the library */
};

/** Makes the program with @p before functions ahead of the library's; nothing is found yet. */
void cached_program_init(struct cached_program *made, uint32_t before);
void cached_program_deinit(struct cached_program *made);

/** Finds at least one record of each kind. */
void cached_program_find(struct cached_program *made);

#endif
