/*
 * components.h: which nodes of the call graph can call each other in a circle.
 */
#ifndef DWELL_ANALYSIS_CALLS_COMPONENTS_H
#define DWELL_ANALYSIS_CALLS_COMPONENTS_H

#include "analysis/calls/callgraph.h"

struct components {
    uint32_t *component; /* of each node; NONE for lists that no chosen call uses and no root is */
    uint32_t count;      /* numbered callees first */
    bool *is_cyclic;     /* of each component: more than one node, or a node that calls itself */
    uint32_t *order;     /* nodes as the search left them: callees first but for calls that
                            close a circle */
    uint32_t order_count;
};

/** Chooses the calls that count as edges; unresolved calls never do. */
typedef bool call_filter(const void *context, uint32_t call);

/**
 * Finds the components of @p graph over the calls that @p filter accepts. The search starts at each
 * of the @p root_count nodes @p roots in turn, or at each function if @p roots is NULL.
 */
void components_init(struct components *ret, const struct callgraph *graph, call_filter *filter,
                     const void *context, const uint32_t *roots, uint32_t root_count);
void components_deinit(struct components *components);

#endif
