/*
 * origins.c: whose code a function is.
 *
 * A crate is read from a Rust symbol; for C and C++ the mangled namespace, the source path or, in a
 * static program with debug information, the lack of any tells a library's code. What is not known
 * to be anything else is the user's: hiding the user's code would be worse than showing a
 * library's.
 */
#include "analysis/origins.h"

#include "base/array.h"
#include "base/map.h"
#include "program/debug.h"

#include <string.h>

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

/** Crates that every Rust program gets: the standard library and what it is built from. */
static bool is_standard_crate(const char *crate)
{
    static const char *const crates[] = {
        "std",
        "core",
        "alloc",
        "proc_macro",
        "test",
        "panic_unwind",
        "panic_abort",
        "unwind",
        "compiler_builtins",
        "hashbrown",
        "gimli",
        "addr2line",
        "miniz_oxide",
        "rustc_demangle",
        "object",
        "memchr",
        "adler",
        "adler2",
        "std_detect",
        "cfg_if",
        "__rustc",
        "backtrace",
        "rustc_std_workspace_core",
        "rustc_std_workspace_alloc",
        NULL,
    };
    return is_one_of(crate, crates);
}

static bool is_start_up(const char *name)
{
    static const char *const names[] = {
        "_start",
        "_init",
        "_fini",
        "deregister_tm_clones",
        "register_tm_clones",
        "__do_global_dtors_aux",
        "frame_dummy",
        "__libc_csu_init",
        "__libc_csu_fini",
        "_dl_relocate_static_pie",
        "__do_global_ctors_aux",
        "__clang_call_terminate",
        "atexit",
        "at_quick_exit",
        "__stack_chk_fail_local",
        NULL,
    };
    return is_one_of(name, names);
}

/** Data that start-up code and compilers add to every program. */
static bool is_start_up_data(const char *name)
{
    static const char *const names[] = {
        "__dso_handle", "_IO_stdin_used",
        "__TMC_END__",  "__rustc_debug_gdb_scripts_section__",
        "completed.0",  "__frame_dummy_init_array_entry",
        NULL,
    };
    static const char *const prefixes[] = {"DW.ref.", "_rust_extern_with_linkage_", NULL};
    return is_one_of(name, names) || has_prefix(name, prefixes);
}

/** Names in std::, __gnu_cxx:: and __cxxabiv1:: as the Itanium C++ ABI mangles them. */
static bool is_standard_cpp(const char *name)
{
    static const char *const prefixes[] = {
        "_ZSt",
        "_ZNSt",
        "_ZNKSt",
        "_ZNSa",
        "_ZNSb",
        "_ZNSs",
        "_ZNSi",
        "_ZNSo",
        "_ZNSd",
        "_ZNKSa",
        "_ZNKSb",
        "_ZNKSs",
        "_ZN9__gnu_cxx",
        "_ZNK9__gnu_cxx",
        "_ZN10__cxxabiv1",
        "_ZNK10__cxxabiv1",
        "_ZTVSt",
        "_ZTVNSt",
        "_ZTISt",
        "_ZTINSt",
        "_ZTSSt",
        "_ZTSNSt",
        "_ZTVN10__cxxabiv1",
        "_ZTIN10__cxxabiv1",
        "_ZTSN10__cxxabiv1",
        "_ZnwmRKSt",
        "_ZGVNSt",
        NULL,
    };
    return has_prefix(name, prefixes);
}

/** Sources of libraries: rustc's own, the C++ headers, and what cargo keeps for the toolchain. */
static bool is_library_path(const char *path)
{
    return (strncmp(path, "/rustc/", 7) == 0 &&
            (strstr(path, "/library/") || strstr(path, "/vendor/"))) ||
           strncmp(path, "/usr/include/c++/", 17) == 0 || strncmp(path, "/usr/lib/gcc/", 13) == 0 ||
           strstr(path, "/rustlib/src/rust/library/") || strstr(path, "/rust/deps/");
}

struct origin_finder {
    struct program *program;
    struct string_map crate_names; /* index in names: one copy of each */
    struct {
        const char **data;
        size_t count, capacity;
    } names;
};

