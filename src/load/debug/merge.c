/*
 * merge.c: the units' records become the image's tables.
 *
 * In: units that are finished, each with records sorted by address and files in the numbering of
 * its worker. Out: struct debug_info. The result does not depend on which worker read which unit:
 * files are numbered by name, records keep the order of units where they are otherwise equal.
 * Tables are sorted by address with a radix sort (LSD, Knuth vol. 3 section 5.2.5), since there
 * can be tens of millions of records in many sorted runs.
 *
 * Lines: sequences, not rows, are sorted. Where two overlap, as when the linker folds equal
 * functions into one, the one that comes first keeps the addresses.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

/* ---- Sorting --------------------------------------------------------------------------------- */

struct key {
    uint64_t address;
    uint32_t index;
};

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static void sort_by_digit(const struct key *from, struct key *to, size_t count, unsigned shift)
{
    size_t starts[DIGITS] = {0}, next = 0;
    for (size_t i = 0; i < count; i++)
        starts[from[i].address >> shift & (DIGITS - 1)]++;
    for (size_t i = 0; i < DIGITS; i++) {
        size_t here = starts[i];
        starts[i] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].address >> shift & (DIGITS - 1)]++] = from[i];
}

/** Sorts by address, keeping the order of equal ones. */
static void sort_keys(struct key **keys, size_t count)
{
    uint64_t differing = 0;
    bool is_sorted = true;
    for (size_t i = 1; i < count; i++) {
        differing |= (*keys)[i].address ^ (*keys)[0].address;
        is_sorted &= (*keys)[i - 1].address <= (*keys)[i].address;
    }
    if (is_sorted)
        return;
    struct key *other = xmalloc(count * sizeof *other);
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if (!(differing >> shift & (DIGITS - 1)))
            continue;
        sort_by_digit(*keys, other, count, shift);
        struct key *swap = *keys;
        *keys = other;
        other = swap;
    }
    free(other);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/** Where a worker's file numbers lead. */
struct file_map {
    uint32_t **numbers; // by worker, then the worker's number
};

struct named_file {
    const char *name;
    uint32_t *number; // to be set
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named_file *)a)->name, ((const struct named_file *)b)->name);
}

static struct file_map merge_files(struct session *session, struct debug_info *debug)
{
    size_t count = 0, next = 0;
    for (unsigned i = 0; i < session->worker_count; i++)
        count += session->workers[i].files.count;
    struct named_file *all = xcalloc(count, sizeof *all);
    struct file_map map = {xcalloc(session->worker_count, sizeof *map.numbers)};
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct worker *worker = &session->workers[i];
        map.numbers[i] = xcalloc(worker->files.count, sizeof **map.numbers);
        for (size_t j = 0; j < worker->files.count; j++)
            all[next++] = (struct named_file){worker->files.data[j], &map.numbers[i][j]};
    }
    qsort(all, count, sizeof *all, by_name);
    debug->files = arena_calloc(&session->program->arena, count, sizeof *debug->files);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(all[i].name, all[i - 1].name) != 0)
            debug->files[debug->file_count++] = all[i].name;
        *all[i].number = debug->file_count - 1;
    }
    free(all);
    return map;
}

static void file_map_deinit(struct file_map *map, unsigned workers)
{
    for (unsigned i = 0; i < workers; i++)
        free(map->numbers[i]);
    free(map->numbers);
}

static uint32_t mapped_file(const struct file_map *map, const struct unit *unit, uint32_t file)
{
    return file == UINT32_MAX ? UINT32_MAX : map->numbers[unit->worker][file];
}

/* ---- Units and functions --------------------------------------------------------------------- */

static void merge_units(struct session *session, struct debug_info *debug)
{
    struct unit_list *list = &session->list;
    debug->units = arena_calloc(&session->program->arena, list->units.count, sizeof *debug->units);
    for (size_t i = 0; i < list->units.count; i++)
        if (list->units.data[i].result.name)
            debug->units[debug->unit_count++] = list->units.data[i].result;
}

