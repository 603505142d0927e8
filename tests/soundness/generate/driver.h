/*
 * driver.h: what generated programs (emitter.py) are written against; driver.c has the bodies.
 *
 * A subject is a function that the driver calls. A leaf is a function at the end of a way that
 * calls take.
 */
#ifndef HUNT_DRIVER_H
#define HUNT_DRIVER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hunt_subject {
    const char *name;
    void (*run)(long);
    void (*prepare)(long); /* called before, with the same argument; not counted; or NULL */
};

extern const struct hunt_subject hunt_subjects[];
extern const int hunt_subject_count;

extern volatile long hunt_one; /* 1, which no compiler knows */
extern volatile long hunt_sink;
extern void *volatile hunt_kept;      /* what was allocated last */
extern volatile unsigned hunt_raised; /* to be counted up before each throw */

/** Leaves the subject for good, as a panic does. */
void hunt_leave(void) __attribute__((noreturn));
/** pthread_create(), while the caller is not followed: see driver.c. */
int hunt_create_thread(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
#define pthread_create hunt_create_thread

/** Lets trampolines of nested functions run on a stack. */
void hunt_allow_code(void *stack, size_t bytes);
/** The program has a weak function of this name that does nothing; this one allocates. */
long hunt_overridden(long);

#ifdef __cplusplus
}
#endif

#define NOINLINE __attribute__((noinline))
#ifdef __clang__
#define NOIPA __attribute__((noinline))
#else
#define NOIPA __attribute__((noipa))
#endif

#endif
