/*
 * origins.c: whose code a function is.
 *
 * A crate is read from a Rust symbol; for C and C++ the mangled namespace, the source path or, in a
 * program with debug information, the lack of any tells a library's code. A crate whose
 * functions are all in a dependency's files is one also where no file is known. What is not known
 * to be anything else is the user's: hiding the user's code would be worse than showing a
 * library's. If the user says what is own, the rest of that is a dependency.
 */
#include "analysis/origins/origins.h"

#include "analysis/origins/names.h"
#include "analysis/origins/paths.h"
#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/path.h"
#include "program/debug.h"

#include <string.h>

struct crate {
    const char *name;
    bool has_own_files, has_others_files;
};

struct origin_finder {
    struct program *program;
    const struct own_patterns *own;
    struct string_map crate_names; /* index in crates: one copy of each */
    ARRAY(struct crate) crates;
};

/** Adds a crate unless it is there; returns the one copy of its name. */
static const char *add_crate(struct origin_finder *finder, const char *name)
{
    uint32_t known = string_map_get(&finder->crate_names, name);
    if (known != MAP_NONE)
        return finder->crates.data[known].name;
    string_map_set(&finder->crate_names, name, (uint32_t)finder->crates.count);
    array_push(&finder->crates, (struct crate){.name = name});
    return name;
}

/** The same for a name that does not stay. */
static const char *intern_crate(struct origin_finder *finder, const char *name)
{
    uint32_t known = string_map_get(&finder->crate_names, name);
    if (known != MAP_NONE)
        return finder->crates.data[known].name;
    return add_crate(finder, arena_strdup(&finder->program->arena, name));
}

static const char *crate_of(struct origin_finder *finder, const char *linkage_name)
{
    char buffer[128];
    struct program *program = finder->program;
    if (linkage_name[0] != '_' || !program->symbol_crate ||
        !program->symbol_crate(linkage_name, buffer, sizeof buffer))
        return NULL;
    return intern_crate(finder, buffer);
}

/** The crate that a qualified name of Rust begins with; NULL of what the language itself makes. */
static const char *crate_of_qualified(struct origin_finder *finder, const char *name)
{
    char buffer[128];
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (!length || length >= sizeof buffer || strncmp(name + length, "::", 2) != 0)
        return NULL;
    memcpy(buffer, name, length);
    buffer[length] = 0;
    return intern_crate(finder, buffer);
}

static uint32_t file_of(const struct image *image, uint32_t debug_function)
{
    if (!image->debug || debug_function == NONE)
        return NONE;
    uint32_t file = image->debug->functions[debug_function].file;
    return file < image->debug->file_count ? file : NONE;
}

/** Whose the code in each source file is. */
static void find_files(struct origin_finder *finder)
{
    const struct debug_info *debug = finder->program->images[0]->debug;
    size_t count = debug ? debug->file_count : 0;
    uint8_t *origins = arena_calloc(&finder->program->arena, count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_FREE char *path = path_without_parents(debug->files[i]);
        origins[i] = (uint8_t)origin_of_path(path);
        if (finder->own->count && own_matches(finder->own, NULL, path))
            origins[i] = ORIGIN_USER;
        else if (finder->own->count && origins[i] == ORIGIN_USER)
            origins[i] = ORIGIN_DEPENDENCY;
    }
    finder->program->facts->file_origins = origins;
}

/** The crate's record, NULL without one. */
static struct crate *crate_record(struct origin_finder *finder, const char *crate)
{
    uint32_t known = crate ? string_map_get(&finder->crate_names, crate) : MAP_NONE;
    return known == MAP_NONE ? NULL : &finder->crates.data[known];
}

/** Notes in whose files the functions of crates stand. */
static void note_crate(struct origin_finder *finder, uint32_t function)
{
    const struct program *program = finder->program;
    struct crate *crate = crate_record(finder, program->facts->crates[function]);
    uint32_t file = file_of(program->images[0], program->functions[function].debug_function);
    if (!crate || file == NONE || program->functions[function].image != 0)
        return;
    bool is_own = program->facts->file_origins[file] == ORIGIN_USER;
    crate->has_own_files |= is_own;
    crate->has_others_files |= !is_own;
}

