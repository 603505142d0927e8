/*
 * stack_pass.h: what stack.c and reasons.c share: one walk over the call graph that looks for the
 * deepest stack, over all paths or over normal ones.
 */
#ifndef DWELL_ANALYSIS_STACK_STACK_PASS_H
#define DWELL_ANALYSIS_STACK_STACK_PASS_H

#include "analysis/calls/components.h"

/** The deepest known stack below a node. */
struct stack_depth {
    int64_t bytes;    /* -1: not yet known */
    struct step step; /* the call that leads there; of a list of targets only the target */
    bool is_bounded;  /* nothing can be deeper */
};

struct stack_pass {
    const struct program *program;
    const struct callgraph *graph;
    const struct stack_pass *all_paths; /* NULL: this one is over all paths */
    struct components components;
    const uint32_t *order; /* nodes by component, callees first; the same in both passes */
    uint32_t order_count;
    struct stack_depth *depths; /* of each node */
};

/** Whether @p call is on a path of the kind that @p pass walks. */
bool stack_call_counts(const struct stack_pass *pass, uint32_t call);

/** Whether the targets of @p call are known well enough. */
bool stack_call_is_known(const struct stack_pass *pass, uint32_t call);

/** The pass whose depths count for the callees of a known @p call: @p pass or the one over all. */
const struct stack_pass *stack_callee_pass(const struct stack_pass *pass, uint32_t call);

/** Whether @p function has nothing of its own to walk in @p pass and takes over what all have. */
bool stack_takes_all(const struct stack_pass *pass, uint32_t function);

/** Whether @p node is in a circle of calls. */
bool stack_is_cyclic(const struct stack_pass *pass, uint32_t node);

/** Whether @p call counts in the pass @p context and its targets are known; a call_filter. */
bool stack_is_edge(const void *context, uint32_t call);

/** Fills the depths of both passes (depths.c), which are allocated here. */
void stack_find_depths(struct stack_pass *all, struct stack_pass *normal);

/** Fills facts.unbounded and the reasons in facts.bounds, whose bounds are there (reasons.c). */
void stack_find_reasons(struct program *program, const struct stack_pass *all,
                        const struct stack_pass *normal);

#endif
