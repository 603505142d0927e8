/*
 * typed.c: walks an access path over types.
 *
 * In: a path, the debug information of its function. Out: the type of what it leads to. The path
 * begins with a parameter, the result of a known function, or a variable, global or in the frame;
 * each load goes from a pointer to the innermost member (or array element) at the offset.
 *
 * Where arguments are follows the System V ABI for x86-64 (3.2.3): integers and pointers take the
 * registers in order, numbers in floating point take none. Structs that are passed by value end the
 * knowledge if they may go into registers. A compiler may change the arguments of a function whose
 * address nobody knows: gcc gives such clones a suffix (.constprop, .isra, .part); LLVM gives no
 * sign, so arguments of its private functions are known only if their address is taken.
 *
 * With an index that is not known the path must go through an array, and the rest of the offset lie
 * in its first element: a compiler that folds `table[i - 1]` puts the base before the table, where
 * something else is. Left out: unions, which leave open what is stored; negative offsets, which
 * lead to what is around an object.
 */
#include "analysis/pointers/fields/typed.h"

#include "base/search.h"

#include <string.h>

enum { MAX_NESTING = 16, MAX_REGISTER_BYTES = 16 };

static const struct type_ref unknown = {.index = NONE};

static struct type_ref ref_of(const struct type_table *table, uint32_t index)
{
    return (struct type_ref){.table = index == NONE ? NULL : table, .index = index};
}

static struct type_ref target_of(struct type_ref ref)
{
    const struct type *type = type_of(ref);
    return type ? ref_of(ref.table, type->target) : unknown;
}

/* ---- Functions ------------------------------------------------------------------------------- */

static const struct debug_function *debug_function_of(const struct program *program,
                                                      uint32_t function)
{
    const struct function *record = &program->functions[function];
    if (record->image == NONE || record->debug_function == NONE ||
        !program->images[record->image]->debug)
        return NULL;
    return &program->images[record->image]->debug->functions[record->debug_function];
}

/** The unit that the function's code is from; NULL if debug information does not tell. */
static const struct debug_unit *unit_of(const struct program *program, uint32_t function)
{
    const struct debug_function *debug = debug_function_of(program, function);
    if (!debug)
        return NULL;
    return &program->images[program->functions[function].image]->debug->units[debug->unit];
}

/** Whether a function of another type has the same code: a linker folded them (--icf). */
static bool is_folded(const struct debug_info *debug, const struct debug_function *function)
{
    const struct debug_function *end = debug->functions + debug->function_count;
    for (const struct debug_function *at = function; at > debug->functions; at--)
        if (at[-1].address != function->address)
            break;
        else if (at[-1].type_key != function->type_key)
            return true;
    for (const struct debug_function *at = function + 1; at < end; at++)
        if (at->address != function->address)
            break;
        else if (at->type_key != function->type_key)
            return true;
    return false;
}

/** A copy of a function is described under its name in the unit whose code is around it. */
static struct type_ref typed_copy(const struct debug_info *debug, const struct function *record)
{
    uint32_t count = debug->function_count;
    uint32_t behind = (uint32_t)COUNT_UP_TO(debug->functions, count, record->address);
    if (!count)
        return unknown;
    const struct debug_function *before = &debug->functions[behind ? behind - 1 : 0];
    const struct debug_function *next = &debug->functions[behind < count ? behind : count - 1];
    uint64_t key = type_find_by_name(&debug->types, record->linkage_name, before->unit);
    if (!key)
        key = type_find_by_name(&debug->types, record->linkage_name, next->unit);
    return ref_of(&debug->types, key ? type_find(&debug->types, key) : NONE);
}

/** What units that use a function of another image declare it to be. */
static struct type_ref typed_declaration(const struct program *program, const char *name)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct debug_info *debug = program->images[i]->debug;
        uint64_t key = debug ? type_find_by_name(&debug->types, name, UINT32_MAX) : 0;
        uint32_t index = key ? type_find(&debug->types, key) : NONE;
        if (index != NONE)
            return ref_of(&debug->types, index);
    }
    return unknown;
}

