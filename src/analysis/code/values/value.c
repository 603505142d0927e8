/*
 * value.c: arithmetic on what is known of registers. In: an instruction's effect and the values
 * before it. Out: the value it leaves. What is not understood is unknown; a wrong value would make
 * wrong calls and wrong stack heights, so every operation here is exact or forgets.
 *
 * The forms are those of jump tables as gcc, clang and rustc write them: an index that a comparison
 * bounded is scaled, an entry is loaded from a constant address plus that, and the table's address
 * is added again when entries are relative.
 */
#include "analysis/code/flow/flow.h"

static const struct value unknown = {.bound = BOUND_NONE};

static struct value constant(int64_t number)
{
    return VALUE_OF(.form = FORM_CONSTANT, .number = number);
}

static struct value address_or_number(int64_t number, bool is_address)
{
    return VALUE_OF(.form = FORM_CONSTANT, .number = number, .is_address = is_address);
}

static struct value index_value(uint32_t bound, bool is_loose)
{
    return (struct value){.form = FORM_INDEX, .unit = 1, .bound = bound, .is_loose = is_loose};
}

/** Takes constants and what is not known as special cases of the form number + unit * i. */
static bool as_index(const struct value *value, struct value *ret)
{
    *ret = *value;
    if (value->form == FORM_CONSTANT) {
        ret->unit = 0;
        ret->bound = 0;
    } else if (value_is_any(value) || value->form == FORM_TABLE_ENTRY) {
        *ret = index_value(BOUND_NONE, true);
    } else if (value->form != FORM_INDEX) {
        return false;
    }
    ret->form = FORM_INDEX;
    return true;
}

struct value value_meet(const struct value *a, const struct value *b)
{
    if (value_equal(a, b))
        return *a;
    if (a->form == FORM_CONSTANT && b->form == FORM_INDEX)
        return value_meet(b, a);
    if (a->form == FORM_CONSTANT && b->form == FORM_CONSTANT && a->number == b->number)
        return a->is_address ? *a : *b;
    if (a->form == FORM_ORIGIN && b->form == FORM_ORIGIN && a->bound == b->bound &&
        a->unit == b->unit && a->number == b->number)
        return a->is_loose ? *a : *b;
    bool is_index =
        a->form == FORM_INDEX || a->form == FORM_TABLE_ENTRY || a->form == FORM_TABLE_TARGET;
    if (is_index && a->form == b->form && a->number == b->number && a->unit == b->unit) {
        struct value met = a->bound >= b->bound ? *a : *b;
        met.is_loose = a->is_loose || b->is_loose;
        met.is_address = a->is_address || b->is_address;
        return met;
    }
    if (a->form == FORM_INDEX && b->form == FORM_CONSTANT && a->unit == 1 && a->number == 0 &&
        b->number >= 0 && b->number < BOUND_NONE) {
        struct value met = *a;
        met.bound = a->bound >= b->number ? a->bound : (uint32_t)b->number;
        return met;
    }
    return unknown;
}

static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static struct value shifted(struct value value, int64_t by)
{
    value.number = wrapping_add(value.number, by);
    return value;
}

/**
 * The sum of an entry of a table and the address that its entries are relative to: nearly always
 * the table's own, in code with computed gotos that of a label. Where the smallest index is not 0
 * (an enum whose first variants are handled elsewhere), the entry counts from before the table.
 */
static bool add_relative(const struct value *entry, const struct value *base, struct value *ret)
{
    if (entry->form != FORM_TABLE_ENTRY || entry->unit != 4 || base->form != FORM_CONSTANT)
        return false;
    uint64_t before = (uint64_t)base->number - (uint64_t)entry->number;
    uint32_t bound = entry->bound;
    int64_t table = entry->number;
    if (before % entry->unit == 0 && before / entry->unit <= bound) {
        table = base->number;
        bound -= bound == BOUND_NONE ? 0 : (uint32_t)(before / entry->unit);
    }
    *ret = *entry;
    ret->form = FORM_TABLE_TARGET;
    ret->number = table;
    ret->bound = (uint32_t)(base->number - table);
    ret->unit = bound < TABLE_BOUND_NONE ? (uint16_t)bound : TABLE_BOUND_NONE;
    return base->number - table == (int32_t)ret->bound;
}

