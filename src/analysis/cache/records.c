/*
 * records.c: records to and from their cached form. In and out: bytes of a record; functions are
 * numbered as numbering.h says, targets from the function's first, all else is relative to its
 * function anyway. What is read may be anything: each field that later code uses as an index, a
 * flag or one of a few values is checked.
 *
 * A field that is added to one of these structs is cached with no further ado. It needs a row here
 * if it names a function, a call or a block, or is one of a few values.
 */
#include "analysis/cache/records.h"

#include "base/search.h"

#include <string.h>

/* ---- The table ------------------------------------------------------------------------------- */

enum { ARGUMENT_LIMIT = 32 };

#define LIMITED(type, field, use, limit)                                                           \
    {                                                                                              \
        offsetof(struct type, field), use, limit                                                   \
    }
#define FIELD(type, field, use) LIMITED(type, field, use, 0)

static const struct record_field call_fields[] = {
    FIELD(call, from, FIELD_OWNER),
    FIELD(call, first_target, FIELD_TARGETS),
    LIMITED(call, kind, FIELD_BYTE, CALL_UNRESOLVED + 1),
    LIMITED(call, is_tail, FIELD_BYTE, 2),
    LIMITED(call, is_partial, FIELD_BYTE, 2),
    LIMITED(call, leaves_deep, FIELD_BYTE, 2),
    LIMITED(call, falls_off, FIELD_BYTE, 2),
    LIMITED(call, passes_constants, FIELD_BYTE, 2),
};

static const struct record_field target_fields[] = {
    {0, FIELD_FUNCTION, 0},
};

static const struct record_field block_fields[] = {
    FIELD(block, call, FIELD_CALL_OR_NONE),
    FIELD(block, next[0], FIELD_BLOCK_OR_NONE),
    FIELD(block, next[1], FIELD_BLOCK_OR_NONE),
    LIMITED(block, flags, FIELD_FLAGS, 2 * BLOCK_WORKS),
};

static const struct record_field reference_fields[] = {
    FIELD(reference, from, FIELD_OWNER),
    LIMITED(reference, kind, FIELD_BYTE, REFERENCE_JUMP_TABLE + 1),
};

static const struct record_field argument_fields[] = {
    FIELD(argument, call, FIELD_CALL),
    LIMITED(argument, index, FIELD_BYTE, ARGUMENT_LIMIT),
    LIMITED(argument, kind, FIELD_BYTE, ARGUMENT_OTHER + 1),
};

static const struct record_field pointer_call_fields[] = {
    FIELD(pointer_call, call, FIELD_CALL),
    FIELD(pointer_call, callee, FIELD_PATH),
    FIELD(pointer_call, receiver, FIELD_PATH),
    FIELD(pointer_call, arguments[0], FIELD_PATH),
    FIELD(pointer_call, arguments[1], FIELD_PATH),
    LIMITED(pointer_call, reads_layout, FIELD_BYTE, 2),
};

static const struct record_field pointer_store_fields[] = {
    FIELD(pointer_store, from, FIELD_OWNER),
    FIELD(pointer_store, function, FIELD_FUNCTION_OR_NONE),
    LIMITED(pointer_store, kind, FIELD_BYTE, POINTED_ANYTHING + 1),
    LIMITED(pointer_store, index, FIELD_BYTE, ARGUMENT_LIMIT),
    FIELD(pointer_store, place, FIELD_PATH),
};

static const struct record_field pointer_argument_fields[] = {
    FIELD(pointer_argument, call, FIELD_CALL),
    FIELD(pointer_argument, function, FIELD_FUNCTION_OR_NONE),
    LIMITED(pointer_argument, kind, FIELD_BYTE, POINTED_ANYTHING + 1),
    LIMITED(pointer_argument, argument, FIELD_BYTE, ARGUMENT_LIMIT),
    LIMITED(pointer_argument, index, FIELD_BYTE, ARGUMENT_LIMIT),
};

static bool call_fits(const void *record, const struct found *found, const struct output *output)
{
    const struct call *call = record;
    const struct call *first = output->calls.data + found->first_call;
    uint32_t after = call->first_target - found->first_target;
    return call->depth_bytes >= -1 && (call->kind == CALL_UNRESOLVED) == !call->target_count &&
           call->target_count <= found->target_count &&
           after <= found->target_count - call->target_count &&
           (call == first || call[-1].address <= call->address);
}

static bool store_fits(const void *record, const struct found *found, const struct output *output)
{
    const struct pointer_store *store = record;
    (void)found, (void)output;
    return store->kind != POINTED_TABLE &&
           (store->kind != POINTED_FUNCTION || store->function != NONE);
}

static bool pointer_argument_fits(const void *record, const struct found *found,
                                  const struct output *output)
{
    const struct pointer_argument *argument = record;
    (void)found, (void)output;
    return argument->kind != POINTED_FUNCTION || argument->function != NONE;
}

