/*
 * calls_table.c: the calls of the file and what they enter, as rows. In text a call with many
 * candidates names the first of them and how many there are; JSON has them all.
 */
#include "report/calls/calls_table.h"

#include "report/format/text.h"
#include "report/shared/call.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/steps.h"

enum { KIND_COUNT = CALL_UNRESOLVED + 1, PERCENT = 100, TENTHS = 10 };

static const struct call *call_at(const struct report *report, uint32_t row)
{
    return &report->program->calls[row];
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

static struct cell get_targets(struct report *report, uint32_t row)
{
    const struct call *call = call_at(report, row);
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < call->target_count; i++)
        list_add(report, report->program->call_targets[call->first_target + i]);
    return cell_list(report, begin);
}

static struct cell get_targets_text(struct report *report, uint32_t row)
{
    const struct call *call = call_at(report, row);
    if (!call->target_count)
        return cell_unknown("?", STYLE_DOUBT);
    uint32_t first = report->program->call_targets[call->first_target];
    const char *name = program_function_name(report->program, first);
    if (call->target_count == 1)
        return cell_text(name);
    return cell_text(
        arena_printf(&report->arena, "%s +%u", name, (unsigned)call->target_count - 1));
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    return cell_text(call_kind_name(call_at(report, row)->kind));
}

static const char *kind_text(uint32_t kind)
{
    return kind == CALL_ADDRESS_TAKEN ? "address taken" : call_kind_name(kind);
}

static struct cell get_kind_text(struct report *report, uint32_t row)
{
    uint32_t kind = call_at(report, row)->kind;
    return cell_styled(kind_text(kind), kind == CALL_UNRESOLVED ? STYLE_DOUBT : STYLE_PLAIN);
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    return report->facts->call_on_panic ? cell_bool(is_call_on_panic(report, row)) : cell_null();
}

static struct cell get_when(struct report *report, uint32_t row)
{
    return cell_text(is_call_on_panic(report, row) ? "on panic" : "");
}

static struct cell get_is_tail(struct report *report, uint32_t row)
{
    return cell_bool(call_at(report, row)->is_tail);
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
    {"is_tail", NULL, UNIT_NONE, get_is_tail, NULL},
    {"file", NULL, UNIT_PATH, get_call_file, NULL},
    {"line", NULL, UNIT_LINE, get_call_line, NULL},
    {NULL, "WHERE", UNIT_PATH, get_call_place, NULL},
};
const struct table call_table = TABLE(call_columns);

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
            *ret += program->calls[c].kind == kind;
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
        [CALL_PROTOTYPE] = "through a pointer to functions of one type",
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
