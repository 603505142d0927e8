/* memory.c: malloc and its family with the failure taken out. */
#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** What is being worked on. Whoever runs out of memory is deep down and knows nothing of it. */
static const char *subject;

void memory_set_subject(const char *name)
{
    subject = name;
}

_Noreturn void out_of_memory(void)
{
    enum { STATUS_FAILED = 2 };
    // Another thread may hold the lock of a stream.
    char line[512];
    int length = snprintf(line, sizeof line, "dwell: %s%sout of memory\n", subject ? subject : "",
                          subject ? ": " : "");
    ssize_t written =
        write(STDERR_FILENO, line, length < (int)sizeof line ? (size_t)length : sizeof line - 1);
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

void memory_give_back_early(void)
{
    // Left alone, the threshold rises to 32 MiB with each large piece that is freed.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

void free_cleanup(void *memory)
{
    free(*(void **)memory);
}