static enum origin origin_of_crate(struct origin_finder *finder, const char *name)
{
    const struct crate *crate = crate_record(finder, name);
    if (finder->own->count && own_matches(finder->own, name, NULL))
        return ORIGIN_USER;
    if (is_standard_crate(name))
        return ORIGIN_LIBRARY;
    if (crate && crate->has_others_files && !crate->has_own_files)
        return ORIGIN_DEPENDENCY;
    return finder->own->count ? ORIGIN_DEPENDENCY : ORIGIN_USER;
}

static enum origin origin_of(struct origin_finder *finder, const struct function *function,
                             const char *crate)
{
    const struct image *image = finder->program->images[0];
    if (function->source == FUNCTION_PLT || is_start_up(function->linkage_name))
        return ORIGIN_RUNTIME;
    if (function->image != 0)
        return ORIGIN_LIBRARY;
    uint32_t file = file_of(image, function->debug_function);
    enum origin origin = file == NONE ? ORIGIN_USER : finder->program->facts->file_origins[file];
    if (crate && file != NONE && !is_standard_crate(crate))
        return origin;
    if (crate)
        return origin_of_crate(finder, crate);
    if (is_standard_cpp(function->linkage_name))
        return ORIGIN_LIBRARY;
    if (file != NONE)
        return origin;
    // Where there is debug information, what has none was linked from an archive.
    if (image->debug && image->debug->function_count && function->debug_function == NONE &&
        !debug_line_at(image->debug, function->address))
        return image->is_static ? ORIGIN_LIBRARY : ORIGIN_DEPENDENCY;
    return finder->own->count ? ORIGIN_DEPENDENCY : ORIGIN_USER;
}

/** Whose something is that has no code: by its crate, its path, either may be NULL, and its name.
 */
static enum origin origin_of_named(struct origin_finder *finder, const char *crate,
                                   const char *path, bool is_standard)
{
    enum origin origin = path ? origin_of_path(path) : ORIGIN_USER;
    bool has_patterns = finder->own->count != 0;
    if (has_patterns && own_matches(finder->own, crate, path))
        return ORIGIN_USER;
    if (crate && (!path || is_standard_crate(crate)))
        return origin_of_crate(finder, crate);
    if (is_standard)
        return ORIGIN_LIBRARY;
    return has_patterns && origin == ORIGIN_USER ? ORIGIN_DEPENDENCY : origin;
}

static enum origin origin_of_type(struct origin_finder *finder, const struct layout *type)
{
    if (type->language != LANGUAGE_RUST)
        return origin_of_named(finder, NULL, type->file, is_standard_cpp_type(type->name));
    const char *crate = crate_of_qualified(finder, type->name);
    return crate ? origin_of_named(finder, crate, NULL, false) : ORIGIN_LIBRARY;
}

/** Whose the types are; once it is known whose the crates are. */
static void find_types(struct origin_finder *finder)
{
    struct program *program = finder->program;
    const struct debug_info *debug = program->images[0]->debug;
    uint32_t count = debug ? debug->layouts.count : 0;
    program->facts->type_origins = arena_calloc(&program->arena, count, 1);
    for (uint32_t i = 0; i < count; i++)
        program->facts->type_origins[i] =
            (uint8_t)origin_of_type(finder, &debug->layouts.layouts[i]);
}

static void finder_init(struct origin_finder *ret, struct program *program,
                        const struct own_patterns *own)
{
    *ret = (struct origin_finder){.program = program, .own = own};
    string_map_init(&ret->crate_names);
}

static void finder_deinit(struct origin_finder *finder)
{
    string_map_deinit(&finder->crate_names);
    array_deinit(&finder->crates);
}

