/*
 * callgraph.h: who calls whom, in rows that can be walked both ways.
 *
 * The nodes are the functions and, behind them, one node for each list of targets that has more
 * than one: calls through the same vtable slot share their list, and a list of ten thousand
 * candidates must not be an edge each for thousands of calls.
 */
#ifndef DWELL_ANALYSIS_CALLS_CALLGRAPH_H
#define DWELL_ANALYSIS_CALLS_CALLGRAPH_H

#include "program/facts.h"

/** A list of targets: call_targets[first .. first + count). */
struct target_list {
    uint32_t first, count;
};

/** What searches ask of each call, a bit each, without touching struct call. */
enum call_traits {
    CALL_IS_PARTIAL = 1, /* it enters its callee in the middle: what that does is what the call may
                            do at most */
    CALL_IS_TAIL = 2,
    CALL_FALLS_OFF = 4, /* if it returns, control goes on behind the end of its function */
    CALL_EXITS = 16, /* main ends the program with it, as it would by returning; set by exits.c */
    CALL_STRAYS = 8, /* it may return elsewhere than behind it */
};

struct callgraph {
    const struct program *program;
    uint32_t function_count;
    uint32_t node_count;       /* functions, then target lists */
    struct target_list *lists; /* of node function_count + i */
    uint32_t *callees;         /* of each call its node; NONE if the callee is not known */
    uint8_t *traits;           /* enum call_traits of each call */

    uint32_t *node_callers;   /* node_count + 1 indexes into callers */
    uint32_t *callers;        /* calls, ascending for each node */
    uint32_t *function_lists; /* function_count + 1 indexes into list_nodes */
    uint32_t *list_nodes;     /* the nodes of the lists that have the function as a member */
};

/** Builds @p ret from the calls of @p program, which it keeps a reference to. */
void callgraph_init(struct callgraph *ret, const struct program *program);
void callgraph_deinit(struct callgraph *graph);

/**
 * Returns node @p index of the successors of @p node among @p graph's members of a list or, for a
 * function, the callee of its call number @p index; NONE where that call is not resolved.
 */
uint32_t callgraph_successor(const struct callgraph *graph, uint32_t node, uint32_t index);

/** The number of successors of @p node in the sense of callgraph_successor(). */
uint32_t callgraph_successor_count(const struct callgraph *graph, uint32_t node);

/**
 * Whether function @p index has no code that was read: what it does is not known from here. A weak
 * import that nobody defines does nothing.
 */
bool callgraph_is_opaque(const struct program *program, uint32_t function);

/**
 * Lets calls of resolvers (is_ifunc) call what the resolver returns: the functions whose address
 * its code takes. Where none is found, or the resolver passes the question on, the call becomes
 * unresolved. Harmless when repeated.
 */
void callgraph_expand_ifuncs(struct program *program);

#endif
