/*
 * from.c: `heap --from`: the tree of branches.c as a table, or as rows of JSON.
 */
#include "report/heap/from.h"

#include "base/memory.h"
#include "report/format/names.h"
#include "report/heap/branches.h"
#include "report/heap/heap_table.h"
#include "report/heap/lines_table.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/select.h"

#include <string.h>

enum { USUAL_ROWS = 100, MAX_ROWS = 1000000 };

static const struct branch *branch_at(struct report *report, uint32_t row)
{
    const struct branches *branches = report->branches;
    return &branches->all.data[branches->order.data[row]];
}

/* ---- Columns --------------------------------------------------------------------------------- */

static struct cell get_depth(struct report *report, uint32_t row)
{
    return cell_number(branch_at(report, row)->depth);
}

static struct cell get_function(struct report *report, uint32_t row)
{
    return cell_text(branch_at(report, row)->name);
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return cell_file(branch_at(report, row)->place);
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return cell_line(branch_at(report, row)->place);
}

static struct cell get_inlined(struct report *report, uint32_t row)
{
    const struct branch *branch = branch_at(report, row);
    return branch->name ? cell_bool(branch->function == NONE) : cell_null();
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    return cell_bool(branch_at(report, row)->is_on_panic);
}

static struct cell get_seen(struct report *report, uint32_t row)
{
    return cell_bool(branch_at(report, row)->note == BRANCH_SEEN);
}

static struct cell get_unresolved(struct report *report, uint32_t row)
{
    return cell_bool(branch_at(report, row)->note == BRANCH_UNRESOLVED);
}

static struct cell get_enters(struct report *report, uint32_t row)
{
    uint32_t line = branch_at(report, row)->line;
    return line == NONE ? cell_null() : cell_record(line);
}

static struct cell verdict_or_null(struct report *report, uint32_t row, bool of_frees)
{
    const struct branch *branch = branch_at(report, row);
    if (branch->function == NONE)
        return cell_null();
    struct verdicts verdicts = verdicts_of(report, branch->function);
    return cell_text(verdict_name(of_frees ? verdicts.frees : verdicts.allocates));
}

static struct cell get_allocates(struct report *report, uint32_t row)
{
    return verdict_or_null(report, row, false);
}

static struct cell get_frees(struct report *report, uint32_t row)
{
    return verdict_or_null(report, row, true);
}

/** The same column of the table of lines, for rows that are lines. */
static struct cell of_line(struct report *report, uint32_t row, const char *title)
{
    uint32_t line = branch_at(report, row)->line;
    for (unsigned i = 0; line != NONE && i < lines_table.column_count; i++) {
        const struct column *column = &lines_table.columns[i];
        if (column->title && !column->key && strcmp(column->title, title) == 0)
            return column->get(report, line);
    }
    return cell_text("");
}

static struct cell get_what(struct report *report, uint32_t row)
{
    const struct branch *branch = branch_at(report, row);
    if (branch->line == NONE || !branch->is_on_panic)
        return of_line(report, row, "WHAT");
    bool frees = report->facts->lines[branch->line].kind == LINE_FREE;
    return cell_styled(frees ? "frees on panic" : "allocates on panic", STYLE_DIM);
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    return of_line(report, row, "BYTES");
}

static struct cell get_type(struct report *report, uint32_t row)
{
    return of_line(report, row, "OF");
}

/** "synth.rs:12" below a function of the same file as ":12". */
static void add_place(struct report *report, struct text *text, const struct branch *branch,
                      const char *file_above)
{
    if (!branch->place.file)
        return;
    if (branch->place.file == file_above)
        text_addf(text, ":%u ", (unsigned)branch->place.line);
    else
        text_addf(text, "%s ", place_text(report, branch->place));
}

/** The file in which the nearest branch above @p row that is less deep stands. */
static const char *file_above(struct report *report, uint32_t row)
{
    uint32_t depth = branch_at(report, row)->depth;
    while (row-- > 0) {
        const struct branch *branch = branch_at(report, row);
        if (branch->depth == depth || branch->depth + 1 == depth)
            return branch->place.file;
    }
    return NULL;
}

static struct cell get_branch(struct report *report, uint32_t row)
{
    const struct branch *branch = branch_at(report, row);
    struct text text = {0};
    text_repeat(&text, "│ ", branch->depth > 1 ? branch->depth - 1 : 0);
    text_add(&text, branch->depth ? "├ " : "");
    if (branch->depth)
        add_place(report, &text, branch, file_above(report, row));
    if (branch->line != NONE && report->options->all)
        text_add(&text, line_way(report, branch->line));
    else if (branch->line != NONE)
        text_add(&text, of_line(report, row, "THROUGH").text);
    else if (branch->note == BRANCH_UNRESOLVED)
        text_add(&text, "a call that is not resolved");
    else
        text_add_bare_name(&text, branch->name);
    text_add(&text, branch->note == BRANCH_SEEN  ? " (see above)"
                    : branch->note == BRANCH_CUT ? " …"
                                                 : "");
    struct cell cell = cell_text(text_keep(&text, &report->arena));
    cell.style = branch->is_on_panic || branch->note == BRANCH_SEEN ? STYLE_DIM
                 : branch->note == BRANCH_UNRESOLVED                ? STYLE_DOUBT
                                                                    : STYLE_PLAIN;
    return cell;
}

