/*
 * state.c: instructions applied to what is known of the registers, one after the other. In: the
 * state before. Out: the state behind. Calls are taken to return and to keep what the ABI says
 * that calls keep.
 */
#include "analysis/code/flow/flow.h"
#include "analysis/code/values/paths.h"

#include <string.h>

static const struct value unknown = {.bound = BOUND_NONE};

static bool is_in(uint32_t registers, register_number number)
{
    return number < MAX_REGISTERS && registers >> number & 1;
}

/** Forgets everything that was known through a set of registers that change. */
static void forget_known_through(struct state_head *head, uint32_t registers)
{
    if (is_in(registers, head->comparison.first) || is_in(registers, head->comparison.second))
        head->comparison.kind = COMPARISON_NONE;
    if (is_in(registers, head->memory.base) || is_in(registers, head->memory.index))
        head->memory.bound = BOUND_NONE;
    if (!(head->copied & registers))
        return;
    uint32_t copied = head->copied;
    head->copied = 0;
    for (; copied; copied &= copied - 1) {
        register_number i = (register_number)__builtin_ctz(copied);
        if (is_in(registers, i) || is_in(registers, head->copy_of[i]))
            head->copy_of[i] = REGISTER_NONE;
        if (head->copy_of[i] != REGISTER_NONE)
            head->copied |= UINT32_C(1) << i | UINT32_C(1) << head->copy_of[i];
    }
}

static void set_register(struct machine_state *state, register_number number, struct value value)
{
    forget_known_through(&state->head, UINT32_C(1) << number);
    state->registers[number] = value;
}

static void forget_registers(struct machine_state *state, uint32_t registers)
{
    forget_known_through(&state->head, registers);
    for (; registers; registers &= registers - 1)
        state->registers[__builtin_ctz(registers)] = unknown;
}

static void note_copy(struct machine_state *state, const struct effect *effect)
{
    register_number to = effect->destination, from = effect->source;
    bool is_copy = effect->value_kind == VALUE_COPY ||
                   (effect->value_kind == VALUE_AND && effect->value == 0xff);
    if (!is_copy || to == from)
        return;
    state->head.copy_of[to] = from;
    state->head.copied |= UINT32_C(1) << to | UINT32_C(1) << from;
}

static void apply_comparison(const struct effect *effect, struct machine_state *state)
{
    struct comparison *comparison = &state->head.comparison;
    if (effect->value_kind == VALUE_COMPARE_REGISTERS) {
        *comparison = (struct comparison){.kind = COMPARISON_REGISTERS,
                                          .first = effect->source,
                                          .second = effect->index,
                                          .bytes = effect->operand_bytes};
    } else if (effect->source != REGISTER_NONE) {
        *comparison = (struct comparison){.kind = COMPARISON_REGISTER,
                                          .first = effect->source,
                                          .second = REGISTER_NONE,
                                          .value = effect->value,
                                          .bytes = effect->operand_bytes};
    } else if (!effect->is_thread_local) {
        *comparison = (struct comparison){.kind = COMPARISON_MEMORY,
                                          .first = effect->base,
                                          .second = effect->index,
                                          .value = effect->value,
                                          .displacement = effect->displacement,
                                          .scale = effect->scale,
                                          .bytes = effect->operand_bytes};
    }
}

/** The stack pointer made a multiple of `alignment`, at worst: before a call, less is sure. */
static struct value aligned(const struct flow *flow, struct value sp, int64_t alignment)
{
    int64_t known = flow->arch->stack_alignment;
    if (sp.form != FORM_STACK && sp.form != FORM_STACK_BELOW)
        return unknown;
    int64_t exact = alignment < known ? alignment : known;
    sp.number &= -exact;
    if (alignment > known)
        sp.number -= alignment - known;
    return sp;
}

