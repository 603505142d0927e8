/*
 * overview.h: the figures of the overview, which its text and its JSON share.
 */
#ifndef DWELL_REPORT_OVERVIEW_H
#define DWELL_REPORT_OVERVIEW_H

#include "report/report.h"

struct site_counts {
    uint64_t all, constant_size, user, on_panic; /* calls of allocators */
    uint64_t map;                                /* calls that map pages */
};

/** The function where the program begins for people: main, else what runs first; or NONE. */
uint32_t entry_of(const struct report *report);

void site_counts(const struct report *report, struct site_counts *ret);

/** Unresolved calls in the listed functions. */
uint64_t unresolved_calls(const struct report *report);

/** Tells whether no code of the program, libraries included, is an allocator. */
bool has_no_allocator(const struct report *report);

/** Global memory by what it is used for. */
struct global_bytes {
    uint64_t code, read_only, writable, zeroed, tls;
};
void global_bytes(const struct report *report, struct global_bytes *ret);

extern const struct table global_object, stack_object, heap_object;

#endif
