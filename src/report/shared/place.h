/*
 * place.h: where in the sources something is, as far as debug information tells.
 */
#ifndef DWELL_REPORT_PLACE_H
#define DWELL_REPORT_PLACE_H

#include "report/report.h"

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

/** Returns "src/x.c:12", "src/x.c", or NULL; shortened as short_path() does; in the arena. */
const char *place_text(struct report *report, struct place place);

/** The same, or the file's name for code of a library whose source is not known. */
const char *place_or_library(struct report *report, struct place place, uint32_t function);

/**
 * Returns what people need of a source path: relative to the working folder if below it, without
 * the prefix of the compiler's own sources or of a package cache. Points into @p path.
 */
const char *short_path(struct report *report, const char *path);

/* Cells for the columns "file" and "line". */
struct cell cell_file(struct place place);
struct cell cell_line(struct place place);

#endif
