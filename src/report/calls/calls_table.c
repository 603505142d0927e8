/*
 * calls_table.c: the calls of the file and what they enter, as rows. In text a call with many
 * candidates names the first of them and how many there are; JSON has them all, long lists once.
 */
#include "report/calls/calls_table.h"

#include "report/format/text.h"
#include "report/shared/call.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/steps.h"

#include <stdlib.h>

enum {
    KIND_COUNT = CALL_UNRESOLVED + 1,
    PERCENT = 100,
    TENTHS = 10,
    LONGEST_OWN_LIST = 16, /* targets that each call tells itself; longer lists are shared */
};

static struct call call_at(const struct report *report, uint32_t row)
{
    return shown_call(report->program, row);
}

void list_calls(struct report *report, struct rows *ret)
{
    const struct program *program = report->program;
    struct rows functions = {0};
    list_functions(report, &functions);
    for (size_t i = 0; program->function_calls && i < functions.count; i++) {
        uint32_t function = functions.data[i];
        rows_push_range(ret, program->function_calls[function],
                        program->function_calls[function + 1]);
    }
    rows_deinit(&functions);
}

bool is_call_on_panic(const struct report *report, uint32_t call)
{
    return report->facts->call_on_panic && report->facts->call_on_panic[call];
}

/* ---- Functions ------------------------------------------------------------------------------- */

static const struct column caller_columns[] = {
    FUNCTION_COLUMNS,
    {"aliases", NULL, UNIT_NONE, get_function_aliases, &string_table},
};
const struct table caller_table = TABLE(caller_columns);

/* ---- Calls ----------------------------------------------------------------------------------- */

static struct cell get_listed_targets(struct report *report, uint32_t row)
{
    struct call call = call_at(report, row);
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < call.target_count; i++)
        list_add(report, report->program->call_targets[call.first_target + i]);
    return cell_list(report, begin);
}

static bool has_shared_list(const struct report *report, uint32_t row)
{
    return call_at(report, row).target_count > LONGEST_OWN_LIST;
}

static struct cell get_targets(struct report *report, uint32_t row)
{
    return has_shared_list(report, row) ? cell_null() : get_listed_targets(report, row);
}

/* Where a list begins among all targets is a number that no other list has. */
static struct cell get_list_number(struct report *report, uint32_t row)
{
    return cell_number(call_at(report, row).first_target);
}

static struct cell get_shared_list(struct report *report, uint32_t row)
{
    return has_shared_list(report, row) ? get_list_number(report, row) : cell_null();
}

/* Names need not be unique; addresses in the file itself are. */
static struct cell get_target_address(struct report *report, uint32_t function)
{
    return report->program->functions[function].image == 0 ? get_function_address(report, function)
                                                           : cell_null();
}

static const struct column address_columns[] = {
    {NULL, NULL, UNIT_ADDRESS, get_target_address, NULL},
};
static const struct table address_table = TABLE(address_columns);

/* Whether surely nothing else is entered than the targets. */
static bool is_complete(const struct report *report, uint32_t row)
{
    return report->program->calls[row].kind != CALL_UNRESOLVED;
}

static struct cell get_targets_text(struct report *report, uint32_t row)
{
    struct call call = call_at(report, row);
    if (!call.target_count)
        return cell_unknown("?", STYLE_DOUBT);
    if (!is_complete(report, row))
        return cell_unknown(arena_printf(&report->arena, "%u candidate%s",
                                         (unsigned)call.target_count,
                                         call.target_count == 1 ? "" : "s"),
                            STYLE_DOUBT);
    uint32_t first = report->program->call_targets[call.first_target];
    const char *name = program_function_name(report->program, first);
    if (call.target_count == 1)
        return cell_text(name);
    return cell_text(arena_printf(&report->arena, "%s +%u", name, (unsigned)call.target_count - 1));
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    return cell_text(call_kind_name(call_at(report, row).kind));
}

