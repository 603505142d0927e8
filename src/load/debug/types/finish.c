/*
 * finish.c: the collected types of a unit as records that can be compared with those of others.
 *
 * In: raw types of all units. Out: records in the worker's output. Records name each other by key,
 * a hash of what the type is, so that nobody needs to know in which unit a type was seen first.
 * There are three hashes:
 *
 *   shape   what C compares between units: structs by name only, integers and enums by size,
 *           pointers by what they point to. So it ends at structs and is the same whether a unit
 *           knows a struct's members or not.
 *   key     the type's identity: of structs the name, size, and the members' names, offsets and
 *           shapes. Two private structs of one name in two files are two types.
 *   exact   all that the record says, for dropping repeated ones.
 *
 * The 64 bits are taken for unique: a collision would merge two types.
 *
 * Chains of typedefs and pointers are followed only so far, since malformed input can make
 * them circular.
 */
#include "load/debug/internal.h"

enum { MAX_HOPS = 32, MAX_DEPTH = 32, MAX_NAME = 1024 };

/** Keys that are no hashes. */
enum { KEY_NONE = 0, KEY_BUSY = 1, KEY_UNKNOWN = 2, KEY_FIRST = 16 };

enum hash_kind {
    HASH_STRUCT = 1,
    HASH_RUST_STRUCT,
    HASH_UNION,
    HASH_DECLARATION,
    HASH_NUMBER,
    HASH_POINTER,
    HASH_ARRAY,
    HASH_FUNCTION,
    HASH_EXACT,
};

/** A raw type of some unit; `raw` is NULL for void and for what is not understood. */
struct place {
    struct unit *unit;
    const struct raw_type *raw;
    bool is_void, is_const;
};

/* ---- Hashes ---------------------------------------------------------------------------------- */

/** The finalizer of MurmurHash3 over a running value. */
static uint64_t add_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ULL;
    return hash ^ (hash >> 32);
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    uint64_t sum = 0xcbf29ce484222325ULL;
    size_t length = text ? strnlen(text, MAX_NAME) : 0;
    // Compilers mark the pointer to a virtual table differently: _vptr.A, _vptr$A.
    if (length > 5 && memcmp(text, "_vptr", 5) == 0)
        length = 5;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3ULL;
    return add_number(hash, sum);
}

static uint64_t finished(uint64_t hash)
{
    return hash < KEY_FIRST || hash == UINT64_MAX ? KEY_FIRST : hash;
}

/* ---- References ------------------------------------------------------------------------------ */

static struct place place_of(struct worker *worker, struct unit *unit, uint32_t reference)
{
    if (reference == RAW_NONE)
        return (struct place){.is_void = true};
    uint32_t offset = reference;
    if (reference & RAW_FOREIGN) {
        const uint8_t *at = unit->types.foreign.data[reference & ~RAW_FOREIGN];
        unit = worker_find_unit(worker, at);
        if (!unit || !type_wanted(unit))
            return (struct place){0};
        offset = (uint32_t)(at - unit->start);
    }
    uint32_t index = raw_type_at(&unit->types, offset);
    if (index == RAW_NONE)
        return (struct place){0};
    return (struct place){.unit = unit, .raw = &unit->types.types.data[index]};
}

static bool is_struct(const struct raw_type *raw)
{
    return raw->tag == DW_TAG_structure_type || raw->tag == DW_TAG_class_type ||
           raw->tag == DW_TAG_interface_type || raw->tag == DW_TAG_union_type;
}

/** Follows a reference through typedefs, qualifiers and references to type units. */
static struct place target_of(struct worker *worker, struct unit *unit, uint32_t reference)
{
    struct place place = place_of(worker, unit, reference);
    bool is_const = false;
    for (int hops = 0; place.raw && hops < MAX_HOPS; hops++) {
        const struct raw_type *raw = place.raw;
        uint32_t next = raw->target;
        if (raw->stands_for)
            next = raw->origin;
        else if (raw->tag == DW_TAG_const_type)
            is_const = true;
        else if (raw->tag != DW_TAG_typedef && raw->tag != DW_TAG_volatile_type &&
                 raw->tag != DW_TAG_restrict_type && raw->tag != DW_TAG_atomic_type) {
            place.is_const = is_const;
            return place;
        }
        place = place_of(worker, place.unit, next);
    }
    place.raw = NULL;
    place.is_const = is_const;
    return place;
}

