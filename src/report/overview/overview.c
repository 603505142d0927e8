/*
 * overview.c: the report that fits one screen: what memory the program uses, and how much of it is
 * known before it starts.
 */
#include "report/overview/overview.h"

#include "report/format/grid.h"
#include "report/format/text.h"
#include "report/global/globals_table.h"
#include "report/heap/heap_table.h"
#include "report/heap/lines_table.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/select.h"
#include "report/shared/steps.h"
#include "report/stack/limits.h"
#include "report/stack/stack_table.h"

enum { TOP_ROWS = 5, PATH_ENDS = 3, WIDE_BOX = 36 };

static const struct part overview_parts[] = {
    {"global", &global_object, NULL, false},
    {"stack", &stack_object, NULL, false},
    {"heap", &heap_object, NULL, false},
    {"warnings", &warning_table, list_stack_warnings, false},
};
enum { PART_COUNT = sizeof overview_parts / sizeof overview_parts[0] };

/* ---- The three memories ---------------------------------------------------------------------- */

static const char *bytes_text(struct report *report, uint64_t bytes)
{
    struct text text = {0};
    if (grid_box_width(&report->screen) >= WIDE_BOX)
        text_add_bytes_both(&text, bytes);
    else
        text_add_human(&text, bytes);
    return text_keep(&text, &report->arena);
}

static const char *count_text(struct report *report, uint64_t count)
{
    struct text text = {0};
    text_add_count(&text, count);
    return text_keep(&text, &report->arena);
}

static void add_bytes(struct report *report, struct grid_cell *cell, const char *label,
                      uint64_t bytes)
{
    if (bytes)
        grid_add(cell, label, bytes_text(report, bytes), STYLE_PLAIN);
}

static uint64_t initialized_at_start(struct report *report)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < report->facts->owner_count; i++)
        count += report->facts->owners[i].initializer != NONE;
    return count;
}

static void fill_global(struct report *report, struct grid_cell *known, struct grid_cell *later)
{
    struct global_bytes bytes;
    global_bytes(report, &bytes);
    add_bytes(report, known, "code", bytes.code);
    add_bytes(report, known, "read-only", bytes.read_only);
    add_bytes(report, known, "writable", bytes.writable);
    add_bytes(report, known, "zeroed", bytes.zeroed);
    add_bytes(report, known, "per thread", bytes.tls);
    uint64_t count = initialized_at_start(report);
    if (count)
        grid_add(later, "set before main", count_text(report, count), STYLE_MAYBE);
    else
        grid_add(later, "nothing", NULL, STYLE_GOOD);
}

/* The box says of which kinds the reasons are; print_reasons() says where. */
static void add_reasons(struct report *report, struct grid_cell *cell, uint32_t entry)
{
    static const char *const labels[] = {[UNBOUNDED_RECURSION] = "  recursion",
                                         [UNBOUNDED_DYNAMIC_FRAME] = "  frame of run-time size",
                                         [UNBOUNDED_UNRESOLVED_CALL] = "  unresolved calls"};
    enum { KINDS = sizeof labels / sizeof labels[0] };
    struct bound bound = bound_of(report, entry);
    bool has[KINDS] = {false};
    for (uint32_t i = 0; i < bound.reason_count; i++)
        has[report->facts->unbounded[bound.first_reason + i].kind] = true;
    for (unsigned kind = 0; kind < KINDS; kind++)
        if (has[kind])
            grid_add(cell, labels[kind], NULL, STYLE_DIM);
}

static const char *floor_text(struct report *report, int64_t bytes)
{
    if (bytes <= 0)
        return "?";
    return arena_printf(&report->arena, "≥ %s", bytes_text(report, (uint64_t)bytes));
}

