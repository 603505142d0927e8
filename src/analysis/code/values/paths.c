/*
 * paths.c: values followed back to where they came from. In: a function that was solved with
 * follows_origins, a value. Out: its path.
 *
 * A value that is not known has the name of the instruction that loaded it. The state before that
 * instruction says where it was loaded from; and so on, a few steps back. A load from the
 * function's own frame is undone by the store to the same slot, if there is only one value that the
 * function ever stores there, whichever way control takes. If a pointer into the frame is handed
 * out, to whatever place, or an index is added to one, there may be other stores: where the object
 * begins that the pointer leads into is not known. Then the path is still good enough to tell what
 * kind of thing the value is, but it is marked.
 */
#include "analysis/code/values/paths.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SLOT_STEPS = 4 }; /* from one slot to another; -O0 code has one or two */

void frame_slots_deinit(struct frame_slots *slots)
{
    array_deinit(&slots->stores);
    array_deinit(&slots->layouts);
    array_deinit(&slots->described);
}

/* ---- Stores to the frame --------------------------------------------------------------------- */

static void add_store(struct frame_slots *slots, int64_t offset, uint32_t bytes, struct value value)
{
    array_push(&slots->stores,
               (struct slot_store){.value = value, .offset = offset, .bytes = bytes});
    if (bytes > slots->widest)
        slots->widest = bytes;
}

/** The stored value, or where it is not known a name for it. */
static struct value named_stored_value(const struct flow *flow, const struct machine_state *state,
                                       const struct instruction *instruction)
{
    struct value value = value_stored(state, &instruction->effect);
    if (value.form == FORM_UNKNOWN)
        value = (struct value){.form = FORM_ORIGIN,
                               .unit = ORIGIN_STORED,
                               .bound = (uint32_t)(instruction - flow->instructions.data)};
    return value;
}

/** Whether the register holds the address of a place in the frame. */
static bool is_in_frame(const struct machine_state *state, register_number number)
{
    return number < MAX_REGISTERS && (state->registers[number].form == FORM_STACK ||
                                      state->registers[number].form == FORM_STACK_BELOW);
}

static void note_write(const struct flow *flow, struct frame_slots *slots,
                       const struct machine_state *state, const struct instruction *instruction)
{
    const struct effect *effect = &instruction->effect;
    if (!is_in_frame(state, effect->base) && !is_in_frame(state, effect->index))
        return;
    struct value place = value_of_operand(state, effect);
    bool is_simple = effect->value_kind == VALUE_STORE && effect->operand_bytes == 8;
    // An index may be negative: the compiler folds constants into the displacement.
    if (place.form != FORM_STACK || !effect->access_bytes)
        slots->is_escaped = true;
    else
        add_store(slots, place.number, effect->access_bytes,
                  is_simple ? named_stored_value(flow, state, instruction)
                            : VALUE_OF(.form = FORM_UNKNOWN));
}

static void note_push(const struct flow *flow, struct frame_slots *slots,
                      const struct machine_state *state, const struct instruction *instruction)
{
    const struct value *sp = &state->registers[flow->arch->stack_pointer];
    if (sp->form == FORM_STACK)
        add_store(slots, sp->number - flow->image->pointer_bytes, flow->image->pointer_bytes,
                  named_stored_value(flow, state, instruction));
}

/**
 * Whether the address of a place in the frame goes anywhere: into another register, where it may
 * have become part of something else, into memory, or into a sum. A frame pointer is how a function
 * reaches its own slots.
 */
static bool hands_out(const struct flow *flow, const struct machine_state *state,
                      const struct effect *effect)
{
    bool is_frame_pointer = effect->destination == flow->arch->frame_pointer &&
                            effect->value_kind == VALUE_COPY &&
                            effect->source == flow->arch->stack_pointer;
    bool is_comparison =
        effect->value_kind == VALUE_COMPARE || effect->value_kind == VALUE_COMPARE_REGISTERS;
    bool is_adjustment = effect->stack != STACK_NONE && effect->stack != STACK_UNKNOWN &&
                         effect->value_kind == VALUE_NONE;
    if (is_frame_pointer || is_comparison || is_adjustment)
        return false;
    for (uint32_t set = effect->consumed; set; set &= set - 1)
        if (is_in_frame(state, (register_number)__builtin_ctz(set)))
            return true;
    return false;
}

static void note_instruction(const struct flow *flow, struct frame_slots *slots,
                             const struct instruction *instruction, struct machine_state *state)
{
    const struct effect *effect = &instruction->effect;
    if (effect->value_kind == VALUE_PUSH)
        note_push(flow, slots, state, instruction);
    else if (effect->writes_memory)
        note_write(flow, slots, state, instruction);
    slots->is_escaped |= hands_out(flow, state, effect);
    state_apply(flow, instruction, state);
}

