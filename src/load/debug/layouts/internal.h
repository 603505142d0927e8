/*
 * internal.h: what the files that read types with their fields share. The order of work:
 *
 *   layouts    which entries are types; one record for all that are alike     layouts.c
 *   equal      a hash of what is said of a type                               equal.c
 *   fields     members and variants, by way of the entries below              fields.c, children.c
 *   alignment  where nobody says it                                           alignment.c
 *   padding    what no field covers                                           padding.c
 *   merge      the workers' records become struct layout_table                merge.c
 */
#ifndef DWELL_LOAD_DEBUG_LAYOUTS_INTERNAL_H
#define DWELL_LOAD_DEBUG_LAYOUTS_INTERNAL_H

#include "load/debug/internal.h"

enum { MAX_NESTING = 16, MAX_NATURAL = 16, BITS = 8 };

/** One unit while its types are read. */
struct reading {
    struct worker *worker;
    struct unit *unit;
    struct layout_output *out;
    struct int_map alignments; // of types, by the position of their entry
    uint64_t *scope_hashes;    // of the names around, by scope; 0: not known yet
    uint8_t *scope_kinds;      // by scope; SCOPE_*
};

struct children {
    struct worker *worker;
    struct unit *unit;
    const uint8_t *next;     // where the next child begins; NULL: no more
    struct entry_data entry; // the present child
};

/** Starts with the children of @p parent; children_next() reads one after the other. */
void children_begin(struct children *children, struct worker *worker,
                    const struct entry_data *parent);
bool children_next(struct children *children);

/** Reads the entry of the type that @p entry names; false if there is none. */
bool read_target(struct worker *worker, const struct entry_data *entry, struct entry_data *ret);
/** Whether it has members: a struct, class or union. */
bool is_aggregate(unsigned tag);
/** Whether an entry is a member that each object has, or a base class. */
bool is_field(const struct entry_data *entry);

/** Where a member begins in its struct, in bytes; false if that is computed at run time. */
bool member_offset(const struct entry_data *member, uint64_t *ret);
/** The same in bits, LAYOUT_UNKNOWN if it is not known; @p bytes is the size of its type. */
uint64_t member_bit(const struct entry_data *member, uint64_t bytes);

/** How the type at @p at is aligned, in bytes; 0 if not known. @p depth counts types around it. */
uint32_t alignment_of(struct reading *reading, struct unit *unit, const uint8_t *at,
                      unsigned depth);

/** The hash of the type @p entry that is called @p name in @p scope; never UINT64_MAX. */
uint64_t layout_hash(struct reading *reading, const struct entry_data *entry, const char *name,
                     uint32_t scope);

/** Indexes in the worker's fields. */
struct fields {
    uint32_t first, count;
};

/** Reads the members of a struct that begins at bit @p base, those of unnamed ones before them. */
struct fields read_fields(struct reading *reading, const struct entry_data *entry, uint64_t base,
                          unsigned depth);
/** Adds the variants of an enum, of Rust or of C, to the worker's and to @p layout. */
void read_variants(struct reading *reading, const struct entry_data *entry, struct layout *layout);

/** The bits of a type that belong to none of its fields; LAYOUT_UNKNOWN if one has no place. */
uint64_t layout_padding(const struct layout_output *out, const struct layout *layout);

#endif
