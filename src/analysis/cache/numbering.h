/*
 * numbering.h: numbers of functions that mean the same in every program that the image is part of.
 *
 * Functions of the image count from 0. Functions elsewhere come into an image's code only through
 * its relocations; they are numbered in the order in which the program has them, whatever they are.
 * The key of an entry holds which relocation has which of these numbers, so that an entry fits
 * every program that binds the image in the same way, and no other.
 */
#ifndef DWELL_ANALYSIS_CACHE_NUMBERING_H
#define DWELL_ANALYSIS_CACHE_NUMBERING_H

#include "program/program.h"

/** Set in the number of a function elsewhere. */
#define NUMBER_ELSEWHERE (UINT32_C(1) << 31)

struct numbering {
    const struct program *program;
    uint32_t image;
    uint32_t first, count; /* the image's functions */
    uint32_t *others;      /* functions elsewhere, ascending */
    uint32_t other_count;
    uint32_t before_count; /* of others that come before the image's own */
};

/** Numbers what the image's code can name; false if it has too many functions. */
bool numbering_init(struct numbering *numbering, const struct program *program, uint32_t image);
void numbering_deinit(struct numbering *numbering);

/** From a function of the program to its number; false if it has none. */
bool numbering_encode(const struct numbering *numbering, uint32_t function, uint32_t *ret);

/** From a number, perhaps a bad one, to the function, which is no part; false if there is none. */
bool numbering_decode(const struct numbering *numbering, uint32_t number, uint32_t *ret);

#endif
