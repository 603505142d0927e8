/*
 * traits.h: which vtables a trait object of a known trait can have.
 */
#ifndef DWELL_ANALYSIS_POINTERS_TRAITS_H
#define DWELL_ANALYSIS_POINTERS_TRAITS_H

#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"
#include "analysis/pointers/traits/standard.h"
#include "base/map.h"
#include "program/debug.h"

/** What is known of a function in a table. */
struct method {
    uint32_t path;    /* METHOD_NAMED: text of its trait; NONE */
    uint8_t kind;     /* enum method_kind; METHOD_UNKNOWN: it may be any method */
    uint8_t mangling; /* 0: legacy, 1: v0; the two may write one path differently */
    bool is_standard; /* it was compiled with the standard library, which knows only its own traits
                       */
};

enum { MANGLINGS = 2 };

/** A slot of a trait's vtables: the text of the trait that its method is of, NONE: not known. */
struct trait_slot {
    uint32_t paths[MANGLINGS];
};

struct trait {
    const char *name;      /* with arguments */
    uint32_t first_slot;   /* in traits.slots */
    uint32_t words;        /* of its vtables */
    bool is_read;          /* its slots are filled */
    bool is_contradictory; /* its tables differ: they are of two traits of one name */
    bool *may_have;        /* of each table in tables.rust_tables; NULL: not computed yet */
};

/** A vtable that debug information names. */
struct named_table {
    uint64_t address;
    uint32_t image, trait, words;
};

struct traits {
    struct program *program;
    const struct tables *tables;
    struct standard standard; /* only if there are any named tables */
    struct string_map texts;  /* paths and crates to their numbers */
    ARRAY(const char *) text_names;
    struct int_map standard_crates; /* texts */
    struct int_map standard_paths;  /* texts of traits: whether the crate is one of these */
    struct int_map several_crates;  /* texts: of names that more than one crate has */
    struct string_map by_name;      /* index in traits */
    ARRAY(struct trait) traits;
    ARRAY(struct trait_slot) slots;
    struct trait_slot drop;          /* the first slot of all vtables */
    ARRAY(struct named_table) named; /* by image, address, trait */
    ARRAY(uint32_t) words;           /* of all tables: functions, NONE */
    uint32_t *first_words;           /* of each table; NULL: not read yet */
    struct int_map by_function;      /* index in methods */
    ARRAY(struct method) methods;
};

/** Needs facts.crates. Keeps references to both. */
void traits_init(struct traits *ret, struct program *program, const struct tables *tables);
void traits_deinit(struct traits *traits);

/** The trait with this name and arguments, of which there are tables; NONE if what they are like is
 *  not known. */
uint32_t traits_find(struct traits *traits, const char *name);

/** The trait of the object whose method is called, as debug information tells; NONE: not known. */
uint32_t traits_of_receiver(struct traits *traits, const struct pointer_call *pointer);

/** Adds the functions at @p offset of all tables that an object of the trait can have. */
void traits_push(struct traits *traits, uint32_t trait, uint32_t offset, struct target_pool *pool);

#endif