static const struct column from_columns[] = {
    {"depth", NULL, UNIT_LINE, get_depth, NULL},
    {"function", NULL, UNIT_NAME, get_function, NULL},
    {NULL, "WHAT", UNIT_NONE, get_what, NULL},
    {NULL, "BYTES", UNIT_BYTES, get_bytes, NULL},
    {NULL, "OF", UNIT_NAME, get_type, NULL},
    {NULL, "FUNCTIONS, AND LINES IN THEM", UNIT_NAME, get_branch, NULL},
    {"file", NULL, UNIT_NONE, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
    {"inlined", NULL, UNIT_NONE, get_inlined, NULL},
    {"allocates", NULL, UNIT_NONE, get_allocates, NULL},
    {"frees", NULL, UNIT_NONE, get_frees, NULL},
    {"on_panic", NULL, UNIT_NONE, get_on_panic, NULL},
    {"unresolved", NULL, UNIT_NONE, get_unresolved, NULL},
    {"seen", NULL, UNIT_NONE, get_seen, NULL},
    {"enters", NULL, UNIT_NONE, get_enters, &lines_table},
};
static const struct table from_table = TABLE(from_columns);

/* ---- The report ------------------------------------------------------------------------------ */

static void list_branches(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, (uint32_t)report->branches->order.count);
}

static const struct part from_parts[] = {{"tree", &from_table, list_branches, false}};

/** Whether the row says something by itself: of a function, what is below it does. */
static bool tells(struct report *report, uint32_t row)
{
    const struct branch *branch = branch_at(report, row);
    if (branch->line != NONE || branch->note == BRANCH_UNRESOLVED)
        return report->options->all || !branch->is_on_panic;
    if (branch->note == BRANCH_PLAIN)
        return report->options->all;
    struct verdicts verdicts = verdicts_of(report, branch->function);
    bool is_calm = verdicts.allocates == VERDICT_ON_PANIC || verdicts.allocates == VERDICT_NEVER;
    is_calm &= verdicts.frees == VERDICT_ON_PANIC || verdicts.frees == VERDICT_NEVER;
    return report->options->all || !(branch->is_on_panic || is_calm);
}

/** The rows that are shown: what tells something, and the functions above it. */
static size_t shown_rows(struct report *report, struct rows *ret)
{
    size_t count = report->branches->order.count, folded = 0;
    CLEANUP_FREE bool *is_shown = xcalloc(count + 1, sizeof *is_shown);
    uint32_t needed = 0; /* less deep than this, the next one up is above something shown */
    for (size_t i = count; i-- > 0;) {
        const struct branch *branch = branch_at(report, (uint32_t)i);
        bool says = tells(report, (uint32_t)i);
        is_shown[i] = !branch->depth || says || branch->depth < needed;
        folded += !is_shown[i] && branch->line != NONE;
        if (is_shown[i])
            needed = branch->depth;
    }
    for (uint32_t i = 0; i < count; i++)
        if (is_shown[i])
            rows_push(ret, i);
    return folded;
}

static void print_roots(struct report *report, const struct rows *roots)
{
    for (size_t i = 0; i < roots->count; i++) {
        struct verdicts verdicts = verdicts_of(report, roots->data[i]);
        struct text text = {0};
        text_addf(&text, "%s: allocates %s, frees %s",
                  program_function_name(report->program, roots->data[i]),
                  verdict_text(verdicts.allocates), verdict_text(verdicts.frees));
        report_print_wrapped(report, STYLE_TITLE, text_string(&text), 2);
        text_deinit(&text);
    }
}

static void print_tree(struct report *report, const struct rows *roots)
{
    struct rows rows = {0};
    size_t folded = shown_rows(report, &rows);
    print_roots(report, roots);
    fputc('\n', report->screen.out);
    table_print(report, &from_table, rows.data, rows.count);
    if (folded)
        screen_printf(&report->screen, STYLE_DIM, "and %zu that only panics get to (--all)\n",
                      folded);
    if (report->branches->is_cut)
        screen_print(&report->screen, STYLE_DIM, "… there is more below (--all)\n");
    rows_deinit(&rows);
}

struct error *report_from(struct report *report, const char *name)
{
    struct rows roots = {0};
    struct error *error = functions_named(report, name, &roots);
    if (error)
        return error;
    struct branches branches;
    branches_init(report, &branches);
    report->branches = &branches;
    bool is_whole = report->options->all || report->options->is_json;
    size_t limit = rows_shown(report, MAX_ROWS, is_whole ? MAX_ROWS : USUAL_ROWS);
    for (size_t i = 0; i < roots.count; i++)
        branches_grow(report, &branches, roots.data[i], limit);
    if (report->options->is_json)
        report_write_json(report, from_parts, 1);
    else
        print_tree(report, &roots);
    report->branches = NULL;
    branches_deinit(&branches);
    rows_deinit(&roots);
    return NULL;
}