static struct value add_indexes(struct value a, struct value b, unsigned scale, int64_t number)
{
    struct value x, y;
    if (!as_index(&a, &x) || !as_index(&b, &y) || (x.unit && y.unit))
        return unknown;
    struct value sum = x.unit ? x : y;
    unsigned unit = x.unit ? x.unit : y.unit * scale;
    if (unit > UINT16_MAX)
        return unknown;
    sum.unit = (uint16_t)unit;
    sum.is_address = a.is_address || (b.is_address && scale == 1);
    sum.number = wrapping_add(
        wrapping_add(x.number, (int64_t)((uint64_t)y.number * (uint64_t)scale)), number);
    if (!unit)
        return address_or_number(sum.number, sum.is_address);
    // Anything added to anything is anything; only larger units keep a shape.
    return unit == 1 && sum.bound == BOUND_NONE ? unknown : sum;
}

/** A pointer from somewhere, moved by a constant or by an index that is scaled. */
static bool add_to_origin(const struct value *a, const struct value *b, unsigned scale,
                          int64_t number, struct value *ret)
{
    *ret = *a;
    if (a->form == FORM_ORIGIN && b->form == FORM_CONSTANT) {
        int64_t product = (int64_t)((uint64_t)b->number * (uint64_t)scale);
        ret->number = wrapping_add(wrapping_add(a->number, product), number);
        return true;
    }
    bool is_index =
        (b->form == FORM_INDEX && (b->unit > 1 || scale > 1)) || (value_is_any(b) && scale > 1);
    if (a->form == FORM_ORIGIN && is_index) {
        ret->is_loose = true;
        ret->number = wrapping_add(a->number, number);
        return true;
    }
    *ret = *b;
    if (b->form != FORM_ORIGIN || scale != 1)
        return false;
    ret->is_loose |= a->form == FORM_INDEX;
    ret->number = wrapping_add(wrapping_add(b->number, a->number), number);
    return a->form == FORM_CONSTANT || (a->form == FORM_INDEX && a->unit > 1);
}

/** Whether one is an address and the other not known: then the other is no pointer but an offset.
 */
static bool is_unknown_offset(const struct value *a, const struct value *b)
{
    return (a->is_address && value_is_any(b)) || (b->is_address && value_is_any(a));
}

struct value value_add(struct value a, struct value b, unsigned scale, int64_t number)
{
    struct value target;
    if (scale == 1 && is_unknown_offset(&a, &b))
        return unknown;
    if (add_to_origin(&a, &b, scale, number, &target))
        return target;
    if (scale == 1 && number == 0 &&
        (add_relative(&a, &b, &target) || add_relative(&b, &a, &target)))
        return target;
    bool a_is_stack = a.form == FORM_STACK || a.form == FORM_STACK_BELOW;
    if (a_is_stack && b.form == FORM_CONSTANT)
        return shifted(a, wrapping_add((int64_t)((uint64_t)b.number * (uint64_t)scale), number));
    bool b_is_stack = b.form == FORM_STACK || b.form == FORM_STACK_BELOW;
    if (b_is_stack && scale == 1 && a.form == FORM_CONSTANT)
        return shifted(b, wrapping_add(a.number, number));
    return add_indexes(a, b, scale, number);
}

static struct value get(const struct machine_state *state, register_number number)
{
    return number < MAX_REGISTERS ? state->registers[number] : constant(0);
}

static struct value immediate(const struct effect *effect)
{
    return address_or_number(effect->value, effect->value_is_address);
}

struct value value_stored(const struct machine_state *state, const struct effect *effect)
{
    if (effect->source < MAX_REGISTERS)
        return state->registers[effect->source];
    return immediate(effect);
}

struct value value_of_operand(const struct machine_state *state, const struct effect *effect)
{
    if (effect->is_thread_local)
        return unknown;
    struct value base = get(state, effect->base);
    struct value displacement =
        address_or_number(effect->displacement, effect->displacement_is_address);
    if (effect->index == REGISTER_NONE)
        return value_add(base, displacement, 1, 0);
    if (effect->displacement_is_address)
        return value_add(value_add(base, displacement, 1, 0), get(state, effect->index),
                         effect->scale, 0);
    return value_add(base, get(state, effect->index), effect->scale, effect->displacement);
}

