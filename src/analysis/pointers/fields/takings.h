/*
 * takings.h: which functions can be called through a pointer at all, and as what: every place in
 * data and code where the address of a function is taken, with the type of that place.
 */
#ifndef DWELL_ANALYSIS_CALLS_FIELDS_TAKINGS_H
#define DWELL_ANALYSIS_CALLS_FIELDS_TAKINGS_H

#include "analysis/pointers/fields/typed.h"
#include "base/array.h"
#include "base/map.h"

/** A function that may be called through pointers of this shape; NONE: one that is not known. */
struct view {
    uint64_t shape;
    uint32_t function;
};

/** A function whose address is in a member of an object from the start. */
struct seed {
    uint64_t owner, offset; /* as in struct field */
    uint32_t image, variable;
    uint32_t function; /* NONE: something that is no function's start */
};

/** How many parameters a function has and of which kinds, whatever pointers point to. */
struct arity {
    uint64_t kinds;
    bool is_open; /* perhaps more, or not known */
};

/** A function whose address went where nobody knows as what it will be called. */
struct loose_function {
    struct arity arity;
    uint32_t function;
};

struct takings {
    const struct program *program;
    ARRAY(struct view) views;           /* by shape, then function; each once */
    ARRAY(struct seed) seeds;           /* by owner, offset, image, variable, function */
    ARRAY(struct loose_function) loose; /* by function; of those with a type */
    ARRAY(uint32_t) untyped;            /* functions without a type, which fit everything */
    struct int_map closed;              /* keys of structs whose objects are made by initializers */
    bool *is_runtime;                   /* of each image: a system library, without types */
    uint8_t *flags;                     /* of each function: private to takings.c */
};

void takings_init(struct takings *ret, const struct program *program);
void takings_deinit(struct takings *takings);

/** The arity of a function type. */
struct arity takings_arity(struct type_ref function);

/** Whether two function types have the same number and kinds of parameters. */
bool takings_fit(struct arity one, struct arity other);

/** Returns the first view of @p shape and how many there are. */
const struct view *takings_views(const struct takings *takings, uint64_t shape, size_t *ret_count);

/** Returns the first seed of the member at @p offset of struct @p owner, and how many there are. */
const struct seed *takings_seeds(const struct takings *takings, uint64_t owner, uint64_t offset,
                                 size_t *ret_count);

/** Whether it is one of the C or C++ compiler's own libraries, which know no struct of others. */
bool image_is_runtime(const struct image *image);

#endif
