/*
 * threads.h: one way to use several cores: run a function over the items of a range.
 */
#ifndef DWELL_BASE_THREADS_H
#define DWELL_BASE_THREADS_H

#include <stddef.h>

/**
 * Handles items [begin, end). @p worker is below the number of workers and the same for all calls
 * made from one thread, so a worker may own scratch memory in `context` without locks.
 */
typedef void parallel_body(void *context, unsigned worker, size_t begin, size_t end);

/**
 * Calls @p body for pieces of at most @p grain items that together are [0, @p count), on up to
 * @p workers threads (the caller is one of them), and returns when all are done. Pieces are taken
 * in order but may finish in any; the body must not depend on which worker handles a piece.
 */
void parallel_for(unsigned workers, size_t count, size_t grain, parallel_body *body, void *context);

/** The number of processors this process may run on, at least 1. */
unsigned processor_count(void);

#endif
