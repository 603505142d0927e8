/*
 * kernel.c: time() and gettimeofday() are the kernel's own code (vDSO), chosen when the program
 * starts: what they take is not known from any file.
 *
 * unbounded: ask main
 */
#include <sys/time.h>
#include <time.h>

static __attribute__((noinline)) long ask(void)
{
    struct timeval now;
    return gettimeofday(&now, NULL) ? 0 : (long)now.tv_sec - (long)time(NULL);
}

int main(void)
{
    return ask() > 5;
}
