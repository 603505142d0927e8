/*
 * blocks.c: from instructions to blocks. In: runs of instructions, the first instruction of
 * each jump target marked. Out: blocks in the order of their places, the entry first, linked to
 * the blocks that follow them. Targets of jump tables are linked through the tables.
 */
#include "analysis/code/flow/flow.h"

#include <stdlib.h>

static int by_offset(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void sort_runs(struct flow *flow)
{
    size_t kept = 0;
    for (size_t i = 0; i < flow->runs.count; i++)
        if (flow->runs.data[i].count)
            flow->runs.data[kept++] = flow->runs.data[i];
    flow->runs.count = kept;
    if (kept > 1)
        qsort(flow->runs.data, kept, sizeof *flow->runs.data, by_offset);
}

static void split_run(struct flow *flow, const struct run *run)
{
    bool starts = true;
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        struct instruction *instruction = &flow->instructions.data[i];
        if (starts || instruction->is_leader)
            array_push(
                &flow->blocks,
                (struct flow_block){.first = i, .next = NONE, .target = NONE, .landing = NONE});
        flow->blocks.data[flow->blocks.count - 1].last = i;
        instruction->block = (uint32_t)flow->blocks.count - 1;
        starts = instruction->effect.control != CONTROL_NEXT;
    }
}

uint32_t flow_block_at(const struct flow *flow, uint32_t offset)
{
    uint32_t index = offset == NONE ? NONE : flow->instruction_at[offset];
    return index == NONE ? NONE : flow->instructions.data[index].block;
}

static void link_block(struct flow *flow, struct flow_block *block)
{
    const struct instruction *last = &flow->instructions.data[block->last];
    const struct effect *effect = &last->effect;
    bool falls = effect->control == CONTROL_NEXT || effect->control == CONTROL_BRANCH ||
                 effect->control == CONTROL_CALL;
    if (falls) {
        uint64_t address = flow_address_of(flow, last->offset) + effect->length;
        uint32_t offset = flow_offset_of(flow, address);
        block->next = flow_block_at(flow, offset);
        block->falls_off = offset == NONE;
    }
    if (effect->control == CONTROL_BRANCH || effect->control == CONTROL_JUMP)
        if (effect->target_kind == TARGET_ADDRESS)
            block->target = flow_block_at(flow, flow_offset_of(flow, effect->target));
}

void flow_block(struct flow *flow)
{
    flow->blocks.count = 0;
    sort_runs(flow);
    for (size_t i = 0; i < flow->runs.count; i++)
        split_run(flow, &flow->runs.data[i]);
    for (size_t i = 0; i < flow->blocks.count; i++)
        link_block(flow, &flow->blocks.data[i]);
    for (size_t i = 0; i < flow->gaps.count; i++) {
        uint32_t block = flow_block_at(flow, flow->gaps.data[i]);
        if (block != NONE)
            flow->blocks.data[block].is_gap = true;
    }
    flow_land_blocks(flow);
}

static void reach(struct flow *flow, uint32_t block)
{
    if (block == NONE || flow->blocks.data[block].is_known)
        return;
    flow->blocks.data[block].is_known = true;
    array_push(&flow->pending, block);
}

static void reach_successors(struct flow *flow, const struct flow_block *block)
{
    uint32_t table = flow->instructions.data[block->last].table;
    reach(flow, block->next);
    reach(flow, block->target);
    reach(flow, block->landing);
    if (table == NONE)
        return;
    const struct jump_table *entries = &flow->jump_tables.data[table];
    for (uint32_t i = 0; i < entries->target_count; i++)
        reach(flow, flow_block_at(flow, flow->table_targets.data[entries->first_target + i]));
}

void flow_settle_gaps(struct flow *flow)
{
    if (!flow->gaps.count)
        return;
    for (size_t i = 0; i < flow->blocks.count; i++)
        flow->blocks.data[i].is_known = false;
    flow->pending.count = 0;
    reach(flow, 0);
    while (flow->pending.count)
        reach_successors(flow, &flow->blocks.data[flow->pending.data[--flow->pending.count]]);
    for (size_t i = 0; i < flow->blocks.count; i++)
        flow->blocks.data[i].is_gap &= !flow->blocks.data[i].is_known;
}
