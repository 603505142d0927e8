/*
 * emit.c: calls and the frame of a function. In: solved blocks. Out: calls in the order of their
 * addresses, the frame; blocks and references are next door.
 *
 * The frame is the lowest stack pointer anywhere in the function. Where the stack pointer is lost
 * (a stack switch), that only matters if the function goes on to use the stack.
 */
#include "analysis/code/emit/emit.h"

#include "analysis/code/emit/arguments.h"
#include "analysis/code/emit/callee.h"
#include "analysis/code/emit/leaving.h"
#include "base/memory.h"

#include <stdlib.h>

/** What is gathered while walking over the function once more. */
struct walk {
    struct flow *flow;
    struct output *output;
    struct output_mark first;
    enum constant_reach reach;
    int64_t lowest;           /* stack pointer */
    int64_t lowest_access;    /* address below the stack pointer */
    uint64_t dynamic_address; /* of the first instruction that makes the frame dynamic, 0 */
    uint64_t growing_address; /* of the first block that is entered with a dynamic frame, 0 */
    uint64_t lost_address;    /* of the first one that loses the stack pointer and matters, 0 */
    bool keeps_arguments, keeps_constants; /* it stores some of them into the frame */
    uint64_t last_lost;                    /* where the stack pointer was lost in this block */
    struct leaving leaving;
    bool strays, may_map; /* as in struct frame */
    uint8_t taken;        /* as in struct frame */
    bool leaves_result;   /* the result register is written, or a callee may */
    bool saves_variadic;  /* it tests how many vector registers were passed */
};

void output_deinit(struct output *output)
{
    array_deinit(&output->calls);
    array_deinit(&output->targets);
    array_deinit(&output->blocks);
    array_deinit(&output->references);
    array_deinit(&output->arguments);
    array_deinit(&output->pointer_calls);
    array_deinit(&output->pointer_stores);
    array_deinit(&output->pointer_arguments);
    frame_slots_deinit(&output->slots);
    passed_arguments_deinit(&output->passed);
    array_deinit(&output->mentions);
    array_deinit(&output->block_calls);
    array_deinit(&output->tails);
    array_deinit(&output->places);
    array_deinit(&output->successors);
}

uint32_t emit_call(struct output *output, size_t first_call, struct call call, uint32_t target)
{
    call.first_target = (uint32_t)output->targets.count;
    call.target_count = target != NONE;
    if (target != NONE)
        array_push(&output->targets, target);
    array_push(&output->calls, call);
    return (uint32_t)(output->calls.count - 1 - first_call);
}

/* ---- The stack ------------------------------------------------------------------------------- */

static const struct value *stack_pointer(const struct walk *walk, const struct machine_state *state)
{
    return &state->registers[walk->flow->arch->stack_pointer];
}

static bool is_height(const struct value *value)
{
    return value->form == FORM_STACK || value->form == FORM_STACK_BELOW;
}

static void set_first(uint64_t *address, uint64_t candidate)
{
    if (!*address || candidate < *address)
        *address = candidate;
}

/** Whether the instruction needs a stack whose depth is known. */
static bool uses_stack(const struct effect *effect)
{
    return (effect->stack == STACK_ADD && effect->stack_value < 0) ||
           effect->control == CONTROL_CALL;
}

static void note_stack(struct walk *walk, const struct instruction *instruction,
                       const struct value *was, const struct value *is)
{
    uint64_t address = flow_address_of(walk->flow, instruction->offset);
    if (is->form == FORM_STACK && is->number < walk->lowest)
        walk->lowest = is->number;
    if (is->form == FORM_STACK_BELOW && was->form != FORM_STACK_BELOW)
        set_first(&walk->dynamic_address, address);
    if (is_height(is))
        return;
    if (is_height(was))
        walk->last_lost = address;
    if (uses_stack(&instruction->effect))
        set_first(&walk->lost_address, walk->last_lost ? walk->last_lost : address);
}

/** A call within the function is no call: its return address is part of the frame. */
static void note_internal_call(struct walk *walk, const struct value *sp)
{
    int64_t height = sp->number - walk->flow->arch->return_address_bytes;
    if (sp->form == FORM_STACK && height < walk->lowest)
        walk->lowest = height;
}

