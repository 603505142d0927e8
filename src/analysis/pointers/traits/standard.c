/*
 * standard.c: code of Rust's standard library as it comes with the compiler.
 *
 * In: debug information, symbols, direct calls. Out: which functions are certainly the library's.
 *
 * The library comes with lines but without types and variables, compiled in a folder that its
 * makers name /rustc. So where all other Rust units of an image describe types, code that has lines
 * and no function of such a unit is the library's. Of a few of its crates there is nothing in debug
 * information. Symbols (v0 mangling, RFC 2603) name crates with their ids: those that the library's
 * own code belongs to, and those that it calls, are the library's, since it cannot know others.
 * Code of these alone is the library's, unless there is other code that debug information is silent
 * about: it might have functions of the library's that were inlined, or made equal to its own.
 */
#include "analysis/pointers/traits/standard.h"

#include "analysis/pointers/indirect.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool begins_with(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool standard_is_unit(const struct debug_unit *unit)
{
    return unit->language == LANGUAGE_RUST && !unit->has_details &&
           (begins_with(unit->directory, "/rustc/") || begins_with(unit->name, "/rustc/") ||
            begins_with(unit->directory, "/rust/deps/"));
}

/* ---- Crates in symbols ----------------------------------------------------------------------- */

/**
 * Finds the next crate, "Cs" id "_" length name, from @p at on: its text in @p ret, from the id
 * on. Returns what is behind it, NULL at the end. What looks like one may be a part of a name.
 */
static const char *next_crate(const char *at, char ret[], size_t size)
{
    static const char base_62[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (; (at = strstr(at, "Cs")) != NULL; at++) {
        const char *id_end = at + 2 + strspn(at + 2, base_62);
        if (*id_end != '_' || id_end[1] < '1' || id_end[1] > '9')
            continue;
        char *name;
        unsigned long length = strtoul(id_end + 1, &name, 10);
        name += *name == '_';
        size_t bytes = (size_t)(name - at) + length;
        if (length > size || bytes >= size || strnlen(name, length) < length)
            continue;
        memcpy(ret, at, bytes);
        ret[bytes] = 0;
        return at + bytes;
    }
    return NULL;
}

enum { MAX_CRATE = 256, MAX_ROUNDS = 8 };

static void note_crates(struct standard *standard, const char *symbol)
{
    char crate[MAX_CRATE];
    if (!begins_with(symbol, "_R"))
        return;
    for (const char *at = symbol; (at = next_crate(at, crate, sizeof crate)) != NULL;)
        if (string_map_get(&standard->crates, crate) == MAP_NONE)
            string_map_set(&standard->crates, arena_strdup(&standard->program->arena, crate), 1);
}

bool standard_has_symbol(const struct standard *standard, const char *symbol)
{
    char crate[MAX_CRATE];
    bool is_known = false;
    if (!begins_with(symbol, "_R"))
        return false;
    for (const char *at = symbol; (at = next_crate(at, crate, sizeof crate)) != NULL;) {
        // Made by the compiler: the ways to the program's allocator.
        if (string_map_get(&standard->crates, crate) == MAP_NONE && !strstr(crate, "7___rustc"))
            return false;
        is_known = true;
    }
    return is_known;
}

/* ---- Functions ------------------------------------------------------------------------------- */

static bool is_dark(const struct program *program, const struct function *function)
{
    const struct debug_info *debug = program->images[function->image]->debug;
    return function->debug_function == NONE && !debug_line_at(debug, function->address);
}

static bool is_lined(const struct standard *standard, const struct function *function)
{
    const struct debug_info *debug = standard->program->images[function->image]->debug;
    if (!standard->has_lines[function->image] || !debug_line_at(debug, function->address))
        return false;
    return function->debug_function == NONE ||
           standard_is_unit(&debug->units[debug->functions[function->debug_function].unit]);
}

bool standard_has(const struct standard *standard, uint32_t function)
{
    const struct function *record = &standard->program->functions[function];
    if (record->image == NONE || !is_rust_function(standard->program, function))
        return false;
    if (is_lined(standard, record))
        return true;
    return standard->has_dark[record->image] && is_dark(standard->program, record) &&
           standard_has_symbol(standard, record->linkage_name);
}

/* ---- All of it ------------------------------------------------------------------------------- */

/** What units of one crate have in common, which is compiled in one way: its folder and file. */
static const char *root_of(struct standard *standard, const struct debug_unit *unit)
{
    const char *end = strstr(unit->name, "/@/");
    int bytes = end ? (int)(end - unit->name) : (int)strlen(unit->name);
    return arena_printf(&standard->program->arena, "%s/%.*s",
                        unit->directory ? unit->directory : "", bytes, unit->name);
}

/** Whether all Rust units but the library's describe types, they or others of their crates. */
static bool are_described(struct standard *standard, const struct debug_info *debug)
{
    struct string_map described;
    bool are_all = true;
    string_map_init(&described);
    for (uint32_t i = 0; i < debug->unit_count; i++)
        if (debug->units[i].language == LANGUAGE_RUST && debug->units[i].has_details)
            string_map_set(&described, root_of(standard, &debug->units[i]), 1);
    for (uint32_t i = 0; i < debug->unit_count && are_all; i++) {
        const struct debug_unit *unit = &debug->units[i];
        if (unit->language == LANGUAGE_RUST && !unit->has_details && !standard_is_unit(unit))
            are_all = string_map_get(&described, root_of(standard, unit)) != MAP_NONE;
    }
    string_map_deinit(&described);
    return are_all;
}

static void read_units(struct standard *standard)
{
    for (uint32_t i = 0; i < standard->program->image_count; i++) {
        const struct debug_info *debug = standard->program->images[i]->debug;
        standard->has_lines[i] = debug && debug->unit_count && are_described(standard, debug);
    }
}

/** Notes the crates of a function of the library and of what it calls. */
static void read_function(struct standard *standard, uint32_t function)
{
    const struct program *program = standard->program;
    note_crates(standard, program->functions[function].linkage_name);
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        const struct call *call = &program->calls[i];
        if (call->kind <= CALL_GOT && call->target_count == 1)
            note_crates(standard,
                        program->functions[program->call_targets[call->first_target]].linkage_name);
    }
}