/** What an operation of 4 bytes leaves in a register of 8. */
static struct value narrowed(struct value value)
{
    switch (value.form) {
    case FORM_CONSTANT:
        value.number = (uint32_t)value.number;
        return value;
    case FORM_INDEX: {
        uint64_t last = (uint64_t)value.bound * value.unit + (uint64_t)value.number;
        bool fits = value.number >= 0 && value.number <= UINT32_MAX && last <= UINT32_MAX;
        return fits || value.bound == BOUND_NONE ? value : unknown;
    }
    case FORM_TABLE_ENTRY:
        return value;
    default:
        return unknown;
    }
}

static struct value sign_extended(struct value value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    switch (value.form) {
    case FORM_CONSTANT:
        return constant((int64_t)((uint64_t)value.number << shift) >> shift);
    case FORM_INDEX: {
        uint64_t last = (uint64_t)value.bound * value.unit + (uint64_t)value.number;
        bool fits = value.bound != BOUND_NONE && value.number >= 0 && value.number <= UINT32_MAX &&
                    !(last >> (8 * bytes - 1));
        return fits ? value : unknown;
    }
    case FORM_TABLE_ENTRY:
        return bytes == value.unit ? value : unknown;
    default:
        return unknown;
    }
}

static bool is_plain_index(const struct value *value)
{
    return value->form == FORM_INDEX && value->unit == 1 && value->number == 0;
}

static struct value masked(struct value value, int64_t mask)
{
    if (value.form == FORM_CONSTANT)
        return address_or_number(value.number & mask, value.is_address && mask < 0);
    if (value.form == FORM_STACK_BELOW && mask < 0)
        return value;
    if (mask < 0 || mask >= BOUND_NONE)
        return unknown;
    if (is_plain_index(&value) && value.bound <= mask)
        return value;
    return index_value((uint32_t)mask, true);
}

static struct value shifted_left(struct value value, int64_t count)
{
    if (value.form == FORM_CONSTANT)
        return constant((int64_t)((uint64_t)value.number << count));
    if (count > 8 || (value_is_any(&value) && count > 3))
        return unknown;
    return add_indexes(constant(0), value, 1U << count, 0);
}

/** What an operation of @p bytes sees of a number. */
static int64_t narrowed_to(int64_t number, unsigned bytes)
{
    return bytes == 4 ? (uint32_t)number : number;
}

static struct value shifted_right(struct value value, int64_t count, unsigned bytes)
{
    if (value.form == FORM_CONSTANT)
        return constant((int64_t)((uint64_t)narrowed_to(value.number, bytes) >> count));
    if (is_plain_index(&value) && value.bound != BOUND_NONE)
        return index_value((uint32_t)((uint64_t)value.bound >> count), value.is_loose);
    uint64_t largest = (bytes == 4 ? UINT32_MAX : UINT64_MAX) >> count;
    return largest < BOUND_NONE ? index_value((uint32_t)largest, true) : unknown;
}

static struct value subtracted(struct value a, struct value b)
{
    if (b.form == FORM_CONSTANT && b.is_address && a.form != FORM_CONSTANT)
        return unknown;
    if (b.form == FORM_CONSTANT) {
        struct value difference = value_add(a, constant((int64_t)(0 - (uint64_t)b.number)), 1, 0);
        difference.is_address &= !b.is_address;
        return difference;
    }
    // Only sizes are subtracted from the stack pointer: alloca, on its way back to it.
    bool is_size = b.form != FORM_STACK && b.form != FORM_STACK_BELOW;
    if ((a.form == FORM_STACK || a.form == FORM_STACK_BELOW) && is_size)
        return VALUE_OF(.form = FORM_STACK_BELOW, .number = a.number);
    return unknown;
}

/** The loaded value is bounded by a comparison of its place with a constant. */
static bool is_bounded_place(const struct memory_bound *memory, const struct effect *effect)
{
    return memory->bound != BOUND_NONE && effect->base == memory->base &&
           effect->index == memory->index && effect->scale == memory->scale &&
           effect->displacement == memory->displacement && effect->access_bytes == memory->bytes &&
           !effect->is_thread_local;
}

