/*
 * globals.c: the report on global memory: what exists from load to exit, and who owns it.
 */
#include "report/format/text.h"
#include "report/global/globals_table.h"
#include "report/shared/document.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/select.h"

enum { USUAL_ROWS = 20 };

static void list_segments(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->program->images[0]->segment_count);
}

static void list_owners(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->facts->owner_count);
}

static const struct part globals_parts[] = {
    {"segments", &segment_table, list_segments, false},
    {"globals", &owner_table, list_owners, true},
};
enum { PART_COUNT = sizeof globals_parts / sizeof globals_parts[0] };

/* ---- Text ------------------------------------------------------------------------------------ */

static struct cell get_memory_bytes(struct report *report, uint32_t row)
{
    struct byte_count totals[MEMORY_COUNT];
    memory_totals(report, totals);
    return cell_number(totals[row].bytes);
}

static struct cell get_memory_count(struct report *report, uint32_t row)
{
    struct byte_count totals[MEMORY_COUNT];
    memory_totals(report, totals);
    return cell_number(totals[row].count);
}

static struct cell get_memory_name(struct report *report, uint32_t row)
{
    (void)report;
    return cell_text(memory_name(row));
}

static struct cell get_memory_meaning(struct report *report, uint32_t row)
{
    (void)report;
    static const char *const meanings[] = {
        [MEMORY_CODE] = "instructions; never change",
        [MEMORY_READ_ONLY] = "constants in the file; never change",
        [MEMORY_RELRO] = "constants with addresses, fixed up at load",
        [MEMORY_DATA] = "writable, with initial values in the file",
        [MEMORY_BSS] = "writable, zeroed at load; not in the file",
        [MEMORY_TLS_DATA] = "once per thread, copied from a template",
        [MEMORY_TLS_BSS] = "once per thread, zeroed",
    };
    return cell_text(meanings[row]);
}

static const struct column memory_columns[] = {
    {NULL, "BYTES", UNIT_BYTES, get_memory_bytes, NULL},
    {NULL, "PIECES", UNIT_COUNT, get_memory_count, NULL},
    {NULL, "MEMORY", UNIT_NONE, get_memory_name, NULL},
    {NULL, "WHAT", UNIT_NONE, get_memory_meaning, NULL},
};
static const struct table memory_table = TABLE(memory_columns);

static void print_memories(struct report *report)
{
    struct byte_count totals[MEMORY_COUNT];
    struct rows rows = {0};
    memory_totals(report, totals);
    for (uint32_t i = 0; i < MEMORY_COUNT; i++)
        if (totals[i].count)
            rows_push(&rows, i);
    report_print_title(report, "Global memory");
    table_print(report, &memory_table, rows.data, rows.count);
    rows_deinit(&rows);
}

static bool is_shown(const struct report *report, uint32_t owner)
{
    return report->options->all || is_user_global(report, owner);
}

/* What the table leaves out, so that nothing seems to be missing. */
struct folded {
    struct byte_count library, tables, code;
};

static struct folded list_shown(struct report *report, struct rows *ret)
{
    struct folded folded = {0};
    for (uint32_t i = 0; i < report->facts->owner_count; i++) {
        const struct owner *owner = &report->facts->owners[i];
        if (is_shown(report, i)) {
            rows_push(ret, i);
            continue;
        }
        bool is_data = owner->kind >= OWNER_STATIC && owner->kind <= OWNER_JUMP_TABLE;
        struct byte_count *sum = owner->memory == MEMORY_CODE ? &folded.code
                                 : is_data                    ? &folded.library
                                                              : &folded.tables;
        sum->bytes += owner->bytes;
        sum->count++;
    }
    return folded;
}

static void print_sum(struct report *report, const char *what, struct byte_count sum)
{
    struct text text = {0};
    if (!sum.count)
        return;
    text_addf(&text, "%s: ", what);
    text_add_count(&text, sum.count);
    text_add(&text, sum.count == 1 ? " piece, " : " pieces, ");
    text_add_bytes_both(&text, sum.bytes);
    report_print_wrapped(report, STYLE_DIM, text_string(&text), 2);
    text_deinit(&text);
}

static void print_owners(struct report *report)
{
    struct rows rows = {0};
    struct folded folded = list_shown(report, &rows);
    size_t listed = rows.count;
    rows_filter(report, &owner_table, &rows);
    rows_sort_as_asked(report, &owner_table, "bytes", &rows);
    size_t shown = rows_shown(report, rows.count, USUAL_ROWS);
    report_print_title(report, report->options->all ? "Every owner" : "Your data, largest first");
    if (rows.count)
        table_print(report, &owner_table, rows.data, shown);
    else
        screen_print(&report->screen, STYLE_DIM, listed ? "none matches\n" : "none\n");
    report_print_more(report, shown, rows.count);
    rows_deinit(&rows);
    if (report->options->all || report->filter)
        return;
    screen_print(&report->screen, STYLE_DIM, "\nNot listed (--all):\n");
    print_sum(report, "  library and compiler data", folded.library);
    print_sum(report, "  loader and unwind tables, padding", folded.tables);
    print_sum(report, "  code", folded.code);
}

struct error *report_globals(struct report *report)
{
    struct error *error = report_check_sort(report, globals_parts, PART_COUNT);
    if (error)
        return error;
    if (report->options->is_json) {
        segments_count(report);
        report_write_json(report, globals_parts, PART_COUNT);
        return NULL;
    }
    report_print_header(report);
    print_memories(report);
    print_owners(report);
    report_print_diagnostics(report);
    return NULL;
}
