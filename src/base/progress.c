/*
 * progress.c: a thread that wakes five times a second and, after the first second, rewrites one
 * line on stderr. The work itself only names its stages, so it costs nothing.
 */
#include "base/progress.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_MILLISECONDS = 200, QUIET_PERIODS = 5 };

struct progress {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    const char *stage;
    bool is_over;
};

/* Waits one period or until it is over. */
static void wait_period(struct progress *progress)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PERIOD_MILLISECONDS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&progress->wake, &progress->lock, &until);
}

static void *show(void *argument)
{
    struct progress *progress = argument;
    unsigned periods = 0;
    pthread_mutex_lock(&progress->lock);
    while (!progress->is_over) {
        wait_period(progress);
        periods++;
        if (!progress->is_over && periods >= QUIET_PERIODS)
            fprintf(stderr, "\r\033[Kdwell: %s … %u s", progress->stage,
                    periods * PERIOD_MILLISECONDS / 1000);
    }
    if (periods >= QUIET_PERIODS)
        fputs("\r\033[K", stderr);
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

struct progress *progress_start(void)
{
    if (!isatty(STDERR_FILENO))
        return NULL;
    struct progress *progress = xcalloc(1, sizeof *progress);
    progress->stage = "starting";
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->wake, NULL);
    if (pthread_create(&progress->thread, NULL, show, progress) != 0) {
        free(progress);
        return NULL;
    }
    return progress;
}

void progress_stage(struct progress *progress, const char *what)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->stage = what;
    pthread_mutex_unlock(&progress->lock);
}

void progress_stop(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->is_over = true;
    pthread_cond_signal(&progress->wake);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    pthread_cond_destroy(&progress->wake);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
