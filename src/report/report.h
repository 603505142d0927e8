/*
 * report.h: from facts to answers. In: an analyzed program. Out: text for people or one JSON
 * document (schema dwell/1), both from the tables of this folder.
 */
#ifndef DWELL_REPORT_REPORT_H
#define DWELL_REPORT_REPORT_H

#include "base/arena.h"
#include "program/facts.h"
#include "report/format/screen.h"
#include "report/format/table.h"

#include <stdbool.h>
#include <stdint.h>

/** What the user asks of any report. */
struct report_options {
    bool is_json;
    bool is_dot; /* calls: Graphviz instead of text */
    bool all;    /* text: everything, nothing folded away or left out */
    bool has_limit;
    bool has_stack_limit; /* the user said how much stack there is; it is in the facts */
    uint64_t limit;       /* rows of each table, valid if has_limit */
    const char *sort;     /* key of a column, NULL for the report's own order */
    const char *filter;   /* POSIX extended expression, NULL for none */
    const char *function; /* the one that --why or --from names, of types the type; or NULL */
    bool is_tree;         /* it is --from */
};

struct branches;
struct drawing;
struct report_filter;
struct segment_owners;
struct source_frame;
struct tree;
struct why;

/** One report in the making; private to this folder. */
struct report {
    struct program *program;
    struct facts *facts;
    const struct report_options *options;
    const char *command;
    struct screen screen;
    struct report_filter *filter;    /* NULL: everything matches */
    struct arena arena;              /* strings made for this report */
    const char *folder;              /* the working folder, NULL if not known */
    struct segment_owners *segments; /* of each segment of images[0]; globals only */
    struct tree *tree;               /* stack --from only */
    struct why *why;                 /* heap --why only */
    struct branches *branches;       /* heap --from only */
    struct drawing *drawing;         /* types only */
    struct rows list;                /* rows of the list cells of the current row */
    struct source_frame *frames;     /* rows of the table of inlined frames */
    size_t frame_count, frame_capacity;
    const char **strings; /* rows of the table of plain strings */
    size_t string_count, string_capacity;
};

typedef struct error *report_function(struct report *report);

report_function report_overview, report_globals, report_stack, report_heap, report_calls,
    report_types;

/**
 * Runs @p report for @p command over an analyzed @p program. The error is the user's: a bad
 * filter, an unknown sort key or function.
 */
struct error *report_run(report_function *function, const char *command, struct program *program,
                         const struct report_options *options, const struct screen *screen);

#endif