static bool is_code(const struct program *program, uint32_t function)
{
    const struct function *record = &program->functions[function];
    return record->image != NONE && record->part_of == NONE && record->source != FUNCTION_PLT &&
           is_rust_function(program, function);
}

/** Notes the library's crates: those of its code, and of what that calls, and so on. */
static void find_crates(struct standard *standard)
{
    const struct program *program = standard->program;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (is_code(program, i) && is_lined(standard, &program->functions[i]))
            read_function(standard, i);
    size_t before = 0;
    for (int round = 0; round < MAX_ROUNDS && before != standard->crates.count; round++) {
        before = standard->crates.count;
        for (uint32_t i = 0; i < program->function_count; i++)
            if (is_code(program, i) && is_dark(program, &program->functions[i]) &&
                standard_has_symbol(standard, program->functions[i].linkage_name))
                read_function(standard, i);
    }
}

static void find_other_dark(struct standard *standard)
{
    const struct program *program = standard->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        if (is_code(program, i) && is_dark(program, function) &&
            !standard_has_symbol(standard, function->linkage_name))
            standard->has_dark[function->image] = false;
    }
}

void standard_init(struct standard *ret, struct program *program)
{
    *ret = (struct standard){.program = program};
    ret->has_lines = xcalloc((size_t)program->image_count + 1, sizeof *ret->has_lines);
    ret->has_dark = xcalloc((size_t)program->image_count + 1, sizeof *ret->has_dark);
    string_map_init(&ret->crates);
    read_units(ret);
    memcpy(ret->has_dark, ret->has_lines, program->image_count * sizeof *ret->has_dark);
    find_crates(ret);
    find_other_dark(ret);
}

void standard_deinit(struct standard *standard)
{
    free(standard->has_lines);
    free(standard->has_dark);
    string_map_deinit(&standard->crates);
}
