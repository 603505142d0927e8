/*
 * components.h: which nodes of the call graph can call each other in a circle.
 */
#ifndef DWELL_ANALYSIS_CALLS_COMPONENTS_H
#define DWELL_ANALYSIS_CALLS_COMPONENTS_H

#include "analysis/calls/callgraph.h"

struct components {
    uint32_t *component; /* of each node; NONE for lists that no chosen call uses */
    uint32_t count;      /* numbered callees first */
    bool *is_cyclic;     /* of each component: more than one node, or a node that calls itself */
    uint32_t *order;     /* nodes as the search left them: callees first but for calls that
                            close a circle */
    uint32_t order_count;
};

/** Chooses the calls that count as edges; unresolved calls never do. */
typedef bool call_filter(const void *context, uint32_t call);

/** Finds the components of @p graph over the calls that @p filter accepts. */
void components_init(struct components *ret, const struct callgraph *graph, call_filter *filter,
                     const void *context);
void components_deinit(struct components *components);

#endif