static const struct raw_child *children_of(const struct place *place)
{
    return place->unit->types.children.data + place->raw->first;
}

static const char *name_of(struct worker *worker, const struct place *place)
{
    const struct raw_type *raw = place->raw;
    const char *name = raw->name;
    if (place->unit->language == LANGUAGE_CPP && is_struct(raw) && (name || !raw->is_declaration)) {
        const char *qualified = entry_name(worker, place->unit, place->unit->start + raw->offset);
        // A struct without a tag has no name in its scope, but it may have a typedef's.
        if (!strstr(qualified, "(anonymous "))
            return qualified;
    }
    return name;
}

/* ---- Functions ------------------------------------------------------------------------------- */

/** A function's type, put together from its entry and those that it was made from. */
struct signature {
    struct place result, parameters; /* whose children the parameters are */
};

static bool has_result(const struct raw_type *raw)
{
    return raw->target != RAW_NONE;
}

static struct signature signature_of(struct worker *worker, struct place place)
{
    struct signature signature = {.result = {.is_void = true}, .parameters = place};
    bool is_found = false, has_parameters = false;
    for (int hops = 0; place.raw && hops < MAX_HOPS; hops++) {
        if (!is_found && has_result(place.raw)) {
            signature.result = target_of(worker, place.unit, place.raw->target);
            is_found = true;
        }
        if (!has_parameters) {
            signature.parameters = place;
            has_parameters = place.raw->has_parameters;
        }
        if (place.raw->origin == RAW_NONE)
            break;
        place = place_of(worker, place.unit, place.raw->origin);
    }
    return signature;
}

/* ---- Shapes and keys ------------------------------------------------------------------------- */

static uint64_t shape_of(struct worker *worker, const struct place *place, int depth);
static uint64_t key_of(struct worker *worker, const struct place *place, int depth);

typedef uint64_t hash_function(struct worker *worker, const struct place *place, int depth);

static uint64_t add_target(struct worker *worker, struct unit *unit, uint32_t reference,
                           hash_function *function, int depth, uint64_t hash)
{
    struct place target = target_of(worker, unit, reference);
    return add_number(hash, function(worker, &target, depth + 1));
}

static uint64_t hash_members(struct worker *worker, const struct place *place, bool has_shapes,
                             int depth, uint64_t hash)
{
    const struct raw_child *members = children_of(place);
    hash = add_number(hash, place->raw->bytes);
    for (uint32_t i = 0; i < place->raw->count; i++) {
        hash = add_text(add_number(hash, members[i].offset), members[i].name);
        struct place target = target_of(worker, place->unit, members[i].target);
        if (has_shapes)
            hash = add_number(hash, shape_of(worker, &target, depth + 1));
        else
            hash = add_number(hash, target.raw ? target.raw->tag : 0);
    }
    return hash;
}

static uint64_t hash_function_type(struct worker *worker, const struct place *place,
                                   hash_function *function, int depth)
{
    struct signature signature = signature_of(worker, *place);
    uint64_t hash = add_number(HASH_FUNCTION, function(worker, &signature.result, depth + 1));
    const struct raw_child *parameters = children_of(&signature.parameters);
    for (uint32_t i = 0; i < signature.parameters.raw->count; i++)
        hash = add_target(worker, signature.parameters.unit, parameters[i].target, function, depth,
                          hash);
    return function == key_of ? add_number(hash, signature.parameters.raw->is_variadic) : hash;
}

static uint64_t hash_number(const struct raw_type *raw)
{
    return add_number(add_number(HASH_NUMBER, raw->is_float), raw->bytes);
}

static uint64_t compute_shape(struct worker *worker, const struct place *place, int depth)
{
    const struct raw_type *raw = place->raw;
    switch (raw->tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_interface_type:
    case DW_TAG_union_type: {
        const char *name = name_of(worker, place);
        uint64_t kind = raw->tag == DW_TAG_union_type ? HASH_UNION : HASH_STRUCT;
        if (place->unit->language == LANGUAGE_RUST)
            kind = HASH_RUST_STRUCT;
        return name ? add_text(kind, name) : hash_members(worker, place, false, depth, kind);
    }
    case DW_TAG_base_type:
    case DW_TAG_enumeration_type:
        return hash_number(raw);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        return add_target(worker, place->unit, raw->target, shape_of, depth, HASH_POINTER);
    case DW_TAG_array_type:
        return add_target(worker, place->unit, raw->target, shape_of, depth, HASH_ARRAY);
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram:
        return hash_function_type(worker, place, shape_of, depth);
    }
    return KEY_UNKNOWN;
}

