/* random_graph.c: xorshift64* (S. Vigna, 2016) decides; every program can be made again. */
#include "random_graph.h"

uint32_t random_below(struct random *random, uint32_t limit)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * 2685821657736338717ULL) >> 33) % limit;
}

static struct graph_target random_target(struct random *random)
{
    struct graph_target target = {.kind = CALL_DIRECT, .count = 1};
    uint32_t kind = random_below(random, 16);
    if (kind == 0)
        target.kind = CALL_UNRESOLVED;
    else if (kind <= 3)
        target.kind = kind == 1 ? CALL_ADDRESS_TAKEN : CALL_VTABLE;
    if (target.kind != CALL_DIRECT)
        target.count = target.kind == CALL_UNRESOLVED ? 0 : 1 + random_below(random, 3);
    for (uint32_t i = 0; i < target.count; i++)
        target.functions[i] = random_below(random, R_COUNT);
    target.is_partial = random_below(random, 20) == 0;
    target.depth = random_below(random, 30) ? 8 * (int32_t)random_below(random, 8) : -1;
    return target;
}

static struct graph_next random_next(struct random *random, uint32_t block_count)
{
    struct graph_next next = END;
    for (unsigned i = 0; i < 2; i++) {
        if (random_below(random, 4) >= 2 * i)
            next.blocks[i] = random_below(random, block_count);
    }
    return next;
}

static void random_block(struct random *random, struct graph *graph, uint32_t function,
                         uint32_t block_count)
{
    struct graph_next next = random_next(random, block_count);
    uint32_t kind = random_below(random, 10), flags = 0;
    if (random_below(random, 8) == 0)
        flags = random_below(random, 2) ? BLOCK_LANDING_PAD : BLOCK_GAP;
    if (random_below(random, 40) == 0)
        flags = BLOCK_LANDING_PAD | BLOCK_GAP;
    if (kind < 5) {
        graph_call(graph, function, random_target(random), next);
    } else if (kind == 5) {
        graph_tail(graph, function, random_target(random));
        struct graph_block *block = &graph->data[graph->count - 1];
        if (block->target.kind == CALL_UNRESOLVED || block->target.kind == CALL_ADDRESS_TAKEN)
            flags |= BLOCK_UNRESOLVED;
    } else {
        graph_block(graph, function, kind < 8 ? BLOCK_RETURNS : 0, kind < 8 ? END : next);
    }
    graph->data[graph->count - 1].flags |= flags;
}

static void random_frame(struct random *random, struct frame *frame)
{
    frame->bytes = 8 + 8 * (int64_t)random_below(random, 10);
    switch (random_below(random, 40)) {
    case 0:
        frame->kind = FRAME_DYNAMIC;
        break;
    case 1:
        frame->kind = FRAME_UNKNOWN;
        frame->bytes = -1;
        break;
    }
}

void random_graph_init(struct graph *graph, uint64_t seed)
{
    struct random random = {seed * 2 + 1};
    for (unsigned i = 0; i < 8; i++)
        random_below(&random, 2);
    graph_init(graph, R_COUNT);
    graph_name(graph, R_MALLOC, "malloc");
    graph_name(graph, R_FREE, "free");
    graph_name(graph, R_ABORT, "abort");
    graph_name(graph, R_IMPORT, "import");
    for (uint32_t function = 0; function < CODE_COUNT; function++) {
        uint32_t block_count = 1 + random_below(&random, 5);
        for (uint32_t i = 0; i < block_count; i++)
            random_block(&random, graph, function, block_count);
        if (random_below(&random, 3) == 0)
            graph_hide_pads(graph, function);
        random_frame(&random, &graph->facts.frames[function]);
    }
    graph_finish(graph);
}
