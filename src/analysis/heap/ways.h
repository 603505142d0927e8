/*
 * ways.h: which functions can get to the allocator, and the shortest ways there.
 */
#ifndef DWELL_ANALYSIS_HEAP_WAYS_H
#define DWELL_ANALYSIS_HEAP_WAYS_H

#include "analysis/calls/returns.h"

enum {
    MAY_NORMAL = 1,  /* a normal path leads to the allocator over known calls */
    MAY_ANY = 2,     /* some path does */
    OPEN_NORMAL = 4, /* a normal path leads to a call that could not be resolved */
    OPEN_ANY = 8,    /* some path does */
};

/** Returns whether an allocator of role @p role (enum allocator_role) counts for @p question. */
bool allocator_counts(enum heap_role question, uint8_t role);

struct ways {
    const struct callgraph *graph;
    const struct returns *returns;
    enum heap_role role;
    const bool *barred;  /* of each call: ways do not lead over it; NULL: none */
    uint8_t *flags;      /* MAY_*, OPEN_* of each node */
    struct step **steps; /* [WAY_COUNT] arrays of function_count; the caller's */
};

/** Finds all four flags of each node and the first steps of the shortest ways. */
void ways_init(struct ways *ret, const struct callgraph *graph, const struct returns *returns,
               enum heap_role role, struct step **steps);

/**
 * Finds MAY_* only, and the ways to the allocator, without the calls that are @p barred; of frees,
 * to what does nothing else.
 */
void ways_init_apart(struct ways *ret, const struct callgraph *graph, const struct returns *returns,
                     enum heap_role role, const bool *barred, struct step **steps);
void ways_deinit(struct ways *ways);

/** What avoid.c finds out. */
struct avoiders {
    bool *avoids;         /* of each function: a normal path of it enters no allocator */
    bool *passes_without; /* of each node: a call of it may come back without an allocation */
};

/** What is known beforehand to allocate on all normal paths; NULL: nothing. */
struct certain {
    bool *functions, *calls;
};

/** Finds who can avoid the allocator. */
void avoiders_init(struct avoiders *ret, const struct ways *ways, const struct certain *certain);
void avoiders_deinit(struct avoiders *avoiders);

#endif
