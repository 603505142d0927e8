/*
 * why.c: the witness of a verdict as lines: each function on the path with the source line of its
 * call, then the functions that the compiler inlined there, outermost first.
 */
#include "report/heap/why.h"

#include "base/array.h"
#include "report/format/text.h"
#include "report/heap/heap_table.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/steps.h"

struct why_line {
    const char *text;
    const char *place; /* NULL if not known */
    const char *call;  /* how the next function is called, NULL on other lines */
    enum style style;
};

struct why_path {
    uint32_t function;
    struct step steps[MAX_STEPS];
    uint32_t step_count;
};

struct why {
    struct rows functions;
    struct why_path path; /* the one being shown */
    ARRAY(struct why_line) lines;
};

static void choose(struct report *report, uint32_t function)
{
    struct why_path *path = &report->why->path;
    path->function = function;
    path->step_count = heap_steps(report, function, path->steps);
}

static const struct call *call_of(struct report *report, uint32_t row)
{
    return &report->program->calls[report->why->path.steps[row].call];
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct cell get_step_function(struct report *report, uint32_t row)
{
    return get_function_name(report, call_of(report, row)->from);
}

static struct cell get_step_address(struct report *report, uint32_t row)
{
    const struct call *call = call_of(report, row);
    return cell_number(shown_code_address(report, call->from, call->address));
}

static struct place place_of_step(struct report *report, uint32_t row)
{
    const struct call *call = call_of(report, row);
    return place_in_function(report->program, call->from, call->address);
}

static struct cell get_step_file(struct report *report, uint32_t row)
{
    return cell_file(place_of_step(report, row));
}

static struct cell get_step_line(struct report *report, uint32_t row)
{
    return cell_line(place_of_step(report, row));
}

static struct cell get_step_inlined(struct report *report, uint32_t row)
{
    const struct call *call = call_of(report, row);
    return inlined_cell(report, call->from, call->address);
}

static struct cell get_step_kind(struct report *report, uint32_t row)
{
    return cell_text(call_kind_name(step_kind(report->program, &report->why->path.steps[row])));
}

static struct cell get_step_calls(struct report *report, uint32_t row)
{
    uint32_t target = report->why->path.steps[row].target;
    return target == NONE ? cell_null() : get_function_name(report, target);
}

static const struct column step_columns[] = {
    {"function", NULL, UNIT_NONE, get_step_function, NULL},
    {"address", NULL, UNIT_ADDRESS, get_step_address, NULL},
    {"file", NULL, UNIT_NONE, get_step_file, NULL},
    {"line", NULL, UNIT_LINE, get_step_line, NULL},
    {"inlined", NULL, UNIT_NONE, get_step_inlined, &frame_table},
    {"kind", NULL, UNIT_NONE, get_step_kind, NULL},
    {"calls", NULL, UNIT_NONE, get_step_calls, NULL},
};
static const struct table step_table = TABLE(step_columns);

static struct cell get_path_name(struct report *report, uint32_t function)
{
    return get_function_name(report, function);
}

static struct cell get_path_steps(struct report *report, uint32_t function)
{
    size_t begin = list_begin(report);
    choose(report, function);
    for (uint32_t i = 0; i < report->why->path.step_count; i++)
        list_add(report, i);
    return cell_list(report, begin);
}

static const struct column path_columns[] = {
    {"name", NULL, UNIT_NONE, get_path_name, NULL},
    {"steps", NULL, UNIT_NONE, get_path_steps, &step_table},
};
static const struct table path_table = TABLE(path_columns);

static void list_asked(struct report *report, struct rows *ret)
{
    for (size_t i = 0; i < report->why->functions.count; i++)
        rows_push(ret, report->why->functions.data[i]);
}

static const struct part why_parts[] = {
    {"functions", &heap_table, list_asked, false},
    {"paths", &path_table, list_asked, false},
};

/* ---- Text ------------------------------------------------------------------------------------ */

static struct cell get_line_text(struct report *report, uint32_t row)
{
    const struct why_line *line = &report->why->lines.data[row];
    return cell_styled(line->text, line->style);
}

static struct cell get_line_place(struct report *report, uint32_t row)
{
    const char *place = report->why->lines.data[row].place;
    return cell_text(place ? place : "");
}

static struct cell get_line_call(struct report *report, uint32_t row)
{
    const char *call = report->why->lines.data[row].call;
    return cell_styled(call ? call : "", STYLE_DIM);
}

static const struct column line_columns[] = {
    {NULL, "FUNCTION", UNIT_NAME, get_line_text, NULL},
    {NULL, "WHERE", UNIT_PATH, get_line_place, NULL},
    {NULL, "CALL", UNIT_NONE, get_line_call, NULL},
};
static const struct table line_table = TABLE(line_columns);

static void add_line(struct report *report, struct why_line line)
{
    array_push(&report->why->lines, line);
}

static void add_step_lines(struct report *report, uint32_t step)
{
    const struct call *call = call_of(report, step);
    uint32_t kind = step_kind(report->program, &report->why->path.steps[step]);
    const char *how = kind == CALL_UNRESOLVED ? "not resolved" : call_kind_name(kind);
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    struct place place = place_of_code(report->program, call->from, call->address, frames, &count);
    const char *name = program_function_name(report->program, call->from);
    add_line(report, (struct why_line){name, place_or_library(report, place, call->from),
                                       count ? NULL : how, STYLE_PLAIN});
    for (uint32_t i = count; i-- > 0;) {
        const char *text = arena_printf(&report->arena, "  inlined %s", frames[i].name);
        struct place inner = {frames[i].file, frames[i].line};
        add_line(report,
                 (struct why_line){text, place_text(report, inner), i ? NULL : how, STYLE_DIM});
    }
}

static void add_end_line(struct report *report)
{
    const struct why_path *path = &report->why->path;
    uint32_t end = path->steps[path->step_count - 1].target;
    if (end == NONE) {
        add_line(report, (struct why_line){"a callee that is not known", NULL, NULL, STYLE_DOUBT});
        return;
    }
    uint8_t *roles = report->facts->allocator_roles;
    bool is_allocator = roles && roles[end] != ALLOCATOR_NONE;
    const char *name = program_function_name(report->program, end);
    const char *text = is_allocator ? name : arena_printf(&report->arena, "%s (not read)", name);
    add_line(report, (struct why_line){text, get_function_place(report, end).text, NULL,
                                       is_allocator ? STYLE_BAD : STYLE_DOUBT});
}

static const char *explanation(unsigned verdict)
{
    static const char *const sentences[] = {
        [VERDICT_NEVER] = "no path of any kind reaches the allocator",
        [VERDICT_ON_PANIC] = "only paths that end in a panic, an abort or a throw do",
        [VERDICT_MAYBE] = "some normal path does, some does not",
        [VERDICT_ALWAYS] = "every normal path does",
        [VERDICT_UNKNOWN] = "no known path does, but a call that could not be resolved might",
    };
    return verdict < VERDICT_COUNT ? sentences[verdict] : "";
}

/* Whether the path leads over a call of which only candidates are known. */
static bool is_path_loose(const struct report *report)
{
    const struct why_path *path = &report->why->path;
    for (uint32_t i = 0; i < path->step_count; i++)
        if (step_is_loose(report->program, &path->steps[i]))
            return true;
    return false;
}

static void print_path(struct report *report, uint32_t function)
{
    const struct screen *screen = &report->screen;
    unsigned verdict = verdicts_of(report, function).allocates;
    choose(report, function);
    struct text name = {0};
    text_add_clean(&name, program_function_name(report->program, function));
    screen_printf(screen, STYLE_TITLE, "%s\n", text_string(&name));
    text_deinit(&name);
    screen_print(screen, STYLE_PLAIN, "allocates: ");
    screen_print(screen, verdict_style(verdict), verdict_text(verdict));
    screen_printf(screen, STYLE_PLAIN, "; %s\n",
                  is_path_loose(report) ? "a call whose target is not known could enter what does"
                                        : explanation(verdict));
    if (!report->why->path.step_count)
        return;
    fputc('\n', screen->out);
    report->why->lines.count = 0;
    for (uint32_t i = 0; i < report->why->path.step_count; i++)
        add_step_lines(report, i);
    add_end_line(report);
    struct rows rows = {0};
    rows_push_range(&rows, 0, (uint32_t)report->why->lines.count);
    table_print(report, &line_table, rows.data, rows.count);
    rows_deinit(&rows);
}

static void print_paths(struct report *report)
{
    for (size_t i = 0; i < report->why->functions.count; i++) {
        if (i)
            fputc('\n', report->screen.out);
        print_path(report, report->why->functions.data[i]);
    }
    report_print_diagnostics(report);
}

struct error *report_why(struct report *report, const char *name)
{
    struct why why = {0};
    struct error *error = functions_named(report, name, &why.functions);
    if (error)
        return error;
    report->why = &why;
    if (report->options->is_json)
        report_write_json(report, why_parts, sizeof why_parts / sizeof why_parts[0]);
    else
        print_paths(report);
    report->why = NULL;
    array_deinit(&why.lines);
    rows_deinit(&why.functions);
    return NULL;
}
