/*
 * reach.h: the sites that a call of somebody else's function can get to. Private to the lines of
 * the heap.
 */
#ifndef DWELL_ANALYSIS_HEAP_LINES_REACH_H
#define DWELL_ANALYSIS_HEAP_LINES_REACH_H

#include "analysis/heap/ways.h"
#include "base/array.h"

/** A piece of reach.sites. */
struct reached {
    uint32_t first, count;
    bool is_cut; /* there may be others; count is 0 */
};

struct reach {
    const struct program *program;
    const struct ways *ways; /* to what allocates, apart from own code */
    uint32_t *site_of;       /* of each call, NONE */
    struct reached *of;      /* of each function; count NONE: not yet asked */
    uint32_t *seen;          /* of each node: the last search that came to it */
    uint32_t search;         /* number of the last one */
    uint64_t steps;          /* calls looked at so far */
    ARRAY(uint32_t) queue;   /* functions */
    ARRAY(uint32_t) sites;   /* of facts.sites */
};

void reach_init(struct reach *ret, const struct program *program, const struct ways *ways);
void reach_deinit(struct reach *reach);

/** Finds the sites that a call of @p function gets to without coming to own code. */
struct reached reach_from(struct reach *reach, uint32_t function);

#endif
