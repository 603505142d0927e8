/*
 * table.h: one table, many outputs. A table is columns; a row is a number that its getters
 * understand (a function, an owner, a site). Text and JSON walk the same columns; a column without
 * a key is for text only, one without a title for JSON only.
 */
#ifndef DWELL_REPORT_TABLE_H
#define DWELL_REPORT_TABLE_H

#include "report/format/json.h"
#include "report/format/screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report;
struct table;

enum cell_kind {
    CELL_NULL, /* does not apply or is not known; `text` is how text output puts it, or NULL */
    CELL_TEXT,
    CELL_NUMBER,
    CELL_NEGATIVE, /* a number below zero: `number` below it; JSON only */
    CELL_BOOL,
    CELL_LIST,   /* of rows of column.items; JSON only */
    CELL_RECORD, /* the one row `first` of column.items; JSON only */
};

struct cell {
    uint8_t kind;  /* enum cell_kind */
    uint8_t style; /* enum style, of text output */
    const char *text;
    uint64_t number;     /* also 0 or 1 of CELL_BOOL */
    size_t first, count; /* CELL_LIST: the rows in report.list, valid until the row is done */
};

enum unit {
    UNIT_NONE,
    UNIT_NAME, /* of a function or variable; may be shortened; --filter looks at it */
    UNIT_PATH, /* of a source file; the same */
    UNIT_BYTES,
    UNIT_COUNT,
    UNIT_ADDRESS,
    UNIT_LINE, /* a plain number */
};

struct column {
    const char *key;
    const char *title;
    enum unit unit;
    struct cell (*get)(struct report *report, uint32_t row);
    const struct table *items;
};

/** In JSON a row is an object; of a table with one column without a key, the bare value. */
struct table {
    const struct column *columns;
    unsigned column_count;
};

#define TABLE(columns)                                                                             \
    {                                                                                              \
        columns, sizeof(columns) / sizeof((columns)[0])                                            \
    }

/** A list of rows; freed with rows_deinit(). */
struct rows {
    uint32_t *data;
    size_t count, capacity;
};

void rows_push(struct rows *rows, uint32_t row);
void rows_push_range(struct rows *rows, uint32_t first, uint32_t end);
void rows_deinit(struct rows *rows);

struct cell cell_null(void);
/** Unknown, and how people read that. */
struct cell cell_unknown(const char *text, enum style style);
/** A NULL @p text makes a null. */
struct cell cell_text(const char *text);
struct cell cell_styled(const char *text, enum style style);
struct cell cell_number(uint64_t number);
/** Negative numbers are unknown. */
struct cell cell_signed(int64_t number);
/** Negative numbers are what they are. */
struct cell cell_integer(int64_t number);
struct cell cell_bool(bool value);
struct cell cell_record(uint32_t row);

/** Starts a list, to be filled by list_add() and ended by cell_list(), in this order. */
size_t list_begin(struct report *report);
void list_add(struct report *report, uint32_t row);
struct cell cell_list(struct report *report, size_t begin);

/** Returns the column with @p key, or NULL. */
const struct column *table_column(const struct table *table, const char *key);

/** Writes one row as a JSON value. */
void table_write_json(struct report *report, struct json *json, const char *key,
                      const struct table *table, uint32_t row);

/** Prints @p count rows with their titles, fitted to the screen. */
void table_print(struct report *report, const struct table *table, const uint32_t *rows,
                 size_t count);

#endif
