/*
 * arguments.c: what calls pass in registers. In: a solved function, the state before a call. Out:
 * output.arguments, for the callees and arguments that somebody asks for (how much an allocator is
 * to hand out); those of all calls would be more than the rest of the program.
 *
 * What is no constant is followed back over multiplications and additions of constants to an
 * argument, a result or a load, as far as values have names (flow.follows_origins).
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

#include "analysis/code/emit/callee.h"

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

/* ---- Where an argument comes from ------------------------------------------------------------ */

/** A value that is factor * x + addend, while it is followed back to x. */
struct amount {
    struct value x;
    int64_t factor, addend;
};

enum { MAX_AMOUNT_STEPS = 8 };

static bool is_small(const struct amount *amount)
{
    return amount->factor > 0 && amount->factor <= INT32_MAX && amount->addend >= INT32_MIN &&
           amount->addend <= INT32_MAX;
}

/** Undoes the instruction that made x of a register, or kept it; false if it did something else. */
static bool undo(const struct flow *flow, struct amount *amount)
{
    struct machine_state state;
    bool is_made = amount->x.unit == ORIGIN_MADE;
    if ((!is_made && amount->x.unit != ORIGIN_STORED) || amount->x.is_loose ||
        !state_before(flow, amount->x.bound, &state))
        return false;
    const struct effect *effect = &flow->instructions.data[amount->x.bound].effect;
    if (!is_made) {
        amount->x = value_stored(&state, effect);
        return true;
    }
    register_number from = effect->source;
    int64_t factor = amount->factor, addend = 0;
    switch (effect->value_kind) {
    case VALUE_COPY:
    case VALUE_SIGN_EXTEND:
        break;
    case VALUE_ADD:
        addend = effect->value;
        break;
    case VALUE_MULTIPLY:
        factor = effect->value > 0 && effect->value <= INT32_MAX ? factor * effect->value : 0;
        break;
    case VALUE_SHIFT_LEFT:
        factor = effect->value < 31 ? factor << effect->value : 0;
        break;
    case VALUE_ADD_REGISTERS:
        if (from != effect->index && from != REGISTER_NONE)
            return false;
        factor *= effect->scale + (from == effect->index);
        addend = effect->value;
        from = effect->index;
        break;
    default:
        return false;
    }
    if (from >= MAX_REGISTERS || addend < INT32_MIN || addend > INT32_MAX)
        return false;
    *amount =
        (struct amount){state.registers[from], factor, amount->addend + amount->factor * addend};
    return true;
}

/** Takes what is added to the name of a value out of it. */
static void take_number(struct amount *amount)
{
    int64_t number = amount->x.number;
    if (amount->x.form != FORM_ORIGIN || number < INT32_MIN || number > INT32_MAX)
        return;
    amount->addend += amount->factor * number;
    amount->x.number = 0;
}

static uint8_t kind_of_origin(const struct flow *flow, const struct value *value, int64_t *ret)
{
    *ret = 0;
    if (value->form != FORM_ORIGIN || value->number || value->is_loose)
        return ARGUMENT_OTHER;
    for (unsigned i = 0; value->unit == ORIGIN_ENTRY && i < flow->arch->argument_count; i++) {
        *ret = i;
        if (value->bound == flow->arch->arguments[i])
            return ARGUMENT_OWN;
    }
    if (value->unit == ORIGIN_RESULT) {
        *ret = (int64_t)flow_instruction_address(flow, value->bound);
        return ARGUMENT_RESULT;
    }
    return value->unit == ORIGIN_LOAD ? ARGUMENT_LOADED : ARGUMENT_OTHER;
}

/**
 * Whether an unknown number was multiplied by lea alone. It may have been shifted before, so that
 * the factor is a part of the whole: `shl $4; lea (%rax,%rax,2)`.
 */
static bool may_be_partial(const struct value *value)
{
    return value->form == FORM_INDEX && (value->unit == 3 || value->unit == 5 || value->unit == 9);
}

/** Describes what a register holds. */
static struct argument describe(const struct flow *flow, const struct value *value)
{
    struct argument ret = {.number = value->number, .factor = 1, .kind = ARGUMENT_CONSTANT};
    if (value->form == FORM_CONSTANT)
        return ret;
    ret.kind = ARGUMENT_FRAME;
    if (value->form == FORM_STACK)
        return ret;
    if (may_be_partial(value))
        return (struct argument){.factor = 1, .kind = ARGUMENT_OTHER};
    struct amount amount = {*value, 1, 0}, next;
    if (value->form == FORM_INDEX && value->unit)
        amount = (struct amount){*value, value->unit, value->number};
    take_number(&amount);
    for (int i = 0; i < MAX_AMOUNT_STEPS && amount.x.form == FORM_ORIGIN; i++) {
        next = amount;
        if (!undo(flow, &next) || !is_small(&next))
            break;
        take_number(&next);
        amount = next;
    }
    ret.kind = kind_of_origin(flow, &amount.x, &ret.number);
    if (!is_small(&amount))
        return (struct argument){.factor = 1, .kind = ARGUMENT_OTHER};
    ret.factor = (uint32_t)amount.factor;
    ret.addend = (int32_t)amount.addend;
    return ret;
}

/* ---- Arguments of a call --------------------------------------------------------------------- */

/** Gets the state before the last instruction of a block, if nothing is known at its start. */
static void state_within_block(const struct flow *flow, uint32_t index, struct machine_state *ret)
{
    const struct flow_block *block = &flow->blocks.data[index];
    state_init(flow, ret);
    for (uint32_t i = block->first; i < block->last; i++)
        state_apply(flow, &flow->instructions.data[i], ret);
}

bool arguments_are_wanted(const struct flow *flow)
{
    const uint8_t *wanted = flow->program->facts->wanted_arguments;
    for (size_t i = 0; wanted && i < flow->blocks.count; i++) {
        const struct effect *effect = &flow->instructions.data[flow->blocks.data[i].last].effect;
        if (effect->target_kind != TARGET_ADDRESS && effect->target_kind != TARGET_SLOT)
            continue;
        struct callee callee = callee_of(flow, effect, NULL);
        if (callee.function != NONE && wanted[callee.function])
            return true;
    }
    return false;
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
        if (index >= flow->arch->argument_count)
            continue;
        struct argument argument = describe(flow, &state->registers[flow->arch->arguments[index]]);
        argument.call = call;
        argument.index = (uint8_t)index;
        if (argument.kind != ARGUMENT_OTHER || argument.factor > 1 || argument.addend)
            array_push(&output->arguments, argument);
    }
}