static const char *kind_text(uint32_t kind)
{
    return kind == CALL_ADDRESS_TAKEN ? "address taken" : call_kind_name(kind);
}

static struct cell get_kind_text(struct report *report, uint32_t row)
{
    return cell_styled(kind_text(call_at(report, row).kind),
                       is_complete(report, row) ? STYLE_PLAIN : STYLE_DOUBT);
}

static struct cell get_is_complete(struct report *report, uint32_t row)
{
    return cell_bool(is_complete(report, row));
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    return report->facts->call_on_panic ? cell_bool(is_call_on_panic(report, row)) : cell_null();
}

static struct cell get_when(struct report *report, uint32_t row)
{
    return cell_text(is_call_on_panic(report, row) ? "on panic" : "");
}

static struct cell get_path(struct report *report, uint32_t row)
{
    static const char *const names[] = {
        [CALL_PATH_DIVERGING] = "diverging",
        [CALL_PATH_NORMAL] = "normal",
        [CALL_PATH_DEAD] = "unreachable",
        [CALL_PATH_LANDING] = "landing_pad",
    };
    const uint8_t *paths = report->facts->call_paths;
    return paths ? cell_text(names[paths[row]]) : cell_null();
}

static struct cell get_is_tail(struct report *report, uint32_t row)
{
    return cell_bool(call_at(report, row).is_tail);
}

static const struct column call_columns[] = {
    {"from", "FROM", UNIT_NAME, get_call_function, NULL},
    {"address", NULL, UNIT_ADDRESS, get_call_address, NULL},
    {"to", NULL, UNIT_NAME, get_targets, &name_table},
    {NULL, "TO", UNIT_NAME, get_targets_text, NULL},
    {"kind", NULL, UNIT_NONE, get_kind, NULL},
    {NULL, "KIND", UNIT_NONE, get_kind_text, NULL},
    {NULL, "", UNIT_NONE, get_when, NULL},
    {"on_panic", NULL, UNIT_NONE, get_on_panic, NULL},
    {"path", NULL, UNIT_NONE, get_path, NULL},
    {"is_tail", NULL, UNIT_NONE, get_is_tail, NULL},
    {"file", NULL, UNIT_PATH, get_call_file, NULL},
    {"line", NULL, UNIT_LINE, get_call_line, NULL},
    {NULL, "WHERE", UNIT_PATH, get_call_place, NULL},
    {"to_addresses", NULL, UNIT_NONE, get_targets, &address_table},
    {"to_list", NULL, UNIT_NONE, get_shared_list, NULL},
    {"is_complete", NULL, UNIT_NONE, get_is_complete, NULL},
};
const struct table call_table = TABLE(call_columns);

/* ---- Lists that calls share; a row is the first call with the list --------------------------- */

static const struct column target_list_columns[] = {
    {"list", NULL, UNIT_NONE, get_list_number, NULL},
    {"to", NULL, UNIT_NAME, get_listed_targets, &name_table},
    {"to_addresses", NULL, UNIT_NONE, get_listed_targets, &address_table},
};
const struct table target_list_table = TABLE(target_list_columns);

/* The first call with each list, by the place of the list. */
static int by_list(const void *a, const void *b, void *context)
{
    const struct program *program = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t x_list = shown_call(program, x).first_target;
    uint32_t y_list = shown_call(program, y).first_target;
    if (x_list != y_list)
        return x_list < y_list ? -1 : 1;
    return x < y ? -1 : x > y;
}

void list_target_lists(struct report *report, struct rows *ret)
{
    struct program *program = report->program;
    struct rows all = {0};
    list_calls(report, &all);
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++)
        if (has_shared_list(report, all.data[i]))
            all.data[kept++] = all.data[i];
    if (kept)
        qsort_r(all.data, kept, sizeof *all.data, by_list, program);
    for (size_t i = 0; i < kept; i++)
        if (!i || shown_call(program, all.data[i - 1]).first_target !=
                      shown_call(program, all.data[i]).first_target)
            rows_push(ret, all.data[i]);
    rows_deinit(&all);
}

