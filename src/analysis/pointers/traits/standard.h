/*
 * standard.h: code of Rust's standard library as it comes with the compiler.
 */
#ifndef DWELL_ANALYSIS_POINTERS_STANDARD_H
#define DWELL_ANALYSIS_POINTERS_STANDARD_H

#include "base/map.h"
#include "program/debug.h"
#include "program/facts.h"

struct standard {
    struct program *program;
    bool *has_lines; /* of each image: Rust code that has lines but no types is the library's */
    bool *has_dark;  /* of each image: so is Rust code that debug information is silent about */
    struct string_map crates; /* crates of the library as symbols name them (v0: with their ids) */
};

/** Needs calls, and facts.crates. Keeps a reference to @p program. */
void standard_init(struct standard *ret, struct program *program);
void standard_deinit(struct standard *standard);

/** Whether a unit is the library's. */
bool standard_is_unit(const struct debug_unit *unit);

/**
 * Whether the function was certainly compiled with the library, by people who did not know the
 * program. Functions that are generic may be the library's by name and compiled with the program.
 */
bool standard_has(const struct standard *standard, uint32_t function);

/** Whether a symbol names crates of the library alone, and does so by their ids. */
bool standard_has_symbol(const struct standard *standard, const char *symbol);

#endif