/** Notes memory that is used below the stack pointer (the red zone of leaf functions). */
static void note_access(struct walk *walk, const struct effect *effect,
                        const struct machine_state *state, const struct value *place)
{
    const struct value *sp = stack_pointer(walk, state);
    if (effect->base == REGISTER_NONE || state->registers[effect->base].form != FORM_STACK ||
        sp->form != FORM_STACK)
        return;
    int64_t zone = walk->flow->arch->red_zone_bytes;
    if (place->form == FORM_STACK && place->number < sp->number &&
        place->number >= sp->number - zone && place->number < walk->lowest_access)
        walk->lowest_access = place->number;
}

/** Notes whether what a register held at the entry, or a constant, is put into the frame. */
static void note_store(struct walk *walk, const struct effect *effect,
                       const struct machine_state *state)
{
    if (effect->value_kind != VALUE_STORE || effect->base == REGISTER_NONE ||
        state->registers[effect->base].form != FORM_STACK)
        return;
    const struct value *value =
        effect->source < MAX_REGISTERS ? &state->registers[effect->source] : NULL;
    if (!value || value->form == FORM_CONSTANT)
        walk->keeps_constants = true;
    else if (value->form == FORM_ORIGIN && value->unit == ORIGIN_ENTRY)
        walk->keeps_arguments = true;
}

/** Notes the argument of the function that a register still holds as it was passed. */
static void note_argument(struct walk *walk, const struct machine_state *state,
                          register_number number)
{
    const struct arch *arch = walk->flow->arch;
    if (number >= MAX_REGISTERS || state->registers[number].form != FORM_ORIGIN ||
        state->registers[number].unit != ORIGIN_ENTRY)
        return;
    for (unsigned i = 0; i < arch->argument_count; i++)
        if (state->registers[number].bound == arch->arguments[i])
            walk->taken |= (uint8_t)(1U << i);
}

/**
 * Notes which arguments an instruction reads. A push may only align the stack, and a function with
 * a variable number of arguments stores all that there might be.
 */
