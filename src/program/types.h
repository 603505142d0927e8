/*
 * types.h: types of C and C++ as debug information describes them, and those types of Rust that
 * lead to trait objects. Filled by load/debug/, one table for each image. Typedefs are looked
 * through; of qualifiers only `const` is kept, where it says that something is never written.
 *
 * The same struct, described by many units, is one record here. `key` is equal for the same type in
 * any image; `shape` is equal for types that may stand for each other where C compares types
 * between units: structs by their name, integers and enums by their size.
 */
#ifndef DWELL_PROGRAM_TYPES_H
#define DWELL_PROGRAM_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum type_kind {
    TYPE_UNKNOWN, /* described in a way that is not understood */
    TYPE_INTEGER, /* and characters, booleans */
    TYPE_FLOAT,
    TYPE_POINTER, /* and references */
    TYPE_STRUCT,  /* and classes */
    TYPE_UNION,
    TYPE_ARRAY,
    TYPE_ENUM,
    TYPE_FUNCTION,
};

struct type {
    uint64_t key, shape;
    uint64_t bytes;        /* UINT64_MAX: not known */
    uint64_t elements;     /* of an array, all dimensions; UINT64_MAX: not known */
    const char *name;      /* qualified in C++; of a struct without a tag its typedef; or NULL */
    uint32_t target;       /* pointee, element or returned type; UINT32_MAX: void, or not known */
    uint32_t first_member; /* in members: of a struct or union; the parameters of a function */
    uint32_t member_count; /* bit fields are left out */
    uint8_t kind;          /* enum type_kind */
    bool is_declaration;   /* of a struct that no unit of the image defines like this */
    bool is_const_target;  /* pointer, array: the pointee or the elements are const */
    bool is_variadic;      /* function: more, or any, arguments may follow */
    bool is_mutable;       /* struct: some code may fill objects of it; false: all that is ever
                              said of it is const, so its objects are made before the start */
    bool is_non_trivial;   /* struct: C++ may pass it by a hidden pointer */
    bool is_from_system;   /* struct: declared in a header of the system's C library */
};

/** A member of a struct or union (a base class has no name), or a parameter of a function. */
struct type_member {
    uint64_t offset;  /* in bytes; 0 for parameters */
    const char *name; /* NULL: none */
    uint32_t type;    /* UINT32_MAX: not known */
};

/**
 * The type of a function that is described without a place in the code: one of another image that
 * is only declared (of any unit), or a copy of an equal one (gcc -fipa-icf), whose code is there.
 */
struct type_by_name {
    uint64_t name; /* type_hash_name() of the symbol */
    uint64_t type_key;
    uint32_t unit; /* in debug_info.units; UINT32_MAX: any */
};

struct type_table {
    struct type *types; /* by key */
    struct type_member *members;
    struct type_by_name *by_name; /* by name, unit, type_key */
    uint32_t count, member_count, by_name_count;
};

/** Returns the type with @p key in the table, or UINT32_MAX. */
uint32_t type_find(const struct type_table *table, uint64_t key);

uint64_t type_hash_name(const char *name);

/** The key of the type of function @p name of @p unit, if it has no place; 0: none, or several. */
uint64_t type_find_by_name(const struct type_table *table, const char *name, uint32_t unit);

#endif
