/*
 * leaving.c: control that leaves by the stack pointer. In: solved blocks, one instruction after the
 * other. Out: which returns do not lead behind the call, and which functions keep a place to which
 * another one may jump.
 *
 * No names are asked: what counts is the code. An own setjmp reads its return address and keeps the
 * stack pointer (so a call of it may return twice); an own longjmp, a coroutine switch and
 * __builtin_longjmp take the stack pointer from memory or from an argument; __builtin_setjmp takes
 * the address of a label. Where the stack pointer came from is followed to the function's own
 * frame, where most code that loads it had saved it; all else is a switch. Compilers themselves
 * write the return address only in retpolines.
 *
 * Left out: a return address that is overwritten through a pointer that leads into the frame for
 * other reasons (a buffer that overflows).
 */
#include "analysis/code/emit/leaving.h"

#include "analysis/code/emit/emit.h"
#include "analysis/code/values/paths.h"

/* ---- The return address ---------------------------------------------------------------------- */

static int64_t return_bytes(const struct flow *flow)
{
    return flow->arch->return_address_bytes;
}

static bool is_height(const struct value *value)
{
    return value->form == FORM_STACK || value->form == FORM_STACK_BELOW;
}

static const struct value *stack_pointer(const struct flow *flow, const struct machine_state *state)
{
    return &state->registers[flow->arch->stack_pointer];
}

/** Whether @p bytes at @p offset from the caller's stack pointer are, in part, the return address.
 */
static bool is_return_address(const struct flow *flow, int64_t offset, int64_t bytes)
{
    // An access of unknown size begins where it says; that it reaches so far up is not assumed.
    return offset < 0 && offset + (bytes ? bytes : 1) > -return_bytes(flow);
}

static void note_access(struct leaving *leaving, const struct flow *flow,
                        const struct effect *effect, const struct value *place)
{
    if (place->form != FORM_STACK || !is_return_address(flow, place->number, effect->access_bytes))
        return;
    leaving->changes_return |= effect->writes_memory;
    leaving->reads_return |= effect->reads_memory;
}

static void note_push_or_pop(struct leaving *leaving, const struct flow *flow,
                             const struct effect *effect, const struct value *sp)
{
    if (sp->form != FORM_STACK)
        return;
    int64_t bytes = flow->image->pointer_bytes;
    bool pushes =
        effect->value_kind == VALUE_PUSH ||
        (effect->stack == STACK_ADD && effect->stack_value == -bytes && effect->reads_memory);
    if (pushes && is_return_address(flow, sp->number - bytes, bytes))
        leaving->changes_return = true;
    if (effect->value_kind == VALUE_POP && is_return_address(flow, sp->number, bytes))
        leaving->reads_return = true;
}

/** Whether the value is the stack pointer of the caller, or the function's own at its entry. */
static bool is_callers_stack(const struct flow *flow, const struct value *value)
{
    return value->form == FORM_STACK && value->number >= -return_bytes(flow);
}

/** Whoever is given the place of the return address may read and write it. */
static void note_call(struct leaving *leaving, const struct flow *flow,
                      const struct machine_state *state)
{
    for (unsigned i = 0; i < flow->arch->argument_count; i++) {
        const struct value *value = &state->registers[flow->arch->arguments[i]];
        if (is_callers_stack(flow, value) && value->number < 0)
            leaving->reads_return = leaving->changes_return = true;
    }
}

static void note_store(struct leaving *leaving, const struct flow *flow,
                       const struct effect *effect, const struct machine_state *state,
                       const struct value *place)
{
    if (is_height(place))
        return;
    struct value stored = value_stored(state, effect);
    leaving->keeps_stack |= is_callers_stack(flow, &stored);
}

/* ---- Another stack --------------------------------------------------------------------------- */

static bool is_in_frame(const struct flow *flow, const struct effect *effect,
                        const struct value *place)
{
    return is_height(place) || effect->base == flow->arch->stack_pointer;
}

/** Whether a value was loaded from the function's own frame. */
static bool is_own_load(const struct flow *flow, const struct value *value)
{
    struct machine_state state;
    if (value->form != FORM_ORIGIN || value->unit != ORIGIN_LOAD)
        return false;
    const struct effect *effect = &flow->instructions.data[value->bound].effect;
    if (effect->value_kind == VALUE_POP)
        return true;
    if (!state_before(flow, value->bound, &state))
        return false;
    struct value place = value_of_operand(&state, effect);
    return is_in_frame(flow, effect, &place);
}

