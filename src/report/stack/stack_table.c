/*
 * stack_table.c: frames, bounds, entries and cycles as rows. Without a bound there is still a
 * floor; text shows it as "≥ bytes".
 */
#include "report/stack/stack_table.h"

#include "report/format/names.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/steps.h"
#include "report/stack/limits.h"

struct bound bound_of(const struct report *report, uint32_t function)
{
    if (report->facts->bounds && function != NONE)
        return report->facts->bounds[function];
    return (struct bound){.bytes = -1,
                          .with_panic_bytes = -1,
                          .at_least_bytes = -1,
                          .normal_at_least_bytes = -1,
                          .deepest_call = NONE,
                          .normal_call = NONE};
}

struct frame frame_of(const struct report *report, uint32_t function)
{
    if (report->facts->frames && function != NONE)
        return report->facts->frames[function];
    return (struct frame){.bytes = -1, .kind = FRAME_UNKNOWN};
}

uint32_t deepest_steps(const struct report *report, uint32_t function, struct step *ret_steps)
{
    if (!report->facts->bounds || function == NONE)
        return 0;
    return path_to_deepest(report->program, function, true, MAX_STEPS, ret_steps);
}

/* ---- Reasons --------------------------------------------------------------------------------- */

static const struct unbounded *reason_at(struct report *report, uint32_t row)
{
    return &report->facts->unbounded[row];
}

static struct cell get_reason_kind(struct report *report, uint32_t row)
{
    static const char *const names[] = {[UNBOUNDED_RECURSION] = "recursion",
                                        [UNBOUNDED_DYNAMIC_FRAME] = "dynamic_frame",
                                        [UNBOUNDED_UNRESOLVED_CALL] = "unresolved_call"};
    return cell_text(names[reason_at(report, row)->kind]);
}

static const char *const reason_words[] = {
    [UNBOUNDED_RECURSION] = "recursion",
    [UNBOUNDED_DYNAMIC_FRAME] = "run-time frame",
    [UNBOUNDED_UNRESOLVED_CALL] = "unresolved call",
};

static const char *reason_text(struct report *report, const struct unbounded *reason)
{
    bool is_unread = reason->kind == UNBOUNDED_DYNAMIC_FRAME &&
                     frame_of(report, reason->function).kind == FRAME_UNKNOWN;
    return is_unread ? "unknown frame" : reason_words[reason->kind];
}

static struct cell get_reason_text(struct report *report, uint32_t row)
{
    return cell_text(reason_text(report, reason_at(report, row)));
}

static struct cell get_reason_function(struct report *report, uint32_t row)
{
    return get_function_name(report, reason_at(report, row)->function);
}

static struct cell get_reason_address(struct report *report, uint32_t row)
{
    const struct unbounded *reason = reason_at(report, row);
    if (!reason->address)
        return cell_null();
    return cell_number(shown_code_address(report, reason->function, reason->address));
}

static struct place place_of_reason(struct report *report, uint32_t row)
{
    const struct unbounded *reason = reason_at(report, row);
    if (!reason->address)
        return place_of_function(report->program, reason->function);
    return place_in_function(report->program, reason->function, reason->address);
}

static struct cell get_reason_place(struct report *report, uint32_t row)
{
    struct place place = place_of_reason(report, row);
    return cell_text(place_or_library(report, place, reason_at(report, row)->function));
}

static struct cell get_reason_file(struct report *report, uint32_t row)
{
    return cell_file(place_of_reason(report, row));
}

static struct cell get_reason_line(struct report *report, uint32_t row)
{
    return cell_line(place_of_reason(report, row));
}

static const struct column unbounded_columns[] = {
    {"kind", NULL, UNIT_NONE, get_reason_kind, NULL},
    {NULL, "REASON", UNIT_NONE, get_reason_text, NULL},
    {"function", "IN FUNCTION", UNIT_NAME, get_reason_function, NULL},
    {"address", NULL, UNIT_ADDRESS, get_reason_address, NULL},
    {"file", NULL, UNIT_PATH, get_reason_file, NULL},
    {"line", NULL, UNIT_LINE, get_reason_line, NULL},
    {NULL, "WHERE", UNIT_PATH, get_reason_place, NULL},
};
const struct table unbounded_table = TABLE(unbounded_columns);

struct cell unbounded_cell(struct report *report, uint32_t function)
{
    struct bound bound = bound_of(report, function);
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < bound.reason_count; i++)
        list_add(report, bound.first_reason + i);
    return cell_list(report, begin);
}