static const struct column unresolved_call_columns[] = {
    {"address", "ADDRESS", UNIT_ADDRESS, get_call_address, NULL},
    {NULL, "", UNIT_NONE, get_when, NULL},
    {"from", "IN FUNCTION", UNIT_NAME, get_call_function, NULL},
    {"file", NULL, UNIT_PATH, get_call_file, NULL},
    {NULL, "WHERE", UNIT_PATH, get_call_place, NULL},
};
const struct table unresolved_call_table = TABLE(unresolved_call_columns);

/* ---- Kinds ----------------------------------------------------------------------------------- */

/* Counts the calls of @p kind; returns how many there are of all kinds. */
static uint64_t count_kind(struct report *report, uint32_t kind, uint64_t *ret)
{
    const struct program *program = report->program;
    uint32_t end = program->image_functions ? program->image_functions[1] : 0;
    uint64_t all = 0;
    *ret = 0;
    for (uint32_t i = 0; program->function_calls && i < end; i++) {
        if (!is_listed_function(report, i))
            continue;
        all += program->function_calls[i + 1] - program->function_calls[i];
        for (uint32_t c = program->function_calls[i]; c < program->function_calls[i + 1]; c++)
            *ret += shown_call(program, c).kind == kind;
    }
    return all;
}

void list_call_kinds(struct report *report, struct rows *ret)
{
    for (uint32_t kind = 0; kind < KIND_COUNT; kind++) {
        uint64_t count;
        count_kind(report, kind, &count);
        if (count)
            rows_push(ret, kind);
    }
}

static struct cell get_kind_name(struct report *report, uint32_t kind)
{
    (void)report;
    return cell_text(call_kind_name(kind));
}

static struct cell get_kind_title(struct report *report, uint32_t kind)
{
    (void)report;
    return cell_styled(kind_text(kind), kind == CALL_UNRESOLVED ? STYLE_DOUBT : STYLE_PLAIN);
}

static struct cell get_kind_calls(struct report *report, uint32_t kind)
{
    uint64_t count;
    count_kind(report, kind, &count);
    return cell_number(count);
}

static struct cell get_kind_share(struct report *report, uint32_t kind)
{
    uint64_t count;
    uint64_t all = count_kind(report, kind, &count);
    uint64_t tenths = all ? (count * PERCENT * TENTHS + all / 2) / all : 0;
    return cell_text(arena_printf(&report->arena, "%llu.%llu %%",
                                  (unsigned long long)(tenths / TENTHS),
                                  (unsigned long long)(tenths % TENTHS)));
}

static struct cell get_kind_meaning(struct report *report, uint32_t kind)
{
    static const char *const meanings[] = {
        [CALL_DIRECT] = "the target is in the instruction",
        [CALL_PLT] = "through a stub, bound when the program is loaded",
        [CALL_GOT] = "through a slot that is filled in when the program is loaded",
        [CALL_CONSTANT] = "through memory or a register whose value is known",
        [CALL_VTABLE] = "through a table of methods",
        [CALL_FIELD] = "through a field that holds known functions",
        [CALL_PROTOTYPE] = "through a pointer to functions that take what it passes",
        [CALL_ADDRESS_TAKEN] = "through a pointer to any function whose address is taken",
        [CALL_UNRESOLVED] = "the target is not known",
    };
    (void)report;
    return cell_styled(meanings[kind], STYLE_DIM);
}

static const struct column call_kind_columns[] = {
    {"kind", NULL, UNIT_NONE, get_kind_name, NULL},
    {"calls", "CALLS", UNIT_COUNT, get_kind_calls, NULL},
    {NULL, "SHARE", UNIT_COUNT, get_kind_share, NULL},
    {NULL, "KIND", UNIT_NONE, get_kind_title, NULL},
    {NULL, "", UNIT_NONE, get_kind_meaning, NULL},
};
const struct table call_kind_table = TABLE(call_kind_columns);
