/*
 * collect.c: types, during the walk over a unit's entries.
 *
 * In: entries in their order. Out: a small record for each type and each function, with its members
 * or parameters; what they refer to are offsets until the unit is finished, since it may come later
 * or be in another unit.
 *
 * Only C and C++ (and units that do not say their language, which dwz makes), and what rust.c
 * wants. Left out: bit fields, static members, enumerators, members of functions; and units of 2
 * GB.
 */
#include "load/debug/internal.h"

bool type_wanted(const struct unit *unit)
{
    bool has_types = unit->language == LANGUAGE_C || unit->language == LANGUAGE_CPP ||
                     unit->language == LANGUAGE_RUST || unit->language == LANGUAGE_UNKNOWN;
    return has_types && unit->end - unit->start < (ptrdiff_t)RAW_FOREIGN;
}

void raw_types_deinit(struct raw_types *raw)
{
    array_deinit(&raw->types);
    array_deinit(&raw->children);
    array_deinit(&raw->foreign);
    array_deinit(&raw->held);
    array_deinit(&raw->locals);
}

/* ---- After the walk -------------------------------------------------------------------------- */

/** Sorts the children by their owners, stably: an entry's may have those of nested ones between. */
static void sort_children(struct raw_types *raw)
{
    for (size_t i = 0; i < raw->children.count; i++)
        raw->types.data[raw->children.data[i].owner].count++;
    uint32_t next = 0;
    for (size_t i = 0; i < raw->types.count; i++) {
        raw->types.data[i].first = next;
        next += raw->types.data[i].count;
        raw->types.data[i].count = 0;
    }
    struct raw_child *sorted = xcalloc(raw->children.count + 1, sizeof *sorted);
    for (size_t i = 0; i < raw->children.count; i++) {
        struct raw_type *owner = &raw->types.data[raw->children.data[i].owner];
        sorted[owner->first + owner->count++] = raw->children.data[i];
    }
    free(raw->children.data);
    raw->children.data = sorted;
    raw->children.capacity = raw->children.count + 1;
}

