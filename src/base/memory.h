/*
 * memory.h: allocation that does not fail. The command-line program has nothing useful to do when
 * memory runs out, so these end it with one line and status 2; the recorder must not use them.
 */
#ifndef DWELL_BASE_MEMORY_H
#define DWELL_BASE_MEMORY_H

#include <stddef.h>

__attribute__((noreturn)) void out_of_memory(void);

/** Says which file is being worked on, for that line; NULL: none. */
void memory_set_subject(const char *name);

void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xrealloc(void *memory, size_t bytes);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);

/** Lets large pieces of memory go back to the system as soon as they are freed. */
void memory_give_back_early(void);

/** Frees *@p memory; for `__attribute__((cleanup))` on any pointer that malloc returned. */
void free_cleanup(void *memory);
#define CLEANUP_FREE __attribute__((cleanup(free_cleanup)))

#endif
