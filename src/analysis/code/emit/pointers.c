/*
 * pointers.c: functions as values. In: solved blocks. Out: functions, arguments and tables
 * that calls pass on; functions that are put into memory. Calls through pointers are next door.
 *
 * Paths need names for all values that are not known, which costs time; only functions that have
 * something to tell are solved with them.
 */
#include "analysis/code/emit/emit.h"

#include "analysis/code/emit/arguments.h"
#include "analysis/code/emit/callee.h"
#include "analysis/code/emit/leaving.h"

#include <stdlib.h>

enum { TABLE_HEAD_BYTES = 32 }; /* of a table of functions, within which the first one lies */

/* ---- Is there anything to tell? -------------------------------------------------------------- */

static bool has_pointer_target(const struct effect *effect)
{
    bool leaves = effect->control == CONTROL_CALL || effect->control == CONTROL_JUMP;
    return leaves && effect->target_kind != TARGET_ADDRESS && effect->target_kind != TARGET_NONE;
}

static bool ends_in_pointer_call(const struct flow *flow, uint32_t block)
{
    const struct instruction *last = &flow->instructions.data[flow->blocks.data[block].last];
    struct machine_state state;
    if (!has_pointer_target(&last->effect) || last->table != NONE ||
        !state_before(flow, flow->blocks.data[block].last, &state))
        return false;
    return callee_of(flow, &last->effect, &state).function == NONE;
}

/** Whether the code was not optimized: it puts its arguments into its frame first of all. */
static bool spills_arguments(const struct flow *flow)
{
    struct machine_state state;
    if (!flow->blocks.count || !state_at_block(flow, 0, &state))
        return false;
    for (uint32_t i = flow->blocks.data[0].first; i <= flow->blocks.data[0].last; i++) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        if (effect->value_kind == VALUE_STORE && effect->source < MAX_REGISTERS &&
            effect->base == flow->arch->frame_pointer &&
            state.registers[effect->base].form == FORM_STACK &&
            state.registers[effect->source].form == FORM_ORIGIN)
            return true;
        state_apply(flow, &flow->instructions.data[i], &state);
    }
    return false;
}

static bool has_choice(const struct flow *flow)
{
    for (size_t i = 0; i < flow->instructions.count; i++)
        if (flow->instructions.data[i].effect.value_kind == VALUE_CHOOSE)
            return true;
    return false;
}

static bool takes_address_of_code(const struct flow *flow)
{
    for (size_t i = 0; i < flow->instructions.count; i++) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        if (effect->value_is_address && image_is_code(flow->image, (uint64_t)effect->value))
            return true;
    }
    return false;
}

bool pointers_want_origins(const struct flow *flow)
{
    if (leaving_wants_origins(flow))
        return true;
    // Where the arguments of allocators come from is told of the program itself only.
    if (flow->image_index == 0 && arguments_are_wanted(flow))
        return true;
    for (uint32_t i = 0; i < flow->blocks.count; i++)
        if (ends_in_pointer_call(flow, i))
            return true;
    return spills_arguments(flow) ||
           ((flow->image->debug || has_choice(flow)) && takes_address_of_code(flow));
}

/* ---- Values ---------------------------------------------------------------------------------- */

/** Returns the function whose address @p value is, or NONE. */
static uint32_t function_of_value(const struct flow *flow, const struct value *value)
{
    struct callee callee = {.function = NONE};
    if (value->form == FORM_SLOT) {
        callee = callee_in_slot(flow, (uint64_t)value->number);
    } else if (value->form == FORM_CONSTANT && value->number > 0 &&
               flow_may_be_address(flow, value) &&
               image_is_code(flow->image, (uint64_t)value->number)) {
        callee = callee_at(flow, (uint64_t)value->number, CALL_CONSTANT);
    }
    return callee.is_partial ? NONE : callee.function;
}

/** Whether @p value is an argument of the function as it was passed; -O0 code keeps it in a slot.
 */
static bool is_own_argument(const struct flow *flow, const struct value *value, uint8_t *ret_index)
{
    struct access_path path;
    if (value->form != FORM_ORIGIN || value->number || value->is_loose ||
        (value->unit != ORIGIN_ENTRY && value->unit != ORIGIN_LOAD))
        return false;
    path_of_value(flow, *value, &path);
    *ret_index = path.index;
    return path.root == ROOT_ARGUMENT && !path.load_count && !path.offsets[0] && !path.is_indexed;
}

static bool holds_function(const struct flow *flow, uint64_t address)
{
    uint64_t target;
    if (!flow_read_pointer(flow->image, address, &target))
        return false;
    uint32_t function = program_function_at(flow->program, flow->image_index, target);
    return function != NONE && flow->program->functions[function].address == target;
}

/** Whether constant data at @p address begins with functions, as tables for calls do. */
static bool is_table(const struct flow *flow, uint64_t address)
{
    const struct image *image = flow->image;
    uint32_t section = image_section_at(image, address);
    if (section == NONE || address % image->pointer_bytes)
        return false;
    enum section_role role = image->sections[section].role;
    if (role == SECTION_READ_ONLY && image->type == IMAGE_EXECUTABLE)
        return holds_function(flow, address) || holds_function(flow, address + 24);
    if (role != SECTION_RELRO)
        return false;
    uint32_t next = image_relocation_from(image, address);
    for (; next < image->relocation_count &&
           image->relocations[next].address < address + TABLE_HEAD_BYTES;
         next++)
        if (image->relocations[next].function != NONE)
            return true;
    return false;
}

