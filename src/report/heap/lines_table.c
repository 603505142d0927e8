/*
 * lines_table.c: the lines of own code that enter the heap, as rows.
 *
 * The way from a line into the heap has two pieces: the functions that were inlined at the call,
 * and then those that are called one after the other (facts.apart_steps). Debug builds have long
 * second pieces, release builds long first ones; names of both together tell for what type it is.
 */
#include "report/heap/lines_table.h"

#include "program/debug.h"
#include "report/format/names.h"
#include "report/format/type_name.h"
#include "report/heap/heap_table.h"
#include "report/heap/site_amount.h"
#include "report/heap/site_type.h"
#include "report/shared/call.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/steps.h"

#include <string.h>

static const struct heap_line *line_at(const struct report *report, uint32_t row)
{
    return &report->facts->lines[row];
}

void list_lines(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, report->facts->line_count);
}

bool is_line_on_panic(const struct report *report, uint32_t line)
{
    return line_at(report, line)->is_on_panic;
}

/* ---- The way --------------------------------------------------------------------------------- */

/** The steps behind the line's own call, outermost first; returns how many. */
static uint32_t steps_behind(const struct report *report, const struct heap_line *line,
                             struct step *ret)
{
    enum heap_role role = line->kind == LINE_FREE ? HEAP_FREES : HEAP_ALLOCATES;
    const struct step *normal = report->facts->apart_steps[role][WAY_NORMAL];
    const struct step *any = report->facts->apart_steps[role][WAY_ANY];
    const struct step *steps = normal[line->target].call == NONE ? any : normal;
    uint32_t count = 0;
    for (uint32_t at = line->target; at != NONE && steps[at].call != NONE && count < MAX_STEPS;
         at = steps[at].target)
        ret[count++] = steps[at];
    return count;
}

/** The function that the way ends in. */
static uint32_t allocator_of(const struct report *report, const struct heap_line *line)
{
    struct step steps[MAX_STEPS];
    uint32_t count = steps_behind(report, line, steps);
    return count ? steps[count - 1].target : line->target;
}

/** Frames that were inlined between the call and own code, innermost first. */
static uint32_t frames_inside(const struct report *report, const struct heap_line *line,
                              struct source_frame *ret)
{
    const struct program *program = report->program;
    const struct call *call = &program->calls[line->call];
    uint32_t count;
    place_of_code(program, call->from, call->address, ret, &count);
    if (!line->function)
        return count;
    uint32_t inside = 0;
    while (inside < count && !(ret[inside].name == line->function &&
                               ret[inside].line == line->line && ret[inside].file == line->file))
        inside++;
    return inside;
}

/* ---- The type -------------------------------------------------------------------------------- */

static bool look_at_frames(struct type_search *search, const struct source_frame *frames,
                           uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!type_search_look_at(search, frames[i].name))
            return false;
    return true;
}

/** Whether the linker or the compiler has merged the function with others: no name is sure. */
static bool has_other_names(const struct program *program, uint32_t function)
{
    const struct function *record = &program->functions[function];
    if (record->symbol == NONE || record->image >= program->image_count)
        return false;
    const struct image *image = program->images[record->image];
    const char *name = NULL;
    for (uint32_t i = image_first_alias(image, record);
         i < image->symbol_count && image->symbols[i].address == record->address; i++) {
        if (image->symbols[i].type != SYMBOL_FUNCTION)
            continue;
        if (name && strcmp(name, image->symbols[i].name) != 0)
            return true;
        name = image->symbols[i].name;
    }
    return false;
}

/** Looks at the function that a step's call stands in, and at what was inlined there. */
static bool look_at_step(struct type_search *search, uint32_t call_index)
{
    struct program *program = search->report->program;
    const struct call *call = &program->calls[call_index];
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    place_of_code(program, call->from, call->address, frames, &count);
    if (!look_at_frames(search, frames, count))
        return false;
    const struct function *function = &program->functions[call->from];
    const struct debug_info *debug =
        function->image < program->image_count ? program->images[function->image]->debug : NULL;
    bool has_debug = debug && function->debug_function < debug->function_count;
    // Rust's older symbols have lost the types that debug information has.
    const char *name = has_debug ? debug->functions[function->debug_function].name
                                 : program_function_name(program, call->from);
    search->is_narrow_only = !has_debug;
    bool goes_on = has_other_names(program, call->from) || type_search_look_at(search, name);
    search->is_narrow_only = false;
    return goes_on;
}