static uint64_t compute_key(struct worker *worker, const struct place *place, int depth)
{
    const struct raw_type *raw = place->raw;
    uint64_t shape = shape_of(worker, place, depth);
    switch (raw->tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_interface_type:
    case DW_TAG_union_type:
        if (raw->is_declaration)
            return add_number(HASH_DECLARATION, shape);
        return hash_members(worker, place, true, depth, shape);
    case DW_TAG_base_type:
    case DW_TAG_enumeration_type:
        return add_text(add_number(shape, raw->tag), raw->name);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
    case DW_TAG_array_type: {
        struct place target = target_of(worker, place->unit, raw->target);
        uint64_t hash = add_number(shape, key_of(worker, &target, depth + 1));
        hash = add_number(hash, target.is_const);
        return raw->tag == DW_TAG_array_type ? add_number(hash, raw->elements) : hash;
    }
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram:
        return hash_function_type(worker, place, key_of, depth);
    }
    return KEY_UNKNOWN;
}

/** The memory of what was computed; it moves when it grows. */
static struct type_keys *keys_at(struct type_output *output, const struct place *place)
{
    if (place->unit == output->unit)
        return &output->keys.data[place->raw - place->unit->types.types.data];
    uint64_t position = (uintptr_t)(place->unit->start + place->raw->offset);
    uint32_t index = int_map_get(&output->foreign, position);
    if (index == MAP_NONE) {
        index = (uint32_t)output->foreign_keys.count;
        int_map_set(&output->foreign, position, index);
        array_push(&output->foreign_keys, (struct type_keys){0});
    }
    return &output->foreign_keys.data[index];
}

static uint64_t shape_of(struct worker *worker, const struct place *place, int depth)
{
    if (!place->raw || depth > MAX_DEPTH)
        return place->is_void ? KEY_NONE : KEY_UNKNOWN;
    uint64_t known = keys_at(&worker->types, place)->shape;
    if (known)
        return known == KEY_BUSY ? KEY_UNKNOWN : known;
    keys_at(&worker->types, place)->shape = KEY_BUSY;
    uint64_t shape = compute_shape(worker, place, depth);
    shape = shape == KEY_UNKNOWN ? shape : finished(shape);
    return keys_at(&worker->types, place)->shape = shape;
}

static uint64_t key_of(struct worker *worker, const struct place *place, int depth)
{
    if (!place->raw || depth > MAX_DEPTH)
        return place->is_void ? KEY_NONE : KEY_UNKNOWN;
    uint64_t known = keys_at(&worker->types, place)->key;
    if (known)
        return known == KEY_BUSY ? KEY_UNKNOWN : known;
    keys_at(&worker->types, place)->key = KEY_BUSY;
    uint64_t key = compute_key(worker, place, depth);
    key = key == KEY_UNKNOWN ? key : finished(key);
    return keys_at(&worker->types, place)->key = key;
}

/* ---- Records --------------------------------------------------------------------------------- */

static uint8_t kind_of(const struct raw_type *raw)
{
    switch (raw->tag) {
    case DW_TAG_base_type:
        return raw->is_float ? TYPE_FLOAT : TYPE_INTEGER;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        return TYPE_POINTER;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_interface_type:
        return TYPE_STRUCT;
    case DW_TAG_union_type:
        return TYPE_UNION;
    case DW_TAG_array_type:
        return TYPE_ARRAY;
    case DW_TAG_enumeration_type:
        return TYPE_ENUM;
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram:
        return TYPE_FUNCTION;
    }
    return TYPE_UNKNOWN;
}

static uint64_t wide(uint32_t number)
{
    return number == RAW_UNKNOWN ? UINT64_MAX : number;
}

/** Whether the file of a declaration is one of the system's, which all programs share. */
static bool is_from_system(struct worker *worker, const struct place *place)
{
    if (!place->raw->file || !is_struct(place->raw))
        return false;
    uint32_t file = line_file(worker, place->unit, place->raw->file);
    const char *path = file == UINT32_MAX ? NULL : worker->files.data[file];
    // Without a path it might be.
    return !path ||
           (strncmp(path, "/usr/include/", 13) == 0 && strncmp(path, "/usr/include/c++/", 17) != 0);
}