const char *unbounded_text(struct report *report, uint32_t function)
{
    struct bound bound = bound_of(report, function);
    if (!bound.reason_count)
        return NULL;
    const struct unbounded *first = reason_at(report, bound.first_reason);
    bool is_call = first->kind == UNBOUNDED_UNRESOLVED_CALL;
    const char *reason = is_call ? "unresolved" : reason_text(report, first);
    if (bound.reason_count == 1)
        return reason;
    return arena_printf(&report->arena, "%s +%u", reason, (unsigned)bound.reason_count - 1);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static struct cell get_frame_bytes(struct report *report, uint32_t function)
{
    struct cell cell = cell_signed(frame_of(report, function).bytes);
    return cell.kind == CELL_NULL ? cell_unknown("?", STYLE_DOUBT) : cell;
}

static struct cell get_frame_kind(struct report *report, uint32_t function)
{
    static const char *const names[] = {
        [FRAME_FIXED] = "fixed", [FRAME_DYNAMIC] = "dynamic", [FRAME_UNKNOWN] = "unknown"};
    return cell_text(names[frame_of(report, function).kind]);
}

static struct cell get_red_zone(struct report *report, uint32_t function)
{
    struct frame frame = frame_of(report, function);
    return frame.bytes < 0 ? cell_null() : cell_number(frame.red_zone_bytes);
}

static struct cell get_bound_bytes(struct report *report, uint32_t function)
{
    return cell_signed(bound_of(report, function).bytes);
}

static struct cell get_bound_with_panic(struct report *report, uint32_t function)
{
    return cell_signed(bound_of(report, function).with_panic_bytes);
}

static struct cell get_at_least(struct report *report, uint32_t function)
{
    return cell_signed(bound_of(report, function).at_least_bytes);
}

/* "1,234", or "≥ 1,234" where the bound is only a floor. */
static struct cell bound_text(struct report *report, int64_t bytes, int64_t at_least)
{
    struct text text = {0};
    if (bytes < 0 && at_least <= 0)
        return cell_unknown("?", STYLE_DOUBT);
    if (bytes < 0)
        text_add(&text, "≥ ");
    text_add_count(&text, (uint64_t)(bytes < 0 ? at_least : bytes));
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, bytes < 0 ? STYLE_BAD : STYLE_PLAIN);
}

static struct cell get_bound_text(struct report *report, uint32_t function)
{
    struct bound bound = bound_of(report, function);
    return bound_text(report, bound.bytes, bound.normal_at_least_bytes);
}

static struct cell get_panic_text(struct report *report, uint32_t function)
{
    struct bound bound = bound_of(report, function);
    return bound_text(report, bound.with_panic_bytes, bound.at_least_bytes);
}

static struct cell get_unbounded(struct report *report, uint32_t function)
{
    return unbounded_cell(report, function);
}

static struct cell get_unbounded_text(struct report *report, uint32_t function)
{
    const char *text = unbounded_text(report, function);
    return cell_text(text ? text : "");
}

/* Where the first reason is, if not in the function itself. */
static struct cell get_unbounded_place(struct report *report, uint32_t function)
{
    struct bound bound = bound_of(report, function);
    if (!bound.reason_count || reason_at(report, bound.first_reason)->function == function)
        return cell_text("");
    uint32_t where = reason_at(report, bound.first_reason)->function;
    struct text name = {0};
    text_add_last_parts(&name, program_function_name(report->program, where));
    return cell_text(text_keep(&name, &report->arena));
}

static struct cell get_is_recursive(struct report *report, uint32_t function)
{
    return cell_bool(bound_of(report, function).is_recursive);
}

static struct cell get_deepest(struct report *report, uint32_t function)
{
    struct step steps[MAX_STEPS];
    uint32_t count = deepest_steps(report, function, steps);
    return steps_cell(report, function, steps, count);
}

static const struct column stack_columns[] = {
    FUNCTION_COLUMNS,
    {"frame_bytes", "FRAME", UNIT_BYTES, get_frame_bytes, NULL},
    {"frame", NULL, UNIT_NONE, get_frame_kind, NULL},
    {"red_zone_bytes", NULL, UNIT_BYTES, get_red_zone, NULL},
    {"bound_bytes", NULL, UNIT_BYTES, get_bound_bytes, NULL},
    {"bound_with_panic_bytes", NULL, UNIT_BYTES, get_bound_with_panic, NULL},
    {NULL, "BOUND", UNIT_BYTES, get_bound_text, NULL},
    {NULL, "WITH PANIC", UNIT_BYTES, get_panic_text, NULL},
    {NULL, "FUNCTION", UNIT_NAME, get_function_name, NULL},
    {NULL, "WHERE", UNIT_PATH, get_function_place, NULL},
    {NULL, "NO BOUND", UNIT_NONE, get_unbounded_text, NULL},
    {NULL, "BECAUSE OF", UNIT_NAME, get_unbounded_place, NULL},
    {"at_least_bytes", NULL, UNIT_BYTES, get_at_least, NULL},
    {"unbounded_because", NULL, UNIT_NONE, get_unbounded, &unbounded_table},
    {"recursive", NULL, UNIT_NONE, get_is_recursive, NULL},
    {"deepest", NULL, UNIT_NONE, get_deepest, &name_table},
    {"aliases", NULL, UNIT_NONE, get_function_aliases, &string_table},
};
const struct table stack_table = TABLE(stack_columns);

