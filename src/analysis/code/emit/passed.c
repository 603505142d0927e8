/*
 * passed.c: which arguments a call seems to pass. In: the blocks of a function. Out: a set of
 * argument registers for each block's start.
 *
 * A register seems to hold an argument if on all ways to the call it was written and no other call
 * came after that, since a call may leave anything in it (System V ABI 3.2.1); or if it still has
 * what the function itself was passed, which need not be anything. Arguments on the stack are
 * written there before the call in the same way. A set may have registers that were written for
 * other purposes.
 */
#include "analysis/code/emit/emit.h"

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

/** Whether nothing but such pushes came before this one in the function. */
static bool is_pushed_first(const struct flow *flow, const struct effect *effect)
{
    const struct flow_block *block = &flow->blocks.data[0];
    for (uint32_t i = block->first; i <= block->last; i++) {
        const struct effect *before = &flow->instructions.data[i].effect;
        if (before == effect)
            return true;
        if (before->value_kind != VALUE_PUSH && !before->is_landing)
            return false;
    }
    return false;
}

/** Whether something is put where a callee finds its first argument on the stack. */
static bool is_argument_on_stack(const struct flow *flow, const struct effect *effect)
{
    // A register that a call preserves is pushed to keep it, nearly always, and any other one at
    // the start of a function to align the stack.
    bool is_kept =
        effect->source < MAX_REGISTERS &&
        (flow->arch->callee_saved >> effect->source & 1 || is_pushed_first(flow, effect));
    return (effect->value_kind == VALUE_PUSH && !is_kept) ||
           (effect->writes_memory && effect->base == flow->arch->stack_pointer &&
            effect->index == REGISTER_NONE && !effect->displacement);
}

/**
 * Whether the caller may know what the callee leaves alone, since they were compiled together (gcc
 * -fipa-ra; rustc has nothing of the kind).
 */
static bool may_keep_arguments(const struct flow *flow, const struct effect *effect)
{
    if (effect->target_kind != TARGET_ADDRESS || flow->program->facts->crates[flow->function])
        return false;
    uint32_t callee = program_function_at(flow->program, flow->image_index, effect->target);
    return callee != NONE && flow->program->functions[callee].source != FUNCTION_PLT;
}

static uint8_t passed_behind(const struct flow *flow, const struct effect *effect, uint8_t set)
{
    if (effect->control == CONTROL_CALL)
        return may_keep_arguments(flow, effect) ? set & PASSED_REGISTERS : 0;
    uint32_t registers = effect->clobbered;
    if (effect->destination < MAX_REGISTERS)
        registers |= UINT32_C(1) << effect->destination;
    uint8_t written = arguments_in(flow, registers);
    if (is_argument_on_stack(flow, effect))
        written |= PASSED_ON_STACK;
    return set | written;
}

/** What is passed before the last instruction of a block. */
static uint8_t passed_at_end(const struct flow *flow, uint32_t index, uint8_t set)
{
    const struct flow_block *block = &flow->blocks.data[index];
    for (uint32_t i = block->first; i < block->last; i++)
        set = passed_behind(flow, &flow->instructions.data[i].effect, set);
    return set;
}

/** Takes from what a block begins with all that is not in @p set; queues it if that is news. */
static void meet(struct passed_arguments *passed, uint32_t block, uint8_t set)
{
    if (block == NONE)
        return;
    uint8_t *start = &passed->at_start.data[block];
    if (!(*start & ~set))
        return;
    *start &= set;
    array_push(&passed->queue, block);
}

static void carry(const struct flow *flow, struct passed_arguments *passed, uint32_t index)
{
    const struct flow_block *block = &flow->blocks.data[index];
    const struct instruction *last = &flow->instructions.data[block->last];
    uint8_t set = passed_behind(flow, &last->effect,
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
    uint8_t own = all_registers(flow);
    passed->is_found = true;
    passed->queue.count = 0;
    array_reserve(&passed->at_start, count + 1);
    for (uint32_t i = (uint32_t)count; i-- > 0;) {
        passed->at_start.data[i] = flow->blocks.data[i].is_landing ? 0 : own | PASSED_ON_STACK;
        array_push(&passed->queue, i);
    }
    passed->at_start.data[0] = own;
    // Sets only shrink, by a bit at a time at worst, so this ends.
    while (passed->queue.count)
        carry(flow, passed, passed->queue.data[--passed->queue.count]);
}

uint8_t passed_arguments_at(const struct passed_arguments *passed, const struct flow *flow,
                            uint32_t block)
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