/** The same under all names that the function has. */
static struct type_ref typed_export(const struct program *program, const struct function *record)
{
    enum { MAX_ALIASES = 16 };
    struct type_ref found = typed_declaration(program, record->linkage_name);
    if (record->image == NONE || record->symbol == NONE)
        return found;
    const struct image *image = program->images[record->image];
    uint32_t first = image_first_alias(image, record);
    for (uint32_t i = first; i < image->symbol_count && i < first + MAX_ALIASES; i++) {
        if (found.index != NONE || image->symbols[i].address != record->address)
            break;
        found = typed_declaration(program, image->symbols[i].name);
    }
    return found;
}

static struct type_ref typed_by_name(const struct program *program, uint32_t function)
{
    const struct function *record = &program->functions[function];
    struct type_ref found = unknown;
    if (record->image != NONE && program->images[record->image]->debug)
        found = typed_copy(program->images[record->image]->debug, record);
    bool is_public = record->image == NONE || record->is_exported;
    return found.index == NONE && is_public ? typed_export(program, record) : found;
}

struct type_ref typed_function(const struct program *program, uint32_t function)
{
    const struct debug_function *debug = debug_function_of(program, function);
    if (!debug)
        return typed_by_name(program, function);
    const struct debug_info *info = program->images[program->functions[function].image]->debug;
    return ref_of(&info->types, type_find(&info->types, debug->type_key));
}

bool typed_is_vptr(const struct field *field)
{
    const struct type_table *table = field->type.table;
    uint32_t owner = field->owner && table ? type_find(table, field->owner) : NONE;
    if (owner == NONE)
        return false;
    const struct type *type = &table->types[owner];
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct type_member *member = &table->members[type->first_member + i];
        if (member->offset == field->offset && member->name &&
            strncmp(member->name, "_vptr", 5) == 0)
            return true;
    }
    return false;
}

struct type_ref typed_pointee_function(struct type_ref pointer)
{
    const struct type *type = type_of(pointer);
    if (!type || type->kind != TYPE_POINTER)
        return unknown;
    struct type_ref target = target_of(pointer);
    const struct type *function = type_of(target);
    return function && function->kind == TYPE_FUNCTION ? target : unknown;
}

static bool is_aggregate(const struct type *type)
{
    return type->kind == TYPE_STRUCT || type->kind == TYPE_UNION;
}

/** How many integer registers an argument of the type takes; -1: not known. */
static int registers_of(const struct type *type, enum language language)
{
    if (!type || type->kind == TYPE_UNKNOWN || type->kind == TYPE_FUNCTION)
        return -1;
    if (type->kind == TYPE_FLOAT)
        return 0;
    if (!is_aggregate(type))
        return type->bytes > 8 && type->kind == TYPE_INTEGER ? -1 : 1;
    if (type->is_non_trivial)
        return 1;
    bool is_in_memory = type->bytes != UINT64_MAX && type->bytes > MAX_REGISTER_BYTES;
    return is_in_memory && language == LANGUAGE_C ? 0 : -1;
}

/** Whether the caller passes the place of the result as first argument; -1: not known. */
static int has_hidden_argument(struct type_ref function, enum language language)
{
    const struct type *result = type_of(target_of(function));
    if (!result || !is_aggregate(result))
        return 0;
    if (result->bytes == UINT64_MAX)
        return -1;
    if (result->is_non_trivial || result->bytes > MAX_REGISTER_BYTES)
        return 1;
    return language == LANGUAGE_C ? 0 : -1;
}

struct type_ref typed_parameter(struct type_ref ref, enum language language, unsigned index)
{
    const struct type *function = type_of(ref);
    int hidden = has_hidden_argument(ref, language);
    if (!function || hidden < 0 || (hidden && !index))
        return unknown;
    unsigned next = (unsigned)hidden;
    for (uint32_t i = 0; i < function->member_count && next <= index; i++) {
        const struct type_member *parameter = &ref.table->members[function->first_member + i];
        struct type_ref type = ref_of(ref.table, parameter->type);
        int registers = registers_of(type_of(type), language);
        if (registers == 1 && next == index)
            return is_aggregate(type_of(type)) ? unknown : type;
        if (registers < 0)
            break;
        next += (unsigned)registers;
    }
    return unknown;
}

static bool is_clone(const char *name)
{
    return strstr(name, ".constprop") || strstr(name, ".isra") || strstr(name, ".part");
}