/* ---- Arguments ------------------------------------------------------------------------------- */

static bool describe_argument(const struct flow *flow, const struct value *value,
                              struct pointer_argument *ret)
{
    ret->function = function_of_value(flow, value);
    ret->kind = POINTED_FUNCTION;
    if (ret->function != NONE)
        return true;
    if (is_own_argument(flow, value, &ret->index)) {
        ret->kind = POINTED_ARGUMENT;
        return true;
    }
    if (value->form != FORM_CONSTANT)
        return false;
    ret->kind = POINTED_NOTHING;
    if (!value->number)
        return true;
    ret->kind = POINTED_TABLE;
    ret->table = (uint64_t)value->number;
    return is_table(flow, ret->table);
}

/** Adds a record for each of the values, if all are known. */
static void emit_argument(const struct flow *flow, struct output *output,
                          struct pointer_argument argument, const struct value *values,
                          unsigned count)
{
    size_t first = output->pointer_arguments.count;
    for (unsigned i = 0; i < count; i++) {
        struct pointer_argument next = argument;
        if (!describe_argument(flow, &values[i], &next)) {
            output->pointer_arguments.count = first;
            return;
        }
        array_push(&output->pointer_arguments, next);
    }
    for (size_t i = first; i < output->pointer_arguments.count; i++)
        emit_function_use(output, output->pointer_arguments.data[i].function);
}

void emit_pointer_arguments(const struct flow *flow, struct output *output,
                            const struct machine_state *state, uint32_t call)
{
    for (unsigned i = 0; i < flow->arch->argument_count; i++) {
        struct value values[MAX_ALTERNATIVES];
        unsigned count =
            path_alternatives(flow, state->registers[flow->arch->arguments[i]], values);
        emit_argument(flow, output, (struct pointer_argument){.call = call, .argument = (uint8_t)i},
                      values, count);
    }
}

/* ---- Stores ---------------------------------------------------------------------------------- */

/** Whether the place is a variable of the image. */
static bool is_variable(const struct flow *flow, const struct value *place)
{
    if (place->form != FORM_CONSTANT && place->form != FORM_INDEX)
        return false;
    uint32_t section = image_section_at(flow->image, (uint64_t)place->number);
    if (section == NONE)
        return false;
    enum section_role role = flow->image->sections[section].role;
    return role == SECTION_DATA || role == SECTION_BSS;
}

/** Describes the value that is stored; false if nobody wants to know. */
static bool describe_store(const struct flow *flow, const struct value *value,
                           const struct value *place, struct pointer_store *ret)
{
    ret->function = function_of_value(flow, value);
    ret->kind = POINTED_FUNCTION;
    if (ret->function != NONE)
        return true;
    bool is_global = is_variable(flow, place);
    ret->kind = POINTED_ARGUMENT;
    if ((is_global || (flow->image->debug && place->form != FORM_STACK)) &&
        is_own_argument(flow, value, &ret->index))
        return true;
    bool is_null = value->form == FORM_CONSTANT && !value->number;
    ret->kind = is_null ? POINTED_NOTHING : POINTED_ANYTHING;
    return is_global;
}

void emit_pointer_store(const struct flow *flow, struct output *output, const struct effect *effect,
                        const struct machine_state *state, const struct value *place)
{
    struct value values[MAX_ALTERNATIVES] = {{.bound = BOUND_NONE}};
    unsigned count = 1;
    if (effect->value_kind == VALUE_STORE)
        count = path_alternatives(flow, value_stored(state, effect), values);
    for (unsigned i = 0; i < count; i++) {
        struct pointer_store store = {.from = flow->function};
        if (!describe_store(flow, &values[i], place, &store))
            continue;
        if (store.kind == POINTED_FUNCTION)
            emit_function_use(output, store.function);
        path_of_value(flow, *place, &store.place);
        array_push(&output->pointer_stores, store);
    }
}

/* ---- Functions whose address goes ways that were not followed -------------------------------- */

void emit_function_mention(const struct flow *flow, struct output *output,
                           const struct effect *effect, const struct machine_state *state)
{
    bool may_name = effect->value_is_address || effect->value_kind == VALUE_LOAD;
    if (!flow->image->debug || !may_name || effect->destination >= MAX_REGISTERS)
        return;
    uint32_t function = function_of_value(flow, &state->registers[effect->destination]);
    if (function != NONE)
        array_push(&output->mentions, (struct function_use){function, 1});
}

void emit_function_use(struct output *output, uint32_t function)
{
    array_push(&output->mentions, (struct function_use){function, -1});
}

static int by_function(const void *a, const void *b)
{
    const struct function_use *x = a, *y = b;
    return x->function < y->function ? -1 : x->function > y->function;
}

void emit_loose_functions(const struct flow *flow, struct output *output)
{
    struct function_use *uses = output->mentions.data;
    size_t count = flow->image->debug ? output->mentions.count : 0;
    if (count > 1)
        qsort(uses, count, sizeof *uses, by_function);
    for (size_t i = 0; i < count;) {
        uint32_t function = uses[i].function;
        int balance = 0;
        for (; i < count && uses[i].function == function; i++)
            balance += uses[i].balance;
        if (balance > 0)
            array_push(&output->pointer_stores,
                       (struct pointer_store){.from = flow->function,
                                              .function = function,
                                              .kind = POINTED_FUNCTION,
                                              .place = {.root = ROOT_UNKNOWN, .call = NONE}});
    }
    output->mentions.count = 0;
}