/** Strings of a .dwo file go when it is closed; others stay until all is merged. */
static const char *kept(struct worker *worker, const struct unit *unit, const char *name)
{
    if (!name || unit->file->role != DEBUG_FILE_SPLIT)
        return name;
    return arena_strndup(&worker->arena, name, strnlen(name, MAX_NAME));
}

static uint64_t bytes_of(const struct place *place)
{
    if (place->raw->bytes == RAW_UNKNOWN && kind_of(place->raw) == TYPE_POINTER)
        return place->unit->address_bytes;
    return wide(place->raw->bytes);
}

static uint64_t add_members(struct worker *worker, const struct place *from, uint64_t exact)
{
    const struct raw_child *children = children_of(from);
    for (uint32_t i = 0; i < from->raw->count; i++) {
        struct place target = target_of(worker, from->unit, children[i].target);
        struct member_record member = {.offset = children[i].offset,
                                       .type_key = key_of(worker, &target, 0),
                                       .name = children[i].name};
        exact = add_number(exact, member.type_key);
        array_push(&worker->types.members, member);
    }
    return exact;
}

static bool is_code(const struct raw_type *raw)
{
    return raw->tag == DW_TAG_subprogram;
}

static struct type_record start_record(struct worker *worker, const struct place *place,
                                       const struct place *target, const struct place *children)
{
    const struct raw_type *raw = place->raw;
    struct type_record record = {.target_key = key_of(worker, target, 0),
                                 .is_shared = place->unit->in_types ||
                                              place->unit->type == DW_UT_type ||
                                              place->unit->type == DW_UT_split_type};
    record.type = (struct type){.key = key_of(worker, place, 0),
                                .shape = shape_of(worker, place, 0),
                                .bytes = bytes_of(place),
                                .elements = wide(raw->elements),
                                .name = is_code(raw) ? NULL : name_of(worker, place),
                                .first_member = (uint32_t)worker->types.members.count,
                                .member_count = children->raw->count,
                                .kind = kind_of(raw),
                                .is_declaration = is_struct(raw) && raw->is_declaration,
                                .is_const_target = target->is_const,
                                .is_variadic = children->raw->is_variadic,
                                .is_non_trivial = raw->is_non_trivial,
                                .is_from_system = is_from_system(worker, place)};
    return record;
}

static void put_name(struct worker *worker, const struct place *place, uint64_t key)
{
    const struct raw_type *raw = place->raw;
    if (raw->tag != DW_TAG_subprogram || raw->has_code || !raw->name)
        return;
    bool is_gone = place->unit->file->role == DEBUG_FILE_SPLIT;
    struct named_function named = {type_hash_name(raw->name), key,
                                   is_gone ? NONE : place->unit->number, raw->is_declaration};
    array_push(&worker->types.named, named);
}

static void put_record(struct worker *worker, const struct place *place)
{
    struct type_output *output = &worker->types;
    struct place target = target_of(worker, place->unit, place->raw->target), children = *place;
    if (kind_of(place->raw) == TYPE_FUNCTION) {
        struct signature signature = signature_of(worker, *place);
        target = signature.result;
        children = signature.parameters;
    }
    struct type_record record = start_record(worker, place, &target, &children);
    if (record.type.key < KEY_FIRST)
        return;
    put_name(worker, place, record.type.key);
    uint64_t exact = add_number(add_number(HASH_EXACT, record.type.key), record.target_key);
    exact = add_number(exact, record.type.is_from_system + 2U * record.is_shared);
    record.exact_key = finished(add_members(worker, &children, exact));
    if (int_map_get(&output->by_exact_key, record.exact_key) != MAP_NONE) {
        output->members.count = record.type.first_member;
        return;
    }
    int_map_set(&output->by_exact_key, record.exact_key, (uint32_t)output->records.count);
    record.type.name = kept(worker, place->unit, record.type.name);
    for (size_t i = record.type.first_member; i < output->members.count; i++)
        output->members.data[i].name = kept(worker, place->unit, output->members.data[i].name);
    array_push(&output->records, record);
}

/** Code that clang has taken out of several functions: it has no type that means anything. */
static bool is_outlined(const struct raw_type *raw)
{
    return raw->tag == DW_TAG_subprogram && raw->is_artificial && raw->origin == RAW_NONE;
}

