/*
 * names.h: names of functions as far as people need them.
 */
#ifndef DWELL_REPORT_NAMES_H
#define DWELL_REPORT_NAMES_H

#include "report/format/text.h"

/**
 * Adds a function's or variable's name in at most @p width columns: generic arguments give way
 * first, the inner ones before the outer ("Vec<…>::push"), then the middle.
 */
void text_add_short_name(struct text *text, const char *name, size_t width);

/** Adds the last two parts of a qualified name without its arguments: "Vec<…>::push". */
void text_add_last_parts(struct text *text, const char *name);

/** Returns how many bytes of @p name stand before the parameters that it ends with, and before
 *  what compilers put behind the names of copies (".isra.0"). */
size_t name_without_parameters(const char *name);

/** Adds the name without parameters and generic arguments: "a::Type::f" of "<a::Type<T> as
 * b::Trait>::f". */
void text_add_bare_name(struct text *text, const char *name);

#endif
