/*
 * place.h: places in the sources as people read them.
 */
#ifndef DWELL_REPORT_PLACE_H
#define DWELL_REPORT_PLACE_H

#include "program/place.h"
#include "report/report.h"

/** Returns "src/x.c:12", "src/x.c", or NULL; shortened as short_path() does; in the arena. */
const char *place_text(struct report *report, struct place place);

/** The same, or the file's name for code of a library whose source is not known. */
const char *place_or_library(struct report *report, struct place place, uint32_t function);

/**
 * Returns what people need of a source path: relative to the working folder if below it, without
 * the prefix of the compiler's own sources or of a package cache. Points into @p path, or is in
 * the report's arena.
 */
const char *short_path(struct report *report, const char *path);

/* Cells for the columns "file" and "line". */
struct cell cell_file(struct place place);
struct cell cell_line(struct place place);

#endif
