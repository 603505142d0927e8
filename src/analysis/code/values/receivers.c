/*
 * receivers.c: which described variable the table of a trait object came from.
 *
 * In: a solved Rust function, the place in a table from which a callee was loaded. Out: a path from
 * a variable to where the table's address is kept.
 *
 * Code that was not optimized copies each value that has a name in the source to a place of its own
 * in the frame, and debug information says of what type the place is. So a value is of the type of
 * a variable that it is stored to or loaded from. From the table's address the value is followed
 * back over loads and through places that nothing describes, until there is such a variable, or a
 * result.
 *
 * The function is solved without looking through its frame, so that each load has a name of its
 * own: in code that was not optimized an instruction always loads values of one type, while a place
 * without a description may hold different things at different times.
 *
 * Left out: places without a description that may be written through pointers, and values that are
 * a join of others.
 */
#include "analysis/code/values/receivers.h"

#include "base/search.h"
#include "program/debug.h"
#include "program/facts.h"

enum { MAX_STEPS = 8, MAX_STORED = 4, MAX_DESCRIBED = 1024 };

enum found { FOUND_NONE, FOUND_PLACE, FOUND_DIFFERENT };

struct search {
    const struct flow *flow;
    struct frame_slots *slots;
    const struct debug_info *debug;
    uint64_t address;                    // of the function
    int64_t stack_pointer;               // from the caller's
    int64_t offsets[MAX_PATH_LOADS + 1]; // the last one first
    unsigned loads;
};

static uint64_t part_at(const struct search *search, int64_t offset)
{
    return debug_local_part(search->debug, search->address, offset, search->stack_pointer);
}

/** What was stored where the value only says where it was stored. */
static struct value origin_of(const struct flow *flow, struct value value)
{
    for (int i = 0; i < MAX_STORED && value.form == FORM_ORIGIN && value.unit == ORIGIN_STORED;
         i++) {
        struct machine_state state;
        if (!state_before(flow, value.bound, &state))
            break;
        struct value stored = value_stored(&state, &flow->instructions.data[value.bound].effect);
        if (stored.form != FORM_ORIGIN && stored.form != FORM_CONSTANT)
            break;
        stored.number += value.number;
        stored.is_loose |= value.is_loose;
        value = stored;
    }
    return value;
}

static void find_described(const struct search *search)
{
    struct frame_slots *slots = search->slots;
    slots->has_described = true;
    slots->described_from = search->stack_pointer;
    for (size_t i = 0; i < slots->stores.count && slots->described.count < MAX_DESCRIBED; i++) {
        struct slot_store store = slots->stores.data[i];
        if (store.bytes != search->flow->image->pointer_bytes || store.value.form != FORM_ORIGIN ||
            !part_at(search, store.offset))
            continue;
        array_push(&slots->described, store);
        store.value = origin_of(search->flow, store.value);
        array_push(&slots->described, store);
    }
}

/**
 * Finds a described place that the value is stored to. Of an address that is stored to variables of
 * different types it is not known what is there: unsafe code may have converted it.
 */
static enum found find_place(const struct search *search, const struct value *value, int64_t *ret)
{
    enum found found = FOUND_NONE;
    uint64_t part = 0;
    for (size_t i = 0; i < search->slots->described.count; i++) {
        const struct slot_store *store = &search->slots->described.data[i];
        if (!value_equal(&store->value, value))
            continue;
        if (found && search->loads && part_at(search, store->offset) != part)
            return FOUND_DIFFERENT;
        *ret = store->offset;
        part = part_at(search, store->offset);
        found = FOUND_PLACE;
    }
    return found;
}

static bool add_load(struct search *search)
{
    if (search->loads == MAX_PATH_LOADS)
        return false;
    search->offsets[++search->loads] = 0;
    return true;
}

static void end_at(struct search *search, enum path_root root, int64_t address,
                   struct access_path *ret)
{
    ret->root = (uint8_t)root;
    ret->address = (uint64_t)address;
    ret->load_count = (uint8_t)search->loads;
    for (unsigned i = 0; i <= search->loads; i++) {
        int64_t offset = search->offsets[search->loads - i];
        ret->offsets[i] = (int32_t)offset;
        if (offset != ret->offsets[i])
            ret->root = ROOT_UNKNOWN;
    }
}

