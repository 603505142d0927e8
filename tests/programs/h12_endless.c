//! H12: loops without end. A server lives in its loop, so what the loop calls is on normal paths:
//! the function `maybe` allocates (not `always`, for it never returns), and so does its caller. The
//! stack that the loop needs counts in the bound of a function that can return or loop. A loop that
//! only waits, or that makes sure that the program ends, is a dead end like abort().
//!
//! expect heap[name=serve].allocates == maybe
//! expect heap[name=serve].frees == maybe
//! expect heap[name=run].allocates == maybe
//! expect heap[name=work].allocates == maybe
//! expect calls[from=serve, to contains handle].path == normal
//! expect calls[from=serve, to contains handle].on_panic == false
//! expect heap[name=stop].allocates == on_panic
//! expect heap[name=give_up].allocates == on_panic
//! expect calls[from=stop, to contains malloc].path == diverging
//! expect heap[name=check].allocates == on_panic
//! expect stack[name=play].bound_bytes >= 4096
//! expect heap[name=play].allocates == never
//! build -pthread
//! run exits 7

#include <pthread.h>
#include <stdlib.h>

static volatile int left = 3;
static void *volatile kept;

__attribute__((noinline)) static void handle(void)
{
    kept = malloc(100);
    free(kept);
    if (--left == 0)
        exit(7);
}

__attribute__((noinline)) void serve(void)
{
    for (;;)
        handle();
}

/* Calls what never returns, and is normal all the same. */
__attribute__((noinline)) void run(int verbose)
{
    if (verbose)
        left = 5;
    serve();
}

void *work(void *argument)
{
    for (;;) {
        kept = realloc(argument, 10);
        if (left < 0)
            handle();
    }
}

__attribute__((noinline)) void stop(void)
{
    kept = malloc(10);
    for (;;)
        ;
}

__attribute__((noinline)) void give_up(void)
{
    kept = malloc(10);
    for (;;)
        abort();
}

__attribute__((noinline)) void check(int count)
{
    if (count > 100)
        stop();
    if (count < 0)
        give_up();
}

__attribute__((noinline)) static void fill(volatile char *out)
{
    volatile char buffer[4096 + 128]; /* a red zone is not counted */
    for (unsigned i = 0; i < sizeof buffer; i++)
        buffer[i] = (char)i;
    *out = buffer[left];
}

__attribute__((noinline)) int play(int is_test)
{
    volatile char out = 0;
    if (is_test)
        return 1;
    for (;;)
        fill(&out);
}

int main(int count, char **arguments)
{
    (void)arguments;
    check(count);
    if (count > 50) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
        play(count);
    }
    run(count > 1);
}