static const char *allocated_type(struct report *report, const struct heap_line *line)
{
    struct type_search search = {.report = report};
    struct step steps[MAX_STEPS];
    struct source_frame frames[MAX_INLINED];
    uint32_t count = steps_behind(report, line, steps);
    for (uint32_t i = count; i-- > 0;)
        if (!look_at_step(&search, steps[i].call))
            return search.type ? search.type : search.one;
    look_at_frames(&search, frames, frames_inside(report, line, frames));
    return search.type ? search.type : search.one;
}

/** "T" of `drop_in_place<T>`, "C" of "C::~C()"; NULL for other names. */
static const char *dropped_by(struct report *report, const char *name)
{
    static const char drop[] = "drop_in_place<";
    const char *start = strstr(name, drop), *end = strrchr(name, '>');
    if (start && end && end > start)
        return arena_strndup(&report->arena, start + sizeof drop - 1,
                             (size_t)(end - start) - (sizeof drop - 1));
    end = strstr(name, "::~");
    return end ? arena_strndup(&report->arena, name, (size_t)(end - name)) : NULL;
}

/** The outermost that is dropped on the way. */
static const char *freed_type(struct report *report, const struct heap_line *line)
{
    struct step steps[MAX_STEPS];
    struct source_frame frames[MAX_INLINED];
    uint32_t inside = frames_inside(report, line, frames);
    const char *type = NULL;
    for (uint32_t i = inside; !type && i-- > 0;)
        type = dropped_by(report, frames[i].name);
    uint32_t count = type ? 0 : steps_behind(report, line, steps);
    for (uint32_t i = 0; !type && i < count; i++) {
        uint32_t function = report->program->calls[steps[i].call].from;
        type = dropped_by(report, program_function_name(report->program, function));
    }
    return type;
}

static const char *type_of(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    return line->kind == LINE_FREE ? freed_type(report, line) : allocated_type(report, line);
}

/* ---- Columns --------------------------------------------------------------------------------- */

static struct place place_of(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    return (struct place){line->file, line->line};
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return cell_file(place_of(report, row));
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return cell_line(place_of(report, row));
}

static struct cell get_function(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    return line->function ? cell_text(line->function) : get_call_function(report, line->call);
}

/** Where the line is not known, in which function. */
static struct cell get_where(struct report *report, uint32_t row)
{
    const char *where = place_text(report, place_of(report, row));
    if (where)
        return cell_text(where);
    struct text text = {0};
    text_add_last_parts(&text, get_function(report, row).text);
    return cell_text(text_keep(&text, &report->arena));
}

static struct cell get_address(struct report *report, uint32_t row)
{
    return get_call_address(report, line_at(report, row)->call);
}

static struct cell get_inlined(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    const struct call *call = &report->program->calls[line->call];
    struct source_frame frames[MAX_INLINED];
    uint32_t inside = frames_inside(report, line, frames);
    struct cell cell = inlined_cell(report, call->from, call->address);
    cell.count = inside < cell.count ? inside : cell.count;
    return cell;
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    static const char *const names[] = {
        [LINE_ALLOCATE] = "allocate", [LINE_REALLOCATE] = "reallocate", [LINE_FREE] = "free"};
    return cell_text(names[line_at(report, row)->kind]);
}

static struct cell get_allocator(struct report *report, uint32_t row)
{
    return get_function_name(report, allocator_of(report, line_at(report, row)));
}

/** The only site that can be got to, or NONE. */
static uint32_t only_site(const struct report *report, const struct heap_line *line)
{
    return line->site_count == 1 && !line->has_more_sites
               ? report->facts->line_sites[line->first_site]
               : NONE;
}

/** Of all sites the largest and whether they are all equal; -1: one is decided at run time. */
static int64_t largest(const struct report *report, const struct heap_line *line, bool *ret_equal)
{
    int64_t most = -1;
    *ret_equal = true;
    for (uint32_t i = 0; i < line->site_count; i++) {
        const struct facts *facts = report->facts;
        int64_t bytes = facts->sites[facts->line_sites[line->first_site + i]].bytes;
        if (bytes < 0)
            return -1;
        *ret_equal &= i == 0 || bytes == most;
        most = bytes > most ? bytes : most;
    }
    return line->has_more_sites ? -1 : most;
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    bool is_equal;
    int64_t most = largest(report, line_at(report, row), &is_equal);
    return is_equal ? cell_signed(most) : cell_null();
}

