/*
 * callee.c: which function a call enters. In: a call's target, what registers hold. Out: the
 * function, followed through PLT stubs and constant GOT slots to the one that will run. Only what
 * the program cannot change after it has started counts as known.
 */
#include "analysis/code/emit/callee.h"

enum { STUB_INSTRUCTIONS = 3 }; /* endbr64, push of an index, jmp *slot */

static const struct callee unresolved = {.function = NONE, .kind = CALL_UNRESOLVED};

/** Returns the slot that the stub at @p address jumps through, or 0. */
static uint64_t stub_slot(const struct flow *flow, uint64_t address)
{
    struct effect effect;
    for (unsigned i = 0; i < STUB_INSTRUCTIONS; i++) {
        const uint8_t *bytes = image_bytes(flow->image, address, 8);
        if (!bytes)
            return 0;
        flow->arch->decode(bytes, 8, address, &effect);
        if (effect.length && effect.control == CONTROL_JUMP && effect.target_kind == TARGET_SLOT)
            return effect.target;
        if (!effect.length || effect.control != CONTROL_NEXT)
            return 0;
        address += effect.length;
    }
    return 0;
}

static struct callee callee_of_stub(const struct flow *flow, uint64_t address)
{
    const struct relocation *relocation = image_relocation_at(flow->image, address);
    uint64_t slot = stub_slot(flow, address);
    if (!relocation || relocation->function == NONE)
        relocation = slot ? image_relocation_at(flow->image, slot) : NULL;
    if (!relocation || relocation->function == NONE)
        return unresolved;
    return (struct callee){program_whole(flow->program, relocation->function), CALL_PLT, false};
}

static bool is_stub(const struct flow *flow, uint32_t function, uint64_t address)
{
    if (function != NONE)
        return flow->program->functions[function].source == FUNCTION_PLT;
    uint32_t section = image_section_at(flow->image, address);
    return section != NONE && flow->image->sections[section].role == SECTION_PLT;
}

struct callee callee_at(const struct flow *flow, uint64_t address, enum call_kind kind)
{
    uint32_t function = program_function_at(flow->program, flow->image_index, address);
    if (is_stub(flow, function, address))
        return callee_of_stub(flow, address);
    if (function == NONE)
        return unresolved;
    uint32_t whole = program_whole(flow->program, function);
    return (struct callee){whole, kind, flow->program->functions[whole].address != address};
}

struct callee callee_in_slot(const struct flow *flow, uint64_t slot)
{
    if (!flow_is_constant(flow->image, slot))
        return unresolved;
    const struct relocation *relocation = image_relocation_at(flow->image, slot);
    if (relocation && relocation->function != NONE)
        return (struct callee){program_whole(flow->program, relocation->function), CALL_GOT, false};
    uint64_t address;
    if (!flow_read_pointer(flow->image, slot, &address))
        return unresolved;
    return callee_at(flow, address, CALL_CONSTANT);
}

static struct callee callee_in_value(const struct flow *flow, const struct value *value)
{
    if (value->form == FORM_SLOT)
        return callee_in_slot(flow, (uint64_t)value->number);
    if (value->form == FORM_CONSTANT && flow_may_be_address(flow, value))
        return callee_at(flow, (uint64_t)value->number, CALL_CONSTANT);
    return unresolved;
}

struct callee callee_of(const struct flow *flow, const struct effect *effect,
                        const struct machine_state *state)
{
    struct value value;
    switch (effect->target_kind) {
    case TARGET_ADDRESS:
        return callee_at(flow, effect->target, CALL_DIRECT);
    case TARGET_SLOT:
        value = VALUE_OF(.form = FORM_CONSTANT, .number = (int64_t)effect->target,
                         .is_address = effect->displacement_is_address);
        return flow_may_be_address(flow, &value) ? callee_in_slot(flow, effect->target)
                                                 : unresolved;
    case TARGET_REGISTER:
        if (effect->target_register >= MAX_REGISTERS)
            return unresolved;
        return callee_in_value(flow, &state->registers[effect->target_register]);
    case TARGET_MEMORY:
        value = value_of_operand(state, effect);
        return value.form == FORM_CONSTANT && flow_may_be_address(flow, &value)
                   ? callee_in_slot(flow, (uint64_t)value.number)
                   : unresolved;
    default:
        return unresolved;
    }
}