#define KIND(type, plural, singular, fits)                                                         \
    {                                                                                              \
        sizeof(type), offsetof(struct output, plural), offsetof(struct found, first_##singular),   \
            offsetof(struct found, singular##_count), singular##_fields,                           \
            sizeof singular##_fields / sizeof singular##_fields[0], fits                           \
    }

// Calls come before what is checked against them.
const struct record_kind record_kinds[RECORD_KINDS] = {
    KIND(uint32_t, targets, target, NULL),
    KIND(struct call, calls, call, call_fits),
    KIND(struct block, blocks, block, NULL),
    KIND(struct reference, references, reference, NULL),
    KIND(struct argument, arguments, argument, NULL),
    KIND(struct pointer_call, pointer_calls, pointer_call, NULL),
    KIND(struct pointer_store, pointer_stores, pointer_store, store_fits),
    KIND(struct pointer_argument, pointer_arguments, pointer_argument, pointer_argument_fits),
};

/* ---- Untyped access -------------------------------------------------------------------------- */

struct record_array record_array_get(const struct output *output, const struct record_kind *kind)
{
    struct record_array array;
    memcpy(&array, (const char *)output + kind->array, sizeof array);
    return array;
}

void record_array_set(struct output *output, const struct record_kind *kind,
                      struct record_array array)
{
    memcpy((char *)output + kind->array, &array, sizeof array);
}

static uint32_t get_word(const void *record, size_t offset)
{
    uint32_t word;
    memcpy(&word, (const char *)record + offset, sizeof word);
    return word;
}

static void set_word(void *record, size_t offset, uint32_t word)
{
    memcpy((char *)record + offset, &word, sizeof word);
}

uint32_t found_first(const struct found *found, const struct record_kind *kind)
{
    return get_word(found, kind->first);
}

uint32_t found_count(const struct found *found, const struct record_kind *kind)
{
    return get_word(found, kind->count);
}

void found_set(struct found *found, const struct record_kind *kind, uint32_t first, uint32_t count)
{
    set_word(found, kind->first, first);
    set_word(found, kind->count, count);
}

/* ---- Out ------------------------------------------------------------------------------------- */

static bool is_encoded(enum field_use use)
{
    return use == FIELD_FUNCTION || use == FIELD_FUNCTION_OR_NONE || use == FIELD_OWNER ||
           use == FIELD_TARGETS;
}

bool record_is_plain(const struct record_kind *kind)
{
    for (size_t i = 0; i < kind->field_count; i++)
        if (is_encoded((enum field_use)kind->fields[i].use))
            return false;
    return true;
}

bool record_encode(const struct record_kind *kind, const struct record_place *place, void *record)
{
    for (size_t i = 0; i < kind->field_count; i++) {
        const struct record_field *field = &kind->fields[i];
        bool may_be_none = field->use == FIELD_FUNCTION_OR_NONE;
        if (field->use == FIELD_TARGETS) {
            uint32_t first = get_word(record, field->offset) - place->found->first_target;
            set_word(record, field->offset, first);
        }
        if (field->use != FIELD_FUNCTION && field->use != FIELD_OWNER && !may_be_none)
            continue;
        uint32_t function = get_word(record, field->offset), number = NONE;
        if (!(may_be_none && function == NONE) &&
            !numbering_encode(place->numbering, function, &number))
            return false;
        set_word(record, field->offset, number);
    }
    return true;
}

/* ---- In -------------------------------------------------------------------------------------- */

static bool is_bool(const bool *flag)
{
    return *(const uint8_t *)flag < 2;
}

/** Whether a path can be; that of a result must name a call of the function. */
static bool check_path(const struct record_place *place, const struct access_path *path)
{
    if (path->root > ROOT_VALUE || path->index >= ARGUMENT_LIMIT ||
        path->load_count > MAX_PATH_LOADS || !is_bool(&path->is_indexed) || path->call != NONE)
        return false;
    if (path->root != ROOT_RESULT)
        return true;
    const struct call *calls = place->output->calls.data + place->found->first_call;
    size_t index = COUNT_BELOW(calls, place->found->call_count, path->address);
    return index < place->found->call_count && calls[index].address == path->address;
}

/** Turns the number in a field into a function. */
static bool decode_function(const struct record_place *place, void *record, size_t offset)
{
    uint32_t function;
    if (!numbering_decode(place->numbering, get_word(record, offset), &function))
        return false;
    set_word(record, offset, function);
    return true;
}

static bool decode_field(const struct record_field *field, const struct record_place *place,
                         char *record, const char *previous)
{
    const struct found *found = place->found;
    size_t offset = field->offset;
    uint8_t byte = *(uint8_t *)(record + offset);
    uint32_t word = field->use == FIELD_BYTE ? byte : get_word(record, offset);
    switch ((enum field_use)field->use) {
    case FIELD_FUNCTION:
        return decode_function(place, record, offset);
    case FIELD_FUNCTION_OR_NONE:
        return word == NONE || decode_function(place, record, offset);
    case FIELD_OWNER:
        return decode_function(place, record, offset) &&
               get_word(record, offset) == place->function;
    case FIELD_CALL:
        return word < found->call_count && (!previous || get_word(previous, offset) <= word);
    case FIELD_CALL_OR_NONE:
        return word == NONE || word < found->call_count;
    case FIELD_BLOCK_OR_NONE:
        return word == NONE || word < found->block_count;
    case FIELD_TARGETS:
        set_word(record, offset, word + found->first_target);
        return word <= found->target_count;
    case FIELD_PATH:
        return check_path(place, (const struct access_path *)(record + offset));
    case FIELD_BYTE:
    case FIELD_FLAGS:
        return word < field->limit;
    }
    return false;
}

bool record_decode(const struct record_kind *kind, const struct record_place *place, void *record,
                   const void *previous)
{
    for (size_t i = 0; i < kind->field_count; i++)
        if (!decode_field(&kind->fields[i], place, record, previous))
            return false;
    return !kind->fits || kind->fits(record, place->found, place->output);
}
