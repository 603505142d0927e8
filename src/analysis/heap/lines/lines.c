/*
 * lines.c: which lines of own code enter the heap.
 *
 * In: call graph, call paths, allocators, sites, origins. Out: facts.lines. Each call that has a
 * frame of own code around it (nearest.c) is a candidate; it enters the heap if its callee is an
 * allocator or gets to one over calls that have no such frame (ways.c, apart): what own code does
 * further on is told at its own lines. Calls that stand on the same line of the same function and
 * enter the same are one.
 */
#include "analysis/heap/lines/lines.h"

#include "analysis/heap/lines/nearest.h"
#include "analysis/heap/lines/reach.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/threads.h"
#include "program/place.h"

#include <stdlib.h>
#include <string.h>

struct entered {
    uint32_t target; /* NONE: not the heap */
    bool is_normal;  /* a normal path of the target leads to the allocator */
    bool is_only;    /* it can enter nothing else */
};

struct finder {
    struct program *program;
    const struct callgraph *graph;
    uint8_t *depths; /* of each call: nearest.h */
    struct ways ways[HEAP_ROLE_COUNT];
    struct reach reach;
    struct int_map lists[HEAP_ROLE_COUNT]; /* of candidates: index in entered */
    ARRAY(struct entered) entered;         /* by lists */
    ARRAY(struct heap_line) found;         /* one for each call */
};

/* ---- What a call enters ---------------------------------------------------------------------- */

/** Of several functions the first with a normal way, or else the first with any. */
static struct entered first_of(const struct finder *finder, enum heap_role role, uint32_t first,
                               uint32_t count)
{
    const struct program *program = finder->program;
    struct entered entered = {.target = NONE, .is_only = count == 1};
    for (uint32_t i = 0; i < count && !entered.is_normal; i++) {
        uint32_t function = program_whole(program, program->call_targets[first + i]);
        uint8_t flags = finder->ways[role].flags[function];
        bool is_normal = flags & MAY_NORMAL;
        if (is_normal || (flags & MAY_ANY && entered.target == NONE))
            entered = (struct entered){function, is_normal, count == 1};
    }
    return entered;
}

/** The same; many calls share a list, which is looked through once. */
static struct entered first_of_list(struct finder *finder, enum heap_role role, uint32_t first,
                                    uint32_t count)
{
    uint64_t key = (uint64_t)first << 32 | count;
    if (count < 2)
        return first_of(finder, role, first, count);
    uint32_t known = int_map_get(&finder->lists[role], key);
    if (known != MAP_NONE)
        return finder->entered.data[known];
    int_map_set(&finder->lists[role], key, (uint32_t)finder->entered.count);
    array_push(&finder->entered, first_of(finder, role, first, count));
    return finder->entered.data[finder->entered.count - 1];
}

static struct entered entered_by(struct finder *finder, enum heap_role role, uint32_t index)
{
    const struct program *program = finder->program;
    const struct call *call = &program->calls[index];
    uint32_t node = finder->graph->callees[index];
    if (node != NONE && !(finder->ways[role].flags[node] & MAY_ANY))
        return (struct entered){.target = NONE};
    if (node != NONE)
        return first_of_list(finder, role, call->first_target, call->target_count);
    const struct loose_call *loose = program_loose_call(program, index);
    struct entered entered = {.target = NONE};
    if (loose)
        entered = first_of_list(finder, role, loose->first_target, loose->target_count);
    entered.is_only = false;
    return entered;
}

static bool is_certain(const struct program *program, enum heap_role role,
                       const struct entered *entered, const struct call *call)
{
    const struct verdicts *verdicts = &program->facts->verdicts[entered->target];
    uint8_t verdict = role == HEAP_FREES ? verdicts->frees : verdicts->allocates;
    return entered->is_only && !call->is_partial && verdict == VERDICT_ALWAYS;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/** Fills in the place of the frame that @p depth others lie inside of. */
static void set_place(const struct program *program, unsigned depth, struct heap_line *line)
{
    const struct call *call = &program->calls[line->call];
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    struct place place = place_of_code(program, call->from, call->address, frames, &count);
    bool is_inlined = depth < count;
    line->function = is_inlined ? frames[depth].name : NULL;
    line->file = is_inlined ? frames[depth].file : place.file;
    line->line = is_inlined ? frames[depth].line : place.line;
}

static void add_line(struct finder *finder, enum heap_role role, uint32_t index)
{
    const struct program *program = finder->program;
    struct entered entered = entered_by(finder, role, index);
    if (entered.target == NONE)
        return;
    const struct call *call = &program->calls[index];
    bool is_resized = program->facts->allocator_roles[entered.target] == ALLOCATOR_REALLOCATE;
    struct heap_line line = {.call = index,
                             .target = entered.target,
                             .kind = role == HEAP_FREES ? LINE_FREE
                                     : is_resized       ? LINE_REALLOCATE
                                                        : LINE_ALLOCATE,
                             .is_on_panic =
                                 program->facts->call_on_panic[index] || !entered.is_normal,
                             .is_certain = is_certain(program, role, &entered, call)};
    set_place(program, finder->depths[index], &line);
    array_push(&finder->found, line);
}

static void find_lines(struct finder *finder)
{
    const struct program *program = finder->program;
    const struct facts *facts = program->facts;
    for (uint32_t i = 0; i < program->call_count; i++) {
        if (finder->depths[i] == NOT_OWN || facts->call_paths[i] == CALL_PATH_DEAD ||
            facts->allocator_roles[program->calls[i].from] != ALLOCATOR_NONE)
            continue;
        for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++)
            add_line(finder, (enum heap_role)role, i);
    }
}

