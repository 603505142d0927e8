/*
 * heap_table.c: verdicts with their witnesses, and sites, as rows. What the analyses did not look
 * at (no facts) is unknown.
 */
#include "report/heap/heap_table.h"

#include "base/array.h"
#include "report/format/type_name.h"
#include "report/heap/site_amount.h"
#include "report/heap/site_type.h"
#include "report/shared/call.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/steps.h"

struct verdicts verdicts_of(const struct report *report, uint32_t function)
{
    if (report->facts->verdicts && function != NONE)
        return report->facts->verdicts[function];
    return (struct verdicts){.allocates = VERDICT_UNKNOWN,
                             .frees = VERDICT_UNKNOWN,
                             .witness_call = NONE,
                             .free_witness_call = NONE};
}

const char *verdict_name(unsigned verdict)
{
    static const char *const names[] = {[VERDICT_NEVER] = "never",
                                        [VERDICT_ON_PANIC] = "on_panic",
                                        [VERDICT_MAYBE] = "maybe",
                                        [VERDICT_ALWAYS] = "always",
                                        [VERDICT_UNKNOWN] = "unknown"};
    return verdict < VERDICT_COUNT ? names[verdict] : "unknown";
}

const char *verdict_text(unsigned verdict)
{
    return verdict == VERDICT_ON_PANIC ? "on panic" : verdict_name(verdict);
}

enum style verdict_style(unsigned verdict)
{
    static const uint8_t styles[] = {[VERDICT_NEVER] = STYLE_GOOD,
                                     [VERDICT_ON_PANIC] = STYLE_GOOD,
                                     [VERDICT_MAYBE] = STYLE_MAYBE,
                                     [VERDICT_ALWAYS] = STYLE_BAD,
                                     [VERDICT_UNKNOWN] = STYLE_DOUBT};
    return verdict < VERDICT_COUNT ? styles[verdict] : STYLE_DOUBT;
}

uint32_t heap_steps(const struct report *report, uint32_t function, struct step *ret_steps)
{
    const struct facts *facts = report->facts;
    if (!facts->verdicts || !facts->steps[HEAP_ALLOCATES][WAY_NORMAL] || function == NONE)
        return 0;
    return path_to_heap(report->program, function, HEAP_ALLOCATES, MAX_STEPS, ret_steps);
}

void verdict_counts(struct report *report, uint64_t ret[VERDICT_COUNT])
{
    struct rows functions = {0};
    list_functions(report, &functions);
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        ret[i] = 0;
    for (size_t i = 0; i < functions.count; i++)
        ret[verdicts_of(report, functions.data[i]).allocates]++;
    rows_deinit(&functions);
}

/* ---- Inlined frames -------------------------------------------------------------------------- */

static struct cell get_frame_name(struct report *report, uint32_t row)
{
    return cell_text(report->frames[row].name);
}

static struct cell get_frame_file(struct report *report, uint32_t row)
{
    return cell_text(report->frames[row].file);
}

static struct cell get_frame_line(struct report *report, uint32_t row)
{
    uint32_t line = report->frames[row].line;
    return line ? cell_number(line) : cell_null();
}

static const struct column frame_columns[] = {
    {"name", NULL, UNIT_NONE, get_frame_name, NULL},
    {"file", NULL, UNIT_NONE, get_frame_file, NULL},
    {"line", NULL, UNIT_LINE, get_frame_line, NULL},
};
const struct table frame_table = TABLE(frame_columns);

static uint32_t add_frame(struct report *report, struct source_frame frame)
{
    if (report->frame_count >= report->frame_capacity)
        report->frames = array_grow(report->frames, sizeof frame, report->frame_count + 1,
                                    &report->frame_capacity);
    report->frames[report->frame_count] = frame;
    return (uint32_t)report->frame_count++;
}