/** Ends the search if the value, or what it is an offset from, is in described places. */
static bool ends_in_place(struct search *search, const struct value *value, struct access_path *ret)
{
    struct value base = *value;
    int64_t place, number = value->number;
    base.number = 0;
    enum found found = find_place(search, value, &place);
    if (found)
        number = 0;
    else if (value->form == FORM_ORIGIN)
        found = find_place(search, &base, &place);
    if (found != FOUND_PLACE)
        return found == FOUND_DIFFERENT;
    search->offsets[search->loads] += number;
    if (add_load(search))
        end_at(search, ROOT_FRAME, place, ret);
    return true;
}

/** Goes back over the load that the value comes from; false at the end of the search. */
static bool step(struct search *search, struct value *value, struct access_path *ret)
{
    search->offsets[search->loads] += value->number;
    value->number = 0;
    struct value place = path_place(search->flow, *value), stored;
    if (place.form == FORM_STACK && part_at(search, place.number)) {
        if (add_load(search))
            end_at(search, ROOT_FRAME, place.number, ret);
        return false;
    }
    if (place.form == FORM_STACK) {
        if (!frame_slot_value(search->slots, place.number, search->flow->image->pointer_bytes,
                              &stored) ||
            stored.is_loose)
            return false;
        *value = stored;
        return true;
    }
    *value = place;
    return place.form != FORM_UNKNOWN && add_load(search);
}

static bool is_result(const struct value *value)
{
    return value->form == FORM_ORIGIN &&
           (value->unit == ORIGIN_RESULT || value->unit == ORIGIN_RESULT_2);
}

static void end_at_result(struct search *search, const struct value *value, struct access_path *ret)
{
    search->offsets[search->loads] += value->number;
    ret->index = value->unit == ORIGIN_RESULT_2;
    end_at(search, ROOT_RESULT, (int64_t)flow_instruction_address(search->flow, value->bound), ret);
}

static void follow(struct search *search, struct value value, struct access_path *ret)
{
    for (int i = 0; i < MAX_STEPS; i++) {
        if (value.is_loose || ends_in_place(search, &value, ret))
            return;
        value = origin_of(search->flow, value);
        if (value.is_loose || ends_in_place(search, &value, ret))
            return;
        if (value.form == FORM_CONSTANT && search->loads)
            end_at(search, ROOT_ADDRESS, value.number, ret);
        if (is_result(&value))
            end_at_result(search, &value, ret);
        if (value.form != FORM_ORIGIN || value.unit != ORIGIN_LOAD || !step(search, &value, ret))
            return;
    }
}

bool receivers_are_described(const struct flow *flow)
{
    const struct debug_info *debug = flow->image->debug;
    uint64_t address = flow->program->functions[flow->function].address;
    if (!debug || !flow->program->facts->crates[flow->function])
        return false;
    size_t behind = COUNT_UP_TO(debug->locals, debug->local_count, address);
    return behind && debug->locals[behind - 1].address == address;
}

void path_of_receiver(const struct flow *flow, struct frame_slots *slots,
                      const struct machine_state *state, struct value place,
                      struct access_path *ret)
{
    const struct value *sp = &state->registers[flow->arch->stack_pointer];
    struct search search = {.flow = flow,
                            .slots = slots,
                            .debug = flow->image->debug,
                            .address = flow->program->functions[flow->function].address,
                            .stack_pointer = sp->number};
    *ret = (struct access_path){.call = NONE};
    if (sp->form != FORM_STACK)
        return;
    if (!slots->has_described)
        find_described(&search);
    if (slots->described_from != search.stack_pointer)
        return;
    for (int i = 0; i < MAX_STORED && place.form == FORM_STACK; i++) {
        struct value callee;
        if (!frame_slot_value(slots, place.number, flow->image->pointer_bytes, &callee) ||
            callee.is_loose)
            return;
        place = path_place(flow, origin_of(flow, callee));
    }
    if (place.form != FORM_ORIGIN)
        return;
    place.number = 0; // the table itself
    follow(&search, place, ret);
}
