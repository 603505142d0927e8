/*
 * typed.h: paths through memory with the types of debug information: what p->ops->read is, when it
 * is known that p is a `struct file *`.
 */
#ifndef DWELL_ANALYSIS_CALLS_FIELDS_TYPED_H
#define DWELL_ANALYSIS_CALLS_FIELDS_TYPED_H

#include "program/debug.h"
#include "program/program.h"

/** A type of some image; `index` is NONE if it is not known, and then so is `table`. */
struct type_ref {
    const struct type_table *table;
    uint32_t index;
};

static inline const struct type *type_of(struct type_ref ref)
{
    return ref.index == NONE ? NULL : &ref.table->types[ref.index];
}

/** A place that holds a value of a known type: a member of a struct or not. */
struct field {
    uint64_t owner;         /* key of the struct that it is a member of, 0: of none */
    uint64_t offset;        /* in that struct */
    struct type_ref type;   /* of the value */
    struct type_ref object; /* the outermost class that has the member, itself or by its bases */
    uint32_t image;         /* where `variable` is */
    uint32_t variable;      /* in the image's debug variables: it lies in this one; NONE: unknown */
    bool is_from_system;    /* the struct is the system's, whose libraries know it too */
};

/** The type of the code at a function's start; index NONE if C or C++ debug information has none.
 */
struct type_ref typed_function(const struct program *program, uint32_t function);

/** The function type that a pointer to a function points to; index NONE if it is no such type. */
struct type_ref typed_pointee_function(struct type_ref pointer);

/** The type of integer argument @p index of a function of type @p function, as passed by code of
 *  @p language; index NONE if it is not known. */
struct type_ref typed_parameter(struct type_ref function, enum language language, unsigned index);

/** What integer argument @p index of @p function is declared to be; index NONE if not known. */
struct type_ref typed_argument(const struct program *program, uint32_t function, unsigned index);

/** What a Rust function that was not optimized returns, if it leads to a trait object. */
struct type_ref typed_rust_result(const struct program *program, uint32_t function);

/**
 * The type of the value at the end of @p path in the code of @p function, and the place that it was
 * loaded from last (owner 0 if it is an argument or result itself). False if not known.
 */
bool typed_value(const struct program *program, uint32_t function, const struct access_path *path,
                 struct field *ret);

/** Whether the place holds the pointer to an object's virtual table. */
bool typed_is_vptr(const struct field *field);

/** Whether debug information says that the function was written in C++. */
bool typed_is_cpp(const struct program *program, uint32_t function);

/** The place that @p path is the address of. False if not known. */
bool typed_place(const struct program *program, uint32_t function, const struct access_path *path,
                 struct field *ret);

/** The place at @p address of an image: a part of a variable. False if not known. */
bool typed_address(const struct program *program, uint32_t image, uint64_t address,
                   struct field *ret);

#endif
