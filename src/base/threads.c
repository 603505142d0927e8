/* threads.c: workers take pieces of the range from a shared counter until it is used up. */
#include "base/threads.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct job {
    parallel_body *body;
    void *context;
    size_t count, grain;
    _Atomic size_t next;
};

struct worker {
    struct job *job;
    unsigned index;
    pthread_t thread;
};

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct job *job = worker->job;
    for (;;) {
        size_t begin = atomic_fetch_add(&job->next, job->grain);
        if (begin >= job->count)
            return NULL;
        size_t end = job->count - begin > job->grain ? begin + job->grain : job->count;
        job->body(job->context, worker->index, begin, end);
    }
}

void parallel_for(unsigned workers, size_t count, size_t grain, parallel_body *body, void *context)
{
    struct job job = {.body = body, .context = context, .count = count, .grain = grain ? grain : 1};
    size_t pieces = count / job.grain + (count % job.grain != 0);
    if (workers > pieces)
        workers = (unsigned)pieces;
    if (workers < 1)
        workers = 1;
    struct worker *all = xcalloc(workers, sizeof *all);
    unsigned started = 0;
    for (unsigned i = 1; i < workers; i++) {
        all[i] = (struct worker){.job = &job, .index = i};
        // With fewer threads than wished for, the work is merely slower.
        if (pthread_create(&all[i].thread, NULL, run_worker, &all[i]) != 0)
            break;
        started = i;
    }
    all[0] = (struct worker){.job = &job, .index = 0};
    run_worker(&all[0]);
    for (unsigned i = 1; i <= started; i++)
        pthread_join(all[i].thread, NULL);
    free(all);
}

unsigned processor_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}
