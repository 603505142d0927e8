/*
 * tables.h: constant tables of functions in data: Rust and C++ vtables, and others.
 */
#ifndef DWELL_ANALYSIS_CALLS_TABLES_H
#define DWELL_ANALYSIS_CALLS_TABLES_H

#include "analysis/pointers/objects/classes.h"
#include "program/program.h"

enum table_kind {
    TABLE_RUST,  /* vtable of a trait object: drop, size, alignment, methods */
    TABLE_CPP,   /* what a C++ object points to: virtual functions from its address point on */
    TABLE_OTHER, /* other data of images with Rust code, from an address on that is mentioned */
    TABLE_KIND_COUNT
};

/** A function at an offset of some table. */
struct table_slot {
    uint32_t offset; /* bytes from the table's address */
    uint32_t function;
    uint32_t class; /* TABLE_CPP: of the objects that have the table, in tables.classes; NONE */
};

/** Where a Rust vtable is. */
struct rust_table {
    uint64_t address;
    uint32_t image, words; /* up to what begins next, which may be behind its end */
};

/** All slots of all tables of all images, each function once per kind, offset and class. */
struct tables {
    struct table_slot *slots[TABLE_KIND_COUNT]; /* by offset, then function, then class */
    size_t counts[TABLE_KIND_COUNT];
    struct classes classes;         /* whose bases are known */
    struct rust_table *rust_tables; /* by image, then address */
    size_t rust_table_count;
};

/** Needs references and facts.crates. */
void tables_init(struct tables *ret, struct program *program);
void tables_deinit(struct tables *tables);

/** Returns the first slot at @p offset, and how many there are. */
const struct table_slot *tables_at(const struct tables *tables, enum table_kind kind,
                                   uint32_t offset, size_t *ret_count);

/** What a word of constant or initialized data is. */
enum word_kind {
    WORD_NONE,     /* not in the file, or not known */
    WORD_NUMBER,   /* no address */
    WORD_FUNCTION, /* the address of a function's start */
    WORD_DATA,     /* another address */
};

struct word {
    enum word_kind kind;
    uint32_t function; /* WORD_FUNCTION; never a part; may be external */
    uint64_t number;   /* WORD_NUMBER, and of WORD_DATA the address if it is in the image */
};

/** Reads the pointer-sized word at @p address as it is once the program is loaded. */
struct word table_word(const struct program *program, uint32_t image, uint64_t address);

#endif