/** Whether the code of a function still takes and returns what its source says. */
static bool keeps_its_type(const struct program *program, uint32_t function)
{
    const struct debug_function *debug = debug_function_of(program, function);
    const struct function *record = &program->functions[function];
    if (is_clone(record->linkage_name))
        return false;
    if (!debug)
        return record->image == NONE || record->is_exported;
    if (is_folded(program->images[record->image]->debug, debug))
        return false;
    return debug->is_external || record->is_address_taken ||
           !strstr(unit_of(program, function)->producer, "clang");
}

/** Whether the function may be called for another one of other types: gcc folds equal code. */
static bool may_be_shared(const struct program *program, uint32_t function)
{
    const struct debug_unit *unit = unit_of(program, function);
    return unit && (unit->has_folded || strstr(unit->producer, "GNU GIMPLE"));
}

static enum language language_of(const struct program *program, uint32_t function)
{
    const struct debug_unit *unit = unit_of(program, function);
    return unit ? unit->language : LANGUAGE_C; // only C functions are known by their declarations
}

bool typed_is_cpp(const struct program *program, uint32_t function)
{
    return language_of(program, function) == LANGUAGE_CPP;
}

struct type_ref typed_argument(const struct program *program, uint32_t function, unsigned index)
{
    if (!keeps_its_type(program, function))
        return unknown;
    return typed_parameter(typed_function(program, function), language_of(program, function),
                           index);
}

struct type_ref typed_rust_result(const struct program *program, uint32_t function)
{
    const struct debug_function *debug = debug_function_of(program, function);
    if (!debug || !debug->result_key)
        return unknown;
    if (!unit_of(program, function)->keeps_parameters)
        return unknown;
    const struct debug_info *info = program->images[program->functions[function].image]->debug;
    return ref_of(&info->types, type_find(&info->types, debug->result_key));
}

static struct type_ref typed_result(const struct program *program, const struct access_path *path)
{
    if (path->call == NONE || path->index)
        return unknown;
    const struct call *call = &program->calls[path->call];
    if (call->target_count != 1 || call->is_partial)
        return unknown;
    uint32_t callee = program_whole(program, program->call_targets[call->first_target]);
    struct type_ref rust = typed_rust_result(program, callee);
    if (rust.index != NONE)
        return rust;
    if (!keeps_its_type(program, callee) || may_be_shared(program, callee))
        return unknown;
    return target_of(typed_function(program, callee));
}

/* ---- Members --------------------------------------------------------------------------------- */

/** The part of a type that lies at an offset. */
struct descent {
    struct type_ref type;
    uint64_t offset; /* in `type` */
    bool has_array;  /* an array was entered, at its first element */
    bool is_behind;  /* an array was entered behind its first element */
    bool is_base;    /* `type` is a base class of the struct that it was entered from */
};

/** Enters the member that covers the offset; false if none surely does. */
static bool enter_member(struct descent *descent, struct field *ret)
{
    const struct type_table *table = descent->type.table;
    const struct type *type = type_of(descent->type);
    const struct type_member *members = table->members + type->first_member;
    size_t after = search_up_to(members, sizeof *members, offsetof(struct type_member, offset),
                                type->member_count, descent->offset);
    if (!after)
        return false;
    const struct type_member *member = &members[after - 1];
    const struct type *inner = type_of(ref_of(table, member->type));
    uint64_t offset = descent->offset - member->offset;
    bool is_open = inner && inner->kind == TYPE_ARRAY && after == type->member_count &&
                   (inner->elements == UINT64_MAX || inner->elements <= 1);
    if (!inner || (!is_open && (inner->bytes == UINT64_MAX || offset >= inner->bytes)))
        return false;
    ret->owner = type->key;
    ret->offset = member->offset;
    ret->is_from_system = type->is_from_system;
    if (!descent->is_base)
        ret->object = descent->type;
    descent->is_base = !member->name;
    descent->type = ref_of(table, member->type);
    descent->offset = offset;
    return true;
}

static bool enter_element(struct descent *descent)
{
    struct type_ref element = target_of(descent->type);
    const struct type *type = type_of(element);
    if (!type || !type->bytes || type->bytes == UINT64_MAX)
        return false;
    if (descent->offset < type->bytes)
        descent->has_array = true;
    else
        descent->is_behind = true;
    descent->offset %= type->bytes;
    descent->type = element;
    return true;
}

