/*
 * limits.c: stacks that are deeper than what there is for them, in JSON and as sentences.
 *
 * An entry exceeds its limit if its deepest known stack does, whether or not it has a bound. The
 * frame of a function exceeds if it alone is larger than what the smallest stack has: it may be
 * called on ways that are not known. A row of the table is an entry, or behind all entries a
 * function.
 */
#include "report/stack/limits.h"

#include "report/format/text.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/select.h"
#include "report/shared/steps.h"
#include "report/stack/stack_table.h"

#include <string.h>

enum fit entry_fit(const struct report *report, uint32_t entry)
{
    const struct entry *record = &report->facts->entries[entry];
    struct bound bound = bound_of(report, record->function);
    if (record->limit_bytes < 0)
        return FIT_UNKNOWN;
    if (bound.at_least_bytes > record->limit_bytes)
        return FIT_EXCEEDS;
    return bound.with_panic_bytes >= 0 ? FIT_FITS : FIT_UNKNOWN;
}

int64_t least_stack(const struct report *report)
{
    int64_t main_bytes = report->facts->main_limit_bytes;
    int64_t thread_bytes = report->facts->thread_limit_bytes;
    return thread_bytes >= 0 && thread_bytes < main_bytes ? thread_bytes : main_bytes;
}

void list_large_frames(struct report *report, struct rows *ret)
{
    struct rows functions = {0};
    int64_t limit = least_stack(report);
    list_functions(report, &functions);
    for (size_t i = 0; limit >= 0 && i < functions.count; i++)
        if (frame_of(report, functions.data[i]).bytes > limit)
            rows_push(ret, functions.data[i]);
    rows_deinit(&functions);
}

/* What runs main is deeper than main, and says nothing new. */
static bool repeats_main(const struct report *report, uint32_t entry)
{
    const struct facts *facts = report->facts;
    if (facts->entries[entry].kind != ENTRY_START)
        return false;
    for (uint32_t i = 0; i < facts->entry_count; i++)
        if (facts->entries[i].kind == ENTRY_MAIN && entry_fit(report, i) == FIT_EXCEEDS)
            return true;
    return false;
}