/** Whether the instruction computes its result from an address in the frame. */
static bool is_made_from_stack(const struct flow *flow, const struct value *value)
{
    struct machine_state state;
    if (value->form != FORM_ORIGIN || value->unit != ORIGIN_MADE ||
        !state_before(flow, value->bound, &state))
        return false;
    const struct effect *effect = &flow->instructions.data[value->bound].effect;
    const register_number sources[] = {effect->source, effect->index, effect->destination};
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++) {
        const struct value *source =
            sources[i] < MAX_REGISTERS ? &state.registers[sources[i]] : NULL;
        if (sources[i] == flow->arch->stack_pointer ||
            (source && (is_height(source) || is_own_load(flow, source))))
            return true;
    }
    return false;
}

/** Whether the function made the value from its own stack pointer. */
static bool is_own_value(const struct flow *flow, const struct value *value)
{
    return is_height(value) || is_own_load(flow, value) || is_made_from_stack(flow, value);
}

static bool is_own(const struct flow *flow, const struct machine_state *state,
                   register_number number)
{
    return number < MAX_REGISTERS &&
           (number == flow->arch->stack_pointer || is_own_value(flow, &state->registers[number]));
}

/** What a store put into the frame, with a name for where it came from if that was not known. */
static struct value stored_value(const struct flow *flow, struct value value)
{
    struct machine_state state;
    if (value.form != FORM_ORIGIN || value.unit != ORIGIN_STORED ||
        !state_before(flow, value.bound, &state))
        return value;
    return value_stored(&state, &flow->instructions.data[value.bound].effect);
}

/** Whether all that the function ever stores to the place was made from its own stack pointer. */
static bool keeps_stack_at(const struct flow *flow, const struct value *place)
{
    struct value value;
    size_t number = 0;
    bool is_found = false;
    if (place->form != FORM_STACK || !flow->slots)
        return true;
    while (
        frame_slot_next(flow->slots, place->number, flow->image->pointer_bytes, &number, &value)) {
        value = stored_value(flow, value);
        if (!is_own_value(flow, &value))
            return false;
        is_found = true;
    }
    return is_found;
}

/** Whether the stack pointer becomes something that the function did not have from itself. */
static bool switches_stack(const struct flow *flow, const struct effect *effect,
                           const struct machine_state *state, const struct value *place)
{
    switch (effect->stack) {
    case STACK_FROM_SLOT:
        return effect->reads_memory
                   ? !is_in_frame(flow, effect, place) || !keeps_stack_at(flow, place)
                   : !keeps_stack_at(flow, stack_pointer(flow, state));
    case STACK_FROM_REGISTER:
        return !is_own(flow, state, effect->stack_register);
    case STACK_ADD_REGISTER:
        return state->registers[effect->stack_register].form != FORM_CONSTANT;
    case STACK_UNKNOWN:
        // A sum of registers, one of which leads into the frame.
        return !is_own(flow, state, effect->source) && !is_own(flow, state, effect->index);
    default:
        return false;
    }
}

/* ---- Both ------------------------------------------------------------------------------------ */

void leaving_note(struct leaving *leaving, const struct flow *flow, const struct effect *effect,
                  const struct machine_state *state, const struct value *place)
{
    if (!return_bytes(flow))
        return;
    if (effect->reads_memory || effect->writes_memory)
        note_access(leaving, flow, effect, place);
    if (effect->control == CONTROL_CALL)
        note_call(leaving, flow, state);
    if (effect->value_kind == VALUE_STORE)
        note_store(leaving, flow, effect, state, place);
    if (effect->stack == STACK_NONE)
        return;
    note_push_or_pop(leaving, flow, effect, stack_pointer(flow, state));
    leaving->is_switched |= switches_stack(flow, effect, state, place);
    leaving->sets_stack |= effect->stack == STACK_FROM_REGISTER || effect->stack == STACK_FROM_SLOT;
}

void leaving_note_result(struct leaving *leaving, const struct flow *flow, register_number number,
                         const struct machine_state *behind)
{
    if (return_bytes(flow) && number != flow->arch->stack_pointer &&
        is_callers_stack(flow, &behind->registers[number]))
        leaving->keeps_stack = true;
}

