/*
 * jump_table.c: targets of jumps through tables. In: an indirect jump and the solved state before
 * it. Out: the table's entries as targets in the function.
 *
 * The state tells the table's address and, where the code compared the index, its length. Where
 * nobody compared (the compiler knew that an enum has no other values), entries are read up to the
 * first that is no place in the function, or up to the next address that any code mentions, for
 * there the next constant begins. (Entries that lead to the function's very end are clang's for
 * values that cannot be.) The latter needs all other functions to have been read: such a function
 * is deferred. Hand-written code also jumps into evenly spaced pieces of code (glibc's memcpy
 * variants); there the "table" is the code itself. Left out: tables in writable memory, entries of
 * 1 or 2 bytes (not made by compilers for this machine), and tables of functions (those are calls).
 */
#include "analysis/code/flow/flow.h"
#include "base/sort.h"

enum { MAX_ENTRIES = 1 << 16, MAX_PIECES = 256 };

/** A jump that goes to one of the entries of a table. */
struct table_shape {
    uint64_t address;
    uint32_t bound; /* largest index, BOUND_NONE */
    uint16_t unit;
    bool is_loose; /* the bound is only that of a type */
    uint64_t base; /* what entries are relative to, 0: they are addresses */
    bool is_code;  /* the entries are the places to jump to */
};

static void set_relative(const struct value *value, struct table_shape *ret)
{
    ret->unit = 4;
    ret->base = ret->address + (uint64_t)(int64_t)(int32_t)value->bound;
    ret->bound = value->unit == TABLE_BOUND_NONE ? BOUND_NONE : value->unit;
    ret->is_loose = value->is_loose || ret->bound == BOUND_NONE;
}

static bool find_shape(const struct flow *flow, const struct effect *effect,
                       const struct machine_state *state, struct table_shape *ret)
{
    struct value value;
    if (effect->target_kind == TARGET_REGISTER && effect->target_register < MAX_REGISTERS)
        value = state->registers[effect->target_register];
    else if (effect->target_kind == TARGET_MEMORY)
        value = value_of_operand(state, effect);
    else
        return false;
    bool is_loaded = value.form == FORM_TABLE_ENTRY && value.unit == 8;
    bool is_address = effect->target_kind == TARGET_MEMORY && value.form == FORM_INDEX &&
                      value.unit == 8 && value.number;
    bool is_code = effect->target_kind == TARGET_REGISTER && value.form == FORM_INDEX &&
                   value.unit > 1 && value.bound < MAX_PIECES &&
                   flow_offset_of(flow, (uint64_t)value.number) != NONE;
    if (is_code) {
        *ret = (struct table_shape){.address = (uint64_t)value.number,
                                    .bound = value.bound,
                                    .unit = value.unit,
                                    .is_code = true};
        return true;
    }
    *ret = (struct table_shape){.address = (uint64_t)value.number,
                                .bound = value.bound,
                                .unit = 8,
                                .is_loose = value.is_loose || value.bound == BOUND_NONE};
    if (value.form == FORM_TABLE_TARGET)
        set_relative(&value, ret);
    else if (!is_loaded && !is_address)
        return false;
    return flow_is_constant(flow->image, ret->address) &&
           (!ret->base || ret->base == ret->address || flow_offset_of(flow, ret->base) != NONE);
}

/** Whether code ends there: LLVM lets jumps to what cannot be reached lead behind all code. */
static bool is_end(const struct flow *flow, uint64_t address)
{
    for (size_t i = 0; i < flow->ranges.count; i++)
        if (address == flow->ranges.data[i].address + flow->ranges.data[i].bytes)
            return true;
    return false;
}

/**
 * Reads an entry; false if it is not there or leads out of the function. @p ret_offset is NONE if
 * it leads nowhere.
 */
static bool read_entry(const struct flow *flow, const struct table_shape *shape, uint32_t index,
                       uint32_t *ret_offset)
{
    uint64_t place = shape->address + (uint64_t)index * shape->unit, value;
    if (shape->is_code) {
        *ret_offset = flow_offset_of(flow, place);
        return *ret_offset != NONE;
    }
    if (!flow_is_constant(flow->image, place))
        return false;
    if (shape->base) {
        if (!image_read(flow->image, place, shape->unit, &value))
            return false;
        value = shape->base + (uint64_t)(int64_t)(int32_t)value;
    } else if (!flow_read_pointer(flow->image, place, &value)) {
        return false;
    }
    *ret_offset = flow_offset_of(flow, value);
    return *ret_offset != NONE || is_end(flow, value);
}

