/*
 * allocators.c: the table of allocators, as data, and where they are in a program.
 *
 * In: linkage names of functions and symbols. Out: facts.allocator_roles,
 * facts.allocator_arguments, facts.wanted_arguments. Sources: ISO C 7.24.3,
 * POSIX, the Itanium C++ ABI (mangling of operator new and delete), rustc's allocator shims (the
 * crate __rustc of v0 mangling), and the manuals of glibc, jemalloc, mimalloc and tcmalloc. Left
 * out on purpose: mmap and brk, which hand out pages and not heap memory, and whatever allocates by
 * calling one of these (strdup, g_malloc): its own code answers for it.
 */
#include "analysis/heap/allocators.h"

#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* name, role, then the arguments: size, alignment, count */
static const struct allocator allocators[] = {
    /* ISO C, POSIX and their kin */
    {"malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"reallocarray", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"reallocf", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"pvalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"cfree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"free_aligned_sized", ALLOCATOR_FREE, {2, 1, -1}},
    /* inner names: glibc, its loader, musl, newlib, sanitizers */
    {"__libc_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__libc_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"__libc_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__libc_reallocarray", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"__libc_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__libc_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__libc_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__libc_pvalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__libc_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"__malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"__realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__cfree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__minimal_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__minimal_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"__minimal_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__minimal_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__libc_malloc_impl", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__simple_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_malloc_r", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"_calloc_r", ALLOCATOR_ALLOCATE, {2, -1, 1}},
    {"_realloc_r", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"_memalign_r", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"_free_r", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__interceptor_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__interceptor_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"__interceptor_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__interceptor_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__interceptor_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__interceptor_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"__interceptor_free", ALLOCATOR_FREE, {-1, -1, -1}},
    /* C++ operator new and delete; size_t is m or j */
    {"_Znwm", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znam", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znwj", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwjRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwjSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnwjSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znaj", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnajRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnajSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnajSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZdlPv", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_ZdlPvRKSt9nothrow_t", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_ZdlPvSt11align_val_t", ALLOCATOR_FREE, {-1, 1, -1}},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FREE, {-1, 1, -1}},
    {"_ZdlPvm", ALLOCATOR_FREE, {1, -1, -1}},
    {"_ZdlPvmSt11align_val_t", ALLOCATOR_FREE, {1, 2, -1}},
    {"_ZdlPvj", ALLOCATOR_FREE, {1, -1, -1}},
    {"_ZdlPvjSt11align_val_t", ALLOCATOR_FREE, {1, 2, -1}},
    {"_ZdaPv", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_ZdaPvRKSt9nothrow_t", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_ZdaPvSt11align_val_t", ALLOCATOR_FREE, {-1, 1, -1}},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FREE, {-1, 1, -1}},
    {"_ZdaPvm", ALLOCATOR_FREE, {1, -1, -1}},
    {"_ZdaPvmSt11align_val_t", ALLOCATOR_FREE, {1, 2, -1}},
    {"_ZdaPvj", ALLOCATOR_FREE, {1, -1, -1}},
    {"_ZdaPvjSt11align_val_t", ALLOCATOR_FREE, {1, 2, -1}},
    /* Rust: what the compiler calls, the default behind it, and the program's own */
    {"__rust_alloc", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rust_alloc_zeroed", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rust_realloc", ALLOCATOR_REALLOCATE, {3, 2, -1}},
    {"__rust_dealloc", ALLOCATOR_FREE, {1, 2, -1}},
    {"__rdl_alloc", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rdl_alloc_zeroed", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rdl_realloc", ALLOCATOR_REALLOCATE, {3, 2, -1}},
    {"__rdl_dealloc", ALLOCATOR_FREE, {1, 2, -1}},
    {"__rg_alloc", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rg_alloc_zeroed", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"__rg_realloc", ALLOCATOR_REALLOCATE, {3, 2, -1}},
    {"__rg_dealloc", ALLOCATOR_FREE, {1, 2, -1}},
    /* jemalloc */
    {"je_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"je_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"je_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"je_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"je_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"je_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"je_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"je_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"je_free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"je_free_aligned_sized", ALLOCATOR_FREE, {2, 1, -1}},
    {"_rjem_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_rjem_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"_rjem_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"_rjem_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"_rjem_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"_rjem_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"_rjem_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_rjem_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_rjem_free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"_rjem_free_aligned_sized", ALLOCATOR_FREE, {2, 1, -1}},
    {"__rjem_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__rjem_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"__rjem_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__rjem_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__rjem_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"__rjem_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"__rjem_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__rjem_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__rjem_free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"__rjem_free_aligned_sized", ALLOCATOR_FREE, {2, 1, -1}},
    {"mallocx", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"rallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"xallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"dallocx", ALLOCATOR_FREE, {-1, -1, -1}},
    {"sdallocx", ALLOCATOR_FREE, {1, -1, -1}},
    {"je_mallocx", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"je_rallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"je_xallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"je_dallocx", ALLOCATOR_FREE, {-1, -1, -1}},
    {"je_sdallocx", ALLOCATOR_FREE, {1, -1, -1}},
    {"_rjem_mallocx", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_rjem_rallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"_rjem_xallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"_rjem_dallocx", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_rjem_sdallocx", ALLOCATOR_FREE, {1, -1, -1}},
    {"__rjem_mallocx", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__rjem_rallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__rjem_xallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"__rjem_dallocx", ALLOCATOR_FREE, {-1, -1, -1}},
    {"__rjem_sdallocx", ALLOCATOR_FREE, {1, -1, -1}},
    /* mimalloc */
    {"mi_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_malloc_small", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_zalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_zalloc_small", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"mi_mallocn", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"mi_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"mi_reallocf", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"mi_reallocn", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_rezalloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"mi_recalloc", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_reallocarray", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_malloc_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_zalloc_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_malloc_aligned_at", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_calloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, 0}},
    {"mi_realloc_aligned", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_rezalloc_aligned", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"mi_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"mi_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"mi_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_pvalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_new", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_new_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_new_nothrow", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_new_aligned_nothrow", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_new_n", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"mi_new_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"mi_new_reallocn", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_heap_malloc", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"mi_heap_malloc_small", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"mi_heap_zalloc", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"mi_heap_calloc", ALLOCATOR_ALLOCATE, {2, -1, 1}},
    {"mi_heap_realloc", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"mi_heap_malloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_zalloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_realloc_aligned", ALLOCATOR_REALLOCATE, {2, 3, -1}},
    {"mi_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"mi_cfree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"mi_free_size", ALLOCATOR_FREE, {1, -1, -1}},
    {"mi_free_aligned", ALLOCATOR_FREE, {-1, 1, -1}},
    {"mi_free_size_aligned", ALLOCATOR_FREE, {1, 2, -1}},
    /* tcmalloc, FreeRTOS */
    {"tc_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"tc_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"tc_memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"tc_posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"tc_valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_pvalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_cfree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"tc_new", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_new_nothrow", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_new_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"tc_new_aligned_nothrow", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"tc_newarray", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_newarray_nothrow", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"tc_newarray_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"tc_newarray_aligned_nothrow", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"tc_delete", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_delete_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"tc_delete_nothrow", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_delete_aligned", ALLOCATOR_FREE, {-1, 1, -1}},
    {"tc_delete_sized_aligned", ALLOCATOR_FREE, {1, 2, -1}},
    {"tc_deletearray", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_deletearray_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"tc_deletearray_nothrow", ALLOCATOR_FREE, {-1, -1, -1}},
    {"tc_deletearray_aligned", ALLOCATOR_FREE, {-1, 1, -1}},
    {"tc_deletearray_sized_aligned", ALLOCATOR_FREE, {1, 2, -1}},
    {"pvPortMalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"vPortFree", ALLOCATOR_FREE, {-1, -1, -1}},
};

enum { ALLOCATOR_COUNT = sizeof allocators / sizeof *allocators, LONGEST_NAME = 96 };

static void names_init(struct string_map *names)
{
    string_map_init(names);
    for (uint32_t i = 0; i < ALLOCATOR_COUNT; i++)
        string_map_set(names, allocators[i].name, i);
}

static const struct allocator *exact_name(const struct string_map *names, const char *name)
{
    uint32_t index = string_map_get(names, name);
    return index == MAP_NONE ? NULL : &allocators[index];
}

/**
 * Returns the last part of a name of the crate __rustc in v0 mangling, "_RNvC", disambiguator,
 * "7___rustc", length, name; its length goes to @p ret_length. NULL if it is none.
 */
static const char *rustc_name(const char *name, size_t *ret_length)
{
    static const char start[] = "_RNvC", crate[] = "7___rustc";
    if (strncmp(name, start, sizeof start - 1) != 0)
        return NULL;
    name += sizeof start - 1;
    if (*name == 's') {
        name = strchr(name, '_');
        if (!name)
            return NULL;
        name++;
    }
    if (strncmp(name, crate, sizeof crate - 1) != 0)
        return NULL;
    char *rest;
    unsigned long length = strtoul(name + sizeof crate - 1, &rest, 10);
    if (*rest == '_')
        rest++;
    if (rest == name + sizeof crate - 1 || strnlen(rest, length) != length ||
        (rest[length] && rest[length] != '.'))
        return NULL;
    *ret_length = length;
    return rest;
}

static const struct allocator *find(const struct string_map *names, const char *linkage_name)
{
    // Most names are long mangled ones; no allocator's is, and reading them all costs time.
    if (strnlen(linkage_name, LONGEST_NAME) == LONGEST_NAME)
        return NULL;
    size_t length;
    const char *tail = rustc_name(linkage_name, &length);
    if (!tail)
        return exact_name(names, linkage_name);
    char name[LONGEST_NAME] = {0};
    memcpy(name, tail, length);
    return exact_name(names, name);
}

const struct allocator *allocator_find(const char *linkage_name)
{
    struct string_map names;
    names_init(&names);
    const struct allocator *allocator = find(&names, linkage_name);
    string_map_deinit(&names);
    return allocator;
}

static bool allocator_allocates(uint8_t role)
{
    return role == ALLOCATOR_ALLOCATE || role == ALLOCATOR_REALLOCATE;
}

static void mark_argument(int8_t *argument, int8_t index, bool is_first)
{
    *argument = is_first || *argument == index ? index : -1;
}

/** Marks a function by one of its names; arguments that the names disagree on are not known. */
static void mark(struct facts *facts, uint32_t function, const struct allocator *allocator)
{
    bool is_first = facts->allocator_roles[function] == ALLOCATOR_NONE;
    struct allocator_arguments *arguments = &facts->allocator_arguments[function];
    mark_argument(&arguments->size, allocator->arguments.size, is_first);
    mark_argument(&arguments->alignment, allocator->arguments.alignment, is_first);
    mark_argument(&arguments->count, allocator->arguments.count, is_first);
    if (arguments->count != allocator->arguments.count)
        arguments->size = -1; // perhaps it is that of one element
    facts->allocator_roles[function] = allocator->role;
}

/** A function may have several names; the one that was chosen for it need not be malloc. */
static void mark_by_symbols(struct program *program, const struct string_map *names,
                            uint32_t image_index)
{
    const struct image *image = program->images[image_index];
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined ||
            (symbol->type != SYMBOL_FUNCTION && symbol->type != SYMBOL_IFUNC))
            continue;
        const struct allocator *allocator = find(names, symbol->name);
        if (!allocator)
            continue;
        uint32_t function = program_function_at(program, image_index, symbol->address);
        if (function != NONE && program->functions[function].address == symbol->address)
            mark(program->facts, function, allocator);
    }
}

static void mark_by_names(struct program *program, const struct string_map *names)
{
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        // A stub is not the function that it forwards to; its callers are led past it.
        if (function->source == FUNCTION_PLT || function->part_of != NONE)
            continue;
        const struct allocator *allocator = find(names, function->linkage_name);
        if (allocator)
            mark(program->facts, i, allocator);
    }
}

/** Whether @p readable is @p name, or is it but for the list of parameters. */
static bool is_readable_name(const char *readable, const char *name)
{
    size_t length = strlen(name);
    return strncmp(readable, name, length) == 0 && (!readable[length] || readable[length] == '(');
}

static bool is_named(const struct program *program, uint32_t function, const char *name)
{
    const char *linkage_name = program->functions[function].linkage_name;
    if (strcmp(linkage_name, name) == 0)
        return true;
    if (!program->demangle || linkage_name[0] != '_')
        return false;
    CLEANUP_FREE char *readable = program->demangle(linkage_name);
    return readable && is_readable_name(readable, name);
}

static void mark_extra(struct program *program, const char *name)
{
    static const struct allocator extra = {NULL, ALLOCATOR_ALLOCATE, {-1, -1, -1}};
    bool found = false;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        if (function->source == FUNCTION_PLT || function->part_of != NONE ||
            !is_named(program, i, name))
            continue;
        if (!allocator_allocates(program->facts->allocator_roles[i])) {
            program->facts->allocator_roles[i] = ALLOCATOR_NONE;
            mark(program->facts, i, &extra);
        }
        found = true;
    }
    if (!found)
        diagnose(&program->diagnostics, NULL,
                 "no function is named %s, so it does not count as an allocator", name);
}