/**
 * Whether the return takes an address that the block has just put there: `push %rax; ret`, or
 * `mov %rax,(%rsp); ret` of a retpoline.
 */
static bool writes_return_address(const struct flow *flow, const struct flow_block *block)
{
    register_number sp = flow->arch->stack_pointer;
    for (uint32_t i = block->last; i-- > block->first;) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        bool is_top = effect->base == sp && effect->index == REGISTER_NONE && !effect->displacement;
        if (effect->value_kind == VALUE_PUSH || (effect->writes_memory && is_top))
            return true;
        if (effect->stack != STACK_NONE)
            return false;
    }
    return false;
}

bool leaving_returns_elsewhere(const struct leaving *leaving, const struct flow *flow,
                               const struct flow_block *block, const struct machine_state *state)
{
    const struct value *sp = stack_pointer(flow, state);
    const struct effect *effect = &flow->instructions.data[block->last].effect;
    if (!return_bytes(flow))
        return false;
    if (leaving->changes_return || effect->stack != STACK_NONE ||
        writes_return_address(flow, block))
        return true;
    // What alloca took is given back by setting the stack pointer, nowhere else.
    if (sp->form == FORM_STACK_BELOW && !leaving->sets_stack)
        return true;
    if (sp->form != FORM_STACK)
        return leaving->is_switched;
    // Behind a call that never returns, code for another height may stand: a deeper one.
    return sp->number > -return_bytes(flow)
               ? state->head.strength > STRENGTH_LANDING
               : sp->number < -return_bytes(flow) && state->head.strength > STRENGTH_AFTER_CALL;
}

/** Whether @p address is that of a place in the function, and not one that a jump table is for. */
static bool is_label(const struct flow *flow, const struct instruction *instruction,
                     uint64_t address)
{
    uint32_t offset = flow_offset_of(flow, address);
    // Large code finds the GOT by its own place.
    if (!offset || offset == NONE || offset == instruction->offset ||
        offset == instruction->offset + instruction->effect.length ||
        flow_block_at(flow, offset) == NONE)
        return false;
    for (size_t i = 0; i < flow->jump_tables.count; i++)
        if (flow->jump_tables.data[i].base == address ||
            flow->jump_tables.data[i].address == address)
            return false;
    return true;
}

/** The same of a number that is a distance from the GOT. */
static bool is_label_at(const struct flow *flow, const struct instruction *instruction,
                        uint64_t distance)
{
    const struct image *image = flow->image;
    for (uint32_t i = 0; i < image->placed_count; i++)
        if (image->sections[i].role == SECTION_GOT &&
            is_label(flow, instruction, image->sections[i].address + distance))
            return true;
    return false;
}

/** Whether a system call tells the kernel to go on wherever memory says, as after a signal. */
static bool returns_from_signal(const struct flow *flow, const struct machine_state *state)
{
    const struct value *number = &state->registers[flow->arch->system_call_number];
    return number->form == FORM_CONSTANT && number->number == flow->arch->signal_return;
}

static bool is_no_label(const struct instruction *instruction)
{
    return instruction->is_label_kept || instruction->is_label_known ||
           instruction->effect.value_kind == VALUE_COMPARE;
}

bool leaving_takes_label(const struct flow *flow, const struct instruction *instruction,
                         const struct machine_state *state)
{
    const struct effect *effect = &instruction->effect;
    if (effect->is_system_call)
        return returns_from_signal(flow, state);
    bool is_address = effect->value_is_address;
    if ((!is_address && !effect->value_may_be_distance) || is_no_label(instruction))
        return false;
    return is_address ? is_label(flow, instruction, (uint64_t)effect->value)
                      : is_label_at(flow, instruction, (uint64_t)effect->value);
}

bool leaving_is_label(const struct flow *flow, const struct instruction *instruction,
                      uint64_t address)
{
    return !is_no_label(instruction) && is_label(flow, instruction, address);
}

bool leaving_wants_origins(const struct flow *flow)
{
    for (size_t i = 0; i < flow->instructions.count; i++) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        if ((effect->stack == STACK_FROM_REGISTER &&
             effect->stack_register != flow->arch->frame_pointer) ||
            effect->stack == STACK_FROM_SLOT || effect->stack == STACK_UNKNOWN)
            return true;
    }
    return false;
}