/* ---- Entries --------------------------------------------------------------------------------- */

const char *entry_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [ENTRY_MAIN] = "main",
        [ENTRY_START] = "start",
        [ENTRY_THREAD] = "thread",
        [ENTRY_SIGNAL] = "signal",
        [ENTRY_CONSTRUCTOR] = "constructor",
        [ENTRY_INTERRUPT] = "interrupt",
        [ENTRY_EXIT] = "exit",
    };
    return kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

void list_entries(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->facts->entry_count);
}

static uint32_t entry_function(struct report *report, uint32_t row)
{
    return report->facts->entries[row].function;
}

static struct cell get_entry_name(struct report *report, uint32_t row)
{
    return get_function_name(report, entry_function(report, row));
}

static struct cell get_entry_kind(struct report *report, uint32_t row)
{
    return cell_text(entry_kind_name(report->facts->entries[row].kind));
}

static struct cell get_entry_bound(struct report *report, uint32_t row)
{
    return get_bound_bytes(report, entry_function(report, row));
}

static struct cell get_entry_with_panic(struct report *report, uint32_t row)
{
    return get_bound_with_panic(report, entry_function(report, row));
}

static struct cell get_entry_at_least(struct report *report, uint32_t row)
{
    return get_at_least(report, entry_function(report, row));
}

static struct cell get_entry_bound_text(struct report *report, uint32_t row)
{
    return get_bound_text(report, entry_function(report, row));
}

static struct cell get_entry_panic_text(struct report *report, uint32_t row)
{
    return get_panic_text(report, entry_function(report, row));
}

static struct cell get_entry_deepest(struct report *report, uint32_t row)
{
    return get_deepest(report, entry_function(report, row));
}

static struct cell get_entry_limit(struct report *report, uint32_t row)
{
    return cell_signed(report->facts->entries[row].limit_bytes);
}

static struct cell get_entry_limit_text(struct report *report, uint32_t row)
{
    int64_t limit = report->facts->entries[row].limit_bytes;
    struct text text = {0};
    if (limit < 0)
        return cell_unknown("?", STYLE_DIM);
    text_add_human(&text, (uint64_t)limit);
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, entry_fit(report, row) == FIT_EXCEEDS ? STYLE_BAD : STYLE_PLAIN);
}

static struct cell get_exceeds_limit(struct report *report, uint32_t row)
{
    enum fit fit = entry_fit(report, row);
    return fit == FIT_UNKNOWN ? cell_null() : cell_bool(fit == FIT_EXCEEDS);
}

static const struct column entry_columns[] = {
    {"name", NULL, UNIT_NAME, get_entry_name, NULL},
    {"kind", "ENTRY", UNIT_NONE, get_entry_kind, NULL},
    {"bound_bytes", NULL, UNIT_BYTES, get_entry_bound, NULL},
    {"bound_with_panic_bytes", NULL, UNIT_BYTES, get_entry_with_panic, NULL},
    {"at_least_bytes", NULL, UNIT_BYTES, get_entry_at_least, NULL},
    {NULL, "BOUND", UNIT_BYTES, get_entry_bound_text, NULL},
    {NULL, "WITH PANIC", UNIT_BYTES, get_entry_panic_text, NULL},
    {"limit_bytes", NULL, UNIT_BYTES, get_entry_limit, NULL},
    {"exceeds_limit", NULL, UNIT_NONE, get_exceeds_limit, NULL},
    {NULL, "LIMIT", UNIT_BYTES, get_entry_limit_text, NULL},
    {NULL, "FUNCTION", UNIT_NAME, get_entry_name, NULL},
    {"deepest", NULL, UNIT_NONE, get_entry_deepest, &name_table},
};
const struct table entry_table = TABLE(entry_columns);

/* ---- Recursions ------------------------------------------------------------------------------ */

/* Cycles of libraries are theirs; one that touches the file itself is the file's. */
void list_recursions(struct report *report, struct rows *ret)
{
    const struct facts *facts = report->facts;
    for (uint32_t i = 0; i < facts->recursion_count; i++) {
        for (uint32_t f = facts->recursions[i]; f < facts->recursions[i + 1]; f++) {
            uint32_t function = facts->recursion_functions[f];
            if (report->program->functions[function].image != 0)
                continue;
            rows_push(ret, i);
            break;
        }
    }
}

static struct cell get_cycle(struct report *report, uint32_t row)
{
    const struct facts *facts = report->facts;
    size_t begin = list_begin(report);
    for (uint32_t f = facts->recursions[row]; f < facts->recursions[row + 1]; f++)
        list_add(report, facts->recursion_functions[f]);
    return cell_list(report, begin);
}

static const struct column recursion_columns[] = {{NULL, NULL, UNIT_NONE, get_cycle, &name_table}};
const struct table recursion_table = TABLE(recursion_columns);
