/*
 * stack.c: the report on the stack: frames, bounds, and why some have none. tree.c is its --from.
 */
#include "report/format/names.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/select.h"
#include "report/stack/limits.h"
#include "report/stack/stack_table.h"
#include "report/stack/tree.h"

enum {
    USUAL_ROWS = 20,
    USUAL_CYCLES = 5,
    USUAL_WARNINGS = 5,
    CYCLE_NAMES = 6,
    CYCLE_NAME_WIDTH = 60
};

static const struct part stack_parts[] = {
    {"functions", &stack_table, list_functions, true},
    {"entries", &entry_table, list_entries, false},
    {"recursions", &recursion_table, list_recursions, false},
    {"warnings", &warning_table, list_stack_warnings, false},
};
enum { PART_COUNT = sizeof stack_parts / sizeof stack_parts[0] };

static void print_entries(struct report *report)
{
    struct rows rows = {0};
    list_entries(report, &rows);
    if (rows.count) {
        report_print_title(report, "Where threads begin");
        size_t shown = rows_shown(report, rows.count, USUAL_ROWS);
        table_print(report, &entry_table, rows.data, shown);
        report_print_more(report, shown, rows.count);
        print_stack_warnings(report, USUAL_WARNINGS);
    }
    rows_deinit(&rows);
}

/* Keeps the user's functions unless everything is asked for; returns how many went. */
static size_t fold(struct report *report, struct rows *rows)
{
    size_t kept = 0, all = rows->count;
    if (report->options->all)
        return 0;
    for (size_t i = 0; i < all; i++)
        if (is_user_function(report, rows->data[i]))
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
    return all - kept;
}

static void print_folded(struct report *report, size_t folded)
{
    struct text text = {0};
    if (!folded)
        return;
    text_add(&text, "and ");
    text_add_count(&text, folded);
    text_add(&text, " that are not your own (--all)\n");
    screen_print(&report->screen, STYLE_DIM, text_string(&text));
    text_deinit(&text);
}

static void print_functions(struct report *report)
{
    struct rows rows = {0};
    list_functions(report, &rows);
    rows_filter(report, &stack_table, &rows);
    size_t folded = fold(report, &rows);
    rows_sort_as_asked(report, &stack_table, "at_least_bytes", &rows);
    size_t shown = rows_shown(report, rows.count, USUAL_ROWS);
    report_print_title(report, report->options->all ? "Functions, deepest first"
                                                    : "Your functions, deepest first");
    if (rows.count)
        table_print(report, &stack_table, rows.data, shown);
    else
        screen_print(&report->screen, STYLE_DIM, "none\n");
    report_print_more(report, shown, rows.count);
    print_folded(report, folded);
    rows_deinit(&rows);
}

static void print_cycle(struct report *report, uint32_t row)
{
    const struct facts *facts = report->facts;
    uint32_t first = facts->recursions[row], end = facts->recursions[row + 1];
    struct text text = {0};
    text_add(&text, "  ");
    for (uint32_t i = first; i < end && i < first + CYCLE_NAMES; i++) {
        const char *name = program_function_name(report->program, facts->recursion_functions[i]);
        text_add(&text, i > first ? " ⇄ " : "");
        // Names of Rust can be thousands of characters long; breaking them would help nobody.
        if (report->screen.width)
            text_add_short_name(&text, name, CYCLE_NAME_WIDTH);
        else
            text_add(&text, name);
    }
    if (end - first == 1)
        text_add(&text, " calls itself");
    else if (end - first > CYCLE_NAMES)
        text_addf(&text, " and %u more", (unsigned)(end - first - CYCLE_NAMES));
    report_print_wrapped(report, STYLE_PLAIN, text_string(&text), 4);
    text_deinit(&text);
}

static bool is_shown_cycle(struct report *report, uint32_t row)
{
    const struct facts *facts = report->facts;
    for (uint32_t i = facts->recursions[row]; i < facts->recursions[row + 1]; i++)
        if (report->options->all || is_user_function(report, facts->recursion_functions[i]))
            return true;
    return false;
}

static void print_cycles(struct report *report)
{
    struct rows rows = {0};
    list_recursions(report, &rows);
    size_t kept = 0, all = rows.count;
    for (size_t i = 0; i < all; i++)
        if (is_shown_cycle(report, rows.data[i]))
            rows.data[kept++] = rows.data[i];
    if (all) {
        report_print_title(report, "Recursion");
        size_t shown = rows_shown(report, kept, USUAL_CYCLES);
        for (size_t i = 0; i < shown; i++)
            print_cycle(report, rows.data[i]);
        report_print_more(report, shown, kept);
        print_folded(report, all - kept);
    }
    rows_deinit(&rows);
}

struct error *report_stack(struct report *report)
{
    if (report->options->function)
        return report_tree(report, report->options->function);
    struct error *error = report_check_sort(report, stack_parts, PART_COUNT);
    if (error)
        return error;
    if (report->options->is_json) {
        report_write_json(report, stack_parts, PART_COUNT);
        return NULL;
    }
    report_print_header(report);
    print_entries(report);
    print_functions(report);
    if (!report->filter)
        print_cycles(report);
    fputc('\n', report->screen.out);
    report_print_wrapped(
        report, STYLE_DIM,
        "Bytes, return addresses included; ≥ is the deepest known stack where there "
        "is no bound.",
        0);
    report_print_diagnostics(report);
    return NULL;
}