/** Counts the records of one kind in all units; more than indexes can name are dropped. */
#define COUNT_RECORDS(session, kind, ret)                                                          \
    do {                                                                                           \
        size_t total = 0;                                                                          \
        for (size_t i = 0; i < (session)->list.units.count; i++)                                   \
            total += (session)->list.units.data[i].records.kind.count;                             \
        (ret) = total < NONE ? (uint32_t)total : NONE - 1;                                         \
    } while (0)

static void merge_functions(struct session *session, const struct file_map *map,
                            struct debug_info *debug)
{
    uint32_t count, next = 0, number = 0;
    COUNT_RECORDS(session, functions, count);
    struct debug_function *all = xcalloc(count, sizeof *all);
    struct key *keys = xcalloc(count, sizeof *keys);
    for (size_t i = 0; i < session->list.units.count; i++) {
        struct unit *unit = &session->list.units.data[i];
        for (size_t j = 0; j < unit->records.functions.count && next < count; j++, next++) {
            all[next] = unit->records.functions.data[j];
            all[next].unit = number;
            all[next].file = mapped_file(map, unit, all[next].file);
            keys[next] = (struct key){all[next].address, next};
        }
        array_deinit(&unit->records.functions);
        number += unit->result.name != NULL;
    }
    sort_keys(&keys, count);
    debug->functions = arena_calloc(&session->program->arena, count, sizeof *debug->functions);
    for (uint32_t i = 0; i < count; i++)
        debug->functions[i] = all[keys[i].index];
    debug->function_count = count;
    free(keys);
    free(all);
}

/* ---- Inlined calls --------------------------------------------------------------------------- */

/** Finds for each range the nearest earlier one that holds its start. */
static void set_parents(struct debug_info *debug)
{
    for (uint32_t i = 0; i < debug->inlined_count; i++) {
        struct debug_inlined *inlined = &debug->inlined[i];
        uint32_t at = i ? i - 1 : NONE;
        // Each step up leaves a range for good, unless ranges overlap without nesting.
        while (at != NONE &&
               inlined->address - debug->inlined[at].address >= debug->inlined[at].bytes)
            at = debug->inlined[at].parent;
        inlined->parent = at;
    }
}

static void merge_inlined(struct session *session, const struct file_map *map,
                          struct debug_info *debug)
{
    uint32_t count, next = 0;
    COUNT_RECORDS(session, inlined, count);
    struct debug_inlined *all = xcalloc(count, sizeof *all);
    struct key *keys = xcalloc(count, sizeof *keys);
    for (size_t i = 0; i < session->list.units.count; i++) {
        struct unit *unit = &session->list.units.data[i];
        for (size_t j = 0; j < unit->records.inlined.count && next < count; j++, next++) {
            all[next] = unit->records.inlined.data[j];
            all[next].call_file = mapped_file(map, unit, all[next].call_file);
            keys[next] = (struct key){all[next].address, next};
        }
        array_deinit(&unit->records.inlined);
    }
    sort_keys(&keys, count);
    debug->inlined = arena_calloc(&session->program->arena, count, sizeof *debug->inlined);
    for (uint32_t i = 0; i < count; i++)
        debug->inlined[i] = all[keys[i].index];
    debug->inlined_count = count;
    free(keys);
    free(all);
    set_parents(debug);
}

/* ---- Variables ------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct debug_variable *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    int order = strcmp(x->name, y->name);
    if (order)
        return order;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static void merge_variables(struct session *session, const struct file_map *map,
                            struct debug_info *debug)
{
    uint32_t count, next = 0, number = 0;
    COUNT_RECORDS(session, variables, count);
    struct debug_variable *all =
        arena_calloc(&session->program->arena, count, sizeof *debug->variables);
    for (size_t i = 0; i < session->list.units.count; i++) {
        struct unit *unit = &session->list.units.data[i];
        for (size_t j = 0; j < unit->records.variables.count && next < count; j++, next++) {
            all[next] = unit->records.variables.data[j];
            all[next].unit = number;
            all[next].file = mapped_file(map, unit, all[next].file);
        }
        array_deinit(&unit->records.variables);
        number += unit->result.name != NULL;
    }
    qsort(all, count, sizeof *all, by_place);
    for (uint32_t i = 0; i < count; i++) {
        // Templates and inline variables are described once for each unit that has them.
        const struct debug_variable *last =
            debug->variable_count ? &all[debug->variable_count - 1] : NULL;
        if (last && last->kind == all[i].kind && last->address == all[i].address &&
            strcmp(last->name, all[i].name) == 0)
            continue;
        all[debug->variable_count++] = all[i];
    }
    debug->variables = all;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/** A sequence of some unit. */
