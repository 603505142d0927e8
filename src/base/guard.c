/*
 * guard.c: see guard.h. A signal handler is told nothing but an address, so what it needs to know
 * has to be global: a list of mapped files, which only ever grows at its head and whose places are
 * used again. The handler reads it without a lock.
 */
#include "base/guard.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
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
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void put_path(char *ret, const char *path)
{
    size_t length = 0;
    for (; path[length] && length + 1 < PATH_BYTES; length++) {
        unsigned char c = (unsigned char)path[length];
        ret[length] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    ret[length] = '\0';
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
    static char before[] = "dwell: ", behind[] = ": changed while it was read\n";
    const struct iovec parts[] = {
        {before, sizeof before - 1}, {path, strlen(path)}, {behind, sizeof behind - 1}};
    // Nothing is left to be done about a message that cannot be written.
    ssize_t written = writev(STDERR_FILENO, parts, sizeof parts / sizeof *parts);
    (void)written;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    uintptr_t address = (uintptr_t)info->si_addr;
    for (struct guarded *place = __atomic_load_n(&first, __ATOMIC_ACQUIRE); place;
         place = place->next) {
        uintptr_t begin = __atomic_load_n(&place->begin, __ATOMIC_ACQUIRE);
        if (!begin || address - begin >= place->bytes)
            continue;
        say_changed(place->path);
        _exit(STATUS_FAILED);
    }
    signal(number, SIG_DFL); // the instruction is repeated, and ends the program
}

void guard_install(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
