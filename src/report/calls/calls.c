/*
 * calls.c: the report on the call graph: how well calls are resolved, and who calls whom. dot.c is
 * its --dot.
 */
#include "report/calls/calls_table.h"
#include "report/calls/dot.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/select.h"

enum { USUAL_ROWS = 40 };

static const struct part calls_parts[] = {
    {"functions", &caller_table, list_functions, true},
    {"calls", &call_table, list_calls, true},
    {"target_lists", &target_list_table, list_target_lists, false},
    {"kinds", &call_kind_table, list_call_kinds, false},
};
enum { PART_COUNT = sizeof calls_parts / sizeof calls_parts[0] };

static bool is_user_call(struct report *report, uint32_t row)
{
    return is_user_function(report, report->program->calls[row].from);
}

/* The user's calls first; the others only if everything is asked for. Returns how many went. */
static size_t fold(struct report *report, struct rows *rows)
{
    struct rows sorted = {0};
    for (size_t i = 0; i < rows->count; i++)
        if (is_user_call(report, rows->data[i]))
            rows_push(&sorted, rows->data[i]);
    size_t folded = rows->count - sorted.count;
    for (size_t i = 0; report->options->all && i < rows->count; i++)
        if (!is_user_call(report, rows->data[i]))
            rows_push(&sorted, rows->data[i]);
    rows_deinit(rows);
    *rows = sorted;
    return report->options->all ? 0 : folded;
}

static void keep_unresolved(struct report *report, struct rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (report->program->calls[rows->data[i]].kind == CALL_UNRESOLVED)
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
}

static void print_kinds(struct report *report)
{
    struct rows rows = {0};
    list_call_kinds(report, &rows);
    report_print_title(report, "Calls by how their target is known");
    if (rows.count)
        table_print(report, &call_kind_table, rows.data, rows.count);
    else
        screen_print(&report->screen, STYLE_DIM, "none\n");
    rows_deinit(&rows);
}

static void print_calls(struct report *report)
{
    struct rows rows = {0};
    list_calls(report, &rows);
    rows_filter(report, &call_table, &rows);
    size_t folded = fold(report, &rows);
    rows_sort_as_asked(report, &call_table, NULL, &rows);
    report_print_rows(report, report->options->all ? "Calls" : "Calls in your code", &call_table,
                      &rows, folded, USUAL_ROWS);
    rows_deinit(&rows);
}

static void print_unresolved(struct report *report)
{
    struct rows rows = {0};
    list_calls(report, &rows);
    keep_unresolved(report, &rows);
    rows_filter(report, &call_table, &rows);
    if (rows.count) {
        size_t folded = fold(report, &rows);
        rows_sort_as_asked(report, &call_table, NULL, &rows);
        report_print_rows(report, "Not resolved", &unresolved_call_table, &rows, folded,
                          USUAL_ROWS);
    }
    rows_deinit(&rows);
}

struct error *report_calls(struct report *report)
{
    struct error *error = report_check_sort(report, calls_parts, PART_COUNT);
    if (error)
        return error;
    if (report->options->is_json) {
        report_write_json(report, calls_parts, PART_COUNT);
        return NULL;
    }
    if (report->options->is_dot) {
        report_dot(report);
        return NULL;
    }
    report_print_header(report);
    print_kinds(report);
    print_calls(report);
    print_unresolved(report);
    report_print_diagnostics(report);
    return NULL;
}
