/*
 * pointer_calls.c: calls through pointers that are not resolved, with the paths of the callee
 * and of what they pass.
 *
 * Compilers let several calls share one instruction, each with its own pointer in the register.
 * Where the pointer is a join of different values, the ways into its block are told apart, one
 * record each, up to a few blocks back; so is a pointer to a function that a condition chose.
 */
#include "analysis/code/emit/emit.h"

#include "analysis/code/values/receivers.h"

enum { MAX_CHAIN = 5, MAX_VARIANTS = 48 };

/** One way to the call: the blocks on it, the last one first. */
struct chain {
    uint32_t blocks[MAX_CHAIN];
    unsigned length;
};

struct variants {
    const struct flow *flow;
    struct output *output;
    const struct effect *effect;
    uint32_t call;
    uint8_t passed;
    unsigned count;
};

/** Gets the state before the call; false if control does not come this way. */
static bool state_behind(const struct flow *flow, const struct chain *chain,
                         struct machine_state *ret)
{
    if (!state_at_block(flow, chain->blocks[chain->length - 1], ret))
        return false;
    for (unsigned i = chain->length; i-- > 0;) {
        const struct flow_block *block = &flow->blocks.data[chain->blocks[i]];
        for (uint32_t k = block->first; k <= block->last; k++)
            if (i || k != block->last)
                state_apply(flow, &flow->instructions.data[k], ret);
    }
    return true;
}

/** @p callee is what the target register holds, if the target is in one. */
static bool describe(const struct flow *flow, struct output *output, const struct effect *effect,
                     const struct machine_state *state, struct value callee,
                     struct pointer_call *ret)
{
    struct value place;
    if (effect->target_kind == TARGET_REGISTER) {
        path_of_value(flow, callee, &ret->callee);
        place = path_place(flow, callee);
    } else if (effect->target_kind == TARGET_MEMORY) {
        place = value_of_operand(state, effect);
        path_of_loaded(flow, place, &ret->callee);
    } else if (effect->target_kind == TARGET_SLOT) {
        place = VALUE_OF(.form = FORM_CONSTANT, .number = (int64_t)effect->target,
                         .is_address = effect->displacement_is_address);
        path_of_loaded(flow, place, &ret->callee);
    } else {
        return false;
    }
    for (unsigned i = 0; i < 2 && i < flow->arch->argument_count; i++)
        path_of_value(flow, state->registers[flow->arch->arguments[i]], &ret->arguments[i]);
    ret->reads_layout = path_is_rounded(flow, state->registers[flow->arch->arguments[0]]) &&
                        path_reads_layout(flow, &output->slots, place);
    return true;
}

/** Whether all ways into a block are jumps and falls of known blocks. */
static bool has_known_ways(const struct flow *flow, uint32_t block)
{
    const struct flow_block *at = &flow->blocks.data[block];
    return block != 0 && !at->is_gap && !at->is_landing;
}

/** Whether it is worth telling apart the ways into the chain's first block. */
static bool is_join(const struct flow *flow, const struct chain *chain,
                    const struct access_path *callee)
{
    return callee->root == ROOT_VALUE && callee->address >> 48 == ORIGIN_JOIN &&
           chain->length < MAX_CHAIN && has_known_ways(flow, chain->blocks[chain->length - 1]);
}

static bool leads_to(const struct flow *flow, const struct flow_block *from, uint32_t block)
{
    const struct instruction *last = &flow->instructions.data[from->last];
    if (from->next == block || from->target == block)
        return true;
    if (last->table == NONE)
        return false;
    const struct jump_table *table = &flow->jump_tables.data[last->table];
    for (uint32_t i = 0; i < table->target_count; i++)
        if (flow_block_at(flow, flow->table_targets.data[table->first_target + i]) == block)
            return true;
    return false;
}

/** Chains that wait to be looked at. */
struct chain_list {
    struct chain items[MAX_VARIANTS];
    unsigned count;
};