static const char *crate_of(struct origin_finder *finder, const char *linkage_name)
{
    char buffer[128];
    struct program *program = finder->program;
    if (linkage_name[0] != '_' || !program->symbol_crate ||
        !program->symbol_crate(linkage_name, buffer, sizeof buffer))
        return NULL;
    uint32_t known = string_map_get(&finder->crate_names, buffer);
    if (known != MAP_NONE)
        return finder->names.data[known];
    const char *name = arena_strdup(&program->arena, buffer);
    string_map_set(&finder->crate_names, name, (uint32_t)finder->names.count);
    array_push(&finder->names, name);
    return name;
}

static const char *debug_path(const struct image *image, uint32_t debug_function)
{
    if (!image->debug || debug_function == NONE)
        return NULL;
    uint32_t file = image->debug->functions[debug_function].file;
    return file == NONE ? NULL : image->debug->files[file];
}

static enum origin origin_of(const struct program *program, const struct function *function,
                             const char *crate)
{
    if (function->source == FUNCTION_PLT || is_start_up(function->linkage_name))
        return ORIGIN_RUNTIME;
    if (function->image != 0)
        return ORIGIN_LIBRARY;
    const struct image *image = program->images[0];
    const char *path = debug_path(image, function->debug_function);
    if (crate)
        return is_standard_crate(crate) ? ORIGIN_LIBRARY : ORIGIN_USER;
    if (is_standard_cpp(function->linkage_name) || (path && is_library_path(path)))
        return ORIGIN_LIBRARY;
    // In a static program with debug information, what has none was linked from an archive.
    if (image->is_static && image->debug && image->debug->function_count &&
        function->debug_function == NONE)
        return ORIGIN_LIBRARY;
    return ORIGIN_USER;
}

static void finder_deinit(struct origin_finder *finder)
{
    string_map_deinit(&finder->crate_names);
    array_deinit(&finder->names);
}

void origins_analyze(struct program *program)
{
    struct facts *facts = program->facts;
    struct origin_finder finder = {.program = program};
    string_map_init(&finder.crate_names);
    facts->origins = arena_calloc(&program->arena, program->function_count, 1);
    facts->crates = arena_calloc(&program->arena, program->function_count, sizeof *facts->crates);
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        // Only the file's own functions are shown with their crate.
        if (function->image == 0 && function->source != FUNCTION_PLT)
            facts->crates[i] = crate_of(&finder, function->linkage_name);
        facts->origins[i] = (uint8_t)origin_of(program, function, facts->crates[i]);
    }
    finder_deinit(&finder);
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

/** The crate that a variable's qualified name begins with, for Rust units. */
static const char *crate_of_variable(struct origin_finder *finder,
                                     const struct debug_variable *variable,
                                     const struct debug_unit *unit)
{
    const char *end = strstr(variable->name, "::");
    if (unit->language != LANGUAGE_RUST || !end || variable->name[0] == '<')
        return NULL;
    char *copy =
        arena_strndup(&finder->program->arena, variable->name, (size_t)(end - variable->name));
    uint32_t known = string_map_get(&finder->crate_names, copy);
    if (known != MAP_NONE)
        return finder->names.data[known];
    string_map_set(&finder->crate_names, copy, (uint32_t)finder->names.count);
    array_push(&finder->names, copy);
    return copy;
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
        owner->crate = crate_of_variable(finder, variable, &debug->units[variable->unit]);
        path = variable->file == NONE ? NULL : debug->files[variable->file];
    }
    if (!owner->crate && owner->linkage_name)
        owner->crate = crate_of(finder, owner->linkage_name);
    bool is_named = owner->kind == OWNER_STATIC || owner->kind == OWNER_CONSTANT;
    if (!owner->crate && !is_named)
        owner->crate = crate_of_users(facts, owner);
    if (owner->crate)
        owner->origin = is_standard_crate(owner->crate) ? ORIGIN_LIBRARY : ORIGIN_USER;
    else if ((path && is_library_path(path)) ||
             (owner->linkage_name && is_standard_cpp(owner->linkage_name)))
        owner->origin = ORIGIN_LIBRARY;
    else if (!is_named && owner->user_count)
        owner->origin = (uint8_t)origin_of_users(facts, owner);
}

void origins_analyze_owners(struct program *program)
{
    struct origin_finder finder = {.program = program};
    string_map_init(&finder.crate_names);
    for (uint32_t i = 0; i < program->facts->owner_count; i++)
        find_owner_origin(&finder, &program->facts->owners[i]);
    finder_deinit(&finder);
}
