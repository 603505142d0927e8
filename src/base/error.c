/* error.c: errors and diagnostics own their text. */
#include "base/error.h"

#include "base/array.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIAGNOSTICS = 200, LONGEST_DIAGNOSTIC = 4096 };

static char *format_message(const char *format, va_list arguments)
{
    char *message;
    if (vasprintf(&message, format, arguments) < 0)
        out_of_memory();
    return message;
}

struct error *error_create(const char *format, ...)
{
    struct error *error = xmalloc(sizeof *error);
    va_list arguments;
    va_start(arguments, format);
    CLEANUP_FREE char *message = format_message(format, arguments);
    va_end(arguments);
    error->message = utf8_clean(message);
    return error;
}

void error_destroy(struct error *error)
{
    if (!error)
        return;
    free(error->message);
    free(error);
}

void diagnostics_init(struct diagnostics *diagnostics)
{
    *diagnostics = (struct diagnostics){0};
}

void diagnostics_deinit(struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        free(diagnostics->data[i].file);
        free(diagnostics->data[i].message);
    }
    array_deinit(diagnostics);
}

static int is_known(const struct diagnostics *diagnostics, const char *file, const char *message)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *known = &diagnostics->data[i];
        if (strcmp(known->message, message) == 0 &&
            strcmp(known->file ? known->file : "", file ? file : "") == 0)
            return 1;
    }
    return 0;
}

void diagnose(struct diagnostics *diagnostics, const char *file, const char *format, ...)
{
    if (diagnostics->count >= MAX_DIAGNOSTICS) {
        diagnostics->dropped++;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    char *message = format_message(format, arguments);
    va_end(arguments);
    // It may hold names from a file, of any length.
    if (strlen(message) > LONGEST_DIAGNOSTIC)
        strcpy(message + LONGEST_DIAGNOSTIC - 4, "...");
    if (is_known(diagnostics, file, message)) {
        free(message);
        return;
    }
    char *path = file ? xstrdup(file) : NULL;
    array_push(diagnostics, (struct diagnostic){.file = path, .message = message});
}
