/*
 * guard.c: see guard.h. A signal handler is told nothing but an address, so what it needs to know
 * has to be global: a list of mapped files, which only ever grows at its head and whose places are
 * used again. The handler reads it without a lock.
 */
#include "base/guard.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STATUS_FAILED = 2, PATH_BYTES = 512 };

struct guarded {
    struct guarded *next;
    uintptr_t begin; /* 0: the place is free */
    size_t bytes;
    char path[PATH_BYTES]; /* fit to be printed */
};

static struct guarded *first;
static struct sigaction before;
static atomic_flag is_ending = ATOMIC_FLAG_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void put_path(char *ret, const char *path)
{
    CLEANUP_FREE char *clean = utf8_clean(path);
    snprintf(ret, PATH_BYTES, "%s", clean);
}

void guard_add(const void *data, size_t bytes, const char *path)
{
    pthread_mutex_lock(&lock);
    struct guarded *place = first;
    while (place && place->begin)
        place = place->next;
    if (!place) {
        place = xcalloc(1, sizeof *place);
        place->next = first;
        __atomic_store_n(&first, place, __ATOMIC_RELEASE);
    }
    place->bytes = bytes;
    put_path(place->path, path);
    __atomic_store_n(&place->begin, (uintptr_t)data, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
}

void guard_remove(const void *data)
{
    pthread_mutex_lock(&lock);
    for (struct guarded *place = first; place; place = place->next)
        if (place->begin == (uintptr_t)data)
            __atomic_store_n(&place->begin, 0, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
}

/** Writes the line at once, so that it is not mixed with others. */
static void say_changed(char *path)
{
    static char name[] = "dwell: ", behind[] = ": changed while it was read\n";
    const struct iovec parts[] = {
        {name, sizeof name - 1}, {path, strlen(path)}, {behind, sizeof behind - 1}};
    // Nothing is left to be done about a message that cannot be written.
    ssize_t written = writev(STDERR_FILENO, parts, sizeof parts / sizeof *parts);
    (void)written;
}

/** The place that holds @p address, or NULL. */
static struct guarded *find(uintptr_t address)
{
    for (struct guarded *place = __atomic_load_n(&first, __ATOMIC_ACQUIRE); place;
         place = place->next) {
        uintptr_t begin = __atomic_load_n(&place->begin, __ATOMIC_ACQUIRE);
        if (begin && address - begin < place->bytes)
            return place;
    }
    return NULL;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    // What another process sends has no address.
    struct guarded *place = info->si_code > 0 ? find((uintptr_t)info->si_addr) : NULL;
    (void)context;
    if (place) {
        while (atomic_flag_test_and_set(&is_ending))
            pause(); // another thread says so, and ends the program
        say_changed(place->path);
        _exit(STATUS_FAILED);
    }
    sigaction(number, &before, NULL);
    raise(number); // comes when this returns
}

void guard_install(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}
