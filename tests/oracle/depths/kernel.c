/*
 * kernel.c: time() and gettimeofday() are the kernel's own code (vDSO), chosen when the program
 * starts, and clock_gettime() calls it: what it takes is not known from any file.
 *
 * unbounded: ask ask_clock main
 */
#include <sys/time.h>
#include <time.h>

static __attribute__((noinline)) long ask(void)
{
    struct timeval now;
    return gettimeofday(&now, NULL) ? 0 : (long)now.tv_sec - (long)time(NULL);
}

static __attribute__((noinline)) long ask_clock(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : now.tv_nsec;
}

int main(void)
{
    return ask() > 5 || ask_clock() < 0;
}
