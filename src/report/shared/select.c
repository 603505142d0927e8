/*
 * select.c: --filter, --sort and --limit over any table. A filter looks at every cell that is a
 * name, a list of names or a source path. Keys are computed once per row, so sorting costs n
 * getters, not n log n.
 */
#include "report/shared/select.h"

#include "base/array.h"
#include "base/memory.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct report_filter {
    regex_t expression;
};

/**
 * How often a pattern repeats at most, all its counts multiplied. The C library writes repetitions
 * out, so that a short pattern can take all memory, or more stack than there is.
 */
static bool is_too_large(const char *pattern)
{
    enum { MOST_REPETITIONS = 1000, LONGEST = 4096 };
    unsigned long product = 1;
    if (strlen(pattern) > LONGEST)
        return true;
    for (const char *at = strchr(pattern, '{'); at; at = strchr(at + 1, '{')) {
        char *end;
        unsigned long count = strtoul(at + 1, &end, 10);
        if (*end == ',' && isdigit((unsigned char)end[1]))
            count = strtoul(end + 1, NULL, 10);
        if (count > MOST_REPETITIONS || (product *= count ? count : 1) > MOST_REPETITIONS)
            return true;
    }
    return false;
}

struct error *report_filter_init(struct report *report)
{
    const char *pattern = report->options->filter;
    report->filter = NULL;
    if (!pattern)
        return NULL;
    if (is_too_large(pattern))
        return error_create(
            "--filter: the pattern is too large; repeat less than 1,000 times in all");
    struct report_filter *filter = xmalloc(sizeof *filter);
    int status = regcomp(&filter->expression, pattern, REG_EXTENDED | REG_NOSUB);
    if (status != 0) {
        char reason[128];
        regerror(status, &filter->expression, reason, sizeof reason);
        free(filter);
        return error_create("--filter '%s': %s; give a POSIX extended regular expression", pattern,
                            reason);
    }
    report->filter = filter;
    return NULL;
}

void report_filter_deinit(struct report *report)
{
    if (!report->filter)
        return;
    regfree(&report->filter->expression);
    free(report->filter);
    report->filter = NULL;
}

/* Of a list of names, one that matches is enough. */
static bool cell_matches(struct report *report, const struct column *column, struct cell cell)
{
    const regex_t *expression = &report->filter->expression;
    if (cell.kind != CELL_LIST)
        return cell.text && regexec(expression, cell.text, 0, NULL, 0) == 0;
    for (size_t i = 0; i < cell.count; i++) {
        uint32_t item = report->list.data[cell.first + i];
        struct cell name = column->items->columns[0].get(report, item);
        if (name.text && regexec(expression, name.text, 0, NULL, 0) == 0)
            return true;
    }
    return false;
}

bool report_matches(struct report *report, const struct table *table, uint32_t row)
{
    if (!report->filter)
        return true;
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!column->key || (column->unit != UNIT_NAME && column->unit != UNIT_PATH))
            continue;
        size_t list_count = report->list.count;
        bool is_match = cell_matches(report, column, column->get(report, row));
        report->list.count = list_count;
        if (is_match)
            return true;
    }
    return false;
}

void rows_filter(struct report *report, const struct table *table, struct rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (report_matches(report, table, rows->data[i]))
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
}

struct sort_key {
    struct cell cell;
    uint32_t row;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_cells(const struct cell *a, const struct cell *b, bool largest_first)
{
    if ((a->kind == CELL_NULL) != (b->kind == CELL_NULL))
        return a->kind == CELL_NULL ? 1 : -1;
    if (a->kind == CELL_TEXT)
        return strcmp(a->text, b->text);
    if (a->kind == CELL_LIST)
        return compare_numbers(b->count, a->count);
    return largest_first ? compare_numbers(b->number, a->number)
                         : compare_numbers(a->number, b->number);
}

static int compare_keys(const void *left, const void *right, void *context)
{
    const struct sort_key *a = left;
    const struct sort_key *b = right;
    const struct column *column = context;
    bool largest_first = column->unit == UNIT_BYTES || column->unit == UNIT_COUNT;
    int order = compare_cells(&a->cell, &b->cell, largest_first);
    return order ? order : compare_numbers(a->row, b->row);
}

bool rows_sort(struct report *report, const struct table *table, const char *key, struct rows *rows)
{
    const struct column *column = table_column(table, key);
    if (!column)
        return false;
    struct sort_key *keys = xcalloc(rows->count + 1, sizeof *keys);
    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = (struct sort_key){column->get(report, rows->data[i]), rows->data[i]};
        report->list.count = 0;
    }
    qsort_r(keys, rows->count, sizeof *keys, compare_keys, (void *)column);
    for (size_t i = 0; i < rows->count; i++)
        rows->data[i] = keys[i].row;
    free(keys);
    return true;
}

void rows_sort_as_asked(struct report *report, const struct table *table, const char *key,
                        struct rows *rows)
{
    if (report->options->sort && rows_sort(report, table, report->options->sort, rows))
        return;
    if (key)
        rows_sort(report, table, key, rows);
}

size_t rows_shown(const struct report *report, size_t count, size_t usual)
{
    if (report->options->has_limit)
        return count < report->options->limit ? count : (size_t)report->options->limit;
    return report->options->all || count < usual ? count : usual;
}