/** Sorts the targets from @p first on and drops equal ones. */
static void sort_targets(struct flow *flow, size_t first)
{
    size_t count = flow->table_targets.count - first;
    flow->table_targets.count = first + sort_numbers(flow->table_targets.data + first, count);
}

/** Reads the entries of a table into @p table; false if there is none. */
static bool read_table(struct flow *flow, const struct table_shape *shape, struct jump_table *table)
{
    uint64_t limit = shape->bound == BOUND_NONE ? MAX_ENTRIES : (uint64_t)shape->bound + 1;
    uint32_t entries = 0, offset;
    table->first_target = (uint32_t)flow->table_targets.count;
    if (limit > MAX_ENTRIES)
        limit = MAX_ENTRIES;
    while (entries < limit && read_entry(flow, shape, entries, &offset)) {
        uint64_t place = shape->address + (uint64_t)entries * shape->unit;
        if (shape->is_loose && entries && landmark_is_set(flow->landmarks, place))
            break;
        if (offset != NONE)
            array_push(&flow->table_targets, offset);
        entries++;
    }
    if (flow->table_targets.count == table->first_target)
        return false;
    sort_targets(flow, table->first_target);
    table->address = shape->address;
    table->base = shape->base;
    table->unit = shape->unit;
    table->is_code = shape->is_code;
    table->bytes = entries * shape->unit;
    table->target_count = (uint32_t)flow->table_targets.count - table->first_target;
    table->is_loose = shape->is_loose;
    table->is_complete = shape->is_loose || entries == (uint64_t)shape->bound + 1;
    return true;
}

/** An entry of 4 bytes that was loaded into a register, and the base that was added to it. */
struct loaded_entry {
    uint64_t place, base; /* 0: nothing known; nothing added yet */
};

/** Follows one instruction: loads from constant places, and addresses added to what they give. */
static void follow_entry(const struct effect *effect, const struct machine_state *state,
                         struct loaded_entry *entries)
{
    struct loaded_entry result = {0};
    if (effect->destination >= MAX_REGISTERS)
        return;
    struct value place = value_of_operand(state, effect);
    if (effect->value_kind == VALUE_LOAD && effect->access_bytes == 4 && effect->sign_extend &&
        place.form == FORM_CONSTANT)
        result.place = (uint64_t)place.number;
    if (effect->value_kind == VALUE_ADD_REGISTERS && effect->scale == 1 && !effect->value &&
        effect->source < MAX_REGISTERS && effect->index < MAX_REGISTERS) {
        bool is_second = !entries[effect->source].place;
        const struct value *base = &state->registers[is_second ? effect->source : effect->index];
        result = entries[is_second ? effect->index : effect->source];
        if (result.base || base->form != FORM_CONSTANT)
            result.place = 0;
        result.base = (uint64_t)base->number;
    }
    entries[effect->destination] = result;
}

/**
 * A jump through one known entry of a table: the index is a constant as far as is known by now. It
 * is the first state of a machine whose other states this jump will reveal, or code that nobody
 * simplified. All of the table is taken, so that other states change nothing.
 */
static bool find_constant_entry(const struct flow *flow, uint32_t jump, struct table_shape *ret,
                                uint64_t *ret_place)
{
    struct loaded_entry entries[MAX_REGISTERS] = {0};
    const struct effect *effect = &flow->instructions.data[jump].effect;
    const struct flow_block *block = &flow->blocks.data[flow->instructions.data[jump].block];
    struct machine_state state;
    if (effect->target_kind != TARGET_REGISTER || effect->target_register >= MAX_REGISTERS ||
        !state_at_block(flow, flow->instructions.data[jump].block, &state))
        return false;
    for (uint32_t i = block->first; i < jump; i++) {
        const struct effect *step = &flow->instructions.data[i].effect;
        follow_entry(step, &state, entries);
        for (uint32_t set = step->clobbered; set; set &= set - 1)
            entries[__builtin_ctz(set)].place = 0;
        state_apply(flow, &flow->instructions.data[i], &state);
    }
    struct loaded_entry entry = entries[effect->target_register];
    *ret_place = entry.place;
    *ret = (struct table_shape){.address = entry.base,
                                .bound = BOUND_NONE,
                                .unit = 4,
                                .is_loose = true,
                                .base = entry.base};
    return entry.place && entry.base && entry.place >= entry.base &&
           (entry.place - entry.base) % 4 == 0 && flow_is_constant(flow->image, entry.base);
}

