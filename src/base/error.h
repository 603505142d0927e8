/*
 * error.h: two of the three channels of style: errors (cannot go on) and diagnostics (something is
 * malformed or missing; the answer is partial). The third, unknown, is a value in the results.
 */
#ifndef DWELL_BASE_ERROR_H
#define DWELL_BASE_ERROR_H

#include <stddef.h>

/** Why something could not be done. NULL is success; the receiver destroys it. */
struct error {
    char *message; /* one line: what, which file, what next; no trailing dot or newline */
};

/** What would drive a terminal is replaced in the message: it may hold names from anywhere. */
struct error *error_create(const char *format, ...) __attribute__((format(printf, 1, 2)));
void error_destroy(struct error *error);

/** A collected message about something that made the answer partial. */
struct diagnostic {
    char *file; /* path of the file it is about, or NULL */
    char *message;
};

struct diagnostics {
    struct diagnostic *data;
    size_t count, capacity;
    size_t dropped; /* further ones, past the limit that keeps hostile input from filling memory */
};

void diagnostics_init(struct diagnostics *diagnostics);
void diagnostics_deinit(struct diagnostics *diagnostics);

/** Adds a diagnostic about @p file (may be NULL); a message already there is not added again. */
void diagnose(struct diagnostics *diagnostics, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
