/*
 * types.c: the report on types: the largest and the most padded, or those with a name, drawn.
 */
#include "report/format/names.h"
#include "report/format/text.h"
#include "report/shared/document.h"
#include "report/shared/select.h"
#include "report/types/drawing.h"
#include "report/types/types_table.h"

#include <string.h>

enum { USUAL_ROWS = 20, PADDED_ROWS = 10, USUAL_DRAWINGS = 5 };

/* ---- By name --------------------------------------------------------------------------------- */

/** How well a type's name answers what was asked for; 0: not at all. */
static unsigned name_match(const char *name, const char *asked)
{
    size_t length = strlen(name), wanted = strlen(asked);
    if (strcmp(name, asked) == 0)
        return 3;
    if (length > wanted + 2 && strcmp(name + length - wanted, asked) == 0 &&
        strncmp(name + length - wanted - 2, "::", 2) == 0)
        return 2;
    return strstr(name, asked) ? 1 : 0;
}

/** The types that answer the name best: those that are it, those that end in it, or have it. */
static void list_types(struct report *report, struct rows *ret)
{
    const struct layout_table *table = layouts_of(report);
    const char *asked = report->options->function;
    unsigned best = 1;
    if (!asked) {
        rows_push_range(ret, 0, table->count);
        return;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        unsigned match = name_match(table->layouts[i].name, asked);
        best = match > best ? match : best;
    }
    for (uint32_t i = 0; i < table->count; i++)
        if (name_match(table->layouts[i].name, asked) >= best)
            rows_push(ret, i);
}

static struct error *unknown_type(struct report *report)
{
    const struct layout_table *table = layouts_of(report);
    const char *asked = report->options->function;
    const char **names = arena_calloc(&report->arena, (size_t)table->count + 1, sizeof *names);
    for (uint32_t i = 0; i < table->count; i++)
        names[i] = table->layouts[i].name;
    const char *nearest = text_nearest(asked, names, table->count);
    struct text text = {0};
    text_add_clean(&text, asked);
    const char *clean = text_keep(&text, &report->arena);
    if (!table->count)
        return error_create("%s: no debug information tells its types; compile with -g",
                            report->program->images[0]->path);
    return nearest ? error_create("no type '%s'; did you mean '%s'?", clean, nearest)
                   : error_create("no type has '%s' in its name; 'dwell types FILE --all' lists "
                                  "them",
                                  clean);
}

static void print_drawings(struct report *report, struct rows *rows)
{
    const struct layout_table *table = layouts_of(report);
    if (rows->count > USUAL_DRAWINGS && !report->options->all && !report->options->has_limit) {
        report_print_title(report, "Types with that name");
        rows_sort_as_asked(report, &type_table, "bytes", rows);
        size_t shown = rows_shown(report, rows->count, USUAL_ROWS);
        table_print(report, &type_table, rows->data, shown);
        report_print_more(report, shown, rows->count);
        return;
    }
    size_t shown = rows_shown(report, rows->count, rows->count);
    for (size_t i = 0; i < shown; i++)
        drawing_print(report, &table->layouts[rows->data[i]]);
    report_print_more(report, shown, rows->count);
}

/* ---- All of them ----------------------------------------------------------------------------- */

/** Keeps own types, unless all are asked for or some are filtered; returns how many others there
 * are. */
static size_t keep_own(struct report *report, struct rows *rows)
{
    size_t kept = 0, count = rows->count;
    if (report->options->all || report->filter)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (type_origin(report, rows->data[i]) == ORIGIN_USER)
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
    return count - kept;
}

static void print_largest(struct report *report, struct rows *own, size_t folded)
{
    rows_sort_as_asked(report, &type_table, "bytes", own);
    report_print_rows(report, report->options->all ? "Every type" : "Your types, largest first",
                      &type_table, own, folded, USUAL_ROWS);
}

static void print_padded(struct report *report, const struct rows *own)
{
    const struct layout_table *table = layouts_of(report);
    struct rows rows = {0};
    for (size_t i = 0; i < own->count; i++)
        if (padding_bytes(&table->layouts[own->data[i]]) > 0)
            rows_push(&rows, own->data[i]);
    rows_sort(report, &type_table, "padding_bytes", &rows);
    if (rows.count)
        report_print_rows(report, "Most padding", &type_table, &rows, 0, PADDED_ROWS);
    rows_deinit(&rows);
}

static const struct part types_parts[] = {{"types", &type_table, list_types, true}};
enum { PART_COUNT = sizeof types_parts / sizeof types_parts[0] };

struct error *report_types(struct report *report)
{
    struct error *error = report_check_sort(report, types_parts, PART_COUNT);
    struct rows rows = {0};
    if (error)
        return error;
    list_types(report, &rows);
    if (report->options->function && !rows.count) {
        rows_deinit(&rows);
        return unknown_type(report);
    }
    if (report->options->is_json) {
        rows_deinit(&rows);
        report_write_json(report, types_parts, PART_COUNT);
        return NULL;
    }
    report_print_header(report);
    rows_filter(report, &type_table, &rows);
    if (!layouts_of(report)->count) {
        screen_print(&report->screen, STYLE_DIM,
                     "\nNo debug information tells the types; compile with -g.\n");
    } else if (report->options->function) {
        print_drawings(report, &rows);
    } else {
        size_t folded = keep_own(report, &rows);
        print_largest(report, &rows, folded);
        if (!report->options->all)
            print_padded(report, &rows);
    }
    report_print_diagnostics(report);
    rows_deinit(&rows);
    return NULL;
}