void list_stack_warnings(struct report *report, struct rows *ret)
{
    uint32_t entry_count = report->facts->entry_count;
    for (uint32_t i = 0; i < entry_count; i++)
        if (entry_fit(report, i) == FIT_EXCEEDS && !repeats_main(report, i))
            rows_push(ret, i);
    size_t first = ret->count;
    list_large_frames(report, ret);
    for (size_t i = first; i < ret->count; i++)
        ret->data[i] += entry_count;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/** Returns the entry of a row, or NULL if it is about a frame. */
static const struct entry *entry_of_row(const struct report *report, uint32_t row)
{
    return row < report->facts->entry_count ? &report->facts->entries[row] : NULL;
}

/** The function with the largest frame on the deepest path of @p function. */
static uint32_t largest_on_path(struct report *report, uint32_t function)
{
    struct step steps[MAX_STEPS];
    uint32_t count = deepest_steps(report, function, steps), largest = function;
    for (uint32_t i = 0; i < count; i++)
        if (steps[i].target != NONE &&
            frame_of(report, steps[i].target).bytes > frame_of(report, largest).bytes)
            largest = steps[i].target;
    return largest;
}

static uint32_t function_of_row(struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    if (!entry)
        return row - report->facts->entry_count;
    return largest_on_path(report, entry->function);
}

static int64_t bytes_of_row(struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    if (!entry)
        return frame_of(report, function_of_row(report, row)).bytes;
    return bound_of(report, entry->function).at_least_bytes;
}

static int64_t limit_of_row(const struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    return entry ? entry->limit_bytes : least_stack(report);
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    return cell_text(entry_of_row(report, row) ? "entry_exceeds_limit" : "frame_exceeds_limit");
}

static struct cell get_entry(struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    return entry ? get_function_name(report, entry->function) : cell_null();
}

static struct cell get_entry_kind(struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    return cell_text(entry ? entry_kind_name(entry->kind) : NULL);
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    return cell_signed(bytes_of_row(report, row));
}

static struct cell get_is_bound(struct report *report, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    if (!entry)
        return cell_bool(frame_of(report, function_of_row(report, row)).kind == FRAME_FIXED);
    return cell_bool(bound_of(report, entry->function).with_panic_bytes >= 0);
}

static struct cell get_limit(struct report *report, uint32_t row)
{
    return cell_signed(limit_of_row(report, row));
}

static struct cell get_function(struct report *report, uint32_t row)
{
    return get_function_name(report, function_of_row(report, row));
}

static struct cell get_frame(struct report *report, uint32_t row)
{
    return cell_signed(frame_of(report, function_of_row(report, row)).bytes);
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return get_function_file(report, function_of_row(report, row));
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return get_function_line(report, function_of_row(report, row));
}

static const struct column warning_columns[] = {
    {"kind", NULL, UNIT_NONE, get_kind, NULL},
    {"entry", NULL, UNIT_NAME, get_entry, NULL},
    {"entry_kind", NULL, UNIT_NONE, get_entry_kind, NULL},
    {"bytes", NULL, UNIT_BYTES, get_bytes, NULL},
    {"is_bound", NULL, UNIT_NONE, get_is_bound, NULL},
    {"limit_bytes", NULL, UNIT_BYTES, get_limit, NULL},
    {"function", NULL, UNIT_NAME, get_function, NULL},
    {"frame_bytes", NULL, UNIT_BYTES, get_frame, NULL},
    {"file", NULL, UNIT_PATH, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
};
const struct table warning_table = TABLE(warning_columns);

/* ---- Sentences ------------------------------------------------------------------------------- */

static bool is_asked_limit(const struct report *report)
{
    return report->options->has_stack_limit;
}

static void add_entry(struct report *report, struct text *text, uint32_t row)
{
    const struct entry *entry = entry_of_row(report, row);
    const char *name = program_function_name(report->program, entry->function);
    bool is_floor = bound_of(report, entry->function).with_panic_bytes < 0;
    bool is_main = entry->kind == ENTRY_MAIN;
    text_addf(text, "! %s%s%s needs %s", is_main ? "" : entry_kind_name(entry->kind),
              is_main ? "" : " ", name, is_floor ? "at least " : "up to ");
    text_add_bytes_both(text, (uint64_t)bytes_of_row(report, row));
    text_add(text, is_asked_limit(report) ? " of stack, more than the limit of "
                                          : " of stack and usually has ");
    text_add_human(text, (uint64_t)entry->limit_bytes);
    uint32_t largest = function_of_row(report, row);
    text_addf(text, "; the largest frame on the way is that of %s: ",
              program_function_name(report->program, largest));
    text_add_human(text, (uint64_t)frame_of(report, largest).bytes);
}

static void add_limit(struct text *text, int64_t bytes, int64_t limit, const char *who)
{
    if (limit < 0 || bytes <= limit)
        return;
    text_add(text, " and the ");
    text_add_human(text, (uint64_t)limit);
    text_addf(text, " of %s", who);
}

static void add_frame(struct report *report, struct text *text, uint32_t row)
{
    const struct facts *facts = report->facts;
    int64_t bytes = bytes_of_row(report, row);
    struct text limits = {0};
    text_addf(text, "! frame of %s: ",
              program_function_name(report->program, function_of_row(report, row)));
    text_add_bytes_both(text, (uint64_t)bytes);
    if (is_asked_limit(report)) {
        text_add(text, ", more than the limit of ");
        text_add_human(text, (uint64_t)least_stack(report));
        return;
    }
    add_limit(&limits, bytes, facts->main_limit_bytes, "a main thread");
    if (facts->thread_limit_bytes != facts->main_limit_bytes)
        add_limit(&limits, bytes, facts->thread_limit_bytes, "other threads");
    text_addf(text, ", more than what there usually is:%s",
              text_string(&limits) + (limits.length ? strlen(" and") : 0));
    text_deinit(&limits);
}

void print_stack_warnings(struct report *report, size_t usual)
{
    struct rows rows = {0};
    list_stack_warnings(report, &rows);
    size_t shown = rows_shown(report, rows.count, usual);
    for (size_t i = 0; i < shown; i++) {
        struct text text = {0};
        if (entry_of_row(report, rows.data[i]))
            add_entry(report, &text, rows.data[i]);
        else
            add_frame(report, &text, rows.data[i]);
        report_print_wrapped(report, STYLE_BAD, text_string(&text), 2);
        text_deinit(&text);
    }
    report_print_more(report, shown, rows.count);
    rows_deinit(&rows);
}