void origins_analyze(struct program *program, const struct own_patterns *own)
{
    struct facts *facts = program->facts;
    struct origin_finder finder;
    finder_init(&finder, program, own);
    facts->origins = arena_calloc(&program->arena, program->function_count, 1);
    facts->crates = arena_calloc(&program->arena, program->function_count, sizeof *facts->crates);
    find_files(&finder);
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        // Only the file's own functions are shown with their crate.
        if (function->image != 0 || function->source == FUNCTION_PLT)
            continue;
        facts->crates[i] = crate_of(&finder, function->linkage_name);
        note_crate(&finder, i);
    }
    for (uint32_t i = 0; i < program->function_count; i++)
        facts->origins[i] = (uint8_t)origin_of(&finder, &program->functions[i], facts->crates[i]);
    find_types(&finder);
    finder_deinit(&finder);
}

void origins_settle_main(struct program *program)
{
    uint32_t main_function = program->facts->main_function;
    uint32_t end = program->image_functions ? program->image_functions[1] : 0;
    for (uint32_t i = 0; main_function != NONE && i < end; i++)
        if (i != main_function && strcmp(program->functions[i].linkage_name, "main") == 0)
            program->facts->origins[i] = ORIGIN_RUNTIME;
}

/* ---- Owners ---------------------------------------------------------------------------------- */

static enum origin origin_of_users(const struct facts *facts, const struct owner *owner)
{
    enum origin result = ORIGIN_RUNTIME;
    for (uint32_t i = 0; i < owner->user_count; i++) {
        enum origin origin = facts->origins[facts->owner_users[owner->first_user + i]];
        if (origin < result)
            result = origin;
    }
    return result;
}

/** The crate of all users, if they are of one. */
static const char *crate_of_users(const struct facts *facts, const struct owner *owner)
{
    const char *crate = NULL;
    for (uint32_t i = 0; i < owner->user_count; i++) {
        const char *next = facts->crates[facts->owner_users[owner->first_user + i]];
        if (!next || (crate && crate != next))
            return NULL;
        crate = next;
    }
    return crate;
}

static void find_owner_origin(struct origin_finder *finder, struct owner *owner)
{
    const struct program *program = finder->program;
    const struct facts *facts = program->facts;
    const struct debug_info *debug = program->images[0]->debug;
    if (owner->function != NONE) {
        owner->crate = facts->crates[owner->function];
        owner->origin = facts->origins[owner->function];
        return;
    }
    if (owner->linkage_name && is_start_up_data(owner->linkage_name))
        owner->origin = ORIGIN_RUNTIME;
    if (owner->origin == ORIGIN_RUNTIME)
        return;
    const char *path = NULL;
    if (owner->variable != NONE) {
        const struct debug_variable *variable = &debug->variables[owner->variable];
        if (debug->units[variable->unit].language == LANGUAGE_RUST)
            owner->crate = crate_of_qualified(finder, variable->name);
        path = variable->file < debug->file_count ? debug->files[variable->file] : NULL;
    }
    if (!owner->crate && owner->linkage_name)
        owner->crate = crate_of(finder, owner->linkage_name);
    bool is_named = owner->kind == OWNER_STATIC || owner->kind == OWNER_CONSTANT;
    if (!owner->crate && !is_named)
        owner->crate = crate_of_users(facts, owner);
    bool is_standard = owner->linkage_name && is_standard_cpp(owner->linkage_name);
    if (!owner->crate && !path && !is_named && !is_standard && owner->user_count)
        owner->origin = (uint8_t)origin_of_users(facts, owner);
    else
        owner->origin = (uint8_t)origin_of_named(finder, owner->crate, path, is_standard);
}

void origins_analyze_owners(struct program *program, const struct own_patterns *own)
{
    struct origin_finder finder;
    finder_init(&finder, program, own);
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (program->facts->crates[i])
            add_crate(&finder, program->facts->crates[i]);
        note_crate(&finder, i);
    }
    for (uint32_t i = 0; i < program->facts->owner_count; i++)
        find_owner_origin(&finder, &program->facts->owners[i]);
    finder_deinit(&finder);
}
