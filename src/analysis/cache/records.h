/*
 * records.h: the records that are cached, as one table: where they are, how large, and which of
 * their fields hold more than plain numbers.
 */
#ifndef DWELL_ANALYSIS_CACHE_RECORDS_H
#define DWELL_ANALYSIS_CACHE_RECORDS_H

#include "analysis/cache/numbering.h"
#include "analysis/found.h"

/** What a field holds, which says how it is written and what it must be when it is read. */
enum field_use {
    FIELD_FUNCTION,         /* a function that is no part */
    FIELD_FUNCTION_OR_NONE, /* or NONE */
    FIELD_OWNER,            /* the function that the record belongs to */
    FIELD_CALL,             /* a call of that function; ascends from record to record */
    FIELD_CALL_OR_NONE,     /* a call of that function, or NONE */
    FIELD_BLOCK_OR_NONE,    /* a block of that function, or NONE */
    FIELD_TARGETS,          /* the first of its targets in the output */
    FIELD_PATH,             /* struct access_path */
    FIELD_BYTE,             /* uint8_t or bool below `limit` */
    FIELD_FLAGS,            /* uint32_t below `limit` */
};

struct record_field {
    uint16_t offset, use, limit; /* use: enum field_use */
};

/** One kind of record. */
struct record_kind {
    size_t bytes;        /* of a record */
    size_t array;        /* offset of its array in struct output */
    size_t first, count; /* offsets of its piece in struct found */
    const struct record_field *fields;
    size_t field_count;
    /** Whether fields that depend on each other fit; after the fields themselves. NULL: always. */
    bool (*fits)(const void *record, const struct found *found, const struct output *output);
};

enum { RECORD_KINDS = 8 };

extern const struct record_kind record_kinds[RECORD_KINDS];

/** The records of one function, on their way out or in. */
struct record_place {
    const struct numbering *numbering;
    const struct output *output;
    const struct found *found; /* the function's piece of it */
    uint32_t function;
};

/** The records of a kind in an output. */
struct record_array {
    void *data;
    size_t count, capacity;
};

struct record_array record_array_get(const struct output *output, const struct record_kind *kind);
void record_array_set(struct output *output, const struct record_kind *kind,
                      struct record_array array);

uint32_t found_first(const struct found *found, const struct record_kind *kind);
uint32_t found_count(const struct found *found, const struct record_kind *kind);
void found_set(struct found *found, const struct record_kind *kind, uint32_t first, uint32_t count);

/** Whether records of the kind are cached as they are. */
bool record_is_plain(const struct record_kind *kind);

/** Makes @p record, a copy of one in the output, independent of the program; false if it cannot. */
bool record_encode(const struct record_kind *kind, const struct record_place *place, void *record);

/**
 * The opposite, for @p record in the output; @p previous is the one before it in the function or
 * NULL. False if the record is none that decoding could have made.
 */
bool record_decode(const struct record_kind *kind, const struct record_place *place, void *record,
                   const void *previous);

#endif
