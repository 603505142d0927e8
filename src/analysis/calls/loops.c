/*
 * loops.c: which blocks lie on a circle. In: the blocks of a function and which of them count. Out:
 * marks. These are the strongly connected components of more than one block, or with an edge to
 * itself (R. Tarjan, Depth-first search and linear graph algorithms, 1972), with an explicit stack.
 */
#include "analysis/calls/loops.h"

#include <string.h>

void loops_begin(struct loops *loops, uint32_t count)
{
    array_reserve(&loops->marks, count);
    array_reserve(&loops->numbers, count);
    array_reserve(&loops->lowest, count);
    memset(loops->marks.data, LOOP_OUTSIDE, count * sizeof *loops->marks.data);
    memset(loops->numbers.data, 0, count * sizeof *loops->numbers.data);
    loops->marks.count = count;
    loops->open.count = loops->path.count = 0;
}

void loops_deinit(struct loops *loops)
{
    array_deinit(&loops->marks);
    array_deinit(&loops->numbers);
    array_deinit(&loops->lowest);
    array_deinit(&loops->open);
    array_deinit(&loops->path);
}

static void open_block(struct loops *loops, uint32_t block, uint32_t number)
{
    loops->numbers.data[block] = loops->lowest.data[block] = number;
    array_push(&loops->open, block);
    array_push(&loops->path, 2 * (uint64_t)block);
}

/** Takes the component whose first block is @p block off the open ones. */
static void close_component(struct loops *loops, const struct block *record, uint32_t block,
                            uint32_t itself)
{
    bool is_circle = loops->open.data[loops->open.count - 1] != block ||
                     record->next[0] == itself || record->next[1] == itself;
    uint32_t member;
    do {
        member = loops->open.data[--loops->open.count];
        loops->numbers.data[member] = UINT32_MAX; // closed
        if (is_circle)
            loops->marks.data[member] = LOOP_FOUND;
    } while (member != block);
}

/** Looks at one edge of the last block of the path, and leaves the block after its second. */
static void step(struct loops *loops, const struct block *blocks, uint32_t first,
                 uint32_t *last_number)
{
    uint64_t *at = &loops->path.data[loops->path.count - 1];
    uint32_t block = (uint32_t)(*at / 2), next = blocks[block].next[*at & 1];
    if (next != NONE && loops->marks.data[next - first] != LOOP_OUTSIDE) {
        uint32_t number = loops->numbers.data[next - first];
        if (!number) {
            // This edge will be looked at again behind the new block.
            open_block(loops, next - first, ++*last_number);
            return;
        }
        if (number != UINT32_MAX && loops->lowest.data[next - first] < loops->lowest.data[block])
            loops->lowest.data[block] = loops->lowest.data[next - first];
    }
    if (!(*at & 1)) {
        ++*at;
        return;
    }
    loops->path.count--;
    if (loops->lowest.data[block] == loops->numbers.data[block])
        close_component(loops, &blocks[block], block, first + block);
}

void loops_find(struct loops *loops, const struct block *blocks, uint32_t first)
{
    uint32_t last_number = 0;
    for (uint32_t root = 0; root < loops->marks.count; root++) {
        if (loops->marks.data[root] == LOOP_OUTSIDE || loops->numbers.data[root])
            continue;
        open_block(loops, root, ++last_number);
        while (loops->path.count)
            step(loops, blocks, first, &last_number);
    }
}
