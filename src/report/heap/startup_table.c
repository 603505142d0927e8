/*
 * startup_table.c: what runs before main and after it, as rows: constructors, calls of the runtime,
 * destructors; those that may allocate. A row is an index into facts.startup.parts.
 */
#include "report/heap/heap_table.h"
#include "report/shared/call.h"
#include "report/shared/function.h"
#include "report/shared/steps.h"

static const struct startup_part *part_at(const struct report *report, uint32_t row)
{
    return &report->facts->startup.parts[row];
}

void list_startup(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->facts->startup.part_count);
}

/* The steps from the part's function, its own call first. */
static uint32_t part_steps(const struct report *report, uint32_t row, struct step *ret_steps)
{
    const struct startup_part *part = part_at(report, row);
    if (part->call == NONE)
        return part->function == NONE ? 0 : heap_steps(report, part->function, ret_steps);
    struct step steps[MAX_STEPS];
    uint32_t count = part->target == NONE ? 0 : heap_steps(report, part->target, steps);
    ret_steps[0] = (struct step){part->call, part->target};
    for (uint32_t i = 0; i < count && i + 1 < MAX_STEPS; i++)
        ret_steps[i + 1] = steps[i];
    return count + 1 < MAX_STEPS ? count + 1 : MAX_STEPS;
}

static struct cell get_name(struct report *report, uint32_t row)
{
    uint32_t function = part_at(report, row)->function;
    return function == NONE ? cell_null() : get_function_name(report, function);
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    static const char *const names[] = {[STARTUP_CONSTRUCTOR] = "constructor",
                                        [STARTUP_RUNTIME] = "runtime",
                                        [STARTUP_DESTRUCTOR] = "destructor"};
    return cell_text(names[part_at(report, row)->kind]);
}

static struct cell get_when(struct report *report, uint32_t row)
{
    return cell_text(part_at(report, row)->is_after ? "after" : "before");
}

static struct cell get_library(struct report *report, uint32_t row)
{
    uint32_t function = part_at(report, row)->function;
    uint32_t image = function == NONE ? NONE : report->program->functions[function].image;
    return image == NONE ? cell_null() : cell_text(report->program->images[image]->name);
}

static struct cell get_address(struct report *report, uint32_t row)
{
    uint32_t call = part_at(report, row)->call;
    return call == NONE ? cell_null() : get_call_address(report, call);
}

static struct cell get_allocates(struct report *report, uint32_t row)
{
    return cell_text(verdict_name(part_at(report, row)->verdict));
}

static struct cell get_allocates_text(struct report *report, uint32_t row)
{
    unsigned verdict = part_at(report, row)->verdict;
    return cell_styled(verdict_text(verdict), verdict_style(verdict));
}

static struct cell get_witness(struct report *report, uint32_t row)
{
    uint32_t function = part_at(report, row)->function;
    if (function == NONE)
        return cell_list(report, list_begin(report));
    struct step steps[MAX_STEPS];
    uint32_t count = part_steps(report, row, steps);
    return steps_cell(report, function, steps, count);
}

static struct cell get_witness_text(struct report *report, uint32_t row)
{
    uint32_t function = part_at(report, row)->function;
    if (function == NONE)
        return cell_unknown("? (a constructor that was not found)", STYLE_DOUBT);
    struct step steps[MAX_STEPS];
    uint32_t count = part_steps(report, row, steps);
    return cell_text(steps_text(report, function, steps, count));
}

static struct cell get_witness_kind(struct report *report, uint32_t row)
{
    struct step steps[MAX_STEPS];
    uint32_t count = part_steps(report, row, steps);
    return cell_text(call_kind_name(steps_kind(report->program, steps, count)));
}

static const struct column startup_columns[] = {
    {"when", "WHEN", UNIT_NONE, get_when, NULL},
    {"kind", NULL, UNIT_NONE, get_kind, NULL},
    {"name", NULL, UNIT_NAME, get_name, NULL},
    {"library", NULL, UNIT_NONE, get_library, NULL},
    {"address", NULL, UNIT_ADDRESS, get_address, NULL},
    {"allocates", NULL, UNIT_NONE, get_allocates, NULL},
    {NULL, "ALLOCATES", UNIT_NONE, get_allocates_text, NULL},
    {NULL, "FUNCTION AND SHORTEST PATH", UNIT_NAME, get_witness_text, NULL},
    {NULL, "IN", UNIT_NONE, get_library, NULL},
    {"witness", NULL, UNIT_NONE, get_witness, &name_table},
    {"witness_kind", NULL, UNIT_NONE, get_witness_kind, NULL},
};
const struct table startup_table = TABLE(startup_columns);

/* ---- All of it together ---------------------------------------------------------------------- */

uint64_t sites_before_main(const struct report *report)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < report->facts->site_count; i++)
        count += report->facts->sites[i].is_before_main && report->facts->sites[i].kind != SITE_MAP;
    return count;
}

static struct cell verdict_or_null(const struct report *report, unsigned verdict)
{
    return report->facts->startup.is_known ? cell_text(verdict_name(verdict)) : cell_null();
}

static struct cell get_before(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_or_null(report, report->facts->startup.before);
}

static struct cell get_after(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_or_null(report, report->facts->startup.after);
}

static struct cell get_sites(struct report *report, uint32_t row)
{
    (void)row;
    return report->facts->startup.is_known ? cell_number(sites_before_main(report)) : cell_null();
}

static struct cell get_parts(struct report *report, uint32_t row)
{
    (void)row;
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < report->facts->startup.part_count; i++)
        list_add(report, i);
    return cell_list(report, begin);
}

static const struct column startup_object_columns[] = {
    {"before_main", NULL, UNIT_NONE, get_before, NULL},
    {"after_main", NULL, UNIT_NONE, get_after, NULL},
    {"sites_before_main", NULL, UNIT_COUNT, get_sites, NULL},
    {"parts", NULL, UNIT_NONE, get_parts, &startup_table},
};
const struct table startup_object = TABLE(startup_object_columns);
