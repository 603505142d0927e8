/*
 * entries.h: where execution begins, and how much stack it has there. In: functions, references,
 * calls, pointer_arguments, pointer_stores. Out: facts.entries, facts.main_function and the limits.
 */
#ifndef DWELL_ANALYSIS_ENTRIES_ENTRIES_H
#define DWELL_ANALYSIS_ENTRIES_ENTRIES_H

#include "program/facts.h"

/** Asks for the constants that say how large threads' stacks are; before program_decode(). */
void entries_want_arguments(struct program *program);

/** Finds the entries; @p stack_limit is what each has, -1: what is usual for its kind. */
void entries_analyze(struct program *program, int64_t stack_limit);

/* ---- Shared by the files of this folder ------------------------------------------------------ */

struct entry_list {
    struct entry *data;
    size_t count, capacity;
};

/** Adds an entry; no function (NONE) adds nothing. Repeated ones are dropped in the end. */
void entry_add(struct entry_list *list, uint32_t function, enum entry_kind kind, int64_t limit);

/** The stacks that threads usually have; -1 where that is not known. */
struct limits {
    int64_t main_bytes;
    int64_t c_thread_bytes; /* made by pthread_create() */
    bool is_rust;           /* some threads may be those of Rust's std */
};
void limits_find(const struct program *program, struct limits *ret);

/** What a thread of this program has if nothing more is known about it. */
int64_t limit_of_threads(const struct limits *limits);

/** What a thread that begins in @p function has if its creator does not say. */
int64_t limit_of_thread(const struct program *program, const struct limits *limits,
                        uint32_t function);

/** Adds what the code hands to functions that will call it: threads, signals, exit. */
void entries_add_registered(const struct program *program, const struct limits *limits,
                            struct entry_list *list);

#endif