/* ---- One of several -------------------------------------------------------------------------- */

static int by_text(const char *a, const char *b)
{
    if (a == b || !a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

/** The order of lines, as far as they are not the same one. */
static int by_line(const struct program *program, const struct heap_line *a,
                   const struct heap_line *b)
{
    int order = by_text(a->file, b->file);
    if (!order)
        order = (a->line > b->line) - (a->line < b->line);
    if (!order)
        order = by_text(a->function, b->function);
    if (!order && !a->function) {
        uint32_t x = program->calls[a->call].from, y = program->calls[b->call].from;
        order = (x > y) - (x < y);
    }
    if (!order)
        order = (a->kind > b->kind) - (a->kind < b->kind);
    if (!order)
        order = (a->target > b->target) - (a->target < b->target);
    return order;
}

static int by_line_and_call(const void *left, const void *right, void *context)
{
    const struct heap_line *a = left, *b = right;
    int order = by_line(context, a, b);
    return order ? order : (a->call > b->call) - (a->call < b->call);
}

/** Adds the sites of the calls [first, end) of the found, which are one line. */
static void set_sites(struct finder *finder, size_t first, size_t end, struct heap_line *line)
{
    struct reach *reach = &finder->reach;
    if (line->kind == LINE_FREE)
        return;
    if (finder->program->facts->allocator_roles[line->target] == ALLOCATOR_NONE) {
        struct reached reached = reach_from(reach, line->target);
        line->first_site = reached.first;
        line->site_count = reached.count;
        line->has_more_sites = reached.is_cut;
        return;
    }
    line->first_site = (uint32_t)reach->sites.count;
    for (size_t i = first; i < end; i++) {
        uint32_t site = reach->site_of[finder->found.data[i].call];
        if (site != NONE)
            array_push(&reach->sites, site);
    }
    line->site_count = (uint32_t)reach->sites.count - line->first_site;
}

static void keep_lines(struct finder *finder)
{
    struct program *program = finder->program;
    struct heap_line *found = finder->found.data;
    size_t count = finder->found.count, kept = 0;
    struct heap_line *lines = arena_calloc(&program->arena, count + 1, sizeof *lines);
    if (count > 1)
        qsort_r(found, count, sizeof *found, by_line_and_call, program);
    for (size_t i = 0, end; i < count; i = end) {
        struct heap_line line = found[i];
        for (end = i + 1; end < count && !by_line(program, &found[i], &found[end]); end++) {
            line.is_on_panic &= found[end].is_on_panic;
            line.is_certain &= found[end].is_certain;
        }
        set_sites(finder, i, end, &line);
        uint32_t *call_lines =
            program->facts->call_lines[line.kind == LINE_FREE ? HEAP_FREES : HEAP_ALLOCATES];
        for (size_t j = i; j < end; j++)
            call_lines[found[j].call] = (uint32_t)kept;
        lines[kept++] = line;
    }
    size_t bytes = finder->reach.sites.count * sizeof *program->facts->line_sites;
    program->facts->lines = lines;
    program->facts->line_count = (uint32_t)kept;
    program->facts->line_sites = arena_alloc(&program->arena, bytes + 1);
    if (bytes)
        memcpy(program->facts->line_sites, finder->reach.sites.data, bytes);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void prepare_calls(struct program *program, uint32_t **ret_lines)
{
    size_t bytes = ((size_t)program->call_count + 1) * sizeof **ret_lines;
    *ret_lines = arena_alloc(&program->arena, bytes);
    memset(*ret_lines, 0xff, bytes); // NONE
}

static void prepare_steps(struct program *program, struct step *steps[WAY_COUNT])
{
    size_t bytes = ((size_t)program->function_count + 1) * sizeof **steps;
    for (unsigned way = 0; way < WAY_COUNT; way++) {
        if (way == WAY_UNRESOLVED)
            continue;
        steps[way] = arena_alloc(&program->arena, bytes);
        memset(steps[way], 0xff, bytes); // NONE, NONE
    }
}

/** What both searches for ways need; they are independent, so two threads may do them. */
struct searches {
    struct finder *finder;
    const struct returns *returns;
    const bool *barred;
};

static void find_ways(void *context, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct searches *searches = context;
    struct finder *finder = searches->finder;
    for (size_t role = begin; role < end; role++)
        ways_init_apart(&finder->ways[role], finder->graph, searches->returns, (enum heap_role)role,
                        searches->barred, finder->program->facts->apart_steps[role]);
}

void lines_find(struct program *program, const struct callgraph *graph,
                const struct returns *returns)
{
    struct finder finder = {
        .program = program, .graph = graph, .depths = nearest_own_frames(program)};
    CLEANUP_FREE bool *barred = xcalloc((size_t)program->call_count + 1, sizeof *barred);
    for (uint32_t i = 0; i < program->call_count; i++)
        barred[i] = finder.depths[i] != NOT_OWN;
    for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++) {
        int_map_init(&finder.lists[role]);
        prepare_steps(program, program->facts->apart_steps[role]);
        prepare_calls(program, &program->facts->call_lines[role]);
    }
    struct searches searches = {&finder, returns, barred};
    parallel_for(program->workers, HEAP_ROLE_COUNT, 1, find_ways, &searches);
    reach_init(&finder.reach, program, &finder.ways[HEAP_ALLOCATES]);
    find_lines(&finder);
    keep_lines(&finder);
    reach_deinit(&finder.reach);
    for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++) {
        ways_deinit(&finder.ways[role]);
        int_map_deinit(&finder.lists[role]);
    }
    array_deinit(&finder.entered);
    array_deinit(&finder.found);
    free(finder.depths);
}