static struct cell get_at_most(struct report *report, uint32_t row)
{
    bool is_equal;
    return cell_signed(largest(report, line_at(report, row), &is_equal));
}

/** Whether the line calls the allocator itself, so that the call's own arguments say how much. */
static bool is_direct(const struct report *report, const struct heap_line *line)
{
    return report->facts->allocator_roles[line->target] != ALLOCATOR_NONE;
}

static struct cell get_line_amount(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    uint32_t site = only_site(report, line);
    return site != NONE && is_direct(report, line) ? get_amount(report, site) : cell_null();
}

/** "24", "n × 24", "≤ 4,096", "varies"; of what takes back nothing. */
static struct cell get_bytes_text(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    bool is_equal;
    int64_t most = largest(report, line, &is_equal);
    uint32_t site = only_site(report, line);
    if (line->kind == LINE_FREE)
        return cell_text("");
    if (most >= 0 && is_equal)
        return cell_number((uint64_t)most);
    if (most >= 0) {
        struct text text = {0};
        text_add(&text, "≤ ");
        text_add_count(&text, (uint64_t)most);
        return cell_text(text_keep(&text, &report->arena));
    }
    if (site != NONE && is_direct(report, line))
        return get_amount_text(report, site);
    if (site != NONE && report->facts->sites[site].element_bytes > 1)
        return cell_text(arena_printf(&report->arena, "n × %lld",
                                      (long long)report->facts->sites[site].element_bytes));
    return line->site_count ? cell_unknown("varies", STYLE_DIM) : cell_unknown("?", STYLE_DOUBT);
}

static struct cell get_type(struct report *report, uint32_t row)
{
    return cell_text(type_of(report, row));
}

static struct cell get_type_text(struct report *report, uint32_t row)
{
    const char *type = type_of(report, row);
    struct text text = {0};
    if (type)
        text_add_type(&text, type);
    return cell_text(text_keep(&text, &report->arena));
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    return cell_bool(line_at(report, row)->is_on_panic);
}

static struct cell get_certain(struct report *report, uint32_t row)
{
    return cell_bool(line_at(report, row)->is_certain);
}

static struct cell get_through(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    struct step steps[MAX_STEPS];
    uint32_t count = steps_behind(report, line, steps);
    return steps_cell(report, line->target, steps, count);
}

/** How the weakest call of the way is known. */
static struct cell get_through_kind(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    struct step steps[MAX_STEPS];
    uint32_t count = steps_behind(report, line, steps);
    uint32_t weakest = steps_kind(report->program, steps, count);
    uint32_t first = shown_call(report->program, line->call).kind;
    return cell_text(call_kind_name(weakest == NONE || first > weakest ? first : weakest));
}

/** "Vec::push" of "alloc::vec::Vec<T>::push": what is inside of brackets says little here. */
static void add_brief(struct text *text, const char *name)
{
    static const char brackets[] = "<…>";
    struct text last = {0};
    text_add_last_parts(&last, name);
    const char *at = text_string(&last);
    // Of "alloc::boxed::{impl#0}::new" the module says more.
    const char *implementation = strncmp(at, "{impl", 5) == 0 ? strstr(name, "::{impl") : NULL;
    const char *method = implementation ? strstr(at, "}::") : NULL;
    if (method) {
        const char *module = memrchr(name, ':', (size_t)(implementation - name));
        module = module ? module + 1 : name;
        text_add_bytes(text, module, (size_t)(implementation - module));
        at = method + 1;
    }
    for (const char *next; (next = strstr(at, brackets)); at = next + sizeof brackets - 1)
        text_add_bytes(text, at, (size_t)(next - at));
    text_add(text, at);
    text_deinit(&last);
}

/** What own code calls, inlined or not. */
static struct cell get_through_text(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    struct source_frame frames[MAX_INLINED];
    uint32_t inside = frames_inside(report, line, frames);
    struct text text = {0};
    bool is_loose = report->program->calls[line->call].kind == CALL_UNRESOLVED;
    text_add(&text, is_loose && !inside ? "⇢ " : "");
    add_brief(&text, inside ? frames[inside - 1].name
                            : program_function_name(report->program, line->target));
    return cell_text(text_keep(&text, &report->arena));
}