static void fill_entry(struct report *report, struct grid_cell *known, struct grid_cell *later)
{
    uint32_t entry = entry_of(report);
    struct bound bound = bound_of(report, entry);
    if (entry == NONE) {
        grid_add(known, "no entry of its own", NULL, STYLE_DIM);
        return;
    }
    const char *label = entry == report->facts->main_function ? "main needs" : "start needs";
    if (bound.bytes >= 0)
        add_bytes(report, known, label, (uint64_t)bound.bytes);
    else
        grid_add(later, label, floor_text(report, bound.normal_at_least_bytes), STYLE_BAD);
    if (bound.with_panic_bytes >= 0)
        add_bytes(report, known, "and to panic", (uint64_t)bound.with_panic_bytes);
    else
        grid_add(later, "and to panic", floor_text(report, bound.at_least_bytes), STYLE_BAD);
    if (bound.with_panic_bytes < 0)
        add_reasons(report, later, entry);
    else
        grid_add(later, "nothing", NULL, STYLE_GOOD);
}

static void fill_stack(struct report *report, struct grid_cell *known, struct grid_cell *later)
{
    struct rows functions = {0};
    uint64_t fixed = 0, bounded = 0;
    int64_t largest = -1;
    list_functions(report, &functions);
    for (size_t i = 0; i < functions.count; i++) {
        struct frame frame = frame_of(report, functions.data[i]);
        fixed += frame.kind == FRAME_FIXED;
        bounded += bound_of(report, functions.data[i]).bytes >= 0;
        if (frame.bytes > largest)
            largest = frame.bytes;
    }
    fill_entry(report, known, later);
    grid_add(known, "functions", count_text(report, functions.count), STYLE_PLAIN);
    grid_add(known, "  fixed frame", count_text(report, fixed), STYLE_PLAIN);
    grid_add(known, "  bounded", count_text(report, bounded), STYLE_PLAIN);
    if (largest >= 0)
        add_bytes(report, known, "largest frame", (uint64_t)largest);
    rows_deinit(&functions);
}

static void add_verdict(struct report *report, struct grid_cell *cell, const char *label,
                        unsigned verdict, uint64_t count)
{
    if (count)
        grid_add(cell, label, count_text(report, count), verdict_style(verdict));
}

static void fill_heap(struct report *report, struct grid_cell *known, struct grid_cell *later)
{
    uint64_t counts[VERDICT_COUNT];
    struct site_counts sites;
    verdict_counts(report, counts);
    site_counts(report, &sites);
    uint32_t entry = entry_of(report);
    if (has_no_allocator(report))
        grid_add(known, "no dynamic memory", NULL, STYLE_GOOD);
    add_verdict(report, known, "never allocate", VERDICT_NEVER, counts[VERDICT_NEVER]);
    add_verdict(report, known, "only on panic", VERDICT_ON_PANIC, counts[VERDICT_ON_PANIC]);
    if (sites.all)
        grid_add(known, "sites, fixed size", count_text(report, sites.constant_size), STYLE_PLAIN);
    if (entry != NONE) {
        unsigned verdict = verdicts_of(report, entry).allocates;
        grid_add(later,
                 entry == report->facts->main_function ? "main allocates" : "start allocates",
                 verdict_text(verdict), verdict_style(verdict));
    }
    const struct startup *startup = &report->facts->startup;
    if (startup->is_known && startup->before != VERDICT_NEVER)
        grid_add(later, "before main", verdict_text(startup->before),
                 verdict_style(startup->before));
    add_verdict(report, later, "always allocate", VERDICT_ALWAYS, counts[VERDICT_ALWAYS]);
    add_verdict(report, later, "may allocate", VERDICT_MAYBE, counts[VERDICT_MAYBE]);
    add_verdict(report, later, "not known", VERDICT_UNKNOWN, counts[VERDICT_UNKNOWN]);
    if (sites.all)
        grid_add(later, "sites, size varies", count_text(report, sites.all - sites.constant_size),
                 STYLE_PLAIN);
    if (!later->count && report->program->images[0]->has_no_code)
        grid_add(later, "not known", NULL, STYLE_MAYBE);
    else if (!later->count)
        grid_add(later, "nothing", NULL, STYLE_GOOD);
}

