/* memory.c: malloc and its family with the failure taken out. */
#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void out_of_memory(void)
{
    fputs("dwell: out of memory\n", stderr);
    abort();
}

void *xmalloc(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xcalloc(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes ? bytes : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xrealloc(void *memory, size_t bytes)
{
    void *result = realloc(memory, bytes ? bytes : 1);
    if (!result)
        out_of_memory();
    return result;
}

void memory_give_back_early(void)
{
    // Left alone, the threshold rises to 32 MiB with each large piece that is freed.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

void free_cleanup(void *memory)
{
    free(*(void **)memory);
}