/** Adds the chain with each block that leads to it; false if they are too many. */
static bool extend(const struct flow *flow, const struct chain *chain, struct chain_list *list)
{
    uint32_t block = chain->blocks[chain->length - 1];
    unsigned before = list->count;
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        const struct flow_block *from = &flow->blocks.data[i];
        if (!leads_to(flow, from, block))
            continue;
        if (list->count == MAX_VARIANTS || flow->instructions.data[from->last].is_internal_call) {
            list->count = before;
            return false;
        }
        struct chain longer = *chain;
        longer.blocks[longer.length++] = i;
        list->items[list->count++] = longer;
    }
    return true;
}

static void look_at(struct variants *variants, const struct chain *chain, struct chain_list *list)
{
    const struct flow *flow = variants->flow;
    const struct effect *effect = variants->effect;
    struct machine_state state;
    struct value values[MAX_ALTERNATIVES] = {{.bound = BOUND_NONE}};
    unsigned count = 1;
    if (!state_behind(flow, chain, &state))
        return;
    if (effect->target_kind == TARGET_REGISTER && effect->target_register < MAX_REGISTERS)
        count = path_alternatives(flow, state.registers[effect->target_register], values);
    for (unsigned i = 0; i < count; i++) {
        struct pointer_call pointer = {
            .call = variants->call, .receiver = {.call = NONE}, .passed = variants->passed};
        if (!describe(flow, variants->output, effect, &state, values[i], &pointer))
            return;
        if (count == 1 && is_join(flow, chain, &pointer.callee) && variants->count < MAX_VARIANTS &&
            extend(flow, chain, list))
            return;
        array_push(&variants->output->pointer_calls, pointer);
        variants->count++;
    }
}

void emit_pointer_call(const struct flow *flow, struct output *output, uint32_t block,
                       uint32_t call)
{
    const struct instruction *last = &flow->instructions.data[flow->blocks.data[block].last];
    if (!output->passed.is_found)
        passed_arguments_find(&output->passed, flow);
    uint8_t passed = passed_arguments_at(&output->passed, flow, block);
    if (!passed_looks_at_result(flow, block))
        passed |= PASSED_NO_RESULT;
    struct variants variants = {
        .flow = flow, .output = output, .effect = &last->effect, .call = call, .passed = passed};
    struct chain_list list = {.items = {{.blocks = {block}, .length = 1}}, .count = 1};
    while (list.count) {
        struct chain chain = list.items[--list.count];
        look_at(&variants, &chain, &list);
    }
}

/** The place that the target of the instruction is loaded from, of FORM_UNKNOWN if from none. */
static struct value target_place(const struct flow *flow, const struct effect *effect,
                                 const struct machine_state *state)
{
    if (effect->target_kind == TARGET_MEMORY)
        return value_of_operand(state, effect);
    if (effect->target_kind == TARGET_REGISTER && effect->target_register < MAX_REGISTERS)
        return path_place(flow, state->registers[effect->target_register]);
    return VALUE_OF(.form = FORM_UNKNOWN);
}

/** Gives the records of the call at @p address the receiver that is known before it. */
static void put_receiver(struct flow *flow, struct output *output, uint32_t instruction,
                         size_t first_call, size_t first_pointer_call)
{
    struct machine_state state;
    struct access_path receiver = {.call = NONE};
    uint64_t address = flow_instruction_address(flow, instruction);
    bool is_known = false;
    for (size_t i = first_pointer_call; i < output->pointer_calls.count; i++) {
        struct pointer_call *pointer = &output->pointer_calls.data[i];
        if (output->calls.data[first_call + pointer->call].address != address)
            continue;
        if (!is_known && state_before(flow, instruction, &state))
            path_of_receiver(
                flow, &output->slots, &state,
                target_place(flow, &flow->instructions.data[instruction].effect, &state),
                &receiver);
        is_known = true;
        pointer->receiver = receiver;
    }
}

void emit_receivers(struct flow *flow, struct output *output, size_t first_call,
                    size_t first_pointer_call)
{
    if (output->pointer_calls.count == first_pointer_call || !flow->slots ||
        !receivers_are_described(flow))
        return;
    flow->slots = NULL;
    flow_solve(flow);
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        uint32_t last = flow->blocks.data[i].last;
        if (flow->instructions.data[last].effect.control == CONTROL_CALL)
            put_receiver(flow, output, last, first_call, first_pointer_call);
    }
}
