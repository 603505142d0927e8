/*
 * entries.c: where execution begins: main, the entry point, constructors; and all together.
 *
 * In: functions, references. Out: facts.entries, facts.main_function. A Rust program's C `main`
 * only hands the user's `main` to the runtime; the user's is the one that counts. In a stripped
 * program main is the one function whose address the entry point takes. What a library exports is
 * an entry too, but has no row: its callers are other programs, with stacks of their own.
 */
#include "analysis/entries/entries.h"

#include "base/array.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

static uint32_t find_named(const struct program *program, const char *name)
{
    for (uint32_t i = program->image_functions[0]; i < program->image_functions[1]; i++)
        if (program->functions[i].source != FUNCTION_PLT &&
            strcmp(program->functions[i].linkage_name, name) == 0)
            return program_whole(program, i);
    return NONE;
}

/** The function whose address @p reference takes, directly or from a GOT slot. */
static uint32_t taken_function(const struct program *program, const struct reference *reference)
{
    const struct relocation *slot = image_relocation_at(program->images[0], reference->target);
    uint32_t function = slot ? slot->function : NONE;
    if (function == NONE) {
        function = program_function_at(program, 0, reference->target);
        if (function != NONE && program->functions[function].address != reference->target)
            return NONE;
    }
    if (function == NONE || program->functions[function].image != 0 ||
        program->functions[function].source == FUNCTION_PLT)
        return NONE;
    return program_whole(program, function);
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), suffix_length = strlen(suffix);
    return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/** The user's main of a Rust program, which the C `main` takes the address of; or NONE. */
static uint32_t find_rust_main(struct program *program, uint32_t c_main)
{
    for (uint32_t i = 0; i < program->reference_count; i++) {
        if (program->references[i].from != c_main)
            continue;
        uint32_t function = taken_function(program, &program->references[i]);
        if (function != NONE && program->facts->crates[function] &&
            ends_with(program_function_name(program, function), "::main"))
            return function;
    }
    return NONE;
}

/** What the entry point takes the address of, if that is one function only. */
static uint32_t find_unnamed_main(const struct program *program, uint32_t start)
{
    uint32_t found = NONE;
    for (uint32_t i = 0; i < program->reference_count; i++) {
        if (program->references[i].from != start)
            continue;
        uint32_t function = taken_function(program, &program->references[i]);
        if (function == NONE || function == found)
            continue;
        if (found != NONE)
            return NONE;
        found = function;
    }
    return found;
}

static uint32_t find_main(struct program *program, uint32_t start)
{
    uint32_t c_main = find_named(program, "main");
    if (c_main == NONE)
        return start == NONE ? NONE : find_unnamed_main(program, start);
    uint32_t rust_main = find_rust_main(program, c_main);
    return rust_main == NONE ? c_main : rust_main;
}

void entry_add(struct entry_list *list, uint32_t function, enum entry_kind kind, int64_t limit)
{
    if (function == NONE)
        return;
    array_push(list, (struct entry){function, (uint8_t)kind, limit});
}

static void add_constructors(const struct program *program, int64_t limit, struct entry_list *list)
{
    const struct image *image = program->images[0];
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (section->role != SECTION_FUNCTION_LIST || !section->data ||
            strstr(section->name, "fini") || strstr(section->name, "dtors"))
            continue;
        for (uint64_t at = 0; at + image->pointer_bytes <= section->bytes;
             at += image->pointer_bytes) {
            uint64_t place = section->address + at, address;
            const struct relocation *relocation = image_relocation_at(image, place);
            uint32_t function = relocation ? relocation->function : NONE;
            if (!relocation && image_read(image, place, image->pointer_bytes, &address))
                function = program_function_at(program, 0, address);
            if (function != NONE && program->functions[function].image == 0)
                entry_add(list, function, ENTRY_CONSTRUCTOR, limit);
        }
    }
}

static int64_t smaller_limit(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/** Drops repeated entries, keeping the first; of limits the smallest known one counts. */
static void drop_repeated(struct entry_list *list)
{
    struct int_map places;
    size_t kept = 0;
    int_map_init(&places);
    for (size_t i = 0; i < list->count; i++) {
        struct entry entry = list->data[i];
        uint64_t key = (uint64_t)entry.function << 8 | entry.kind;
        uint32_t place = int_map_get(&places, key);
        if (place == MAP_NONE) {
            int_map_set(&places, key, (uint32_t)kept);
            list->data[kept++] = entry;
        } else {
            list->data[place].limit_bytes =
                smaller_limit(list->data[place].limit_bytes, entry.limit_bytes);
        }
    }
    list->count = kept;
    int_map_deinit(&places);
}

/** What the user says about stacks counts for all of them. */
static void impose_limit(struct facts *facts, struct entry_list *list, int64_t limit)
{
    facts->main_limit_bytes = facts->thread_limit_bytes = limit;
    for (size_t i = 0; i < list->count; i++)
        list->data[i].limit_bytes = limit;
}

static int by_kind(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

void entries_analyze(struct program *program, int64_t stack_limit)
{
    const struct image *image = program->images[0];
    struct facts *facts = program->facts;
    struct entry_list list = {0};
    uint32_t start = NONE;
    struct limits limits;
    limits_find(program, &limits);
    facts->main_limit_bytes = limits.main_bytes;
    facts->thread_limit_bytes = limit_of_threads(&limits);
    if (image->is_placed && image->entry)
        start = program_function_at(program, 0, image->entry);
    facts->main_function = find_main(program, start);
    entry_add(&list, facts->main_function, ENTRY_MAIN, facts->main_limit_bytes);
    entry_add(&list, start, ENTRY_START, facts->main_limit_bytes);
    add_constructors(program, limits.main_bytes, &list);
    entries_add_registered(program, &limits, &list);
    if (stack_limit >= 0)
        impose_limit(facts, &list, stack_limit);
    drop_repeated(&list);
    if (list.count)
        qsort(list.data, list.count, sizeof *list.data, by_kind);
    facts->entry_count = (uint32_t)list.count;
    facts->entries = arena_calloc(&program->arena, list.count, sizeof *facts->entries);
    if (list.count)
        memcpy(facts->entries, list.data, list.count * sizeof *facts->entries);
    free(list.data);
}
