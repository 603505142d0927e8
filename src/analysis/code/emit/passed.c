/*
 * passed.c: which arguments a call seems to pass. In: the blocks of a function. Out: a set of
 * argument registers for each block's start.
 *
 * A register seems to hold an argument if on all ways to the call it was written and no other call
 * came after that, since a call may leave anything in it (System V ABI 3.2.1). Or it still has what
 * the function itself was passed; whether that is anything, its callers decide, so that there are
 * two sets. Compilers now and then know better what a callee leaves alone (gcc -fipa-ra), so a set
 * may lack one; and it may have some that were written for other purposes.
 */
#include "analysis/code/emit/emit.h"

#include <string.h>

static const struct passed_set nothing;

static uint8_t all_registers(const struct flow *flow)
{
    return (uint8_t)((1U << flow->arch->argument_count) - 1);
}

static uint8_t arguments_in(const struct flow *flow, uint32_t registers)
{
    uint8_t set = 0;
    for (unsigned i = 0; i < flow->arch->argument_count; i++)
        if (registers >> flow->arch->arguments[i] & 1)
            set |= (uint8_t)(1U << i);
    return set;
}

static struct passed_set passed_behind(const struct flow *flow, const struct effect *effect,
                                       struct passed_set set)
{
    if (effect->control == CONTROL_CALL)
        return nothing;
    uint32_t registers = effect->clobbered;
    if (effect->destination < MAX_REGISTERS)
        registers |= UINT32_C(1) << effect->destination;
    uint8_t written = arguments_in(flow, registers);
    set.written |= written;
    set.written_or_own |= written;
    return set;
}

/** What is passed before the last instruction of a block. */
static struct passed_set passed_at_end(const struct flow *flow, uint32_t index,
                                       struct passed_set set)
{
    const struct flow_block *block = &flow->blocks.data[index];
    for (uint32_t i = block->first; i < block->last; i++)
        set = passed_behind(flow, &flow->instructions.data[i].effect, set);
    return set;
}

/** Takes from what a block begins with all that is not in @p set; queues it if that is news. */
static void meet(struct passed_arguments *passed, uint32_t block, struct passed_set set)
{
    if (block == NONE)
        return;
    struct passed_set *start = &passed->at_start.data[block];
    if (!(start->written & ~set.written) && !(start->written_or_own & ~set.written_or_own))
        return;
    start->written &= set.written;
    start->written_or_own &= set.written_or_own;
    array_push(&passed->queue, block);
}

static void carry(const struct flow *flow, struct passed_arguments *passed, uint32_t index)
{
    const struct flow_block *block = &flow->blocks.data[index];
    const struct instruction *last = &flow->instructions.data[block->last];
    struct passed_set set = passed_behind(flow, &last->effect,
                                          passed_at_end(flow, index, passed->at_start.data[index]));
    meet(passed, block->next, set);
    meet(passed, block->target, set);
    const struct jump_table *table =
        last->table == NONE ? NULL : &flow->jump_tables.data[last->table];
    for (uint32_t i = 0; table && i < table->target_count; i++) {
        uint32_t offset = flow->table_targets.data[table->first_target + i];
        meet(passed, flow_block_at(flow, offset), set);
    }
}

void passed_arguments_find(struct passed_arguments *passed, const struct flow *flow)
{
    size_t count = flow->blocks.count;
    uint8_t all = all_registers(flow);
    passed->is_found = true;
    passed->queue.count = 0;
    array_reserve(&passed->at_start, count + 1);
    for (uint32_t i = (uint32_t)count; i-- > 0;) {
        bool is_landing = flow->blocks.data[i].is_landing;
        passed->at_start.data[i] = is_landing ? nothing : (struct passed_set){all, all};
        array_push(&passed->queue, i);
    }
    passed->at_start.data[0].written = 0;
    // Sets only shrink, by a bit at a time at worst, so this ends.
    while (passed->queue.count)
        carry(flow, passed, passed->queue.data[--passed->queue.count]);
}

struct passed_set passed_arguments_at(const struct passed_arguments *passed,
                                      const struct flow *flow, uint32_t block)
{
    return passed_at_end(flow, block, passed->at_start.data[block]);
}

bool passed_looks_at_result(const struct flow *flow, uint32_t index)
{
    register_number result = flow->arch->return_register;
    uint32_t next = flow->blocks.data[index].next;
    if (next == NONE)
        return false;
    const struct flow_block *block = &flow->blocks.data[next];
    for (uint32_t i = block->first; i <= block->last; i++) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        if (effect->source == result || effect->base == result || effect->index == result)
            return true;
        if (effect->control == CONTROL_CALL || effect->destination == result ||
            effect->clobbered >> result & 1)
            return false;
    }
    return false;
}

void passed_arguments_deinit(struct passed_arguments *passed)
{
    array_deinit(&passed->at_start);
    array_deinit(&passed->queue);
}