/** sp - size, where the size is known or decided at run time. */
static struct value lowered(struct value sp, struct value size)
{
    if (sp.form != FORM_STACK && sp.form != FORM_STACK_BELOW)
        return unknown;
    if (size.form == FORM_CONSTANT && size.number >= 0 && size.number < INT32_MAX)
        sp.number -= size.number;
    else
        sp.form = FORM_STACK_BELOW;
    return sp;
}

static struct value raised(struct value sp, struct value size)
{
    if (size.form != FORM_CONSTANT)
        return unknown;
    return value_add(sp, size, 1, 0);
}

/** lea -8(%r10),%rsp: gcc's way back from a realigned stack, whose r10 was kept in memory. */
static bool is_return_from_realigned(const struct flow *flow, const struct effect *effect,
                                     const struct value *source)
{
    return value_is_any(source) && effect->stack_value < 0 &&
           effect->stack_value == -(int32_t)flow->arch->return_address_bytes;
}

static struct value stack_pointer_after(const struct flow *flow, const struct effect *effect,
                                        const struct machine_state *state)
{
    struct value sp = state->registers[flow->arch->stack_pointer];
    struct value source =
        effect->stack_register < MAX_REGISTERS ? state->registers[effect->stack_register] : unknown;
    switch (effect->stack) {
    case STACK_ADD:
        sp.number += effect->stack_value;
        return sp;
    case STACK_ALIGN:
        return aligned(flow, sp, effect->stack_value);
    case STACK_FROM_REGISTER:
        if (is_return_from_realigned(flow, effect, &source))
            return VALUE_OF(.form = FORM_STACK, .number = effect->stack_value);
        // A dynamic stack goes from one height that was kept to another.
        if (source.form != FORM_STACK && source.form != FORM_STACK_BELOW)
            return sp.form == FORM_STACK_BELOW ? sp : unknown;
        source.number += effect->stack_value;
        return source;
    case STACK_ADD_REGISTER:
        return raised(sp, source);
    case STACK_SUBTRACT_REGISTER:
        return lowered(sp, source);
    case STACK_FROM_SLOT:
        // Restored at the end of the scope of a variable-length array.
        return sp.form == FORM_STACK_BELOW ? sp : unknown;
    default:
        return unknown;
    }
}

static void apply_stack(const struct flow *flow, const struct effect *effect,
                        struct machine_state *state)
{
    register_number number = flow->arch->stack_pointer;
    struct value *sp = &state->registers[number];
    struct value after = stack_pointer_after(flow, effect, state);
    bool was_known = sp->form == FORM_STACK || sp->form == FORM_STACK_BELOW;
    // Numbers are those of the code; a hostile one must not wrap.
    if (after.number > INT32_MAX || after.number < -(INT64_C(1) << 40))
        after = unknown;
    if (!was_known && effect->stack == STACK_ADD)
        after = unknown;
    set_register(state, number, after);
}

/** The set of all registers but the stack pointer. */
static uint32_t other_registers(const struct flow *flow)
{
    uint32_t all = UINT32_MAX >> (MAX_REGISTERS - flow->arch->register_count);
    return all & ~(UINT32_C(1) << flow->arch->stack_pointer);
}

void state_init(const struct flow *flow, struct machine_state *ret)
{
    memset(&ret->head, 0, sizeof ret->head);
    ret->head.memory.bound = BOUND_NONE;
    memset(ret->head.copy_of, REGISTER_NONE, sizeof ret->head.copy_of);
    for (size_t i = 0; i < flow->arch->register_count; i++)
        ret->registers[i] = unknown;
}

void state_forget_all(const struct flow *flow, struct machine_state *state)
{
    forget_registers(state, other_registers(flow));
    state->head.comparison.kind = COMPARISON_NONE;
    state->head.memory.bound = BOUND_NONE;
}

/** Names what an instruction leaves behind, if names are wanted. */
static struct value origin_value(const struct flow *flow, const struct instruction *instruction,
                                 enum value_origin origin)
{
    if (!flow->follows_origins)
        return unknown;
    return (struct value){.form = FORM_ORIGIN,
                          .unit = (uint16_t)origin,
                          .bound = (uint32_t)(instruction - flow->instructions.data)};
}

