/*
 * classes.h: C++ classes and their bases, as run-time type information tells them.
 */
#ifndef DWELL_ANALYSIS_POINTERS_CLASSES_H
#define DWELL_ANALYSIS_POINTERS_CLASSES_H

#include "base/array.h"
#include "base/map.h"
#include "program/program.h"

/** Where type information lies. */
struct type_info {
    uint32_t image; /* NONE: not found */
    uint64_t address;
};

/** A class, known by the name in its type information; the same class of several images is one. */
struct class
{
    const char *simple_name; /* without what it is nested in and without template arguments */
    struct type_info info;
    uint32_t first_base, base_count; /* in classes.bases */
    bool is_open;                    /* there may be other bases */
};

struct classes {
    struct program *program;
    ARRAY(struct class) all;
    ARRAY(uint32_t) bases;       /* classes */
    size_t name_bytes;           /* of all names */
    struct string_map by_name;   /* name in the type information: index in `all` */
    struct string_map by_symbol; /* symbol of type information: index in `symbols` */
    ARRAY(struct type_info) symbols;

    uint32_t *derived_rows;           /* a row of `derived` for each class */
    uint32_t *derived;                /* classes that have it as a direct base */
    struct string_map by_simple_name; /* index in `families` */
    ARRAY(bool *) families;           /* what classes_derived() has answered; NULL too */
};

void classes_init(struct classes *ret, struct program *program);
void classes_deinit(struct classes *classes);

/**
 * Returns the class whose type information the word at @p place of the image points to, as the word
 * before the functions of a vtable does; NONE if it points to none that can be read, or there are
 * too many.
 */
uint32_t classes_add(struct classes *classes, uint32_t image, uint64_t place);

/** Reads the bases of all classes; none can be added afterwards. */
void classes_finish(struct classes *classes);

/**
 * Tells for each class whether it may be, or derive from, a class called @p name, a qualified name
 * as debug information has it; NULL if no class is called so, or too much was asked already. The
 * answer belongs to @p classes.
 */
const bool *classes_derived(struct classes *classes, const char *name);

#endif
