/*
 * counting.c: the malloc family, replaced in the program itself: counts and hands on to libc's.
 * libc's own calls (of strdup, qsort, printf, ...) end here too, since the dynamic loader finds the
 * program's definitions first. raised() is how many exceptions and panics began so far, if
 * raising.c was preloaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

unsigned allocations, frees;

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes)
{
    allocations++;
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    allocations++;
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    allocations++;
    frees++;
    return __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    allocations++;
    return __libc_memalign(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    allocations++;
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    allocations++;
    *ret = __libc_memalign(alignment, bytes);
    return *ret == NULL ? ENOMEM : 0;
}

void free(void *memory)
{
    frees++;
    __libc_free(memory);
}

unsigned raised(void)
{
    const unsigned *count = dlsym(RTLD_DEFAULT, "raised_count");
    return count == NULL ? 0 : *count;
}
