/*
 * arguments.c: the constants and places that calls pass in registers. In: a solved function, the
 * state before a call. Out: output.arguments, for the callees and arguments that somebody asks for
 * (how much an allocator is to hand out); those of all calls would be more than the rest of the
 * program.
 *
 * The solver's meet leaves a constant only where all ways agree. It does not know all ways:
 *
 *   an exception's landing pad behind another one looks like the continuation of the call that ends
 *   that (_Unwind_Resume). With gaps, a value is followed to the start of its block only: calls end
 *   blocks, so a landing pad never lies within one.
 *   a jump whose targets are not known may lead to a label in the middle of what looks like one
 *   straight piece. Then nothing is sure, unless it can only be a tail call: nothing is on the
 *   stack and no code is left that it could lead to.
 *
 * Left out on purpose: arguments on the stack, and constants that went through memory: code that
 * was not optimized keeps its variables there, and who else writes them is not followed.
 */
#include "analysis/code/emit/arguments.h"

/** Whether the jump is a tail call through a pointer and nothing else. */
static bool is_surely_tail(const struct flow *flow, const struct instruction *jump)
{
    struct machine_state state;
    if (jump->table != NONE || flow->gaps.count ||
        !state_before(flow, (uint32_t)(jump - flow->instructions.data), &state))
        return false;
    const struct value *sp = &state.registers[flow->arch->stack_pointer];
    return sp->form == FORM_STACK && sp->number == -(int64_t)flow->arch->return_address_bytes;
}

static bool is_resolved(const struct flow *flow, const struct instruction *jump)
{
    return jump->table != NONE && flow->jump_tables.data[jump->table].is_complete;
}

enum constant_reach arguments_reach(const struct flow *flow)
{
    for (size_t i = 0; i < flow->indirect_jumps.count; i++) {
        const struct instruction *jump = &flow->instructions.data[flow->indirect_jumps.data[i]];
        if (!is_resolved(flow, jump) && !is_surely_tail(flow, jump))
            return REACH_NONE;
    }
    return flow->gaps.count ? REACH_BLOCK : REACH_FUNCTION;
}

bool call_argument(const struct flow *flow, const struct machine_state *state, unsigned index,
                   int64_t *ret)
{
    if (index >= flow->arch->argument_count)
        return false;
    const struct value *value = &state->registers[flow->arch->arguments[index]];
    if (value->form != FORM_CONSTANT)
        return false;
    *ret = value->number;
    return true;
}

/** Gets the argument @p index if it is a place in the function's own frame. */
static bool frame_argument(const struct flow *flow, const struct machine_state *state,
                           unsigned index, int64_t *ret)
{
    if (index >= flow->arch->argument_count)
        return false;
    const struct value *value = &state->registers[flow->arch->arguments[index]];
    *ret = value->number;
    return value->form == FORM_STACK;
}

/** Gets the state before the last instruction of a block, if nothing is known at its start. */
static void state_within_block(const struct flow *flow, uint32_t index, struct machine_state *ret)
{
    const struct flow_block *block = &flow->blocks.data[index];
    state_init(flow, ret);
    for (uint32_t i = block->first; i < block->last; i++)
        state_apply(flow, &flow->instructions.data[i], ret);
}

void emit_arguments(const struct flow *flow, struct output *output, enum constant_reach reach,
                    uint32_t block, const struct machine_state *state, uint32_t callee,
                    uint32_t call)
{
    const uint8_t *wanted = flow->program->facts->wanted_arguments;
    if (!wanted || !wanted[callee] || reach == REACH_NONE)
        return;
    struct machine_state within;
    if (reach == REACH_BLOCK) {
        state_within_block(flow, block, &within);
        state = &within;
    }
    for (unsigned set = wanted[callee]; set; set &= set - 1) {
        unsigned index = (unsigned)__builtin_ctz(set);
        struct argument argument = {.call = call, .index = (uint8_t)index};
        argument.is_frame = frame_argument(flow, state, index, &argument.number);
        if (argument.is_frame || call_argument(flow, state, index, &argument.number))
            array_push(&output->arguments, argument);
    }
}
