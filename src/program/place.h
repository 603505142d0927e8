/*
 * place.h: where in the sources something is, as far as debug information tells.
 */
#ifndef DWELL_PROGRAM_PLACE_H
#define DWELL_PROGRAM_PLACE_H

#include "program/program.h"

/** A function at a place in the sources that inlining put elsewhere. */
struct source_frame {
    const char *name;
    const char *file; /* NULL if not known */
    uint32_t line;    /* 0 if not known */
    uint32_t file_id; /* index of the file in its image's debug->files, NONE */
};

enum { MAX_INLINED = 64 };

/** @c file is NULL and @c line 0 where not known. */
struct place {
    const char *file;
    uint32_t line;
};

/** Where a function is declared. */
struct place place_of_function(const struct program *program, uint32_t function);

/**
 * Where, in the function itself, the code at @p address of @p function comes from: the line of
 * the outermost inlined call if there are any. @p ret_frames (room for MAX_INLINED) gets the
 * inlined functions, innermost first, each with the place in it; @p ret_count how many.
 */
struct place place_of_code(const struct program *program, uint32_t function, uint64_t address,
                           struct source_frame *ret_frames, uint32_t *ret_count);

/** The same without the inlined frames. */
struct place place_in_function(const struct program *program, uint32_t function, uint64_t address);

#endif
