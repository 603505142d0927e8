/* table.c: rows, cells and their way into JSON; table_print.c is the way into text. */
#include "report/format/table.h"

#include "base/array.h"
#include "report/report.h"

#include <string.h>

void rows_push(struct rows *rows, uint32_t row)
{
    array_push(rows, row);
}

void rows_push_range(struct rows *rows, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        rows_push(rows, i);
}

void rows_deinit(struct rows *rows)
{
    array_deinit(rows);
}

struct cell cell_null(void)
{
    return (struct cell){.kind = CELL_NULL, .style = STYLE_DIM};
}

struct cell cell_unknown(const char *text, enum style style)
{
    return (struct cell){.kind = CELL_NULL, .style = style, .text = text};
}

struct cell cell_text(const char *text)
{
    return text ? (struct cell){.kind = CELL_TEXT, .text = text} : cell_null();
}

struct cell cell_styled(const char *text, enum style style)
{
    return (struct cell){.kind = CELL_TEXT, .style = style, .text = text};
}

struct cell cell_number(uint64_t number)
{
    return (struct cell){.kind = CELL_NUMBER, .number = number};
}

struct cell cell_signed(int64_t number)
{
    return number < 0 ? cell_null() : cell_number((uint64_t)number);
}

struct cell cell_integer(int64_t number)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    return (struct cell){.kind = number < 0 ? CELL_NEGATIVE : CELL_NUMBER, .number = size};
}

struct cell cell_bool(bool value)
{
    return (struct cell){.kind = CELL_BOOL, .number = value};
}

struct cell cell_record(uint32_t row)
{
    return (struct cell){.kind = CELL_RECORD, .first = row};
}

size_t list_begin(struct report *report)
{
    return report->list.count;
}

void list_add(struct report *report, uint32_t row)
{
    rows_push(&report->list, row);
}

struct cell cell_list(struct report *report, size_t begin)
{
    return (struct cell){.kind = CELL_LIST, .first = begin, .count = report->list.count - begin};
}

const struct column *table_column(const struct table *table, const char *key)
{
    for (unsigned i = 0; i < table->column_count; i++)
        if (table->columns[i].key && strcmp(table->columns[i].key, key) == 0)
            return &table->columns[i];
    return NULL;
}

static void write_list(struct report *report, struct json *json, const char *key,
                       const struct column *column, const struct cell *cell)
{
    json_begin_array(json, key);
    for (size_t i = 0; i < cell->count; i++)
        table_write_json(report, json, NULL, column->items, report->list.data[cell->first + i]);
    json_end_array(json);
}

static void write_cell(struct report *report, struct json *json, const char *key,
                       const struct column *column, uint32_t row)
{
    struct cell cell = column->get(report, row);
    switch (cell.kind) {
    case CELL_NULL:
        json_null(json, key);
        break;
    case CELL_TEXT:
        json_string(json, key, cell.text);
        break;
    case CELL_NUMBER:
        json_integer(json, key, cell.number);
        break;
    case CELL_NEGATIVE:
        json_negative(json, key, cell.number);
        break;
    case CELL_BOOL:
        json_bool(json, key, cell.number);
        break;
    case CELL_LIST:
        write_list(report, json, key, column, &cell);
        break;
    case CELL_RECORD:
        table_write_json(report, json, key, column->items, (uint32_t)cell.first);
        break;
    }
}

static bool is_bare(const struct table *table)
{
    return table->column_count == 1 && !table->columns[0].key;
}

void table_write_json(struct report *report, struct json *json, const char *key,
                      const struct table *table, uint32_t row)
{
    // What the cells of a row put aside is given back when the row is written.
    size_t list_count = report->list.count;
    if (is_bare(table)) {
        write_cell(report, json, key, &table->columns[0], row);
    } else {
        json_begin_object(json, key);
        for (unsigned i = 0; i < table->column_count; i++)
            if (table->columns[i].key)
                write_cell(report, json, table->columns[i].key, &table->columns[i], row);
        json_end_object(json);
    }
    report->list.count = list_count;
}
