/*
 * function.h: the columns that every table of functions begins with, and finding a function by the
 * name a person gives.
 */
#ifndef DWELL_REPORT_FUNCTION_H
#define DWELL_REPORT_FUNCTION_H

#include "report/report.h"

/** Tells whether reports list the function: code of the file itself, no stub, no cold part. */
bool is_listed_function(const struct report *report, uint32_t function);

/** Tells whether it is the program's own and not the language's or the runtime's. */
bool is_user_function(const struct report *report, uint32_t function);

/** The listed functions by address. */
void list_functions(struct report *report, struct rows *ret);

/** Returns @p address as it is shown: in object files, which have none, the offset in its section.
 */
uint64_t shown_address(const struct report *report, const struct image *image, uint64_t address);
/** The same for an address in the code of a function. */
uint64_t shown_code_address(const struct report *report, uint32_t function, uint64_t address);

/** Adds the other names of what is at @p address: readable ones, of functions or of variables. */
struct cell alias_cell(struct report *report, const struct image *image, uint64_t address,
                       bool of_functions, const char *linkage_name, const char *name);

struct cell get_function_name(struct report *report, uint32_t function);
struct cell get_function_linkage_name(struct report *report, uint32_t function);
struct cell get_function_address(struct report *report, uint32_t function);
struct cell get_function_file(struct report *report, uint32_t function);
struct cell get_function_line(struct report *report, uint32_t function);
struct cell get_function_place(struct report *report, uint32_t function);
struct cell get_function_aliases(struct report *report, uint32_t function);

#define FUNCTION_COLUMNS                                                                           \
    {"name", NULL, UNIT_NAME, get_function_name, NULL},                                            \
        {"linkage_name", NULL, UNIT_NONE, get_function_linkage_name, NULL},                        \
        {"address", NULL, UNIT_ADDRESS, get_function_address, NULL},                               \
        {"file", NULL, UNIT_PATH, get_function_file, NULL},                                        \
    {                                                                                              \
        "line", NULL, UNIT_LINE, get_function_line, NULL                                           \
    }

/** Bare names of functions, for lists. */
extern const struct table name_table;

/**
 * Finds the functions that people mean by @p name: the readable or linkage name, or its end after
 * "::". The error says that there is none and suggests the nearest.
 */
struct error *functions_named(struct report *report, const char *name, struct rows *ret);

/** Whose something is, as a word; of an enum origin. */
const char *origin_name(unsigned origin);

#endif
