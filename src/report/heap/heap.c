/*
 * heap.c: the report on the heap: which functions can reach the allocator, and where they do.
 * why.c is its --why, from.c its --from.
 */
#include "report/format/text.h"
#include "report/heap/from.h"
#include "report/heap/heap_table.h"
#include "report/heap/lines_table.h"
#include "report/heap/why.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/select.h"

enum { USUAL_ROWS = 20, STARTUP_ROWS = 8 };

static const struct part heap_parts[] = {
    {"lines", &lines_table, list_lines, true},
    {"functions", &heap_table, list_functions, true},
    {"sites", &site_table, list_sites, true},
    {"startup", &startup_object, NULL, false},
};
enum { PART_COUNT = sizeof heap_parts / sizeof heap_parts[0] };

static void print_verdicts(struct report *report)
{
    static const char *const meanings[] = {
        [VERDICT_NEVER] = "no path reaches the allocator",
        [VERDICT_ON_PANIC] = "only paths that panic, abort or throw do",
        [VERDICT_MAYBE] = "some normal path does, some does not",
        [VERDICT_ALWAYS] = "every normal path does",
        [VERDICT_UNKNOWN] = "no known path does, but an unresolved call might",
    };
    uint64_t counts[VERDICT_COUNT];
    verdict_counts(report, counts);
    report_print_title(report, "Functions that allocate");
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        struct text count = {0};
        text_add_count(&count, counts[i]);
        fprintf(report->screen.out, "%10s  ", text_string(&count));
        screen_printf(&report->screen, verdict_style(i), "%-10s", verdict_text(i));
        screen_printf(&report->screen, STYLE_DIM, "%s\n", meanings[i]);
        text_deinit(&count);
    }
}

/* What reads best first: what costs most, then what is doubtful, then what is fine. */
static const uint8_t verdict_order[] = {VERDICT_ALWAYS, VERDICT_MAYBE, VERDICT_UNKNOWN,
                                        VERDICT_ON_PANIC, VERDICT_NEVER};

static void sort_by_verdict(struct report *report, struct rows *rows)
{
    struct rows sorted = {0};
    for (unsigned v = 0; v < sizeof verdict_order; v++)
        for (size_t i = 0; i < rows->count; i++)
            if (verdicts_of(report, rows->data[i]).allocates == verdict_order[v])
                rows_push(&sorted, rows->data[i]);
    rows_deinit(rows);
    *rows = sorted;
}

static size_t keep_user_functions(struct report *report, struct rows *rows)
{
    size_t kept = 0, all = rows->count;
    for (size_t i = 0; i < all; i++)
        if (report->options->all || is_user_function(report, rows->data[i]))
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
    return all - kept;
}

static size_t keep_user_sites(struct report *report, struct rows *rows)
{
    size_t kept = 0, all = rows->count;
    for (size_t i = 0; i < all; i++)
        if (report->options->all || is_user_site(report, rows->data[i]))
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
    return all - kept;
}

/* Lines that only panics get to are of no interest to most. */
static size_t keep_normal_lines(struct report *report, struct rows *rows)
{
    size_t kept = 0, all = rows->count;
    for (size_t i = 0; i < all; i++)
        if (report->options->all || !is_line_on_panic(report, rows->data[i]))
            rows->data[kept++] = rows->data[i];
    rows->count = kept;
    return all - kept;
}

static void print_lines(struct report *report)
{
    struct rows rows = {0};
    list_lines(report, &rows);
    rows_filter(report, &lines_table, &rows);
    size_t folded = keep_normal_lines(report, &rows);
    rows_sort_as_asked(report, &lines_table, NULL, &rows);
    bool has_lines = report->program->images[0]->debug != NULL;
    report_print_rows(report, has_lines ? "Your lines that use the heap" : "Where you use the heap",
                      &lines_table, &rows, 0, USUAL_ROWS);
    if (folded)
        screen_printf(&report->screen, STYLE_DIM, "and %zu that only panics get to (--all)\n",
                      folded);
    rows_deinit(&rows);
}

static void print_functions(struct report *report)
{
    struct rows rows = {0};
    list_functions(report, &rows);
    rows_filter(report, &heap_table, &rows);
    size_t folded = keep_user_functions(report, &rows);
    sort_by_verdict(report, &rows);
    rows_sort_as_asked(report, &heap_table, NULL, &rows);
    report_print_rows(report, report->options->all ? "Functions" : "Your functions", &heap_table,
                      &rows, folded, USUAL_ROWS);
    rows_deinit(&rows);
}

static void print_sites(struct report *report)
{
    struct rows rows = {0};
    list_sites(report, &rows);
    rows_filter(report, &site_table, &rows);
    size_t folded = keep_user_sites(report, &rows);
    rows_sort_as_asked(report, &site_table, NULL, &rows);
    report_print_rows(report,
                      report->options->all ? "Calls of the allocator"
                                           : "Calls of the allocator in your code",
                      &site_table, &rows, folded, USUAL_ROWS);
    rows_deinit(&rows);
}

/* What runs before main, then what runs after it; the certain first. */
static void print_startup(struct report *report)
{
    const struct startup *startup = &report->facts->startup;
    if (!startup->is_known || report->options->filter)
        return;
    report_print_title(report, "Before and after main");
    screen_print(&report->screen, STYLE_PLAIN, "allocates before main: ");
    screen_print(&report->screen, verdict_style(startup->before), verdict_text(startup->before));
    uint64_t sites = sites_before_main(report);
    if (sites)
        screen_printf(&report->screen, STYLE_PLAIN, " (%llu of the file's own calls)",
                      (unsigned long long)sites);
    screen_print(&report->screen, STYLE_PLAIN, "; after it: ");
    screen_print(&report->screen, verdict_style(startup->after), verdict_text(startup->after));
    fputc('\n', report->screen.out);
    if (!startup->part_count)
        return;
    fputc('\n', report->screen.out);
    struct rows rows = {0};
    for (unsigned is_after = 0; is_after < 2; is_after++)
        for (unsigned v = 0; v < sizeof verdict_order; v++)
            for (uint32_t i = 0; i < startup->part_count; i++)
                if (startup->parts[i].is_after == is_after &&
                    startup->parts[i].verdict == verdict_order[v])
                    rows_push(&rows, i);
    size_t shown = rows_shown(report, rows.count, STARTUP_ROWS);
    table_print(report, &startup_table, rows.data, shown);
    report_print_more(report, shown, rows.count);
    rows_deinit(&rows);
}

struct error *report_heap(struct report *report)
{
    if (report->options->function && report->options->is_tree)
        return report_from(report, report->options->function);
    if (report->options->function)
        return report_why(report, report->options->function);
    struct error *error = report_check_sort(report, heap_parts, PART_COUNT);
    if (error)
        return error;
    if (report->options->is_json) {
        report_write_json(report, heap_parts, PART_COUNT);
        return NULL;
    }
    report_print_header(report);
    print_verdicts(report);
    print_lines(report);
    print_functions(report);
    print_sites(report);
    print_startup(report);
    report_print_diagnostics(report);
    return NULL;
}