/** Finds the innermost part at the offset. @p ret keeps the variable that it has. */
static bool descend(struct descent *descent, struct field *ret)
{
    ret->owner = ret->offset = 0;
    ret->object = unknown;
    ret->is_from_system = false;
    for (int i = 0; i < MAX_NESTING; i++) {
        const struct type *type = type_of(descent->type);
        if (!type || type->kind == TYPE_UNION || type->kind == TYPE_UNKNOWN)
            return false;
        if (type->kind == TYPE_STRUCT) {
            if (!enter_member(descent, ret))
                return false;
        } else if (type->kind == TYPE_ARRAY) {
            // What is in an array that is a member is a member too.
            if (!enter_element(descent))
                return false;
            descent->is_base = false;
        } else {
            ret->type = descent->type;
            return descent->offset == 0;
        }
    }
    return false;
}

/* ---- Variables ------------------------------------------------------------------------------- */

/** How many variables of the image have an address, and not one per thread; they come first. */
static uint32_t static_count(const struct debug_info *debug)
{
    uint32_t low = 0, high = debug->variable_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (debug->variables[middle].kind == DEBUG_STATIC)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The variable that covers the address; NONE if there is none, or several that differ. */
static uint32_t variable_at(const struct debug_info *debug, uint64_t address)
{
    uint32_t count = static_count(debug);
    uint32_t after = (uint32_t)COUNT_UP_TO(debug->variables, count, address);
    if (!after)
        return NONE;
    const struct debug_variable *variable = &debug->variables[after - 1];
    if (variable->bytes == UINT64_MAX || address - variable->address >= variable->bytes)
        return NONE;
    bool has_rival = after > 1 && variable[-1].address == variable->address &&
                     variable[-1].type_key != variable->type_key;
    return variable->type_key && !has_rival ? after - 1 : NONE;
}

/** Begins a descent in the variable at @p address. */
static bool begin_at_address(const struct program *program, uint32_t image, uint64_t address,
                             struct descent *descent, struct field *ret)
{
    const struct debug_info *debug = program->images[image]->debug;
    uint32_t variable = debug ? variable_at(debug, address) : NONE;
    if (variable == NONE)
        return false;
    ret->image = image;
    ret->variable = variable;
    uint32_t type = type_find(&debug->types, debug->variables[variable].type_key);
    *descent = (struct descent){.type = ref_of(&debug->types, type),
                                .offset = address - debug->variables[variable].address};
    return type != NONE;
}

bool typed_address(const struct program *program, uint32_t image, uint64_t address,
                   struct field *ret)
{
    struct descent descent;
    *ret = (struct field){.type = unknown, .object = unknown, .variable = NONE};
    return begin_at_address(program, image, address, &descent, ret) && descend(&descent, ret);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

/** Counts an offset from the stack pointer, as it is before @p call, from the caller's instead. */
static bool rebase(const struct program *program, uint32_t call, int64_t *offset)
{
    int32_t depth =
        call == NONE || program->calls[call].is_tail ? -1 : program->calls[call].depth_bytes;
    return depth >= 0 && !__builtin_sub_overflow(*offset, (int64_t)depth, offset);
}

/**
 * The size from which a variable of the function may lie over others in the frame, and over objects
 * that have no name and are not described: compilers that optimize do so with all. gcc does it
 * without, too, with objects of inner blocks (--param=min-size-for-stack-sharing).
 */
static uint64_t shared_bytes(const struct program *program, uint32_t function)
{
    enum { LARGE = 32 };
    const struct debug_unit *unit = unit_of(program, function);
    if (!unit)
        return 0;
    if (unit->language == LANGUAGE_RUST)
        return unit->keeps_parameters ? UINT64_MAX : 0;
    const char *level = strstr(unit->producer, " -O");
    bool is_plain = strncmp(unit->producer, "GNU ", 4) == 0 && (!level || level[3] == '0');
    return is_plain ? LARGE : 0;
}

/**
 * Finds the part of a local variable at @p offset in the frame. Variables of different blocks may
 * have the same place, so there may be several; they must agree.
 */
static bool descend_in_frame(const struct program *program, uint32_t function, int64_t offset,
                             uint32_t call, struct descent *ret_descent, struct field *ret)
{
    enum { MAX_LOCALS = 32 }; // that begin before the offset are looked at
    const struct function *record = &program->functions[function];
    const struct debug_info *debug = program->images[record->image]->debug;
    size_t end = debug ? COUNT_UP_TO(debug->locals, debug->local_count, record->address) : 0;
    uint64_t limit = shared_bytes(program, function);
    bool is_found = false;
    for (size_t i = end, looked = 0; i > 0 && looked < MAX_LOCALS; i--) {
        const struct debug_local *local = &debug->locals[i - 1];
        if (local->address != record->address)
            break;
        int64_t start = local->offset;
        if (local->is_from_stack_pointer && !rebase(program, call, &start))
            continue;
        if (start > offset)
            continue;
        looked++;
        struct descent descent = {
            .type = ref_of(&debug->types, type_find(&debug->types, local->type_key)),
            .offset = (uint64_t)offset - (uint64_t)start};
        const struct type *type = type_of(descent.type);
        struct field field = {.object = unknown, .variable = NONE};
        if (!type || descent.offset >= type->bytes)
            continue;
        if (type->bytes >= limit)
            return false;
        if (!descend(&descent, &field))
            continue;
        if (is_found && (field.object.index != ret->object.index || field.owner != ret->owner ||
                         field.offset != ret->offset ||
                         type_of(field.type)->shape != type_of(ret->type)->shape))
            return false;
        *ret = field;
        *ret_descent = descent;
        is_found = true;
    }
    return is_found;
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static struct type_ref typed_root(const struct program *program, uint32_t function,
                                  const struct access_path *path)
{
    switch ((enum path_root)path->root) {
    case ROOT_ARGUMENT:
        return typed_argument(program, function, path->index);
    case ROOT_RESULT:
        return typed_result(program, path);
    default:
        return unknown;
    }
}

/** Begins a descent in what the pointer in @p ret points to. */
static bool begin_at_pointer(const struct field *pointer, int32_t offset, struct descent *descent)
{
    const struct type *type = type_of(pointer->type);
    if (!type || type->kind != TYPE_POINTER || offset < 0)
        return false;
    *descent = (struct descent){.type = target_of(pointer->type), .offset = (uint64_t)offset};
    const struct type *target = type_of(descent->type);
    // A pointer to a pointer may be the address of an array of them.
    if (target && target->kind == TYPE_POINTER && target->bytes) {
        descent->has_array = descent->offset < target->bytes;
        descent->is_behind = !descent->has_array;
        descent->offset %= target->bytes;
    }
    return true;
}

/** Goes from what is in @p ret over load number @p i of the path. */
static bool step(const struct program *program, uint32_t function, const struct access_path *path,
                 unsigned i, struct descent *descent, struct field *ret)
{
    struct field next = {.object = unknown, .variable = NONE};
    int32_t offset = path->offsets[i];
    uint64_t address = path->address + (uint64_t)offset;
    if (i == 0 && path->root == ROOT_FRAME) {
        if (!descend_in_frame(program, function, (int64_t)address, path->call, descent, &next))
            return false;
    } else if (i == 0 && path->root == ROOT_ADDRESS) {
        uint32_t image = program->functions[function].image;
        if (!begin_at_address(program, image, address, descent, &next) || !descend(descent, &next))
            return false;
    } else if (!begin_at_pointer(ret, offset, descent) || !descend(descent, &next)) {
        return false;
    }
    *ret = next;
    return true;
}

/** Follows the first @p loads loads of the path. */
static bool follow(const struct program *program, uint32_t function, const struct access_path *path,
                   unsigned loads, struct field *ret)
{
    bool has_array = false, is_behind = false;
    *ret = (struct field){
        .type = typed_root(program, function, path), .object = unknown, .variable = NONE};
    for (unsigned i = 0; i < loads; i++) {
        struct descent descent;
        if (!step(program, function, path, i, &descent, ret))
            return false;
        has_array |= descent.has_array;
        is_behind |= descent.is_behind;
    }
    return ret->type.index != NONE && (!path->is_indexed || (has_array && !is_behind));
}

bool typed_value(const struct program *program, uint32_t function, const struct access_path *path,
                 struct field *ret)
{
    return path->offsets[path->load_count] == 0 &&
           follow(program, function, path, path->load_count, ret);
}

bool typed_place(const struct program *program, uint32_t function, const struct access_path *path,
                 struct field *ret)
{
    return follow(program, function, path, path->load_count + 1U, ret);
}
