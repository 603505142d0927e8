/* memory.c: malloc and its family with the failure taken out. */
#include "base/memory.h"

#include "base/utf8.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What is being worked on, in a line made before: whoever runs out of memory is deep down, knows
 * nothing of it and can make no line any more. So this is global.
 */
static char line[8192] = "dwell: out of memory\n";

void memory_set_subject(const char *name)
{
    CLEANUP_FREE char *clean = name ? utf8_clean(name) : NULL;
    snprintf(line, sizeof line, "dwell: %.*s%sout of memory\n", (int)sizeof line / 2,
             clean ? clean : "", clean ? ": " : "");
}

void out_of_memory(void)
{
    enum { STATUS_FAILED = 2 };
    static atomic_flag is_ending = ATOMIC_FLAG_INIT;
    // Another thread that has no memory either says so, and ends the program.
    while (atomic_flag_test_and_set(&is_ending))
        pause();
    // Not by a stream, whose lock another thread may hold.
    ssize_t written = write(STDERR_FILENO, line, strlen(line));
    (void)written;
    _exit(STATUS_FAILED);
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

char *xstrndup(const char *text, size_t length)
{
    char *copy = strndup(text, length);
    if (!copy)
        out_of_memory();
    return copy;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
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
