/*
 * calls.h: how calls.c and text.c call a function and say what was counted.
 */
#ifndef TESTS_SOUNDNESS_LIBC_CALLS_H
#define TESTS_SOUNDNESS_LIBC_CALLS_H

extern unsigned allocations, frees;

void tell(const char *name, void *address, unsigned seen_allocations, unsigned seen_frees);

/** Calls; the first argument is only for its name and address. */
#define CALL(function, ...)                                                                        \
    do {                                                                                           \
        allocations = frees = 0;                                                                   \
        __VA_ARGS__;                                                                               \
        unsigned seen_allocations = allocations, seen_frees = frees;                               \
        tell(#function, (void *)(function), seen_allocations, seen_frees);                         \
    } while (0)

/** All calls of text.c, system.c and threads.c. */
void call_text_functions(void);
void call_system_functions(void);
void call_thread_functions(void);

#endif