static uint8_t argument_bit(int8_t index)
{
    return index < 0 ? 0 : (uint8_t)(1U << index);
}

/** Asks for the constants that are handed to the functions that allocate. */
static void want_arguments(struct facts *facts, uint32_t function_count)
{
    for (uint32_t i = 0; i < function_count; i++) {
        const struct allocator_arguments *arguments = &facts->allocator_arguments[i];
        if (allocator_allocates(facts->allocator_roles[i]))
            facts->wanted_arguments[i] |= argument_bit(arguments->size) |
                                          argument_bit(arguments->alignment) |
                                          argument_bit(arguments->count);
    }
}

void allocators_mark(struct program *program, const char *const *extra, size_t extra_count)
{
    struct facts *facts = program->facts;
    size_t count = (size_t)program->function_count + 1;
    facts->allocator_roles = arena_calloc(&program->arena, count, sizeof *facts->allocator_roles);
    facts->allocator_arguments =
        arena_calloc(&program->arena, count, sizeof *facts->allocator_arguments);
    facts->wanted_arguments = arena_calloc(&program->arena, count, sizeof *facts->wanted_arguments);
    struct string_map names;
    names_init(&names);
    for (uint32_t i = 0; i < program->image_count; i++)
        mark_by_symbols(program, &names, i);
    mark_by_names(program, &names);
    string_map_deinit(&names);
    for (size_t i = 0; i < extra_count; i++)
        mark_extra(program, extra[i]);
    want_arguments(facts, program->function_count);
}