static bool is_recorded(const struct raw_type *raw)
{
    if (raw->tag == DW_TAG_subprogram)
        return !is_outlined(raw) && (!raw->is_declaration || raw->is_public);
    if (raw->stands_for)
        return false;
    return kind_of(raw) != TYPE_UNKNOWN;
}

static void hold(struct worker *worker, const struct place *place)
{
    uint64_t key = key_of(worker, place, 0);
    if (place->raw && (is_struct(place->raw) || place->raw->tag == DW_TAG_array_type))
        array_push(&worker->types.held, key);
}

/** The type of what the entry with @p reference describes: a variable of an inlined function. */
static struct place type_of_origin(struct worker *worker, struct unit *unit, uint32_t reference)
{
    const uint8_t *at, *type_at;
    struct unit *type_unit;
    struct entry_data entry;
    if (reference == RAW_NONE)
        return (struct place){0};
    at = unit->start + reference;
    if (reference & RAW_FOREIGN) {
        at = unit->types.foreign.data[reference & ~RAW_FOREIGN];
        unit = worker_find_unit(worker, at);
    }
    if (!unit || !entry_read(worker, unit, at, &entry) ||
        !entry_reference(worker, &entry, ATTRIBUTE_TYPE, &type_unit, &type_at) ||
        !type_wanted(type_unit))
        return (struct place){0};
    return target_of(worker, type_unit, (uint32_t)(type_at - type_unit->start));
}

static void put_local(struct worker *worker, struct unit *unit, const struct raw_local *local)
{
    struct place place = local->target == RAW_NONE ? type_of_origin(worker, unit, local->origin)
                                                   : target_of(worker, unit, local->target);
    uint8_t kind = place.raw ? kind_of(place.raw) : TYPE_UNKNOWN;
    if (kind != TYPE_POINTER && kind != TYPE_STRUCT && kind != TYPE_ARRAY)
        return;
    array_push(&worker->types.locals,
               (struct debug_local){.address = local->address,
                                    .offset = local->offset,
                                    .type_key = key_of(worker, &place, 0),
                                    .is_from_stack_pointer = local->is_from_stack_pointer});
}

void types_finish(struct worker *worker, struct unit *unit)
{
    struct type_output *output = &worker->types;
    struct raw_types *raw = &unit->types;
    output->unit = unit;
    array_reserve(&output->keys, raw->types.count + 1);
    memset(output->keys.data, 0, raw->types.count * sizeof *output->keys.data);
    for (size_t i = 0; i < raw->types.count; i++) {
        struct place place = {.unit = unit, .raw = &raw->types.data[i]};
        if (is_recorded(place.raw))
            put_record(worker, &place);
    }
    for (size_t i = 0; i < raw->held.count; i++) {
        struct place place = target_of(worker, unit, raw->held.data[i]);
        hold(worker, &place);
    }
    for (size_t i = 0; i < raw->locals.count; i++)
        put_local(worker, unit, &raw->locals.data[i]);
}

uint64_t type_key_of_variable(struct worker *worker, struct unit *unit, const uint8_t *at)
{
    if (!type_wanted(unit))
        return KEY_NONE;
    // The entry of the type itself, perhaps a typedef's or a qualifier's.
    struct place place = target_of(worker, unit, (uint32_t)(at - unit->start));
    if (!place.is_const)
        hold(worker, &place);
    uint64_t key = key_of(worker, &place, 0);
    return key < KEY_FIRST ? KEY_NONE : key;
}

uint64_t type_key_of_function(struct worker *worker, struct unit *unit, const uint8_t *at)
{
    if (!type_wanted(unit))
        return KEY_NONE;
    struct place place = place_of(worker, unit, (uint32_t)(at - unit->start));
    uint64_t key = place.raw && !is_outlined(place.raw) ? key_of(worker, &place, 0) : KEY_NONE;
    return key < KEY_FIRST ? KEY_NONE : key;
}

void type_output_init(struct type_output *output)
{
    int_map_init(&output->by_exact_key);
    int_map_init(&output->foreign);
}

void type_output_deinit(struct type_output *output)
{
    array_deinit(&output->records);
    array_deinit(&output->members);
    array_deinit(&output->locals);
    array_deinit(&output->named);
    array_deinit(&output->held);
    array_deinit(&output->keys);
    array_deinit(&output->foreign_keys);
    int_map_deinit(&output->by_exact_key);
    int_map_deinit(&output->foreign);
}