/**
 * Whether the call touches the pages of a frame that is about to be made, as old rustc and other
 * compilers do: `mov $size,%eax; call probe; sub %rax,%rsp`. The probe keeps all registers. No
 * function returns the size of an alloca that needs no rounding, so nothing else looks like this.
 */
static bool is_probe(const struct flow *flow, const struct instruction *call,
                     const struct machine_state *state)
{
    const struct instruction *next = call + 1;
    const struct value *size = &state->registers[flow->arch->return_register];
    return next < flow->instructions.data + flow->instructions.count &&
           next->offset == call->offset + call->effect.length &&
           next->effect.stack == STACK_SUBTRACT_REGISTER &&
           next->effect.stack_register == flow->arch->return_register &&
           size->form == FORM_CONSTANT && size->number >= 4096;
}

static void apply_call(const struct flow *flow, const struct instruction *call,
                       struct machine_state *state)
{
    if (is_probe(flow, call, state))
        return;
    forget_registers(state, other_registers(flow) & ~flow->arch->callee_saved);
    state->head.comparison.kind = COMPARISON_NONE;
    state->head.memory.bound = BOUND_NONE;
    state->registers[flow->arch->return_register] = origin_value(flow, call, ORIGIN_RESULT);
    state->registers[flow->arch->second_return_register] =
        origin_value(flow, call, ORIGIN_RESULT_2);
}

/** A store may have changed the place that was compared. */
static void apply_store(struct machine_state *state)
{
    state->head.memory.bound = BOUND_NONE;
    if (state->head.comparison.kind == COMPARISON_MEMORY)
        state->head.comparison.kind = COMPARISON_NONE;
}

static bool is_pointer_load(const struct flow *flow, const struct effect *effect)
{
    return effect->value_kind == VALUE_POP ||
           (effect->value_kind == VALUE_LOAD && effect->access_bytes == flow->image->pointer_bytes);
}

/** Names the value that an instruction leaves, which is not known otherwise. */
static struct value named_value(const struct flow *flow, const struct instruction *instruction,
                                const struct machine_state *state)
{
    const struct effect *effect = &instruction->effect;
    struct value value;
    if (!is_pointer_load(flow, effect))
        return origin_value(flow, instruction, ORIGIN_MADE);
    struct value place = effect->value_kind == VALUE_POP
                             ? state->registers[flow->arch->stack_pointer]
                             : value_of_operand(state, effect);
    if (flow->slots && place.form == FORM_STACK &&
        frame_slot_value(flow->slots, place.number, flow->image->pointer_bytes, &value))
        return value;
    return origin_value(flow, instruction, ORIGIN_LOAD);
}

void state_apply(const struct flow *flow, const struct instruction *instruction,
                 struct machine_state *state)
{
    const struct effect *effect = &instruction->effect;
    if (effect->control == CONTROL_CALL) {
        apply_call(flow, instruction, state);
        return;
    }
    struct value value = unknown;
    bool has_value = effect->destination != REGISTER_NONE;
    if (has_value && effect->value_kind != VALUE_UNKNOWN)
        value = value_of_effect(flow, state, effect);
    if (flow->follows_origins && has_value && value.form == FORM_UNKNOWN)
        value = named_value(flow, instruction, state);
    if (effect->stack != STACK_NONE)
        apply_stack(flow, effect, state);
    if (has_value) {
        set_register(state, effect->destination, value);
        note_copy(state, effect);
    }
    if (effect->clobbered)
        forget_registers(state, effect->clobbered);
    if (effect->writes_memory || effect->value_kind == VALUE_PUSH)
        apply_store(state);
    if (effect->changes_flags)
        state->head.comparison.kind = COMPARISON_NONE;
    if (effect->value_kind == VALUE_COMPARE || effect->value_kind == VALUE_COMPARE_REGISTERS)
        apply_comparison(effect, state);
}
