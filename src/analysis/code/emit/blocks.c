/*
 * blocks.c: the flow graph that later analyses walk. In: blocks and the calls that end them.
 * Out: far fewer blocks with the same sequences of calls.
 *
 * A block without a call that has one successor is merged into it; where both successors of a
 * block have become the same, it too has only one. Done from the last block to the first, this
 * dissolves all call-free ifs; call-free loops stay, for control may stay in them. So do blocks
 * that access memory and lead to no return: whether they are in such a loop makes a difference.
 */
#include "analysis/code/emit/emit.h"
#include "base/sort.h"

enum { MAX_PASSES = 16 };

/** A function's blocks on their way out. */
struct pruning {
    struct flow *flow;
    struct output *output;
    size_t first_call, first_block; /* the function's, in output */
};

static uint32_t find_place(struct output *output, uint32_t block)
{
    uint32_t *merged = output->places.data;
    while (merged[block] != block) {
        merged[block] = merged[merged[block]];
        block = merged[block];
    }
    return block;
}

static const struct jump_table *table_of(const struct flow *flow, const struct flow_block *block)
{
    uint32_t table = flow->instructions.data[block->last].table;
    return table == NONE ? NULL : &flow->jump_tables.data[table];
}

/** Whether a block does something besides going on. */
static bool must_stay(const struct pruning *pruning, uint32_t index)
{
    const struct flow_block *block = &pruning->flow->blocks.data[index];
    const struct instruction *last = &pruning->flow->instructions.data[block->last];
    return index == 0 || block->is_gap || block->is_landing ||
           (block->works && !block->may_leave) ||
           pruning->output->block_calls.data[index] != NONE ||
           pruning->output->tails.data[2 * index] != NONE || table_of(pruning->flow, block) ||
           last->effect.control == CONTROL_RETURN || last->effect.control == CONTROL_TRAP;
}

static bool leads_out(const struct flow *flow, const struct flow_block *block)
{
    const struct jump_table *table = table_of(flow, block);
    for (uint32_t i = 0; table && i < table->target_count; i++) {
        uint32_t target = flow_block_at(flow, flow->table_targets.data[table->first_target + i]);
        if (target != NONE && flow->blocks.data[target].may_leave)
            return true;
    }
    return (block->next != NONE && flow->blocks.data[block->next].may_leave) ||
           (block->target != NONE && flow->blocks.data[block->target].may_leave);
}

/**
 * Finds the blocks from which the end of the function can be reached, if all calls return. Ways
 * that go back and forth through the code more than a few times are not found to the end: then
 * blocks stay that need not.
 */
static void find_ways_out(struct pruning *pruning)
{
    struct flow *flow = pruning->flow;
    bool has_news = true;
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        struct flow_block *block = &flow->blocks.data[i];
        block->may_leave = flow->instructions.data[block->last].effect.control == CONTROL_RETURN ||
                           pruning->output->tails.data[2 * i] != NONE ||
                           (block->next == NONE && pruning->output->block_calls.data[i] != NONE);
    }
    for (unsigned pass = 0; has_news && pass < MAX_PASSES; pass++) {
        has_news = false;
        for (uint32_t i = (uint32_t)flow->blocks.count; i-- > 0;) {
            struct flow_block *block = &flow->blocks.data[i];
            if (block->may_leave || !leads_out(flow, block))
                continue;
            block->may_leave = has_news = true;
        }
    }
}

/** Lets each block that only goes on to one other be that other. */
static void merge_blocks(struct pruning *pruning)
{
    const struct flow *flow = pruning->flow;
    struct output *output = pruning->output;
    uint32_t count = (uint32_t)flow->blocks.count;
    array_reserve(&output->places, count);
    for (uint32_t i = 0; i < count; i++)
        output->places.data[i] = i;
    for (uint32_t i = count; i-- > 0;) {
        const struct flow_block *block = &flow->blocks.data[i];
        uint32_t next = block->next, target = block->target;
        if (must_stay(pruning, i) || (next == NONE && target == NONE))
            continue;
        next = next == NONE ? target : next;
        target = target == NONE ? next : target;
        next = find_place(output, next);
        if (next == find_place(output, target) && next != i)
            output->places.data[i] = next;
    }
}

