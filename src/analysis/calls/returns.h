/*
 * returns.h: which functions never return, and which paths each call lies on.
 */
#ifndef DWELL_ANALYSIS_CALLS_RETURNS_H
#define DWELL_ANALYSIS_CALLS_RETURNS_H

#include "analysis/calls/callgraph.h"

struct returns {
    bool *returns;          /* of each node: some call of it may come back */
    bool *has_normal_paths; /* of each function; where it has no code: it may return */
    bool *returns_normally; /* of each function: a normal path leads to a return, too */
    bool *lingers;          /* of each node: a normal path stays in it, or in a callee, for good */
    bool *has_hidden_entries; /* of each function: code behind a call that never returns may be
                                 entered in other ways (returns.c) */
    bool *may_catch;          /* of each function: it may return without a normal path */
    bool *jumps_away;    /* of each function: a jump with unknown targets is not among its calls */
    bool *returns_twice; /* of each node: some call of it is setjmp, or its like */
    bool
        *is_marked_place; /* of each function: it calls such a node, or keeps a place in its code */
    bool *ends_main;     /* of each function: main ends the program with a call of it, or of another
                            such function that calls it: it never returns (exits.c) */
    uint8_t *call_paths; /* enum call_path of each call; those of facts */
    uint8_t *block_paths; /* the same of each block */
    uint8_t *known;       /* known_functions() */
};

/** Fills the call_paths and block_paths of @p facts, to which @p ret refers, besides @p ret. */
void returns_init(struct returns *ret, const struct callgraph *graph, struct facts *facts);
void returns_deinit(struct returns *returns);

/** Whether control may come back from @p call. */
static inline bool call_returns(const struct returns *returns, const struct callgraph *graph,
                                uint32_t call)
{
    uint32_t callee = graph->callees[call];
    return callee == NONE || returns->returns[callee];
}

/** Whether @p block hands control on: it makes no call, or one that may return. */
static inline bool block_passes(const struct returns *returns, const struct callgraph *graph,
                                const struct block *block)
{
    return block->call == NONE || call_returns(returns, graph, block->call);
}

/** Whether @p block ends the program as a return from main does. */
static inline bool block_exits(const struct callgraph *graph, const struct block *block)
{
    return block->call != NONE && graph->traits[block->call] & CALL_EXITS;
}

/** Whether @p block, which passes, may leave for the caller, or for nobody knows where. */
static inline bool block_leaves(const struct callgraph *graph, const struct block *block)
{
    if (block->flags & (BLOCK_RETURNS | BLOCK_UNRESOLVED))
        return true;
    return block->call != NONE &&
           graph->traits[block->call] & (CALL_IS_TAIL | CALL_FALLS_OFF | CALL_STRAYS);
}

/**
 * Fills ends_main, and sets CALL_EXITS, when it is known what returns; @p block_phases and
 * @p call_blocks are those of returns.c.
 */
void returns_find_exits(struct returns *returns, const struct callgraph *graph,
                        const uint8_t *block_phases, const uint32_t *call_blocks);

/**
 * The second half of returns_init(): has_normal_paths, returns_normally, lingers, may_catch and
 * call_paths (normal.c).
 */
void returns_find_normal_paths(struct returns *returns, const struct callgraph *graph,
                               const uint8_t *block_phases);

#endif