static void print_grid(struct report *report)
{
    struct grid grid = {.titles = {"GLOBAL", "STACK", "HEAP"},
                        .bands = {"known before it starts", "decided at run time"}};
    fill_global(report, &grid.cells[0][0], &grid.cells[1][0]);
    fill_stack(report, &grid.cells[0][1], &grid.cells[1][1]);
    fill_heap(report, &grid.cells[0][2], &grid.cells[1][2]);
    fputc('\n', report->screen.out);
    grid_print(&report->screen, &grid);
}

/* ---- Below the boxes ------------------------------------------------------------------------- */

/* What the file need not hold. */
static void print_zeroes(struct report *report)
{
    enum { WORTH_SAYING = 4096 };
    uint64_t zeroes = zeroes_in_file(report);
    struct text text = {0};
    if (zeroes >= WORTH_SAYING) {
        text_add_human(&text, zeroes);
        text_add(&text,
                 " of the file are objects that are zero all over: in .bss they would take nothing "
                 "(dwell globals --sort zero_bytes)");
        report_print_wrapped(report, STYLE_DIM, text_string(&text), 0);
    }
    text_deinit(&text);
}

static void print_largest_globals(struct report *report)
{
    struct rows rows = {0};
    for (uint32_t i = 0; i < report->facts->owner_count; i++)
        if (is_user_global(report, i))
            rows_push(&rows, i);
    rows_sort(report, &owner_table, "bytes", &rows);
    if (rows.count) {
        report_print_title(report, "Largest data of your own");
        table_print(report, &owner_table, rows.data, rows_shown(report, rows.count, TOP_ROWS));
    }
    rows_deinit(&rows);
    print_zeroes(report);
}

static struct cell get_path_frame(struct report *report, uint32_t function)
{
    return cell_signed(frame_of(report, function).bytes);
}

static const struct column deepest_columns[] = {
    {NULL, "FRAME", UNIT_BYTES, get_path_frame, NULL},
    {NULL, "FUNCTION", UNIT_NAME, get_function_name, NULL},
    {NULL, "WHERE", UNIT_PATH, get_function_place, NULL},
};
static const struct table deepest_table = TABLE(deepest_columns);

/* A long path shows its first functions and the largest frames among the others, in order. */
static void choose_path_rows(struct report *report, const struct rows *path, size_t limit,
                             struct rows *ret)
{
    struct rows large = {0};
    for (size_t i = PATH_ENDS; i < path->count; i++)
        rows_push(&large, (uint32_t)i);
    while (path->count > PATH_ENDS && large.count + PATH_ENDS > limit && large.count) {
        size_t least = 0;
        for (size_t i = 1; i < large.count; i++)
            if (frame_of(report, path->data[large.data[i]]).bytes <
                frame_of(report, path->data[large.data[least]]).bytes)
                least = i;
        for (size_t i = least; i + 1 < large.count; i++)
            large.data[i] = large.data[i + 1];
        large.count--;
    }
    for (size_t i = 0; i < path->count && i < PATH_ENDS; i++)
        rows_push(ret, path->data[i]);
    for (size_t i = 0; i < large.count; i++)
        rows_push(ret, path->data[large.data[i]]);
    rows_deinit(&large);
}

static void print_deepest(struct report *report)
{
    uint32_t entry = entry_of(report);
    if (entry == NONE || !report->facts->bounds)
        return;
    struct step steps[MAX_STEPS];
    uint32_t count = deepest_steps(report, entry, steps);
    struct rows path = {0}, shown = {0};
    rows_push(&path, entry);
    for (uint32_t i = 0; i < count; i++)
        if (steps[i].target != NONE)
            rows_push(&path, steps[i].target);
    choose_path_rows(report, &path, rows_shown(report, path.count, TOP_ROWS + 1), &shown);
    report_print_title(report, "Deepest stack: largest frames on its path");
    table_print(report, &deepest_table, shown.data, shown.count);
    if (shown.count < path.count)
        screen_printf(&report->screen, STYLE_DIM, "… %zu smaller frames of the path left out\n",
                      path.count - shown.count);
    rows_deinit(&path);
    rows_deinit(&shown);
}

