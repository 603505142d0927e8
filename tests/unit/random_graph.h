/*
 * random_graph.h: small random programs for comparing an analysis with its definition.
 */
#ifndef TESTS_UNIT_RANDOM_GRAPH_H
#define TESTS_UNIT_RANDOM_GRAPH_H

#include "graph.h"

/** Functions 0 .. CODE_COUNT - 1 have code; the others are imports. */
enum { CODE_COUNT = 6, R_MALLOC = CODE_COUNT, R_FREE, R_ABORT, R_IMPORT, R_COUNT };

struct random {
    uint64_t state;
};

/** Returns a number below @p limit. */
uint32_t random_below(struct random *random, uint32_t limit);

/** Makes program number @p seed: any kind of block, call and frame, but no setjmp. */
void random_graph_init(struct graph *graph, uint64_t seed);

#endif
