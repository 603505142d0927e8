/*
 * raw.h: types on their way from entries to the table of program/types.h; private to load/debug/.
 *
 *   collect   during the walk: one small record for each type's entry of a unit   collect.c
 *   prune     of Rust units only what leads to trait objects stays                rust.c
 *   finish    keys; typedefs and qualifiers go; records of the worker             finish.c
 *   merge     equal records of all workers become one; struct type_table          merge.c
 */
#ifndef DWELL_LOAD_DEBUG_TYPES_RAW_H
#define DWELL_LOAD_DEBUG_TYPES_RAW_H

#include "base/array.h"
#include "base/map.h"
#include "program/debug.h"
#include "program/types.h"

#include <stdbool.h>
#include <stdint.h>

struct entry_data;
struct session;
struct unit;
struct worker;

/* ---- Collect --------------------------------------------------------------------------------- */

/** References are offsets of entries in the unit; those into others have this bit and are indexes
 *  in `foreign`. */
#define RAW_FOREIGN 0x80000000u
#define RAW_NONE UINT32_MAX
/** Sizes that are not known, or too large for here. */
#define RAW_UNKNOWN UINT32_MAX

struct raw_type {
    uint32_t offset;       /* of the entry, from the unit's start */
    uint32_t target;       /* reference: what it points to, qualifies, returns, ...; RAW_NONE */
    uint32_t origin;       /* reference: what a function was made from or completes; RAW_NONE */
    uint32_t bytes;        /* RAW_UNKNOWN */
    uint32_t elements;     /* of an array; RAW_UNKNOWN */
    uint32_t first, count; /* its children, once they are sorted */
    uint16_t tag;
    bool stands_for;    /* it only names the type in a type unit that `origin` is */
    bool has_code;      /* of a function */
    bool is_public;     /* a function that other images may have */
    bool is_artificial; /* no source says it */
    bool is_declaration, is_variadic, is_float, has_parameters, is_non_trivial;
    const char *name; /* NULL: none; C++: without what is around it; of a function its symbol */
    uint32_t file;    /* DW_AT_decl_file, 0: not said */
};

/** A member of a struct or a parameter of a function. */
struct raw_child {
    uint32_t owner; /* index of the raw type */
    uint32_t target;
    uint32_t offset;
    const char *name;
};

/** A variable in a frame. */
struct raw_local {
    uint64_t address; /* of its function */
    int64_t offset;
    uint32_t target; /* reference: its type, RAW_NONE: see origin */
    uint32_t origin; /* reference: the entry that it was made from, RAW_NONE */
    bool is_from_stack_pointer;
};

/** Where offsets of variables in the present function are counted from. */
struct frame_base {
    uint64_t address; /* of the function; is_known false: there is none */
    int64_t offset;   /* of the base from the caller's stack pointer */
    bool is_known;
    bool is_stack_pointer; /* the base is the stack pointer instead; only in Rust units */
};

struct raw_types {
    ARRAY(struct raw_type) types; /* by offset */
    ARRAY(struct raw_child) children;
    ARRAY(const uint8_t *) foreign; /* entries of other units that are referred to */
    ARRAY(uint32_t) held;           /* references: types of variables on the stack */
    ARRAY(struct raw_local) locals; /* those with one place in the frame */

    bool has_folded; /* functions that have the code of others */

    // Of Rust units.
    bool has_kept_parameters;  /* of functions; in one place of the frame */
    bool has_moved_parameters; /* numbers or pointers that are not */
    bool has_details;          /* types or variables are described */
};

/**
 * Notes the type, member, parameter or local that @p entry describes, a child of raw type
 * @p parent (RAW_NONE). Returns the number of the raw type that it is, or RAW_NONE.
 */
uint32_t type_collect(struct worker *worker, const struct entry_data *entry, uint32_t parent);
/** Reads what a function's entry says of its frame; the function is at @p address. */
struct frame_base frame_base_of(const struct entry_data *entry, uint64_t address,
                                unsigned pointer_bytes);
/** Notes that there are objects of the entry's type on the stack, and where. */
void type_collect_local(struct worker *worker, const struct entry_data *entry,
                        const struct frame_base *base);
/** Notes whether the parameter of a function stays in one place of its frame. */
void type_count_parameter(struct worker *worker, const struct entry_data *entry);
/** Whether the entry of a Rust unit may have to do with trait objects. */
bool rust_type_is_wanted(struct worker *worker, const struct entry_data *entry);
/** Drops all types and locals of a Rust unit that do not lead to trait objects. */
void rust_types_prune(struct raw_types *raw);
/** Whether types of this unit are wanted. */
bool type_wanted(const struct unit *unit);
/** The type whose entry is at @p offset, or RAW_NONE. */
uint32_t raw_type_at(const struct raw_types *raw, uint32_t offset);
/** Puts the children of each type together and names structs after their typedefs. */
void raw_types_complete(struct raw_types *raw);
void raw_types_deinit(struct raw_types *raw);

/* ---- Finish ---------------------------------------------------------------------------------- */

/** A type with keys in place of indexes; key 0 is void. */
struct type_record {
    struct type type; /* first_member: in the worker's members */
    uint64_t target_key;
    uint64_t exact_key; /* of all that is in the record */
    bool is_shared;     /* from a type unit, which the linker took for those of other files */
};

struct member_record {
    uint64_t offset, type_key;
    const char *name;
};

/** A function without a place in the code. */
struct named_function {
    uint64_t name, type_key;
    uint32_t unit_number; /* in the session; NONE: of a .dwo file */
    bool is_public;       /* only declared: it may be anywhere */
};

struct type_keys {
    uint64_t key, shape; /* 0: not computed yet */
};

/** What a worker found; equal types of its units appear once. */
struct type_output {
    ARRAY(struct type_record) records;
    ARRAY(struct member_record) members;
    struct int_map by_exact_key; /* index in records */
    ARRAY(struct debug_local) locals;
    ARRAY(struct named_function) named;
    ARRAY(uint64_t) held;         /* keys of types with objects on the stack or in writable data */
    const struct unit *unit;      /* the present one */
    ARRAY(struct type_keys) keys; /* of the present unit's raw types */
    struct int_map foreign;       /* position of an entry of another unit: index in foreign_keys */
    ARRAY(struct type_keys) foreign_keys;
};

void type_output_init(struct type_output *output);
void type_output_deinit(struct type_output *output);

/** Gives the worker the records of all types of @p unit. */
void types_finish(struct worker *worker, struct unit *unit);

/** The key of the type of a variable, whose entry is at @p at of @p unit; 0 if not known. */
uint64_t type_key_of_variable(struct worker *worker, struct unit *unit, const uint8_t *at);

/** The key of the type of a function with the entry at @p at; 0 if not known. */
uint64_t type_key_of_function(struct worker *worker, struct unit *unit, const uint8_t *at);

/* ---- Merge ----------------------------------------------------------------------------------- */

/** Fills debug->types. */
void types_merge(struct session *session, struct debug_info *debug);

#endif