/* What allocates before main for certain, or may on a path that leads to main. */
static void print_startup(struct report *report)
{
    const struct startup *startup = &report->facts->startup;
    struct rows rows = {0};
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < startup->part_count; i++)
            if (!startup->parts[i].is_after &&
                startup->parts[i].verdict == (pass ? VERDICT_MAYBE : VERDICT_ALWAYS))
                rows_push(&rows, i);
    if (rows.count) {
        size_t shown = rows_shown(report, rows.count, PATH_ENDS);
        report_print_title(report, "Allocates before main");
        table_print(report, &startup_table, rows.data, shown);
        if (shown < rows.count)
            screen_printf(&report->screen, STYLE_DIM, "… %zu more (dwell heap)\n",
                          rows.count - shown);
    }
    rows_deinit(&rows);
}

static void print_some(struct report *report, const char *title, const struct table *table,
                       const struct rows *rows)
{
    if (!rows->count)
        return;
    size_t shown = rows_shown(report, rows->count, TOP_ROWS);
    report_print_title(report, title);
    table_print(report, table, rows->data, shown);
    if (shown < rows->count)
        screen_printf(&report->screen, STYLE_DIM, "… %zu more (dwell heap)\n", rows->count - shown);
}

/* Those that allocate for sure come first. */
static void print_lines(struct report *report)
{
    const struct facts *facts = report->facts;
    struct rows rows = {0};
    for (unsigned is_certain = 2; is_certain-- > 0;)
        for (uint32_t i = 0; i < facts->line_count; i++)
            if (facts->lines[i].kind != LINE_FREE && !facts->lines[i].is_on_panic &&
                facts->lines[i].is_certain == is_certain)
                rows_push(&rows, i);
    print_some(report, "Your lines that allocate", &lines_table, &rows);
    rows_deinit(&rows);
}

static void print_sites(struct report *report)
{
    struct rows rows = {0};
    for (uint32_t i = 0; i < report->facts->site_count; i++)
        if (is_user_site(report, i) && report->facts->sites[i].kind != SITE_MAP)
            rows_push(&rows, i);
    print_some(report, "Your code calls the allocator", &site_table, &rows);
    rows_deinit(&rows);
}

/* ---- Warnings -------------------------------------------------------------------------------- */

static void print_unresolved(struct report *report)
{
    uint64_t count = unresolved_calls(report);
    struct text text = {0};
    if (!count)
        return;
    text_add(&text, "? ");
    text_add_count(&text, count);
    text_add(&text, count == 1 ? " call is" : " calls are");
    text_add(&text, " not resolved; what they might do is counted as unknown (dwell heap)");
    report_print_wrapped(report, STYLE_DOUBT, text_string(&text), 2);
    text_deinit(&text);
}

static void print_reasons(struct report *report)
{
    uint32_t entry = entry_of(report);
    struct bound bound = bound_of(report, entry);
    if (bound.with_panic_bytes >= 0 || !bound.reason_count)
        return;
    struct rows rows = {0};
    rows_push_range(&rows, bound.first_reason,
                    bound.first_reason + (bound.reason_count < 3 ? bound.reason_count : 3));
    report_print_title(report, "Why the stack has no bound (the nearest reasons)");
    table_print(report, &unbounded_table, rows.data, rows.count);
    rows_deinit(&rows);
}

static bool has_doubts(struct report *report)
{
    struct rows rows = {0};
    list_stack_warnings(report, &rows);
    bool has = rows.count > 0 || unresolved_calls(report) > 0;
    rows_deinit(&rows);
    return has;
}

struct error *report_overview(struct report *report)
{
    struct error *error = report_check_sort(report, overview_parts, PART_COUNT);
    if (error)
        return error;
    if (report->options->is_json) {
        report_write_json(report, overview_parts, PART_COUNT);
        return NULL;
    }
    report_print_header(report);
    print_grid(report);
    print_largest_globals(report);
    print_deepest(report);
    print_reasons(report);
    if (report->facts->lines)
        print_lines(report);
    else
        print_sites(report);
    print_startup(report);
    if (has_doubts(report))
        report_print_title(report, "Look at");
    print_stack_warnings(report, TOP_ROWS);
    print_unresolved(report);
    report_print_diagnostics(report);
    return NULL;
}