const char *line_way(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    struct source_frame frames[MAX_INLINED];
    struct step steps[MAX_STEPS];
    uint32_t inside = frames_inside(report, line, frames);
    uint32_t count = steps_behind(report, line, steps);
    struct text text = {0};
    for (uint32_t i = inside; i-- > 0;) {
        add_brief(&text, frames[i].name);
        text_add(&text, " → ");
    }
    add_brief(&text, program_function_name(report->program, line->target));
    for (uint32_t i = 0; i < count && steps[i].target != NONE; i++) {
        text_add(&text, step_is_loose(report->program, &steps[i]) ? " ⇢ " : " → ");
        add_brief(&text, program_function_name(report->program, steps[i].target));
    }
    const char *way = text_keep(&text, &report->arena);
    return way;
}

static struct cell get_site(struct report *report, uint32_t row)
{
    return get_call_address(report, report->facts->sites[row].call);
}

static const struct column site_address_columns[] = {
    {NULL, NULL, UNIT_ADDRESS, get_site, NULL},
};
static const struct table site_address_table = TABLE(site_address_columns);

static struct cell get_sites(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    size_t begin = list_begin(report);
    if (line->has_more_sites)
        return cell_null();
    for (uint32_t i = 0; i < line->site_count; i++)
        list_add(report, report->facts->line_sites[line->first_site + i]);
    return cell_list(report, begin);
}

/** "may allocate", "frees", ... */
static const char *line_verb(const struct heap_line *line)
{
    static const char *const certain[] = {
        [LINE_ALLOCATE] = "allocates", [LINE_REALLOCATE] = "resizes", [LINE_FREE] = "frees"};
    static const char *const perhaps[] = {[LINE_ALLOCATE] = "may allocate",
                                          [LINE_REALLOCATE] = "may resize",
                                          [LINE_FREE] = "may free"};
    return line->is_certain ? certain[line->kind] : perhaps[line->kind];
}

static struct cell get_what(struct report *report, uint32_t row)
{
    const struct heap_line *line = line_at(report, row);
    if (line->is_on_panic)
        return cell_styled(arena_printf(&report->arena, "%s on panic",
                                        line->kind == LINE_FREE ? "frees" : "allocates"),
                           STYLE_DIM);
    return cell_styled(line_verb(line), line->kind == LINE_FREE ? STYLE_PLAIN
                                        : line->is_certain      ? STYLE_BAD
                                                                : STYLE_MAYBE);
}

static const struct column lines_columns[] = {
    {"file", NULL, UNIT_PATH, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
    {"function", NULL, UNIT_NAME, get_function, NULL},
    {NULL, "WHERE", UNIT_PATH, get_where, NULL},
    {NULL, "WHAT", UNIT_NONE, get_what, NULL},
    {NULL, "BYTES", UNIT_BYTES, get_bytes_text, NULL},
    {NULL, "OF", UNIT_NAME, get_type_text, NULL},
    {NULL, "THROUGH", UNIT_NAME, get_through_text, NULL},
    {"address", NULL, UNIT_ADDRESS, get_address, NULL},
    {"inlined", NULL, UNIT_NONE, get_inlined, &frame_table},
    {"allocator", NULL, UNIT_NONE, get_allocator, NULL},
    {"kind", NULL, UNIT_NONE, get_kind, NULL},
    {"bytes", NULL, UNIT_BYTES, get_bytes, NULL},
    {"at_most_bytes", NULL, UNIT_BYTES, get_at_most, NULL},
    {"amount", NULL, UNIT_NONE, get_line_amount, &amount_table},
    {"type", NULL, UNIT_NONE, get_type, NULL},
    {"on_panic", NULL, UNIT_NONE, get_on_panic, NULL},
    {"certain", NULL, UNIT_NONE, get_certain, NULL},
    {"through", NULL, UNIT_NONE, get_through, &name_table},
    {"through_kind", NULL, UNIT_NONE, get_through_kind, NULL},
    {"sites", NULL, UNIT_NONE, get_sites, &site_address_table},
};
const struct table lines_table = TABLE(lines_columns);
