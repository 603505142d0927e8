/*
 * graph.h: programs made by hand, for tests of the analyses over the whole program: functions with
 * blocks and calls, and nothing behind them.
 *
 *     struct graph graph;
 *     graph_init(&graph, 2);
 *     graph_call(&graph, 0, TO(1), NEXT(1));       block 0 of function 0 calls function 1
 *     graph_block(&graph, 0, BLOCK_RETURNS, END);  block 1 returns
 *     graph_finish(&graph);
 */
#ifndef TESTS_UNIT_GRAPH_H
#define TESTS_UNIT_GRAPH_H

#include "base/array.h"
#include "program/facts.h"

enum { MAX_TARGETS = 8 };

/**
 * What a call does; targets, then what differs from a direct call at depth 8. With
 * CALL_ADDRESS_TAKEN it is unresolved, and the targets are those of its struct loose_call.
 */
struct graph_target {
    uint32_t functions[MAX_TARGETS];
    uint32_t count;
    enum call_kind kind;
    bool is_tail, is_partial;
    int32_t depth;
};

struct graph_next {
    uint32_t blocks[2]; /* of the same function, numbered from 0; NONE */
};

#define TO(...)                                                                                    \
    ((struct graph_target){.functions = {__VA_ARGS__},                                             \
                           .count = sizeof((uint32_t[]){__VA_ARGS__}) / 4,                         \
                           .kind = CALL_DIRECT,                                                    \
                           .depth = 8})
#define TO_UNKNOWN ((struct graph_target){.kind = CALL_UNRESOLVED, .depth = 8})
#define NEXT(block) ((struct graph_next){{(block), NONE}})
#define FORK(left, right) ((struct graph_next){{(left), (right)}})
#define END ((struct graph_next){{NONE, NONE}})

struct graph_block {
    uint32_t function, flags;
    bool has_call;
    struct graph_target target;
    struct graph_next next;
};

struct graph {
    struct program program;
    struct facts facts;
    struct image image, *images[1];
    struct graph_block *data;
    size_t count, capacity;
    bool *hides_pads; /* of each function */
};

/** Makes @p function_count functions without code, with frames of 16 bytes and no names. */
void graph_init(struct graph *graph, uint32_t function_count);
void graph_deinit(struct graph *graph);

/** Gives @p function a name; one without code is an import then. */
void graph_name(struct graph *graph, uint32_t function, const char *name);

/** Says that the exception table of @p function is not known. */
void graph_hide_pads(struct graph *graph, uint32_t function);

void graph_block(struct graph *graph, uint32_t function, uint32_t flags, struct graph_next next);
void graph_call(struct graph *graph, uint32_t function, struct graph_target target,
                struct graph_next next);
/** A tail call: the block has no successors. */
void graph_tail(struct graph *graph, uint32_t function, struct graph_target target);

/** Makes @p function one block that returns. */
void graph_leaf(struct graph *graph, uint32_t function);

/** Makes @p function call @p targets one after the other and return. */
void graph_chain(struct graph *graph, uint32_t function, const uint32_t *targets, uint32_t count);

/** Lays the blocks and calls out as struct program wants them; calls are numbered by function. */
void graph_finish(struct graph *graph);

#endif