/** What a load is if nothing is known of its place: small, if it is narrow. */
static struct value loaded_from_anywhere(const struct effect *effect)
{
    unsigned bytes = effect->access_bytes;
    if (bytes < 4 && bytes && !effect->sign_extend)
        return index_value(bytes == 1 ? 0xff : 0xffff, true);
    return unknown;
}

/** What a slot that never changes holds: the address of data of the image, or a name for it. */
static struct value slot_value(const struct flow *flow, uint64_t slot)
{
    const struct relocation *relocation = image_relocation_at(flow->image, slot);
    bool is_local =
        relocation && relocation->kind == RELOCATION_RELATIVE && relocation->function == NONE;
    uint32_t section =
        is_local ? image_section_at(flow->image, (uint64_t)relocation->addend) : NONE;
    if (section != NONE && !flow->image->sections[section].is_executable)
        return address_or_number(relocation->addend, true);
    return VALUE_OF(.form = FORM_SLOT, .number = (int64_t)slot);
}

static struct value loaded(const struct flow *flow, const struct machine_state *state,
                           const struct effect *effect)
{
    unsigned bytes = effect->access_bytes;
    if (is_bounded_place(&state->head.memory, effect) && !effect->sign_extend)
        return index_value(state->head.memory.bound, false);
    if (bytes < 4 || (effect->index == REGISTER_NONE && effect->base != REGISTER_NONE &&
                      state->registers[effect->base].form != FORM_CONSTANT &&
                      state->registers[effect->base].form != FORM_INDEX))
        return loaded_from_anywhere(effect);
    struct value address = value_of_operand(state, effect);
    if (!flow_may_be_address(flow, &address))
        return unknown;
    if (address.form == FORM_CONSTANT && bytes == flow->image->pointer_bytes &&
        flow_is_constant(flow->image, (uint64_t)address.number))
        return slot_value(flow, (uint64_t)address.number);
    if (address.form == FORM_INDEX && address.unit == bytes && address.number &&
        flow_is_constant(flow->image, (uint64_t)address.number)) {
        address.form = FORM_TABLE_ENTRY;
        return address;
    }
    return unknown;
}

struct value value_of_effect(const struct flow *flow, const struct machine_state *state,
                             const struct effect *effect)
{
    struct value source = get(state, effect->source), value;
    switch (effect->value_kind) {
    case VALUE_CONSTANT:
    case VALUE_ADDRESS:
        return immediate(effect);
    case VALUE_LOAD:
        return loaded(flow, state, effect);
    case VALUE_COPY:
        value = source;
        break;
    case VALUE_SIGN_EXTEND:
        value = sign_extended(source, (unsigned)effect->value);
        break;
    case VALUE_ADD:
        value = value_add(source, immediate(effect), 1, 0);
        break;
    case VALUE_ADD_REGISTERS:
        // A register added to its own multiple is a multiple.
        if (effect->source == effect->index)
            value = value_add(immediate(effect), source, effect->scale + 1U, 0);
        else if (effect->value_is_address)
            value = value_add(value_add(source, immediate(effect), 1, 0), get(state, effect->index),
                              effect->scale, 0);
        else
            value = value_add(source, get(state, effect->index), effect->scale, effect->value);
        break;
    case VALUE_CHOOSE:
        value = get(state, effect->destination);
        return value_meet(&value, &source);
    case VALUE_SUBTRACT:
        value = subtracted(source, get(state, effect->index));
        break;
    case VALUE_MULTIPLY:
        value = source.form == FORM_CONSTANT
                    ? constant((int64_t)((uint64_t)source.number * (uint64_t)effect->value))
                    : unknown;
        break;
    case VALUE_AND:
        value = masked(source, effect->value);
        break;
    case VALUE_SHIFT_LEFT:
        value = shifted_left(source, effect->value);
        break;
    case VALUE_SHIFT_RIGHT:
        value = shifted_right(source, effect->value, effect->operand_bytes);
        break;
    default:
        return unknown;
    }
    return effect->operand_bytes == 4 ? narrowed(value) : value;
}
