/*
 * table.c: the table of allocators, as data, and finding a linkage name in it.
 *
 * In: a linkage name. Out: its row, or none. Sources: ISO C 7.24.3, POSIX, the Itanium C++ ABI
 * (mangling of operator new and delete), rustc's allocator shims (the crate __rustc) and its trait
 * GlobalAlloc, and the manuals of glibc, musl, newlib, jemalloc, mimalloc, tcmalloc, rpmalloc and
 * oneTBB. Most libraries repeat the names of the C library behind a prefix, so there is one family
 * of names and a list of prefixes. Left out on purpose: whatever allocates by calling one of these
 * (strdup, getline, g_malloc): its own code answers for it.
 */
#include "analysis/heap/allocators/allocators.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* name, role, then the arguments: size, alignment, count */
static const struct allocator family[] = {
    {"malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"reallocarray", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"reallocf", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"recallocarray", ALLOCATOR_REALLOCATE, {3, -1, 2}},
    {"memalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"posix_memalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"valloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"pvalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"cfree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"free_sized", ALLOCATOR_FREE, {1, -1, -1}},
    {"free_aligned_sized", ALLOCATOR_FREE, {2, 1, -1}},
    {"freezero", ALLOCATOR_FREE, {1, -1, -1}},
    {"mallocx", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"rallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"xallocx", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"dallocx", ALLOCATOR_FREE, {-1, -1, -1}},
    {"sdallocx", ALLOCATOR_FREE, {1, -1, -1}},
};

/* What stands before a name of the family; the empty one is the C library's own. */
static const char *const prefixes[] = {
    "",
    "__",      /* inner names of glibc and newlib */
    "__libc_", /* glibc, musl */
    "__GI_",
    "__GI___libc_", /* glibc, for calls within it */
    "__minimal_",   /* glibc's dynamic linker */
    "__interceptor_",
    "___interceptor_", /* sanitizers */
    "je_",
    "_rjem_",
    "__rjem_",
    "_rjem_je_", /* jemalloc; that of Rust */
    "mi_",       /* mimalloc */
    "tc_",       /* tcmalloc */
    "scalable_", /* oneTBB */
    "rp",        /* rpmalloc */
    "dl",        /* dlmalloc */
};

static const struct allocator others[] = {
    /* musl, newlib, tcmalloc behind its aliases, RTOSes */
    {"__libc_malloc_impl", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"__simple_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_malloc_r", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"_calloc_r", ALLOCATOR_ALLOCATE, {2, -1, 1}},
    {"_realloc_r", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"_reallocf_r", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"_memalign_r", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"_aligned_alloc_r", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"_valloc_r", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"_pvalloc_r", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"_free_r", ALLOCATOR_FREE, {-1, -1, -1}},
    {"_cfree_r", ALLOCATOR_FREE, {-1, -1, -1}},
    {"TCMallocInternalMalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"TCMallocInternalCalloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"TCMallocInternalRealloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"TCMallocInternalMemalign", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"TCMallocInternalAlignedAlloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"TCMallocInternalPosixMemalign", ALLOCATOR_ALLOCATE, {2, 1, -1}},
    {"TCMallocInternalNew", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"TCMallocInternalNewArray", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"TCMallocInternalFree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"TCMallocInternalDelete", ALLOCATOR_FREE, {-1, -1, -1}},
    {"TCMallocInternalDeleteSized", ALLOCATOR_FREE, {1, -1, -1}},
    {"TCMallocInternalDeleteArray", ALLOCATOR_FREE, {-1, -1, -1}},
    {"pvPortMalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"pvPortCalloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"pvPortRealloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"vPortFree", ALLOCATOR_FREE, {-1, -1, -1}},
    {"k_malloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"k_calloc", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"k_aligned_alloc", ALLOCATOR_ALLOCATE, {1, 0, -1}},
    {"k_realloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"k_free", ALLOCATOR_FREE, {-1, -1, -1}},
    /* C++ operator new and delete; size_t is m or j */
    {"_Znwm", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znam", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamSt11align_val_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znwm12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmRKSt9nothrow_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnwmSt11align_val_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_Znam12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamRKSt9nothrow_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"_ZnamSt11align_val_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"_ZnamSt11align_val_tRKSt9nothrow_t12__hot_cold_t", ALLOCATOR_ALLOCATE, {0, 1, -1}},
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
    /* mimalloc beyond the family */
    {"mi_malloc_small", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_zalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_zalloc_small", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"mi_mallocn", ALLOCATOR_ALLOCATE, {1, -1, 0}},
    {"mi_reallocn", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_rezalloc", ALLOCATOR_REALLOCATE, {1, -1, -1}},
    {"mi_recalloc", ALLOCATOR_REALLOCATE, {2, -1, 1}},
    {"mi_malloc_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_malloc_aligned_at", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_zalloc_aligned", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_zalloc_aligned_at", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"mi_calloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, 0}},
    {"mi_calloc_aligned_at", ALLOCATOR_ALLOCATE, {1, 2, 0}},
    {"mi_realloc_aligned", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_realloc_aligned_at", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_rezalloc_aligned", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_rezalloc_aligned_at", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"mi_recalloc_aligned", ALLOCATOR_REALLOCATE, {2, 3, 1}},
    {"mi_recalloc_aligned_at", ALLOCATOR_REALLOCATE, {2, 3, 1}},
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
    {"mi_heap_mallocn", ALLOCATOR_ALLOCATE, {2, -1, 1}},
    {"mi_heap_realloc", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"mi_heap_reallocf", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"mi_heap_reallocn", ALLOCATOR_REALLOCATE, {3, -1, 2}},
    {"mi_heap_rezalloc", ALLOCATOR_REALLOCATE, {2, -1, -1}},
    {"mi_heap_recalloc", ALLOCATOR_REALLOCATE, {3, -1, 2}},
    {"mi_heap_malloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_malloc_aligned_at", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_zalloc_aligned", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_zalloc_aligned_at", ALLOCATOR_ALLOCATE, {1, 2, -1}},
    {"mi_heap_calloc_aligned", ALLOCATOR_ALLOCATE, {2, 3, 1}},
    {"mi_heap_realloc_aligned", ALLOCATOR_REALLOCATE, {2, 3, -1}},
    {"mi_heap_realloc_aligned_at", ALLOCATOR_REALLOCATE, {2, 3, -1}},
    {"mi_heap_rezalloc_aligned", ALLOCATOR_REALLOCATE, {2, 3, -1}},
    {"mi_heap_alloc_new", ALLOCATOR_ALLOCATE, {1, -1, -1}},
    {"mi_heap_alloc_new_n", ALLOCATOR_ALLOCATE, {2, -1, 1}},
    {"mi_free_size", ALLOCATOR_FREE, {1, -1, -1}},
    {"mi_free_aligned", ALLOCATOR_FREE, {-1, 1, -1}},
    {"mi_free_size_aligned", ALLOCATOR_FREE, {1, 2, -1}},
    /* tcmalloc, oneTBB and rpmalloc beyond it */
    {"tc_malloc_skip_new_handler", ALLOCATOR_ALLOCATE, {0, -1, -1}},
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
    {"scalable_aligned_malloc", ALLOCATOR_ALLOCATE, {0, 1, -1}},
    {"scalable_aligned_realloc", ALLOCATOR_REALLOCATE, {1, 2, -1}},
    {"scalable_aligned_free", ALLOCATOR_FREE, {-1, -1, -1}},
    {"rpzalloc", ALLOCATOR_ALLOCATE, {0, -1, -1}},
    {"rpaligned_calloc", ALLOCATOR_ALLOCATE, {2, 0, 1}},
    {"rpaligned_realloc", ALLOCATOR_REALLOCATE, {2, 1, -1}},
    /* whole pages, from the system */
    {"mmap", ALLOCATOR_MAP, {1, -1, -1}},
    {"mmap64", ALLOCATOR_MAP, {1, -1, -1}},
    {"__mmap", ALLOCATOR_MAP, {1, -1, -1}},
    {"__mmap64", ALLOCATOR_MAP, {1, -1, -1}},
    {"mremap", ALLOCATOR_MAP, {2, -1, -1}},
    {"__mremap", ALLOCATOR_MAP, {2, -1, -1}},
    {"sbrk", ALLOCATOR_MAP, {0, -1, -1}},
    {"__sbrk", ALLOCATOR_MAP, {0, -1, -1}},
    {"_sbrk", ALLOCATOR_MAP, {0, -1, -1}},
    {"_sbrk_r", ALLOCATOR_MAP, {1, -1, -1}},
    {"brk", ALLOCATOR_MAP, {-1, -1, -1}},
    {"__brk", ALLOCATOR_MAP, {-1, -1, -1}},
    {"munmap", ALLOCATOR_UNMAP, {1, -1, -1}},
    {"__munmap", ALLOCATOR_UNMAP, {1, -1, -1}},
};

/* Methods of core::alloc::GlobalAlloc, which a program's own allocator implements. How a Layout is
   passed is up to the compiler. */
static const struct allocator global_alloc[] = {
    {"alloc", ALLOCATOR_ALLOCATE, {-1, -1, -1}},
    {"alloc_zeroed", ALLOCATOR_ALLOCATE, {-1, -1, -1}},
    {"realloc", ALLOCATOR_REALLOCATE, {3, -1, -1}},
    {"dealloc", ALLOCATOR_FREE, {-1, -1, -1}},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { LONGEST_NAME = 64 };

void allocator_names_init(struct allocator_names *names)
{
    string_map_init(&names->family);
    string_map_init(&names->others);
    for (uint32_t i = 0; i < COUNT(family); i++)
        string_map_set(&names->family, family[i].name, i);
    for (uint32_t i = 0; i < COUNT(others); i++)
        string_map_set(&names->others, others[i].name, i);
}

void allocator_names_deinit(struct allocator_names *names)
{
    string_map_deinit(&names->family);
    string_map_deinit(&names->others);
}

static const struct allocator *plain_name(const struct allocator_names *names, const char *name)
{
    uint32_t index = string_map_get(&names->others, name);
    if (index != MAP_NONE)
        return &others[index];
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], length) != 0)
            continue;
        index = string_map_get(&names->family, name + length);
        if (index != MAP_NONE)
            return &family[index];
    }
    return NULL;
}

/** Reads "5alloc" at @p text; returns what is behind it, or NULL. */
static const char *mangled_word(const char *text, const char **ret_word, size_t *ret_length)
{
    char *rest;
    if (*text < '1' || *text > '9')
        return NULL;
    unsigned long length = strtoul(text, &rest, 10);
    if (*rest == '_')
        rest++;
    if (length >= LONGEST_NAME || strnlen(rest, length) != length)
        return NULL;
    *ret_word = rest;
    *ret_length = length;
    return rest + length;
}

/**
 * Gets the last part of a name of the crate __rustc: in v0 mangling "_RNvC", disambiguator,
 * "7___rustc", length, name; in the older one "_ZN7___rustc", length, name, "17h", hash, "E". False
 * if it is none.
 */
static bool rustc_name(const char *name, const char **ret_word, size_t *ret_length)
{
    static const char v0[] = "_RNvC", legacy[] = "_ZN7___rustc", crate[] = "7___rustc";
    const char *rest;
    if (strncmp(name, legacy, sizeof legacy - 1) == 0) {
        rest = mangled_word(name + sizeof legacy - 1, ret_word, ret_length);
        return rest && strncmp(rest, "17h", 3) == 0;
    }
    if (strncmp(name, v0, sizeof v0 - 1) != 0)
        return false;
    name += sizeof v0 - 1;
    if (*name == 's') {
        name = strchr(name, '_');
        if (!name)
            return false;
        name++;
    }
    if (strncmp(name, crate, sizeof crate - 1) != 0)
        return false;
    rest = mangled_word(name + sizeof crate - 1, ret_word, ret_length);
    return rest && (!*rest || *rest == '.');
}

/** The method of core::alloc::GlobalAlloc that a Rust name ends in, in either mangling; or NULL. */
static const struct allocator *global_alloc_method(const char *name)
{
    static const char legacy[] = "core..alloc..global..GlobalAlloc$GT$";
    static const char v0[] = "5alloc6global11GlobalAlloc";
    bool is_legacy = strncmp(name, "_ZN", 3) == 0;
    if (!is_legacy && strncmp(name, "_R", 2) != 0)
        return NULL;
    const char *at = strstr(name, is_legacy ? legacy : v0), *word;
    size_t length;
    if (!at || !mangled_word(at + strlen(is_legacy ? legacy : v0), &word, &length))
        return NULL;
    // Behind the method stands the hash, or a crate; another part would make it something in it.
    char next = word[length];
    if (is_legacy ? strncmp(word + length, "17h", 3) != 0 : next && !strchr(".CB", next))
        return NULL;
    for (size_t i = 0; i < COUNT(global_alloc); i++)
        if (strlen(global_alloc[i].name) == length &&
            memcmp(global_alloc[i].name, word, length) == 0)
            return &global_alloc[i];
    return NULL;
}

const struct allocator *allocator_named(const struct allocator_names *names,
                                        const char *linkage_name)
{
    const char *word;
    size_t length;
    if (rustc_name(linkage_name, &word, &length)) {
        char name[LONGEST_NAME] = {0};
        memcpy(name, word, length);
        return plain_name(names, name);
    }
    // Most names are long mangled ones; no other allocator's is, and reading them costs time.
    if (strnlen(linkage_name, LONGEST_NAME) < LONGEST_NAME) {
        const struct allocator *allocator = plain_name(names, linkage_name);
        if (allocator)
            return allocator;
    }
    return global_alloc_method(linkage_name);
}

const struct allocator *allocator_find(const char *linkage_name)
{
    struct allocator_names names;
    allocator_names_init(&names);
    const struct allocator *allocator = allocator_named(&names, linkage_name);
    allocator_names_deinit(&names);
    return allocator;
}
