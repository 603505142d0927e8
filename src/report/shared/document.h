/*
 * document.h: a report as a whole: the JSON document around its tables, and what is common to
 * the text of all reports: what file this is, and what went wrong with it.
 */
#ifndef DWELL_REPORT_DOCUMENT_H
#define DWELL_REPORT_DOCUMENT_H

#include "report/report.h"

/** One key of a document. */
struct part {
    const char *key;
    const struct table *table;
    /* The rows of an array in their own order; NULL: the part is one object, row 0. */
    void (*list)(struct report *report, struct rows *ret);
    bool is_selectable; /* --filter, --sort and --limit apply */
};

/** Complains if --sort names a column of none of the parts. */
struct error *report_check_sort(const struct report *report, const struct part *parts,
                                size_t count);

/** Writes the document: schema, command, file, the parts, diagnostics. */
void report_write_json(struct report *report, const struct part *parts, size_t count);

/** Prints which file this is: path, type, machine, what built it, libraries. */
void report_print_header(struct report *report);

/** Prints what went wrong while reading, if anything. */
void report_print_diagnostics(struct report *report);

/** Prints "… 1,234 more (--all)" if @p shown is less than @p count. */
void report_print_more(struct report *report, size_t shown, size_t count);

/** Prints an empty line and a heading. */
void report_print_title(struct report *report, const char *title);

/** Prints words broken into lines of the screen's width, lines after the first indented. */
void report_print_wrapped(struct report *report, enum style style, const char *text,
                          unsigned indent);

/**
 * A titled table of @p rows, at most @p usual of them unless the user asked for another number, and
 * how many rows that are not own code were @p folded away.
 */
void report_print_rows(struct report *report, const char *title, const struct table *table,
                       const struct rows *rows, size_t folded, size_t usual);

#endif