struct cell inlined_cell(struct report *report, uint32_t function, uint64_t address)
{
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    place_of_code(report->program, function, address, frames, &count);
    size_t begin = list_begin(report);
    // No list of frames outlives its row, so their room can be used again.
    report->frame_count = 0;
    for (uint32_t i = 0; i < count; i++)
        list_add(report, add_frame(report, frames[i]));
    return cell_list(report, begin);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static struct cell verdict_cell(unsigned verdict)
{
    return cell_text(verdict_name(verdict));
}

static struct cell verdict_styled(unsigned verdict)
{
    return cell_styled(verdict_text(verdict), verdict_style(verdict));
}

static struct cell get_allocates(struct report *report, uint32_t function)
{
    return verdict_cell(verdicts_of(report, function).allocates);
}

static struct cell get_frees(struct report *report, uint32_t function)
{
    return verdict_cell(verdicts_of(report, function).frees);
}

static struct cell get_allocates_text(struct report *report, uint32_t function)
{
    return verdict_styled(verdicts_of(report, function).allocates);
}

static struct cell get_frees_text(struct report *report, uint32_t function)
{
    struct cell cell = verdict_styled(verdicts_of(report, function).frees);
    cell.style = STYLE_PLAIN;
    return cell;
}

static struct cell get_witness(struct report *report, uint32_t function)
{
    struct step steps[MAX_STEPS];
    uint32_t count = heap_steps(report, function, steps);
    if (!count)
        return cell_list(report, list_begin(report));
    return steps_cell(report, function, steps, count);
}

static struct cell get_witness_text(struct report *report, uint32_t function)
{
    struct step steps[MAX_STEPS];
    uint32_t count = heap_steps(report, function, steps);
    return cell_text(steps_text(report, function, steps, count));
}

static struct cell get_witness_kind(struct report *report, uint32_t function)
{
    struct step steps[MAX_STEPS];
    uint32_t count = heap_steps(report, function, steps);
    return cell_text(call_kind_name(steps_kind(report->program, steps, count)));
}

/* The unresolved calls in the function itself; of an unknown verdict also the one it rests on. */
static struct cell get_unresolved(struct report *report, uint32_t function)
{
    const struct program *program = report->program;
    size_t begin = list_begin(report);
    uint32_t end = program->function_calls ? program->function_calls[function + 1] : 0;
    for (uint32_t c = end ? program->function_calls[function] : 0; c < end; c++)
        if (program->calls[c].kind == CALL_UNRESOLVED)
            list_add(report, c);
    if (verdicts_of(report, function).allocates == VERDICT_UNKNOWN) {
        struct step steps[MAX_STEPS];
        uint32_t count = heap_steps(report, function, steps);
        if (count > 1 && steps[count - 1].target == NONE)
            list_add(report, steps[count - 1].call);
    }
    return cell_list(report, begin);
}

static const struct column unresolved_columns[] = {
    {"address", NULL, UNIT_ADDRESS, get_call_address, NULL},
    {"function", NULL, UNIT_NAME, get_call_function, NULL},
    {"file", NULL, UNIT_PATH, get_call_file, NULL},
    {"line", NULL, UNIT_LINE, get_call_line, NULL},
};
static const struct table unresolved_table = TABLE(unresolved_columns);

static const struct column heap_columns[] = {
    FUNCTION_COLUMNS,
    {"allocates", NULL, UNIT_NONE, get_allocates, NULL},
    {"frees", NULL, UNIT_NONE, get_frees, NULL},
    {NULL, "ALLOCATES", UNIT_NONE, get_allocates_text, NULL},
    {NULL, "FREES", UNIT_NONE, get_frees_text, NULL},
    {NULL, "FUNCTION AND SHORTEST PATH", UNIT_NAME, get_witness_text, NULL},
    {NULL, "WHERE", UNIT_PATH, get_function_place, NULL},
    {"witness", NULL, UNIT_NONE, get_witness, &name_table},
    {"witness_kind", NULL, UNIT_NONE, get_witness_kind, NULL},
    {"unresolved", NULL, UNIT_NONE, get_unresolved, &unresolved_table},
    {"aliases", NULL, UNIT_NONE, get_function_aliases, &string_table},
};
const struct table heap_table = TABLE(heap_columns);

/* ---- Sites ----------------------------------------------------------------------------------- */

static const struct site *site_at(const struct report *report, uint32_t row)
{
    return &report->facts->sites[row];
}

static const struct call *call_of_site(const struct report *report, uint32_t row)
{
    return &report->program->calls[site_at(report, row)->call];
}

void list_sites(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->facts->site_count);
}

bool is_user_site(const struct report *report, uint32_t site)
{
    return is_user_function(report, call_of_site(report, site)->from);
}

static struct cell get_site_address(struct report *report, uint32_t row)
{
    return get_call_address(report, site_at(report, row)->call);
}

