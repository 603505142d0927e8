/*
 * guard.h: files in memory that get shorter while they are read. Touching a page that is no longer
 * there raises SIGBUS, anywhere and in any thread; there is no other way to notice.
 */
#ifndef DWELL_BASE_GUARD_H
#define DWELL_BASE_GUARD_H

#include <stddef.h>

/**
 * From now on, a fault in guarded memory ends the program with status 2 and one line that names the
 * file; any other fault does what it did before. To be called once, by main.
 */
void guard_install(void);

/** Guards @p bytes of memory that a file is mapped to. Thread-safe; @p path is copied. */
void guard_add(const void *data, size_t bytes, const char *path);

/** Ends what guard_add() began for the memory at @p data; before it is unmapped. Thread-safe. */
void guard_remove(const void *data);

#endif
