/*
 * progress.h: a line on the terminal that says what is being done, once it takes over a second.
 */
#ifndef DWELL_BASE_PROGRESS_H
#define DWELL_BASE_PROGRESS_H

struct progress;

/** Begins to watch if stderr is a terminal; returns NULL if not, which the others accept. */
struct progress *progress_start(void);

/** Says what is being done from now on; @p what must live until the next call. */
void progress_stage(struct progress *progress, const char *what);

/** Wipes the line away and frees. */
void progress_stop(struct progress *progress);

#endif
