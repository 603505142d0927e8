/*
 * layouts.h: how structs, unions and enums lie in memory, as debug information describes them.
 * Filled by load/debug/layouts/, if load_options asks for it. What many units describe alike is
 * one record here. Sizes are in bytes, places in bits from the type's first byte (of a
 * little-endian machine: bit 0 is the lowest of byte 0).
 */
#ifndef DWELL_PROGRAM_LAYOUTS_H
#define DWELL_PROGRAM_LAYOUTS_H

#include <stdbool.h>
#include <stdint.h>

/** Of sizes and places: not known, or only at run time (virtual bases, flexible arrays). */
#define LAYOUT_UNKNOWN UINT64_MAX

enum layout_kind { LAYOUT_STRUCT, LAYOUT_CLASS, LAYOUT_UNION, LAYOUT_ENUM };

struct layout_field {
    const char *name;     /* NULL: none (a base class, an unnamed struct) */
    const char *type;     /* as the source would write it */
    uint64_t bit_offset;  /* LAYOUT_UNKNOWN of a virtual base */
    uint64_t bytes;       /* of its type */
    uint32_t bits;        /* of a bit field; 0: it is none */
    uint32_t alignment;   /* of its type; 0: not known */
    uint32_t first_field; /* of an unnamed struct or union: its own fields, placed in it */
    uint32_t field_count;
    bool is_base; /* a base class */
};

/** A case of an enum; of Rust's with fields, whose places count from the enum's first byte. */
struct layout_variant {
    const char *name;
    uint64_t value; /* valid if has_value: of the enumerator, or of the discriminant */
    bool has_value;
    bool is_negative; /* value is its two's complement */
    uint32_t first_field, field_count;
};

struct layout {
    const char *name;          /* qualified; of an unnamed one its typedef */
    const char *file;          /* where it is declared, NULL: not said */
    uint32_t line;             /* 0: not said */
    uint32_t alignment;        /* 0: not known */
    uint64_t bytes;            /* LAYOUT_UNKNOWN: not said */
    uint64_t padding_bits;     /* between and behind fields, not in them; LAYOUT_UNKNOWN */
    uint64_t hash;             /* of all that is said of it */
    uint64_t discriminant_bit; /* where the value is that tells the variants of a Rust enum
                                  apart; LAYOUT_UNKNOWN: there is none */
    uint64_t discriminant_bytes;
    uint32_t first_field, field_count;
    uint32_t first_variant, variant_count;
    uint32_t unit;    /* that it was first read of */
    uint8_t kind;     /* enum layout_kind */
    uint8_t language; /* enum language */
    bool is_niche;    /* Rust enum: the discriminant lies in values that a field never has */
};

/** By name, then by hash. */
struct layout_table {
    struct layout *layouts;
    struct layout_field *fields;
    struct layout_variant *variants;
    uint32_t count, field_count, variant_count;
};

#endif