static void note_arguments(struct walk *walk, const struct effect *effect,
                           const struct machine_state *state, const struct value *place)
{
    walk->leaves_result |= effect->destination == walk->flow->arch->return_register ||
                           effect->clobbered >> walk->flow->arch->return_register & 1 ||
                           effect->control == CONTROL_CALL || effect->control == CONTROL_TRAP ||
                           effect->target_kind > TARGET_ADDRESS || !effect->length;
    bool is_byte_test = effect->value_kind == VALUE_COMPARE && effect->operand_bytes == 1;
    if (is_byte_test && effect->source == walk->flow->arch->return_register &&
        value_is_any(&state->registers[effect->source]))
        walk->saves_variadic = true;
    if (effect->value_kind == VALUE_PUSH)
        return;
    if (effect->reads_memory && place->form == FORM_STACK && place->number >= 0)
        walk->taken |= PASSED_ON_STACK;
    note_argument(walk, state, effect->base);
    note_argument(walk, state, effect->index);
    bool is_kept = effect->value_kind == VALUE_STORE && effect->base != REGISTER_NONE &&
                   state->registers[effect->base].form == FORM_STACK;
    if (!is_kept || !walk->saves_variadic)
        note_argument(walk, state, effect->source);
    if (effect->target_kind == TARGET_REGISTER)
        note_argument(walk, state, effect->target_register);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/** The stack in use when a callee begins, without its return address. */
static int32_t depth_at(const struct walk *walk, const struct machine_state *state, bool is_tail)
{
    const struct value *sp = stack_pointer(walk, state);
    if (!is_height(sp))
        return -1;
    int64_t depth = -sp->number;
    if (is_tail)
        depth -= walk->flow->arch->return_address_bytes;
    return depth < 0 || depth > INT32_MAX ? -1 : (int32_t)depth;
}

static uint32_t add_call(struct walk *walk, uint64_t address, struct callee callee,
                         const struct machine_state *state, bool is_tail)
{
    return emit_call(walk->output, walk->first.calls,
                     (struct call){.address = address,
                                   .from = walk->flow->function,
                                   .depth_bytes = depth_at(walk, state, is_tail),
                                   .kind = callee.function == NONE ? CALL_UNRESOLVED : callee.kind,
                                   .is_tail = is_tail,
                                   .is_partial = callee.is_partial},
                     callee.function);
}

static void add_tail(struct walk *walk, uint32_t block, uint32_t call)
{
    uint32_t *tails = &walk->output->tails.data[2 * block];
    tails[tails[0] != NONE] = call;
}

/** The call behind a block that falls out of the function's ranges: into what comes next. */
static void fall_off(struct walk *walk, uint32_t block, uint64_t next,
                     const struct machine_state *state)
{
    const struct flow *flow = walk->flow;
    for (unsigned filler = 0; filler < 64; filler++) {
        uint32_t function = program_function_at(flow->program, flow->image_index, next + filler);
        if (function == NONE)
            continue;
        struct callee callee = callee_at(flow, next + filler, CALL_DIRECT);
        add_tail(walk, block, add_call(walk, next, callee, state, true));
        return;
    }
}

/** Notes what a trial run of the call can start with; see struct call. */
static void note_start(struct walk *walk, uint32_t block, const struct machine_state *state,
                       uint32_t call)
{
    const struct flow *flow = walk->flow;
    const struct flow_block *code = &flow->blocks.data[block];
    struct call *record = &walk->output->calls.data[walk->first.calls + call];
    for (unsigned i = 0; i < flow->arch->argument_count; i++)
        record->passes_constants |=
            state->registers[flow->arch->arguments[i]].form == FORM_CONSTANT;
    uint32_t bytes =
        flow->instructions.data[code->last].offset - flow->instructions.data[code->first].offset;
    if (walk->reach != REACH_NONE && bytes <= UINT16_MAX)
        record->straight_bytes = (uint16_t)bytes;
}

/** Adds the call that the last instruction of a block makes, with its arguments. */
static uint32_t add_last_call(struct walk *walk, uint32_t block, const struct machine_state *state)
{
    const struct flow *flow = walk->flow;
    const struct instruction *last = &flow->instructions.data[flow->blocks.data[block].last];
    struct callee callee = callee_of(flow, &last->effect, state);
    uint32_t call = add_call(walk, flow_address_of(flow, last->offset), callee, state,
                             last->effect.control != CONTROL_CALL);
    if (callee.function == NONE)
        emit_pointer_call(flow, walk->output, block, call);
    if (callee.function == NONE || callee.is_partial)
        return call;
    note_start(walk, block, state, call);
    emit_arguments(flow, walk->output, walk->reach, block, state, callee.function, call);
    emit_pointer_arguments(flow, walk->output, state, call);
    if (last->effect.target_kind == TARGET_REGISTER)
        emit_function_use(walk->output, callee.function);
    return call;
}

/** Adds the calls that the last instruction of a block makes. */
static void end_block(struct walk *walk, uint32_t index, const struct machine_state *state)
{
    const struct flow *flow = walk->flow;
    const struct flow_block *block = &flow->blocks.data[index];
    const struct instruction *last = &flow->instructions.data[block->last];
    const struct effect *effect = &last->effect;
    uint64_t address = flow_address_of(flow, last->offset);
    struct callee nobody = {.function = NONE};
    uint32_t *call = &walk->output->block_calls.data[index];
    bool is_out = effect->target_kind != TARGET_ADDRESS || block->target == NONE;
    if (effect->control == CONTROL_CALL) {
        *call = add_last_call(walk, index, state);
    } else if (effect->control == CONTROL_JUMP && is_out && last->table == NONE) {
        *call = add_last_call(walk, index, state);
    } else if (effect->control == CONTROL_JUMP && last->table != NONE &&
               !flow->jump_tables.data[last->table].is_complete) {
        add_tail(walk, index, add_call(walk, address, nobody, state, true));
    } else if (effect->control == CONTROL_BRANCH && is_out) {
        add_tail(walk, index, add_last_call(walk, index, state));
    } else if (!effect->length) {
        *call = add_call(walk, address, nobody, state, true);
    }
    walk->leaves_result |= *call != NONE || walk->output->tails.data[2 * index] != NONE;
    if (block->falls_off && effect->control == CONTROL_CALL)
        walk->output->calls.data[walk->first.calls + *call].falls_off = true;
    else if (block->falls_off)
        fall_off(walk, index, address + effect->length, state);
}

/** Gets the state before the last instruction of a block. */
static void state_at_end(const struct flow *flow, uint32_t index, struct machine_state *ret)
{
    const struct flow_block *block = &flow->blocks.data[index];
    if (!state_at_block(flow, index, ret))
        state_init(flow, ret);
    for (uint32_t i = block->first; i < block->last; i++)
        state_apply(flow, &flow->instructions.data[i], ret);
}

/**
 * Makes of returns and tail calls that leave by the stack pointer what they are: jumps to nobody
 * knows where. Comes when all of the function has been seen.
 */
static void settle_leaving(struct walk *walk)
{
    const struct flow *flow = walk->flow;
    struct callee nobody = {.function = NONE};
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        const struct flow_block *block = &flow->blocks.data[i];
        const struct effect *effect = &flow->instructions.data[block->last].effect;
        uint64_t address = flow_instruction_address(flow, block->last);
        uint32_t *call = &walk->output->block_calls.data[i];
        struct machine_state state;
        bool is_tail = effect->control == CONTROL_JUMP && *call != NONE;
        if ((effect->control != CONTROL_RETURN && !(is_tail && walk->leaving.is_switched)) ||
            (effect->control == CONTROL_RETURN && *call != NONE))
            continue;
        state_at_end(flow, i, &state);
        if (!leaving_returns_elsewhere(&walk->leaving, flow, block, &state))
            continue;
        uint32_t record = add_call(walk, address, nobody, &state, true);
        walk->strays = true;
        if (is_tail)
            add_tail(walk, i, record);
        else
            *call = record;
    }
}

