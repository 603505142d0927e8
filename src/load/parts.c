/*
 * parts.c: pieces of functions that the compiler or a rewriter put elsewhere (cold and warm code).
 *
 * In: the functions of an image, sorted. Out: part_of and the lists of parts. With symbols, names
 * tell (gcc: f.cold, BOLT: f.cold.0, f.warm); of several functions of the name, the one whose
 * symbol stands nearest in the table is of the same source file. A part may have another of its
 * function's names than the one that was chosen (C++ constructors have two). Without symbols, the
 * unwind tables say that a frame already exists at a part's first instruction, and jumps from or
 * into the middle of another function say whose it is.
 */
#include "arch/arch.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/search.h"
#include "load/elf_file.h"
#include "load/functions.h"

#include <stdlib.h>
#include <string.h>

/** The function that covers @p address, or NONE. */
static uint32_t found_at(const struct finder *finder, uint64_t address)
{
    size_t after = COUNT_UP_TO(finder->found.data, finder->found.count, address);
    if (!after ||
        address - finder->found.data[after - 1].address >= finder->found.data[after - 1].bytes)
        return NONE;
    return (uint32_t)after - 1;
}

/* ---- Parts by name --------------------------------------------------------------------------- */

/**
 * Length of the parent's name in the name of a part that the compiler or linker moved away (gcc:
 * f.cold, BOLT: f.cold.0, f.warm), or 0.
 */
static size_t parent_length(const char *name)
{
    static const char *const suffixes[] = {".cold", ".warm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        for (const char *at = name; (at = strstr(at, suffixes[i])); at++)
            if (at > name && (at[5] == '\0' || at[5] == '.'))
                return (size_t)(at - name);
    return 0;
}

/** Functions by name; equal names (static functions of several files) are chained. */
struct name_index {
    struct string_map first;
    uint32_t *next;
};

static void index_names(const struct finder *finder, struct name_index *ret)
{
    string_map_init(&ret->first);
    ret->next = xmalloc(finder->found.count * sizeof *ret->next);
    for (uint32_t i = 0; i < finder->found.count; i++) {
        const struct function *function = &finder->found.data[i];
        ret->next[i] = NONE;
        if (!*function->linkage_name || function->source == FUNCTION_PLT ||
            parent_length(function->linkage_name))
            continue;
        ret->next[i] = string_map_get(&ret->first, function->linkage_name);
        string_map_set(&ret->first, function->linkage_name, i);
    }
}

static uint64_t distance(const struct finder *finder, const struct function *a,
                         const struct function *b)
{
    uint64_t x = finder->image->symbols[a->symbol].number;
    uint64_t y = finder->image->symbols[b->symbol].number;
    return x > y ? x - y : y - x;
}

static uint32_t find_parent(const struct finder *finder, const struct name_index *names,
                            uint32_t index, size_t length)
{
    const struct function *part = &finder->found.data[index];
    CLEANUP_FREE char *name = xstrndup(part->linkage_name, length);
    uint32_t best = NONE;
    for (uint32_t i = string_map_get(&names->first, name); i != NONE; i = names->next[i])
        if (best == NONE || distance(finder, &finder->found.data[i], part) <
                                distance(finder, &finder->found.data[best], part))
            best = i;
    return best;
}

static void join_by_name(struct finder *finder)
{
    struct name_index names;
    index_names(finder, &names);
    for (uint32_t i = 0; i < finder->found.count; i++) {
        struct function *part = &finder->found.data[i];
        size_t length = parent_length(part->linkage_name);
        if (length && part->source == FUNCTION_SYMBOL)
            part->part_of = find_parent(finder, &names, i, length);
    }
    string_map_deinit(&names.first);
    free(names.next);
}

/* ---- Parts by another name of their function ------------------------------------------------- */

/** Parts for which no function of the name was found. */
struct orphans {
    char **names;      /* of each function; NULL: it is none */
    uint32_t *next;    /* with the same name */
    uint64_t *nearest; /* how far from it the symbol of its parent stands */
    struct string_map first;
};

static void orphans_deinit(struct orphans *orphans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(orphans->names[i]);
    free(orphans->names);
    free(orphans->next);
    free(orphans->nearest);
    string_map_deinit(&orphans->first);
}

/** Returns whether there are any. */
static bool orphans_find(const struct finder *finder, struct orphans *ret)
{
    bool has_any = false;
    size_t count = finder->found.count;
    ret->names = xcalloc(count + 1, sizeof *ret->names);
    ret->next = xmalloc((count + 1) * sizeof *ret->next);
    ret->nearest = xmalloc((count + 1) * sizeof *ret->nearest);
    string_map_init(&ret->first);
    for (uint32_t i = 0; i < count; i++) {
        const struct function *part = &finder->found.data[i];
        size_t length = parent_length(part->linkage_name);
        if (!length || part->source != FUNCTION_SYMBOL || part->part_of != NONE)
            continue;
        ret->names[i] = xstrndup(part->linkage_name, length);
        ret->nearest[i] = UINT64_MAX;
        ret->next[i] = string_map_get(&ret->first, ret->names[i]);
        string_map_set(&ret->first, ret->names[i], i);
        has_any = true;
    }
    return has_any;
}

/** Gives the orphan to the function that begins at the symbol if that is the nearest so far. */
static void adopt(struct finder *finder, struct orphans *orphans, uint32_t index,
                  const struct symbol *symbol)
{
    struct function *part = &finder->found.data[index];
    uint64_t number = finder->image->symbols[part->symbol].number;
    uint64_t away = symbol->number > number ? symbol->number - number : number - symbol->number;
    uint32_t whole = found_at(finder, symbol->address);
    if (whole == NONE || whole == index || away >= orphans->nearest[index] ||
        finder->found.data[whole].address != symbol->address)
        return;
    part->part_of = whole;
    orphans->nearest[index] = away;
}

static void join_by_other_names(struct finder *finder)
{
    struct orphans orphans;
    const struct image *image = finder->image;
    bool has_any = orphans_find(finder, &orphans);
    for (uint32_t i = 0; has_any && i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || symbol->type != SYMBOL_FUNCTION)
            continue;
        for (uint32_t part = string_map_get(&orphans.first, symbol->name); part != NONE;
             part = orphans.next[part])
            adopt(finder, &orphans, part, symbol);
    }
    orphans_deinit(&orphans, finder->found.count);
}