static int by_offset(const void *a, const void *b)
{
    const struct slot_store *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void frame_slots_find(struct frame_slots *slots, const struct flow *flow)
{
    slots->stores.count = slots->layouts.count = slots->described.count = 0;
    slots->has_layouts = slots->has_described = false;
    slots->is_escaped = false;
    slots->widest = 0;
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        struct machine_state state;
        if (!state_at_block(flow, i, &state))
            continue;
        for (uint32_t k = flow->blocks.data[i].first; k <= flow->blocks.data[i].last; k++)
            note_instruction(flow, slots, &flow->instructions.data[k], &state);
    }
    if (slots->stores.count > 1)
        qsort(slots->stores.data, slots->stores.count, sizeof *slots->stores.data, by_offset);
}

/** Returns the index of the first store at or behind @p offset. */
static size_t first_store(const struct frame_slots *slots, int64_t offset)
{
    size_t low = 0, high = slots->stores.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots->stores.data[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool frame_slot_value(const struct frame_slots *slots, int64_t offset, int64_t bytes,
                      struct value *ret)
{
    if (offset >= 0)
        return false;
    const struct slot_store *stores = slots->stores.data;
    bool is_found = false;
    for (size_t i = first_store(slots, offset - (int64_t)slots->widest);
         i < slots->stores.count && stores[i].offset < offset + bytes; i++) {
        if (stores[i].offset + (int64_t)stores[i].bytes <= offset)
            continue;
        if (stores[i].offset != offset || stores[i].bytes != bytes ||
            (is_found && !value_equal(&stores[i].value, ret)))
            return false;
        *ret = stores[i].value;
        is_found = true;
    }
    if (!is_found || !slots->is_escaped)
        return is_found;
    ret->is_loose = true;
    return ret->form == FORM_ORIGIN;
}

bool frame_slot_next(const struct frame_slots *slots, int64_t offset, int64_t bytes, size_t *number,
                     struct value *ret)
{
    const struct slot_store *stores = slots->stores.data;
    size_t first = first_store(slots, offset - (int64_t)slots->widest);
    for (size_t i = first > *number ? first : *number;
         i < slots->stores.count && stores[i].offset < offset + bytes; i++) {
        if (stores[i].offset + (int64_t)stores[i].bytes <= offset)
            continue;
        *ret = stores[i].value;
        *number = i + 1;
        return true;
    }
    return false;
}

/* ---- Steps back ------------------------------------------------------------------------------ */

/** A name for the sum of two values: equal for equal ones, and hardly ever for others. */
static uint64_t name_of_sum(const struct value *base, const struct value *index, unsigned scale)
{
    uint64_t name = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t parts[] = {
        (uint64_t)base->number,
        (uint64_t)base->bound << 32 | (uint64_t)base->unit << 8 | base->form,
        (uint64_t)index->number,
        (uint64_t)index->bound << 32 | (uint64_t)index->unit << 8 | index->form, scale};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        name = (name ^ parts[i]) * UINT64_C(0xff51afd7ed558ccd), name ^= name >> 32;
    return name;
}

/** What a load or pop reads: the address, or where that is not one value, a name for it. */
struct place {
    struct value address;
    uint64_t name; /* of an unknown address without its displacement, 0: none */
    int64_t displacement;
};

static struct place place_of_load(const struct flow *flow, uint32_t index)
{
    struct machine_state state;
    const struct effect *effect = &flow->instructions.data[index].effect;
    struct place place = {.address = {.bound = BOUND_NONE}};
    if (!state_before(flow, index, &state))
        return place;
    if (effect->value_kind == VALUE_POP) {
        place.address = state.registers[flow->arch->stack_pointer];
        return place;
    }
    place.address = value_of_operand(&state, effect);
    if (place.address.form == FORM_UNKNOWN && !effect->is_thread_local &&
        effect->base != REGISTER_NONE && effect->index != REGISTER_NONE) {
        place.name = name_of_sum(&state.registers[effect->base], &state.registers[effect->index],
                                 effect->scale);
        place.displacement = effect->displacement;
    }
    return place;
}

struct trail {
    const struct flow *flow;
    struct access_path *ret;
    int64_t offsets[MAX_PATH_LOADS + 1]; /* the last one first */
    unsigned loads, slot_steps;
};

static void end_trail(struct trail *trail, enum path_root root, unsigned index, uint64_t address)
{
    struct access_path *ret = trail->ret;
    ret->root = (uint8_t)root;
    ret->index = (uint8_t)index;
    ret->address = address;
    ret->load_count = (uint8_t)trail->loads;
    for (unsigned i = 0; i <= trail->loads; i++) {
        int64_t offset = trail->offsets[trail->loads - i];
        ret->offsets[i] = (int32_t)offset;
        if (offset != ret->offsets[i])
            ret->root = ROOT_UNKNOWN;
    }
}

static unsigned argument_index(const struct flow *flow, uint32_t number)
{
    unsigned index = 0;
    while (index < flow->arch->argument_count && flow->arch->arguments[index] != number)
        index++;
    return index;
}

/** What equal names say of a value that cannot be followed: that it is the same. */
static void end_unexplained(struct trail *trail, const struct value *value)
{
    end_trail(trail, ROOT_VALUE, 0, (uint64_t)value->unit << 48 | value->bound);
}

/** Undoes a load from the frame; false if what is there is not known. */
static bool step_over_slot(struct trail *trail, const struct value *place, struct value *value)
{
    const struct flow *flow = trail->flow;
    struct value stored;
    if (place->form != FORM_STACK || !flow->slots || trail->slot_steps++ >= MAX_SLOT_STEPS ||
        !frame_slot_value(flow->slots, place->number, flow->image->pointer_bytes, &stored))
        return false;
    *value = stored;
    return true;
}

/** Goes back to what was stored; false if the trail has ended. */
static bool step_over_store(struct trail *trail, struct value *value)
{
    struct machine_state state;
    if (trail->slot_steps++ >= MAX_SLOT_STEPS || !state_before(trail->flow, value->bound, &state)) {
        end_unexplained(trail, value);
        return false;
    }
    *value = value_stored(&state, &trail->flow->instructions.data[value->bound].effect);
    return true;
}

/** Follows a loaded value one load back; false if the trail has ended. */
static bool step_over_load(struct trail *trail, struct value *value)
{
    struct place place = place_of_load(trail->flow, value->bound);
    if (step_over_slot(trail, &place.address, value))
        return true;
    bool is_named = place.address.form == FORM_UNKNOWN && place.name;
    if (trail->loads == MAX_PATH_LOADS || (place.address.form == FORM_UNKNOWN && !is_named)) {
        end_unexplained(trail, value);
        return false;
    }
    trail->offsets[++trail->loads] = place.displacement;
    if (is_named)
        end_trail(trail, ROOT_VALUE, PATH_VALUE_PLACE, place.name);
    *value = place.address;
    return !is_named;
}

/** Ends the trail at a value that is no load. */
static void end_at(struct trail *trail, const struct value *value)
{
    const struct flow *flow = trail->flow;
    bool is_number = value->form == FORM_CONSTANT || value->form == FORM_INDEX;
    if (is_number && !flow_may_be_address(flow, value) &&
        image_section_at(flow->image, (uint64_t)value->number) != NONE)
        end_trail(trail, ROOT_UNKNOWN, 0, 0); // a number that only looks like an address
    else if (is_number)
        end_trail(trail, ROOT_ADDRESS, 0, (uint64_t)value->number);
    else if (value->form == FORM_STACK)
        end_trail(trail, ROOT_FRAME, 0, (uint64_t)value->number);
    else if (value->form != FORM_ORIGIN)
        end_trail(trail, ROOT_UNKNOWN, 0, 0);
    else if (value->unit == ORIGIN_ENTRY)
        end_trail(trail, ROOT_ARGUMENT, argument_index(flow, value->bound), 0);
    else if (value->unit == ORIGIN_RESULT || value->unit == ORIGIN_RESULT_2)
        end_trail(trail, ROOT_RESULT, value->unit == ORIGIN_RESULT_2,
                  flow_instruction_address(flow, value->bound));
    else
        end_unexplained(trail, value);
}

static void follow(struct trail *trail, struct value value)
{
    for (;;) {
        trail->ret->is_indexed |= value.form == FORM_INDEX || value.is_loose;
        if (value.form == FORM_SLOT && trail->loads < MAX_PATH_LOADS) {
            trail->offsets[++trail->loads] = 0;
            value.form = FORM_CONSTANT;
            value.is_address = true;
        }
        if (value.form != FORM_ORIGIN) {
            end_at(trail, &value);
            return;
        }
        trail->offsets[trail->loads] += value.number;
        if (value.unit != ORIGIN_LOAD && value.unit != ORIGIN_STORED) {
            end_at(trail, &value);
            return;
        }
        if (value.unit == ORIGIN_STORED ? !step_over_store(trail, &value)
                                        : !step_over_load(trail, &value))
            return;
    }
}

void path_of_value(const struct flow *flow, struct value value, struct access_path *ret)
{
    struct trail trail = {.flow = flow, .ret = ret};
    memset(ret, 0, sizeof *ret);
    ret->call = NONE;
    follow(&trail, value);
}

void path_of_loaded(const struct flow *flow, struct value place, struct access_path *ret)
{
    struct trail trail = {.flow = flow, .ret = ret};
    struct value stored;
    memset(ret, 0, sizeof *ret);
    ret->call = NONE;
    if (step_over_slot(&trail, &place, &stored)) {
        follow(&trail, stored);
        return;
    }
    trail.loads = 1;
    follow(&trail, place);
}

struct value path_place(const struct flow *flow, struct value value)
{
    if (value.form != FORM_ORIGIN || value.unit != ORIGIN_LOAD || value.number)
        return VALUE_OF(.form = FORM_UNKNOWN);
    return place_of_load(flow, value.bound).address;
}

static int by_name(const void *a, const void *b)
{
    const struct value_name *x = a, *y = b;
    if (x->bound != y->bound)
        return x->bound < y->bound ? -1 : 1;
    return (int)x->unit - (int)y->unit;
}

static void note_layout(const struct flow *flow, struct frame_slots *slots,
                        const struct machine_state *state, const struct effect *effect)
{
    if (effect->value_kind != VALUE_LOAD || effect->access_bytes != flow->image->pointer_bytes)
        return;
    struct value place = value_of_operand(state, effect);
    if (place.form == FORM_ORIGIN && place.number == 2 * (int64_t)flow->image->pointer_bytes)
        array_push(&slots->layouts, (struct value_name){place.bound, place.unit});
}

static void find_layouts(const struct flow *flow, struct frame_slots *slots)
{
    slots->has_layouts = true;
    for (uint32_t i = 0; i < flow->blocks.count; i++) {
        struct machine_state state;
        if (!state_at_block(flow, i, &state))
            continue;
        for (uint32_t k = flow->blocks.data[i].first; k <= flow->blocks.data[i].last; k++) {
            note_layout(flow, slots, &state, &flow->instructions.data[k].effect);
            state_apply(flow, &flow->instructions.data[k], &state);
        }
    }
    if (slots->layouts.count > 1)
        qsort(slots->layouts.data, slots->layouts.count, sizeof *slots->layouts.data, by_name);
}

bool path_reads_layout(const struct flow *flow, struct frame_slots *slots, struct value place)
{
    struct value_name name = {place.bound, place.unit};
    if (place.form != FORM_ORIGIN)
        return false;
    if (!slots->has_layouts)
        find_layouts(flow, slots);
    return slots->layouts.count &&
           bsearch(&name, slots->layouts.data, slots->layouts.count, sizeof name, by_name) != NULL;
}

static bool is_rounding(const struct flow *flow, const struct value *value)
{
    if (value->form != FORM_ORIGIN || value->unit != ORIGIN_MADE)
        return false;
    const struct effect *effect = &flow->instructions.data[value->bound].effect;
    return effect->value_kind == VALUE_AND && effect->value < 0;
}

bool path_is_rounded(const struct flow *flow, struct value value)
{
    struct machine_state state;
    if (value.form != FORM_ORIGIN || value.unit != ORIGIN_MADE)
        return false;
    const struct effect *effect = &flow->instructions.data[value.bound].effect;
    return effect->value_kind == VALUE_ADD_REGISTERS && effect->source < MAX_REGISTERS &&
           effect->index < MAX_REGISTERS && state_before(flow, value.bound, &state) &&
           (is_rounding(flow, &state.registers[effect->source]) ||
            is_rounding(flow, &state.registers[effect->index]));
}

/** Replaces a chosen value by the two that it was chosen from; false if it is none. */
static bool split_choice(const struct flow *flow, const struct value *value, struct value ret[2])
{
    struct machine_state state;
    if (value->form != FORM_ORIGIN || value->unit != ORIGIN_MADE || value->number)
        return false;
    const struct effect *effect = &flow->instructions.data[value->bound].effect;
    if (effect->value_kind != VALUE_CHOOSE || !state_before(flow, value->bound, &state))
        return false;
    ret[0] = state.registers[effect->destination];
    ret[1] = state.registers[effect->source];
    return true;
}

unsigned path_alternatives(const struct flow *flow, struct value value,
                           struct value ret[MAX_ALTERNATIVES])
{
    unsigned count = 1;
    ret[0] = value;
    for (unsigned i = 0; i < count;) {
        struct value both[2];
        if (count == MAX_ALTERNATIVES || !split_choice(flow, &ret[i], both)) {
            i++;
            continue;
        }
        ret[i] = both[0];
        ret[count++] = both[1];
    }
    return count;
}