struct placed_sequence {
    const struct unit *unit;
    const struct sequence *sequence;
};

static void put_line(struct debug_info *debug, uint64_t address, uint32_t file, uint32_t line)
{
    const struct debug_line *last = debug->line_count ? &debug->lines[debug->line_count - 1] : NULL;
    if (last && last->file == file && last->line == line)
        return;
    debug->lines[debug->line_count++] = (struct debug_line){address, file, line};
}

/** Appends the part of a sequence from @p start on. */
static void put_sequence(struct debug_info *debug, const struct file_map *map,
                         const struct placed_sequence *placed, uint64_t start)
{
    const struct debug_line *rows = &placed->unit->records.lines.data[placed->sequence->first];
    size_t count = placed->sequence->count, first = 0;
    while (first + 1 < count && rows[first + 1].address <= start)
        first++;
    for (size_t i = first; i < count; i++)
        put_line(debug, rows[i].address > start ? rows[i].address : start,
                 mapped_file(map, placed->unit, rows[i].file), rows[i].line);
}

static void put_sequences(struct debug_info *debug, const struct file_map *map,
                          const struct placed_sequence *all, const struct key *keys, size_t count)
{
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct placed_sequence *placed = &all[keys[i].index];
        uint64_t start = placed->sequence->address > end ? placed->sequence->address : end;
        if (placed->sequence->end <= start)
            continue;
        if (i > 0 && start > end)
            put_line(debug, end, UINT32_MAX, 0);
        put_sequence(debug, map, placed, start);
        end = placed->sequence->end;
    }
    if (debug->line_count)
        put_line(debug, end, UINT32_MAX, 0);
}

static void merge_lines(struct session *session, const struct file_map *map,
                        struct debug_info *debug)
{
    uint32_t count, rows, next = 0;
    COUNT_RECORDS(session, sequences, count);
    COUNT_RECORDS(session, lines, rows);
    struct placed_sequence *all = xcalloc(count, sizeof *all);
    struct key *keys = xcalloc(count, sizeof *keys);
    for (size_t i = 0; i < session->list.units.count; i++) {
        const struct unit *unit = &session->list.units.data[i];
        for (size_t j = 0; j < unit->records.sequences.count && next < count; j++, next++) {
            all[next] = (struct placed_sequence){unit, &unit->records.sequences.data[j]};
            keys[next] = (struct key){all[next].sequence->address, next};
        }
    }
    sort_keys(&keys, count);
    // Pages that stay untouched cost nothing, so room is made for the most rows there can be.
    debug->lines = arena_calloc(&session->program->arena, (size_t)rows + 2 * (size_t)count + 1,
                                sizeof *debug->lines);
    if ((size_t)rows + 2 * (size_t)count < NONE)
        put_sequences(debug, map, all, keys, count);
    free(keys);
    free(all);
}

struct debug_info *debug_merge(struct session *session)
{
    struct arena *arena = &session->program->arena;
    struct debug_info *debug = arena_alloc(arena, sizeof *debug);
    struct file_map map = merge_files(session, debug);
    for (unsigned i = 0; i < session->worker_count; i++)
        arena_join(arena, &session->workers[i].arena);
    merge_units(session, debug);
    merge_functions(session, &map, debug);
    merge_inlined(session, &map, debug);
    merge_variables(session, &map, debug);
    merge_lines(session, &map, debug);
    types_merge(session, debug);
    debug->layouts = layouts_merge(session);
    file_map_deinit(&map, session->worker_count);
    return debug;
}