/* ---- Parts without names --------------------------------------------------------------------- */

static int32_t entry_cfa_offset(const struct image *image, uint64_t address)
{
    size_t index = COUNT_BELOW(image->unwind_entries, image->unwind_count, address);
    if (index == image->unwind_count || image->unwind_entries[index].address != address)
        return -1;
    return image->unwind_entries[index].entry_cfa_offset;
}

/** Whether the unwind tables say that a frame already exists at the first instruction. */
static bool begins_inside(const struct finder *finder, const struct function *function)
{
    return function->source == FUNCTION_UNWIND &&
           entry_cfa_offset(finder->image, function->address) >
               (int32_t)finder->image->arch->return_address_bytes;
}

/** A direct jump between two functions: if one begins with a frame, it is the other's part. */
static void consider_jump(struct finder *finder, const bool *is_inside, uint32_t from,
                          uint64_t address)
{
    uint32_t to = found_at(finder, address);
    if (to == NONE || to == from || is_inside[from] == is_inside[to])
        return;
    uint32_t part = is_inside[from] ? from : to, whole = is_inside[from] ? to : from;
    // Leaving a part for another function's start is a tail call.
    if (part == from && finder->found.data[to].address == address)
        return;
    struct function *function = &finder->found.data[part];
    if (function->part_of == NONE && finder->found.data[whole].part_of == NONE)
        function->part_of = whole;
}

static void sweep_function(struct finder *finder, const bool *is_inside, uint32_t index)
{
    const struct image *image = finder->image;
    uint64_t address = finder->found.data[index].address, bytes = finder->found.data[index].bytes;
    const uint8_t *code = image_bytes(image, address, bytes);
    struct effect effect;
    for (uint64_t at = 0; code && at < bytes; at += effect.length ? effect.length : 1) {
        image->arch->decode(code + at, bytes - at, address + at, &effect);
        bool is_jump = effect.control == CONTROL_JUMP || effect.control == CONTROL_BRANCH;
        if (is_jump && effect.target_kind == TARGET_ADDRESS && effect.target - address >= bytes)
            consider_jump(finder, is_inside, index, effect.target);
    }
}

static void join_by_jumps(struct finder *finder)
{
    if (!finder->image->arch || !finder->image->is_stripped || !finder->found.count)
        return;
    CLEANUP_FREE bool *is_inside = xcalloc(finder->found.count, sizeof *is_inside);
    bool has_any = false;
    for (size_t i = 0; i < finder->found.count; i++)
        has_any |= is_inside[i] = begins_inside(finder, &finder->found.data[i]);
    for (uint32_t i = 0; has_any && i < finder->found.count; i++)
        if (finder->found.data[i].source != FUNCTION_PLT)
            sweep_function(finder, is_inside, i);
}

void functions_join_parts(struct finder *finder)
{
    join_by_name(finder);
    join_by_other_names(finder);
    join_by_jumps(finder);
    for (uint32_t i = 0; i < finder->found.count; i++) {
        struct function *part = &finder->found.data[i];
        if (part->part_of == i)
            part->part_of = NONE;
        if (part->part_of == NONE)
            continue;
        // A part of a part belongs to the whole.
        uint32_t whole = part->part_of;
        if (finder->found.data[whole].part_of != NONE && finder->found.data[whole].part_of != whole)
            whole = part->part_of = finder->found.data[whole].part_of;
        part->next_part = finder->found.data[whole].first_part;
        finder->found.data[whole].first_part = i;
    }
}
