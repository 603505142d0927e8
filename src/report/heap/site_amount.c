/*
 * site_amount.c: sizes that are decided at run time, told by what decides: "n × 24", "arg 1 + 16",
 * "strlen() + 1"; and the calls in the same function that take the memory back.
 */
#include "report/heap/site_amount.h"

#include "report/format/names.h"
#include "report/shared/call.h"
#include "report/shared/function.h"

#include <string.h>

enum { LONGEST_CALLEE = 24 };

static const struct site *site_at(const struct report *report, uint32_t row)
{
    return &report->facts->sites[row];
}

/* ---- Amounts --------------------------------------------------------------------------------- */

/* The function whose result decides, or NONE. */
static uint32_t deciding_function(const struct report *report, const struct site *site)
{
    const struct program *program = report->program;
    uint32_t from = program->calls[site->call].from;
    if (!site->amount || site->amount->kind != ARGUMENT_RESULT)
        return NONE;
    for (uint32_t i = program->function_calls[from]; i < program->function_calls[from + 1]; i++) {
        const struct call *call = &program->calls[i];
        if (call->address == (uint64_t)site->amount->number && call->target_count == 1)
            return program->call_targets[call->first_target];
    }
    return NONE;
}

/* What decides, in a few words; "n" where that cannot be told shortly. */
static const char *deciding_text(struct report *report, const struct site *site)
{
    const struct argument *amount = site->amount;
    uint32_t function = deciding_function(report, site);
    if (amount->kind == ARGUMENT_OWN)
        return arena_printf(&report->arena, "arg %lld", (long long)amount->number + 1);
    if (function == NONE)
        return "n";
    struct text text = {0};
    text_add_last_parts(&text, program_function_name(report->program, function));
    const char *name = text_keep(&text, &report->arena);
    return strlen(name) > LONGEST_CALLEE ? "n" : arena_printf(&report->arena, "%s()", name);
}

/* "n × 24 + 16", or NULL if no more is known than that it varies. */
static const char *product_text(struct report *report, const struct site *site)
{
    const struct argument *amount = site->amount;
    if (!amount)
        return NULL;
    const char *text = deciding_text(report, site);
    bool is_bare = amount->factor == 1 && !amount->addend;
    if (is_bare && strcmp(text, "n") == 0)
        return NULL;
    if (amount->factor > 1)
        text = arena_printf(&report->arena, "%s × %u", text, (unsigned)amount->factor);
    if (amount->addend)
        text = arena_printf(&report->arena, "%s %c %u", text, amount->addend < 0 ? '-' : '+',
                            amount->addend < 0 ? 0U - (unsigned)amount->addend
                                               : (unsigned)amount->addend);
    return text;
}

/* Whether the allocator has an argument that tells how much, and the call enters no other. */
static bool has_size_argument(const struct report *report, const struct site *site)
{
    const struct call *call = &report->program->calls[site->call];
    const struct allocator_arguments *arguments = report->facts->allocator_arguments;
    return (!arguments || arguments[site->allocator].size >= 0) && !call->is_partial &&
           call->target_count == 1;
}

/* "24", "n × 24", "4 × n", "varies", and "?" where the call does not tell. */
struct cell get_amount_text(struct report *report, uint32_t row)
{
    const struct site *site = site_at(report, row);
    if (site->bytes >= 0)
        return cell_number((uint64_t)site->bytes);
    const char *product = product_text(report, site);
    if (product)
        return cell_text(product);
    if (site->element_bytes >= 0)
        return cell_text(arena_printf(&report->arena, "n × %lld", (long long)site->element_bytes));
    if (site->count > 1)
        return cell_text(arena_printf(&report->arena, "%lld × n", (long long)site->count));
    if (!has_size_argument(report, site))
        return cell_unknown("?", STYLE_DOUBT);
    return cell_unknown("varies", STYLE_DIM);
}

static struct cell get_amount_from(struct report *report, uint32_t row)
{
    static const char *const names[] = {[ARGUMENT_OWN] = "argument",
                                        [ARGUMENT_RESULT] = "result",
                                        [ARGUMENT_LOADED] = "memory",
                                        [ARGUMENT_OTHER] = "other"};
    return cell_text(names[site_at(report, row)->amount->kind]);
}

static struct cell get_amount_argument(struct report *report, uint32_t row)
{
    const struct argument *amount = site_at(report, row)->amount;
    return amount->kind == ARGUMENT_OWN ? cell_number((uint64_t)amount->number) : cell_null();
}

static struct cell get_amount_function(struct report *report, uint32_t row)
{
    uint32_t function = deciding_function(report, site_at(report, row));
    return function == NONE ? cell_null() : get_function_name(report, function);
}

static struct cell get_amount_factor(struct report *report, uint32_t row)
{
    return cell_number(site_at(report, row)->amount->factor);
}

static struct cell get_amount_addend(struct report *report, uint32_t row)
{
    return cell_integer(site_at(report, row)->amount->addend);
}

static const struct column amount_columns[] = {
    {"from", NULL, UNIT_NONE, get_amount_from, NULL},
    {"argument", NULL, UNIT_COUNT, get_amount_argument, NULL},
    {"function", NULL, UNIT_NAME, get_amount_function, NULL},
    {"factor", NULL, UNIT_COUNT, get_amount_factor, NULL},
    {"addend", NULL, UNIT_COUNT, get_amount_addend, NULL},
};
const struct table amount_table = TABLE(amount_columns);

struct cell get_amount(struct report *report, uint32_t row)
{
    return site_at(report, row)->amount ? cell_record(row) : cell_null();
}

/* ---- What takes it back ---------------------------------------------------------------------- */

static const struct column freed_columns[] = {
    {"address", NULL, UNIT_ADDRESS, get_call_address, NULL},
    {"file", NULL, UNIT_PATH, get_call_file, NULL},
    {"line", NULL, UNIT_LINE, get_call_line, NULL},
};
const struct table freed_table = TABLE(freed_columns);

struct cell get_freed(struct report *report, uint32_t row)
{
    const struct site *site = site_at(report, row);
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < site->free_count; i++)
        list_add(report, report->facts->site_frees[site->first_free + i]);
    return cell_list(report, begin);
}

/* "line 12", where it stands, be it in what was inlined; "here" where the line is not known. */
struct cell get_freed_text(struct report *report, uint32_t row)
{
    const struct site *site = site_at(report, row);
    if (!site->free_count)
        return cell_text("");
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    const struct call *call = &report->program->calls[report->facts->site_frees[site->first_free]];
    struct place place = place_of_code(report->program, call->from, call->address, frames, &count);
    uint32_t line = count ? frames[0].line : place.line;
    return cell_text(line ? arena_printf(&report->arena, "line %u", (unsigned)line) : "here");
}