uint32_t raw_type_at(const struct raw_types *raw, uint32_t offset)
{
    size_t low = 0, high = raw->types.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (raw->types.data[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < raw->types.count && raw->types.data[low].offset == offset;
    return is_found ? (uint32_t)low : RAW_NONE;
}

void raw_types_complete(struct raw_types *raw)
{
    sort_children(raw);
    for (size_t i = 0; i < raw->types.count; i++) {
        const struct raw_type *type = &raw->types.data[i];
        if (type->tag != DW_TAG_typedef || !type->name || type->target == RAW_NONE)
            continue;
        uint32_t target = raw_type_at(raw, type->target); // foreign ones are not found
        if (target != RAW_NONE && !raw->types.data[target].name) {
            struct raw_type *named = &raw->types.data[target];
            if (named->tag == DW_TAG_structure_type || named->tag == DW_TAG_class_type ||
                named->tag == DW_TAG_union_type)
                named->name = type->name;
        }
    }
}

/* ---- Entries --------------------------------------------------------------------------------- */

static bool is_type_tag(unsigned tag)
{
    switch (tag) {
    case DW_TAG_base_type:
    case DW_TAG_unspecified_type:
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
    case DW_TAG_ptr_to_member_type:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_interface_type:
    case DW_TAG_union_type:
    case DW_TAG_array_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram:
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
        return true;
    }
    return false;
}

static uint32_t reference(struct worker *worker, const struct entry_data *entry,
                          enum attribute attribute)
{
    struct unit *unit;
    const uint8_t *at;
    if (!has(entry, attribute) || !entry_reference(worker, entry, attribute, &unit, &at))
        return RAW_NONE;
    if (unit == entry->unit)
        return (uint32_t)(at - unit->start);
    struct raw_types *raw = &entry->unit->types;
    array_push(&raw->foreign, at);
    return RAW_FOREIGN | (uint32_t)(raw->foreign.count - 1);
}

static uint32_t small(const struct entry_data *entry, enum attribute attribute, uint32_t otherwise)
{
    uint64_t value;
    if (!entry_uint(entry, attribute, &value))
        return otherwise;
    return value < RAW_UNKNOWN ? (uint32_t)value : RAW_UNKNOWN;
}

/** What an entry stands for instead of itself: in a type unit, or what it was made from. */
static uint32_t origin_of(struct worker *worker, const struct entry_data *entry)
{
    uint32_t origin = reference(worker, entry, ATTRIBUTE_SIGNATURE);
    if (origin == RAW_NONE)
        origin = reference(worker, entry, ATTRIBUTE_ORIGIN);
    return origin == RAW_NONE ? reference(worker, entry, ATTRIBUTE_SPECIFICATION) : origin;
}

static bool is_float(const struct entry_data *entry)
{
    uint64_t encoding;
    return entry->tag == DW_TAG_base_type &&
           (!entry_uint(entry, ATTRIBUTE_ENCODING, &encoding) || encoding == DW_ATE_float ||
            encoding == DW_ATE_complex_float || encoding == DW_ATE_imaginary_float ||
            encoding == DW_ATE_decimal_float);
}

/**
 * Whether an entry tells of a function that was neither inlined nor has code: gcc took the code of
 * another one for it, whose types may be others (-fipa-icf).
 */
static bool is_folded(const struct entry_data *entry, const struct raw_type *type)
{
    return type->tag == DW_TAG_subprogram && !type->has_code && !type->is_declaration &&
           !has(entry, ATTRIBUTE_INLINE) && type->origin == RAW_NONE;
}

static uint32_t collect_type(struct worker *worker, const struct entry_data *entry, uint32_t parent)
{
    struct raw_types *raw = &entry->unit->types;
    uint64_t convention = 0;
    entry_uint(entry, ATTRIBUTE_CALLING_CONVENTION, &convention);
    const char *name = NULL;
    if (entry->tag == DW_TAG_subprogram)
        name = entry_string(worker, entry, ATTRIBUTE_LINKAGE_NAME);
    if (!name)
        name = entry_string(worker, entry, ATTRIBUTE_NAME);
    struct raw_type type = {
        .offset = (uint32_t)(entry->at - entry->unit->start),
        .tag = (uint16_t)entry->tag,
        .target = reference(worker, entry, ATTRIBUTE_TYPE),
        .origin = origin_of(worker, entry),
        .bytes = small(entry, ATTRIBUTE_BYTE_SIZE, RAW_UNKNOWN),
        .elements = entry->tag == DW_TAG_array_type ? 1 : RAW_UNKNOWN,
        .stands_for = has(entry, ATTRIBUTE_SIGNATURE),
        .has_code = has(entry, ATTRIBUTE_LOW_PC) || has(entry, ATTRIBUTE_RANGES),
        .is_public = parent == RAW_NONE && entry->unit->language == LANGUAGE_C &&
                     entry_flag(entry, ATTRIBUTE_EXTERNAL),
        .is_artificial = entry_flag(entry, ATTRIBUTE_ARTIFICIAL),
        .is_declaration = entry_flag(entry, ATTRIBUTE_DECLARATION),
        .is_float = is_float(entry),
        .is_non_trivial = convention == DW_CC_pass_by_reference,
        .name = name,
        .file = small(entry, ATTRIBUTE_DECL_FILE, 0),
    };
    raw->has_folded |= is_folded(entry, &type);
    array_push(&raw->types, type);
    return (uint32_t)raw->types.count - 1;
}

static void add_child(struct worker *worker, const struct entry_data *entry, uint32_t owner,
                      uint32_t offset)
{
    struct raw_child child = {.owner = owner,
                              .offset = offset,
                              .target = reference(worker, entry, ATTRIBUTE_TYPE),
                              .name = entry_string(worker, entry, ATTRIBUTE_NAME)};
    array_push(&entry->unit->types.children, child);
}

static void collect_member(struct worker *worker, const struct entry_data *entry, uint32_t owner)
{
    const struct raw_type *type = &entry->unit->types.types.data[owner];
    bool is_union = type->tag == DW_TAG_union_type;
    uint32_t offset = small(entry, ATTRIBUTE_MEMBER_LOCATION, is_union ? 0 : RAW_UNKNOWN);
    // Without a place: static members, bit fields, and virtual bases, whose place is computed.
    if (offset == RAW_UNKNOWN || has(entry, ATTRIBUTE_BIT_SIZE))
        return;
    add_child(worker, entry, owner, offset);
}

static void collect_parameter(struct worker *worker, const struct entry_data *entry, uint32_t owner)
{
    struct raw_type *type = &entry->unit->types.types.data[owner];
    if (type->tag != DW_TAG_subprogram && type->tag != DW_TAG_subroutine_type)
        return;
    // Of functions that were made from others, the others' parameters have the types.
    if (type->tag == DW_TAG_subprogram && !has(entry, ATTRIBUTE_TYPE))
        return;
    type->has_parameters = true;
    add_child(worker, entry, owner, 0);
}

static void collect_dimension(const struct entry_data *entry, uint32_t owner)
{
    struct raw_type *type = &entry->unit->types.types.data[owner];
    uint32_t count = small(entry, ATTRIBUTE_COUNT, RAW_UNKNOWN);
    uint32_t upper = small(entry, ATTRIBUTE_UPPER_BOUND, RAW_UNKNOWN);
    if (count == RAW_UNKNOWN && upper < RAW_UNKNOWN - 1)
        count = upper + 1;
    if (type->elements == RAW_UNKNOWN || count == RAW_UNKNOWN ||
        __builtin_mul_overflow(type->elements, count, &type->elements))
        type->elements = RAW_UNKNOWN;
}

uint32_t type_collect(struct worker *worker, const struct entry_data *entry, uint32_t parent)
{
    if (is_type_tag(entry->tag)) {
        bool is_rust = entry->unit->language == LANGUAGE_RUST;
        entry->unit->types.has_details |= entry->tag != DW_TAG_subprogram;
        bool is_wanted = !is_rust || rust_type_is_wanted(worker, entry);
        return is_wanted ? collect_type(worker, entry, parent) : RAW_NONE;
    }
    if (parent == RAW_NONE)
        return RAW_NONE;
    switch (entry->tag) {
    case DW_TAG_member:
    case DW_TAG_inheritance:
        collect_member(worker, entry, parent);
        break;
    case DW_TAG_formal_parameter:
        collect_parameter(worker, entry, parent);
        break;
    case DW_TAG_unspecified_parameters:
        entry->unit->types.types.data[parent].is_variadic = true;
        break;
    case DW_TAG_subrange_type:
        collect_dimension(entry, parent);
        break;
    }
    return RAW_NONE;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

struct frame_base frame_base_of(const struct entry_data *entry, uint64_t address,
                                unsigned pointer_bytes)
{
    enum { X86_64_FRAME_POINTER = DW_OP_reg0 + 6, X86_64_STACK_POINTER = DW_OP_reg0 + 7 };
    struct frame_base base = {.address = address};
    struct bytes expression;
    if (!entry_expression(entry, ATTRIBUTE_FRAME_BASE, &expression) || expression.bytes != 1)
        return base;
    if (expression.data[0] == DW_OP_call_frame_cfa) {
        base.is_known = true;
    } else if (expression.data[0] == X86_64_FRAME_POINTER && pointer_bytes == 8) {
        // It points to where its caller's is kept, below the return address.
        base.offset = -16;
        base.is_known = true;
    } else if (expression.data[0] == X86_64_STACK_POINTER && pointer_bytes == 8) {
        base.is_stack_pointer = true;
        base.is_known = entry->unit->language == LANGUAGE_RUST;
    }
    return base;
}

/** Reads a place in the frame; false if the variable is elsewhere or moves about. */
static bool frame_offset(const struct entry_data *entry, int64_t *ret)
{
    struct bytes expression;
    if (!entry_expression(entry, ATTRIBUTE_LOCATION, &expression))
        return false;
    struct reader reader = reader_at(expression, 0);
    if (reader_uint(&reader, 1) != DW_OP_fbreg)
        return false;
    *ret = reader_sleb(&reader);
    return !reader.failed && !reader_left(&reader);
}

/** Whether an entry is in one place of the frame; of a function that aligns its frame, which is
 *  counted from the stack pointer, it is not told where. */
static bool stays_in_frame(const struct entry_data *entry)
{
    enum { X86_64_BY_STACK_POINTER = DW_OP_breg0 + 7 };
    struct bytes expression;
    int64_t offset;
    if (frame_offset(entry, &offset))
        return true;
    return entry_expression(entry, ATTRIBUTE_LOCATION, &expression) && expression.bytes > 1 &&
           expression.data[0] == X86_64_BY_STACK_POINTER;
}

/** Whether the entry's type is a number or a pointer, which is passed in a register. */
static bool is_scalar(struct worker *worker, const struct entry_data *entry)
{
    struct unit *unit;
    const uint8_t *at;
    struct entry_data type;
    if (!entry_reference(worker, entry, ATTRIBUTE_TYPE, &unit, &at) ||
        !entry_read(worker, unit, at, &type))
        return true;
    return type.tag == DW_TAG_base_type || type.tag == DW_TAG_pointer_type;
}

void type_count_parameter(struct worker *worker, const struct entry_data *entry)
{
    struct raw_types *raw = &entry->unit->types;
    if (stays_in_frame(entry))
        raw->has_kept_parameters = true;
    else if (!raw->has_moved_parameters)
        raw->has_moved_parameters = is_scalar(worker, entry);
}

void type_collect_local(struct worker *worker, const struct entry_data *entry,
                        const struct frame_base *base)
{
    struct raw_types *raw = &entry->unit->types;
    uint32_t target = reference(worker, entry, ATTRIBUTE_TYPE);
    bool is_rust = entry->unit->language == LANGUAGE_RUST;
    if (is_rust && target == RAW_NONE)
        return; // of functions that were put into others
    if (target != RAW_NONE && entry->tag == DW_TAG_variable && !is_rust)
        array_push(&raw->held, target);
    struct raw_local local = {.address = base->address,
                              .target = target,
                              .origin = RAW_NONE,
                              .is_from_stack_pointer = base->is_stack_pointer};
    if (!base->is_known || !frame_offset(entry, &local.offset) ||
        __builtin_add_overflow(local.offset, base->offset, &local.offset))
        return;
    if (target == RAW_NONE)
        local.origin = reference(worker, entry, ATTRIBUTE_ORIGIN);
    array_push(&raw->locals, local);
}