/** Returns the index within the function of a new block. */
static uint32_t add_block(struct pruning *pruning, uint32_t call, uint32_t flags)
{
    struct block block = {.call = call, .next = {NONE, NONE}, .flags = flags};
    array_push(&pruning->output->blocks, block);
    return (uint32_t)(pruning->output->blocks.count - 1 - pruning->first_block);
}

static bool is_unresolved(const struct pruning *pruning, uint32_t call)
{
    const struct call *record = &pruning->output->calls.data[pruning->first_call + call];
    return record->is_tail && record->kind == CALL_UNRESOLVED;
}

static uint32_t add_tail(struct pruning *pruning, uint32_t call)
{
    return add_block(pruning, call, is_unresolved(pruning, call) ? BLOCK_UNRESOLVED : 0);
}

/** Makes the blocks that stay, in order, without successors. */
static void add_blocks(struct pruning *pruning)
{
    struct flow *flow = pruning->flow;
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        struct flow_block *block = &flow->blocks.data[i];
        if (pruning->output->places.data[i] != i)
            continue;
        uint32_t call = pruning->output->block_calls.data[i], flags = 0;
        if (block->is_gap)
            flags |= BLOCK_GAP;
        if (block->is_landing)
            flags |= block->may_catch ? BLOCK_LANDING_PAD | BLOCK_CATCHES : BLOCK_LANDING_PAD;
        if (i == 0 && !flow->knows_landings)
            flags |= BLOCK_HIDES_PADS;
        if (block->works && !block->may_leave)
            flags |= BLOCK_WORKS;
        if (call != NONE && is_unresolved(pruning, call))
            flags |= BLOCK_UNRESOLVED;
        else if (flow->instructions.data[block->last].effect.control == CONTROL_RETURN)
            flags |= BLOCK_RETURNS;
        block->number = add_block(pruning, call, flags);
    }
}

static void add_successor(struct pruning *pruning, uint32_t block)
{
    if (block == NONE)
        return;
    uint32_t place = find_place(pruning->output, block);
    array_push(&pruning->output->successors, pruning->flow->blocks.data[place].number);
}

/** Collects the numbers of all blocks that may follow. */
static void find_successors(struct pruning *pruning, uint32_t index)
{
    const struct flow *flow = pruning->flow;
    const struct flow_block *block = &flow->blocks.data[index];
    const struct jump_table *table = table_of(flow, block);
    struct output *output = pruning->output;
    output->successors.count = 0;
    add_successor(pruning, block->next);
    add_successor(pruning, block->target);
    for (uint32_t i = 0; table && i < table->target_count; i++)
        add_successor(pruning,
                      flow_block_at(flow, flow->table_targets.data[table->first_target + i]));
    for (size_t i = 0; i < 2; i++)
        if (output->tails.data[2 * index + i] != NONE) {
            uint32_t tail = add_tail(pruning, output->tails.data[2 * index + i]);
            array_push(&output->successors, tail);
        }
    output->successors.count = sort_numbers(output->successors.data, output->successors.count);
}

/** Links a block to its successors; more than two hang on a chain of empty blocks. */
static void link_successors(struct pruning *pruning, uint32_t number)
{
    struct output *output = pruning->output;
    size_t count = output->successors.count;
    for (size_t i = 0; i < count; i++) {
        bool needs_link = i > 0 && i + 1 < count;
        uint32_t link = needs_link ? add_block(pruning, NONE, 0) : NONE;
        struct block *from = &output->blocks.data[pruning->first_block + number];
        if (needs_link) {
            from->next[1] = link;
            number = link;
            from = &output->blocks.data[pruning->first_block + number];
        }
        from->next[i > 0 && !needs_link] = output->successors.data[i];
    }
}

void emit_blocks(struct flow *flow, struct output *output, size_t first_call)
{
    struct pruning pruning = {flow, output, first_call, output->blocks.count};
    flow_settle_gaps(flow);
    find_ways_out(&pruning);
    merge_blocks(&pruning);
    add_blocks(&pruning);
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        if (output->places.data[i] != i)
            continue;
        find_successors(&pruning, i);
        link_successors(&pruning, flow->blocks.data[i].number);
    }
}