/**
 * Notes a call behind which the stack is deeper than it was taken to be in the block that follows,
 * since other ways there are surer than that the call returns (alloca in a loop or a branch).
 */
static void note_deep_return(struct walk *walk, uint32_t index, const struct machine_state *state)
{
    const struct flow *flow = walk->flow;
    const struct value *sp = stack_pointer(walk, state);
    uint32_t call = walk->output->block_calls.data[index], next = flow->blocks.data[index].next;
    struct machine_state behind;
    while (next != NONE && flow_is_padding(flow, &flow->blocks.data[next]))
        next = flow->blocks.data[next].next;
    if (call == NONE || next == NONE || !is_height(sp) || !state_at_block(flow, next, &behind))
        return;
    const struct value *other = stack_pointer(walk, &behind);
    if (is_height(other) && sp->number < other->number)
        walk->output->calls.data[walk->first.calls + call].leaves_deep = true;
}

/** From there on, control may come back by a jump that is not the function's own. */
static void note_label(struct walk *walk, uint32_t block, uint64_t address,
                       const struct machine_state *state)
{
    struct callee nobody = {.function = NONE};
    walk->leaving.keeps_label = true;
    if (walk->output->tails.data[2 * block + 1] == NONE)
        add_tail(walk, block, add_call(walk, address, nobody, state, true));
}

static void note_leaving(struct walk *walk, uint32_t block, const struct instruction *instruction,
                         const struct machine_state *state, const struct value *place)
{
    const struct flow *flow = walk->flow;
    if (leaving_takes_label(flow, instruction, state))
        note_label(walk, block, flow_address_of(flow, instruction->offset), state);
    leaving_note(&walk->leaving, flow, &instruction->effect, state, place);
}

static void note_computed(struct walk *walk, uint32_t block, const struct instruction *instruction,
                          uint64_t address, const struct machine_state *state)
{
    if (leaving_is_label(walk->flow, instruction, address))
        note_label(walk, block, flow_address_of(walk->flow, instruction->offset), state);
    emit_computed_reference(walk->flow, walk->output, address);
}

/** Whether a system call may be one that gives or takes memory: its number says so, or is unknown.
 */
static bool may_map(const struct flow *flow, const struct effect *effect,
                    const struct machine_state *state)
{
    const struct value *number = &state->registers[flow->arch->system_call_number];
    return effect->operand_bytes == 4 || number->form != FORM_CONSTANT ||
           flow->arch->maps_memory(number->number);
}

/** Whether the instruction accesses memory that others may see. */
static bool is_shared(const struct effect *effect, const struct value *place)
{
    return (effect->reads_memory || effect->writes_memory) && !is_height(place);
}

