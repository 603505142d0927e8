//! H9, C: asking for the time ends in the kernel's own code (vDSO), over a pointer that the C library keeps or
//! an IFUNC. That never allocates; how much stack it takes is in no file. The release build has the C library in it.
//!
//! build release: -static
//! expect heap[name=read_clock].allocates == never
//! expect heap[name=read_clock].frees == never
//! expect heap[name=read_resolution].allocates == never
//! expect heap[name=read_day].allocates == never
//! expect heap[name=read_processor].allocates == never
//! expect stack[name=read_clock].bound_bytes == null
//! expect stack[name=read_day].bound_bytes == null
//! expect stack[name=read_processor].unbounded_because[kind=unresolved_call].kind == unresolved_call
//! expect release: calls[from=clock_gettime, kind=constant].to contains __vdso_clock_gettime
//! expect release: calls[from=sched_getcpu, kind=constant].to contains __vdso_getcpu
//! expect heap[name=ask].allocates == maybe
//! run exits 0

#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

NOINLINE long read_clock(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : now.tv_nsec;
}

NOINLINE long read_resolution(void)
{
    struct timespec step;
    return clock_getres(CLOCK_MONOTONIC, &step) ? 0 : step.tv_nsec;
}

NOINLINE long read_day(void)
{
    struct timeval now;
    return gettimeofday(&now, NULL) ? 0 : (long)now.tv_sec - (long)time(NULL);
}

NOINLINE int read_processor(void)
{
    return sched_getcpu();
}

/* A pointer of the program's own, in a function that is not the C library's. */
static long (*volatile clock_of_choice)(void);

static long slow_clock(void)
{
    void *volatile memory = malloc(8);
    free(memory);
    return 1;
}

NOINLINE long ask(void)
{
    return clock_of_choice();
}

int main(int argc, char **argv)
{
    (void)argv;
    clock_of_choice = argc > 1 ? read_clock : slow_clock;
    return ask() != 1 || read_resolution() > 1000000000 || read_day() > 5 || read_processor() < 0;
}