static struct cell get_site_function(struct report *report, uint32_t row)
{
    return get_call_function(report, site_at(report, row)->call);
}

static struct cell get_site_file(struct report *report, uint32_t row)
{
    return get_call_file(report, site_at(report, row)->call);
}

static struct cell get_site_line(struct report *report, uint32_t row)
{
    return get_call_line(report, site_at(report, row)->call);
}

static struct cell get_site_place(struct report *report, uint32_t row)
{
    return get_call_place(report, site_at(report, row)->call);
}

static struct cell get_inlined(struct report *report, uint32_t row)
{
    const struct call *call = call_of_site(report, row);
    return inlined_cell(report, call->from, call->address);
}

static struct cell get_allocator(struct report *report, uint32_t row)
{
    return get_function_name(report, site_at(report, row)->allocator);
}

static struct cell get_site_bytes(struct report *report, uint32_t row)
{
    return cell_signed(site_at(report, row)->bytes);
}

static struct cell get_site_alignment(struct report *report, uint32_t row)
{
    return cell_signed(site_at(report, row)->alignment);
}

static struct cell get_site_count(struct report *report, uint32_t row)
{
    return cell_signed(site_at(report, row)->count);
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    return cell_bool(site_at(report, row)->is_on_panic);
}

static struct cell get_before_main(struct report *report, uint32_t row)
{
    return report->facts->startup.is_known ? cell_bool(site_at(report, row)->is_before_main)
                                           : cell_null();
}

static struct cell get_site_kind(struct report *report, uint32_t row)
{
    static const char *const names[] = {
        [SITE_ALLOCATE] = "allocate", [SITE_REALLOCATE] = "reallocate", [SITE_MAP] = "map"};
    return cell_text(names[site_at(report, row)->kind]);
}

static struct cell get_element_bytes(struct report *report, uint32_t row)
{
    return cell_signed(site_at(report, row)->element_bytes);
}

static struct cell get_when(struct report *report, uint32_t row)
{
    return cell_text(site_at(report, row)->is_on_panic ? "on panic" : "");
}

static struct cell get_site_type(struct report *report, uint32_t row)
{
    return cell_text(site_type(report, site_at(report, row)));
}

static struct cell get_site_type_text(struct report *report, uint32_t row)
{
    const char *type = site_type(report, site_at(report, row));
    struct text text = {0};
    if (type)
        text_add_type(&text, type);
    return cell_text(text_keep(&text, &report->arena));
}

static const struct column site_columns[] = {
    {"address", NULL, UNIT_ADDRESS, get_site_address, NULL},
    {"function", NULL, UNIT_NAME, get_site_function, NULL},
    {"file", NULL, UNIT_PATH, get_site_file, NULL},
    {"line", NULL, UNIT_LINE, get_site_line, NULL},
    {"inlined", NULL, UNIT_NONE, get_inlined, &frame_table},
    {"allocator", NULL, UNIT_NONE, get_allocator, NULL},
    {"kind", NULL, UNIT_NONE, get_site_kind, NULL},
    {"bytes", NULL, UNIT_BYTES, get_site_bytes, NULL},
    {NULL, "BYTES", UNIT_BYTES, get_amount_text, NULL},
    {NULL, "ALLOCATOR", UNIT_NONE, get_allocator, NULL},
    {NULL, "", UNIT_NONE, get_when, NULL},
    {NULL, "FOR", UNIT_NAME, get_site_type_text, NULL},
    {NULL, "FREED", UNIT_NONE, get_freed_text, NULL},
    {NULL, "IN FUNCTION", UNIT_NAME, get_site_function, NULL},
    {NULL, "WHERE", UNIT_PATH, get_site_place, NULL},
    {"alignment", NULL, UNIT_BYTES, get_site_alignment, NULL},
    {"count", NULL, UNIT_COUNT, get_site_count, NULL},
    {"element_bytes", NULL, UNIT_BYTES, get_element_bytes, NULL},
    {"on_panic", NULL, UNIT_NONE, get_on_panic, NULL},
    {"before_main", NULL, UNIT_NONE, get_before_main, NULL},
    {"type", NULL, UNIT_NONE, get_site_type, NULL},
    {"amount", NULL, UNIT_NONE, get_amount, &amount_table},
    {"freed", NULL, UNIT_NONE, get_freed, &freed_table},
};
const struct table site_table = TABLE(site_columns);