static void walk_block(struct walk *walk, uint32_t index)
{
    const struct flow *flow = walk->flow;
    const struct flow_block *block = &flow->blocks.data[index];
    struct machine_state state;
    uint64_t address;
    if (!state_at_block(flow, index, &state))
        state_init(flow, &state);
    walk->last_lost = 0;
    if (stack_pointer(walk, &state)->form == FORM_STACK_BELOW)
        set_first(&walk->growing_address, flow_instruction_address(flow, block->first));
    for (uint32_t i = block->first; i <= block->last; i++) {
        const struct instruction *instruction = &flow->instructions.data[i];
        const struct effect *effect = &instruction->effect;
        struct value place = {.bound = BOUND_NONE};
        if (effect->reads_memory || effect->writes_memory)
            place = value_of_operand(&state, effect);
        walk->flow->blocks.data[index].works |= is_shared(effect, &place);
        note_access(walk, effect, &state, &place);
        note_arguments(walk, effect, &state, &place);
        walk->leaving.keeps_label |= instruction->is_label_kept;
        walk->may_map |= effect->is_system_call && may_map(flow, effect, &state);
        if (i == block->last)
            end_block(walk, index, &state);
        if (effect->writes_memory && effect->access_bytes == flow->image->pointer_bytes) {
            note_store(walk, effect, &state);
            emit_pointer_store(flow, walk->output, effect, &state, &place);
        }
        if (leaving_is_concerned(effect, &place))
            note_leaving(walk, index, instruction, &state, &place);
        struct value was = *stack_pointer(walk, &state);
        state_apply(flow, instruction, &state);
        if (effect->destination < MAX_REGISTERS)
            leaving_note_result(&walk->leaving, flow, effect->destination, &state);
        if (emit_computed_address(effect, &state, &address))
            note_computed(walk, index, instruction, address, &state);
        emit_function_mention(flow, walk->output, effect, &state);
        if (instruction->is_internal_call)
            note_internal_call(walk, &was);
        if (effect->stack != STACK_NONE || effect->control == CONTROL_CALL)
            note_stack(walk, instruction, &was, stack_pointer(walk, &state));
    }
    note_deep_return(walk, index, &state);
}

/* ---- The function ---------------------------------------------------------------------------- */

static struct frame frame_of(const struct walk *walk)
{
    struct frame frame = {.kind = FRAME_FIXED, .bytes = -walk->lowest};
    if (walk->lost_address) {
        frame = (struct frame){
            .kind = FRAME_UNKNOWN, .bytes = -1, .dynamic_address = walk->lost_address};
    } else if (walk->dynamic_address || walk->growing_address) {
        frame.kind = FRAME_DYNAMIC;
        frame.dynamic_address =
            walk->dynamic_address ? walk->dynamic_address : walk->growing_address;
    }
    frame.keeps_all = walk->keeps_arguments && walk->keeps_constants;
    frame.keeps_return = walk->leaving.reads_return && walk->leaving.keeps_stack;
    frame.keeps_label = walk->leaving.keeps_label;
    frame.strays = walk->strays;
    frame.may_map = walk->may_map;
    frame.taken = walk->taken | PASSED_NO_RESULT * !walk->leaves_result;
    if (walk->lowest_access < walk->lowest)
        frame.red_zone_bytes = (uint32_t)(walk->lowest - walk->lowest_access);
    return frame;
}

static void fill_none(struct flow *flow, struct output *output)
{
    size_t count = flow->blocks.count;
    array_reserve(&output->block_calls, count);
    array_reserve(&output->tails, 2 * count);
    for (size_t i = 0; i < count; i++)
        output->block_calls.data[i] = output->tails.data[2 * i] = output->tails.data[2 * i + 1] =
            NONE;
}

void emit_function(struct flow *flow, struct output *output, struct frame *ret)
{
    struct walk walk = {.flow = flow,
                        .output = output,
                        .first = {.calls = output->calls.count,
                                  .arguments = output->arguments.count,
                                  .pointer_calls = output->pointer_calls.count,
                                  .pointer_arguments = output->pointer_arguments.count,
                                  .references = output->references.count},
                        .reach = arguments_reach(flow)};
    walk.lowest = -(int64_t)flow->arch->return_address_bytes;
    output->passed.is_found = false;
    fill_none(flow, output);
    for (uint32_t i = 0; i < flow->blocks.count; i++)
        walk_block(&walk, i);
    settle_leaving(&walk);
    emit_sort_calls(output, &walk.first, flow->blocks.count);
    emit_loose_functions(flow, output);
    *ret = frame_of(&walk);
    emit_blocks(flow, output, walk.first.calls);
    emit_references(flow, output, walk.first.references);
}

void emit_unreadable(const struct flow *flow, struct output *output, struct frame *ret)
{
    const struct function *function = &flow->program->functions[flow->function];
    struct call call = {.address = function->address,
                        .from = flow->function,
                        .depth_bytes = -1,
                        .kind = CALL_UNRESOLVED,
                        .is_tail = true};
    emit_call(output, output->calls.count, call, NONE);
    array_push(&output->blocks,
               (struct block){.call = 0, .next = {NONE, NONE}, .flags = BLOCK_UNRESOLVED});
    *ret = (struct frame){.kind = FRAME_UNKNOWN, .bytes = -1, .dynamic_address = function->address};
}