/** Looks at one jump; returns whether it now has targets. */
static bool resolve(struct flow *flow, uint32_t jump)
{
    struct machine_state state;
    struct table_shape shape;
    uint64_t place = 0;
    if (!state_before(flow, jump, &state))
        return false;
    if (!find_shape(flow, &flow->instructions.data[jump].effect, &state, &shape) &&
        !find_constant_entry(flow, jump, &shape, &place))
        return false;
    if (shape.is_loose && !flow->has_landmarks) {
        flow->is_deferred = true;
        return false;
    }
    struct jump_table table = {.jump = jump};
    if (!read_table(flow, &shape, &table))
        return false;
    if (place && place - table.address >= table.bytes) {
        flow->table_targets.count = table.first_target;
        return false;
    }
    flow->instructions.data[jump].table = (uint32_t)flow->jump_tables.count;
    array_push(&flow->jump_tables, table);
    return true;
}

/**
 * A table's address was lost on some way to the jump, most often because it was kept on the stack.
 * Compilers make `entry + table` only for one table at one jump, so that the table is the right
 * one; but what bounded its index on the first way may not hold on the others.
 */
static bool loosen(struct flow *flow, struct jump_table *table)
{
    struct table_shape shape = {.address = table->address,
                                .bound = BOUND_NONE,
                                .unit = table->unit,
                                .is_loose = true,
                                .base = table->base};
    if (table->is_loose)
        return false;
    if (!flow->has_landmarks) {
        flow->is_deferred = true;
        return false;
    }
    return read_table(flow, &shape, table);
}

/** Whether the state says, with all ways into the jump, what it said with fewer of them. */
static bool is_confirmed(const struct jump_table *table, const struct table_shape *shape)
{
    if (shape->address != table->address || shape->unit != table->unit ||
        shape->is_code != table->is_code)
        return false;
    return table->is_loose ||
           (!shape->is_loose && ((uint64_t)shape->bound + 1) * shape->unit <= table->bytes);
}

/** Looks at a jump with a table once more; returns whether there are other targets too. */
static bool confirm(struct flow *flow, uint32_t jump)
{
    struct jump_table *table = &flow->jump_tables.data[flow->instructions.data[jump].table];
    struct machine_state state;
    struct table_shape shape;
    if (!table->is_complete || !state_before(flow, jump, &state))
        return false;
    bool is_known = find_shape(flow, &flow->instructions.data[jump].effect, &state, &shape);
    if (is_known && is_confirmed(table, &shape))
        return false;
    if (table->unit == 4 && !table->is_code && (!is_known || shape.address == table->address))
        return loosen(flow, table);
    table->is_complete = false;
    return true;
}

static void descend_from_tables(struct flow *flow)
{
    for (size_t i = 0; i < flow->jump_tables.count; i++) {
        struct jump_table table = flow->jump_tables.data[i];
        for (uint32_t k = 0; k < table.target_count; k++)
            flow_descend(flow, flow->table_targets.data[table.first_target + k]);
    }
}

bool jump_tables_resolve(struct flow *flow)
{
    bool has_news = false;
    size_t count = flow->indirect_jumps.count;
    for (size_t i = 0; i < count; i++) {
        uint32_t jump = flow->indirect_jumps.data[i];
        if (flow->instructions.data[jump].table != NONE)
            has_news |= confirm(flow, jump);
        else
            has_news |= resolve(flow, jump);
    }
    if (has_news)
        descend_from_tables(flow);
    return has_news;
}
