/*
 * types.c: types as people write them, and their sizes.
 *
 * In: the entry of a type. Out: "const char *", "int[4][2]", "void (*)(int)", "[u8; 16]",
 * "Vec<u32>". Of C++ types the name is qualified; of Rust types it is the one that DWARF gives,
 * without the default allocator. The text is cut at MAX_TEXT and the chain of pointers, arrays and
 * qualifiers followed only so deep, since malformed input can make it circular.
 * Left out: lower bounds other than 0 in C and the like; sizes of arrays with several of them.
 */
#include "load/debug/internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_TEXT = 512, MAX_NESTING = 12, MAX_CHAIN = 32, MAX_PARAMETERS = 8, MAX_CHILDREN = 64 };

struct text {
    enum language language; // of the variable; the unit of its type may not say
    char data[MAX_TEXT];
    size_t length;
};

static __attribute__((format(printf, 2, 3))) void append(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->data + text->length, MAX_TEXT - text->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length;
    if (text->length >= MAX_TEXT)
        text->length = MAX_TEXT - 1;
}

static void text_cut(struct text *text, size_t start, size_t length)
{
    memmove(text->data + start, text->data + start + length, text->length + 1 - start - length);
    text->length -= length;
}

/** The type that an entry refers to; false if there is none (void). */
static bool inner_type(struct worker *worker, const struct entry_data *entry, struct unit **unit,
                       const uint8_t **at)
{
    return entry_reference(worker, entry, ATTRIBUTE_TYPE, unit, at);
}

/* ---- Arrays ---------------------------------------------------------------------------------- */

/** The elements of one dimension: its count, or its upper bound and one; false if not known. */
static bool dimension_count(const struct entry_data *range, uint64_t *ret)
{
    if (entry_uint(range, ATTRIBUTE_COUNT, ret))
        return true;
    uint64_t lower = 0;
    if (has(range, ATTRIBUTE_LOWER_BOUND) && !entry_uint(range, ATTRIBUTE_LOWER_BOUND, &lower))
        return false;
    // An upper bound of -1 stands for no elements, or none that are known.
    if (!entry_uint(range, ATTRIBUTE_UPPER_BOUND, ret) || *ret < lower || *ret >= UINT32_MAX)
        return false;
    *ret = *ret - lower + 1;
    return true;
}

/** Reads the dimensions of an array; returns how many there are, at most @p limit. */
static unsigned read_dimensions(struct worker *worker, const struct entry_data *array,
                                unsigned limit, uint64_t *ret_counts, bool *ret_known)
{
    unsigned count = 0;
    struct entry_data child;
    const uint8_t *at = array->end;
    for (int i = 0; array->has_children && i < MAX_CHILDREN && at < array->unit->end; i++) {
        if (*at == 0 || !entry_read(worker, array->unit, at, &child) || child.has_children)
            break;
        at = child.end;
        if (child.tag != DW_TAG_subrange_type && child.tag != DW_TAG_enumeration_type)
            continue;
        if (count == limit)
            return limit;
        ret_known[count] = dimension_count(&child, &ret_counts[count]);
        count++;
    }
    return count;
}

/* ---- Sizes ----------------------------------------------------------------------------------- */

/** Multiplies by the elements of an array; false if they are not known. */
static bool multiply_dimensions(struct worker *worker, const struct entry_data *array,
                                uint64_t *factor)
{
    uint64_t counts[MAX_PARAMETERS];
    bool known[MAX_PARAMETERS];
    unsigned count = read_dimensions(worker, array, MAX_PARAMETERS, counts, known);
    for (unsigned i = 0; i < count; i++)
        if (!known[i] || __builtin_mul_overflow(*factor, counts[i], factor))
            return false;
    return count > 0 && count < MAX_PARAMETERS;
}

uint64_t type_bytes(struct worker *worker, struct unit *unit, const uint8_t *at)
{
    struct entry_data entry;
    uint64_t factor = 1, bytes;
    for (int i = 0; i < MAX_CHAIN; i++) {
        if (!entry_read(worker, unit, at, &entry))
            return UINT64_MAX;
        if (entry_uint(&entry, ATTRIBUTE_BYTE_SIZE, &bytes))
            return __builtin_mul_overflow(bytes, factor, &bytes) ? UINT64_MAX : bytes;
        switch (entry.tag) {
        case DW_TAG_pointer_type:
        case DW_TAG_reference_type:
        case DW_TAG_rvalue_reference_type:
            return __builtin_mul_overflow(unit->address_bytes, factor, &bytes) ? UINT64_MAX : bytes;
        case DW_TAG_array_type:
            if (!multiply_dimensions(worker, &entry, &factor))
                return UINT64_MAX;
            break;
        case DW_TAG_structure_type: // a declaration that stands for a type unit
        case DW_TAG_class_type:
        case DW_TAG_union_type:
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
        case DW_TAG_enumeration_type:
        case DW_TAG_subrange_type:
            break;
        default:
            return UINT64_MAX;
        }
        if (!entry_reference(worker, &entry, ATTRIBUTE_SIGNATURE, &unit, &at) &&
            !inner_type(worker, &entry, &unit, &at))
            return UINT64_MAX;
    }
    return UINT64_MAX;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void write_type(struct worker *worker, struct unit *unit, const uint8_t *at, int depth,
                       struct text *text);

static void write_inner(struct worker *worker, const struct entry_data *entry, int depth,
                        struct text *text)
{
    struct unit *unit = entry->unit;
    const uint8_t *at;
    if (inner_type(worker, entry, &unit, &at))
        write_type(worker, unit, at, depth + 1, text);
    else
        append(text, "%s", text->language == LANGUAGE_RUST ? "()" : "void");
}

static void write_array(struct worker *worker, const struct entry_data *entry, int depth,
                        struct text *text)
{
    uint64_t counts[MAX_PARAMETERS];
    bool known[MAX_PARAMETERS];
    bool is_rust = text->language == LANGUAGE_RUST;
    unsigned count = read_dimensions(worker, entry, MAX_PARAMETERS, counts, known);
    if (is_rust)
        append(text, "[");
    write_inner(worker, entry, depth, text);
    if (is_rust && count == 1 && known[0])
        append(text, "; %llu]", (unsigned long long)counts[0]);
    else if (is_rust)
        append(text, "]");
    for (unsigned i = 0; !is_rust && i < count; i++) {
        if (known[i])
            append(text, "[%llu]", (unsigned long long)counts[i]);
        else
            append(text, "[]");
    }
    if (!is_rust && count == 0)
        append(text, "[]");
}

static void write_parameters(struct worker *worker, const struct entry_data *function, int depth,
                             struct text *text)
{
    struct entry_data child;
    const uint8_t *at = function->end;
    append(text, "(");
    for (int i = 0; function->has_children && at < function->unit->end && *at != 0; i++) {
        if (!entry_read(worker, function->unit, at, &child) || child.has_children)
            break;
        at = child.end;
        if (i == MAX_PARAMETERS || child.tag != DW_TAG_formal_parameter) {
            append(text, "%s...", i ? ", " : "");
            break;
        }
        append(text, "%s", i ? ", " : "");
        write_inner(worker, &child, depth, text);
    }
    append(text, ")");
}

/** Writes `T *` and its like; pointers to functions need their parameters behind the star. */
static void write_pointer(struct worker *worker, const struct entry_data *entry, const char *mark,
                          int depth, struct text *text)
{
    struct unit *unit = entry->unit;
    const uint8_t *at;
    struct entry_data target;
    bool is_function = inner_type(worker, entry, &unit, &at) &&
                       entry_read(worker, unit, at, &target) &&
                       target.tag == DW_TAG_subroutine_type;
    if (is_function && depth < MAX_NESTING) {
        write_inner(worker, &target, depth + 1, text);
        append(text, " (%s)", mark);
        write_parameters(worker, &target, depth + 1, text);
        return;
    }
    write_inner(worker, entry, depth, text);
    char last = text->length ? text->data[text->length - 1] : 0;
    append(text, "%s%s", last == '*' || last == '&' ? "" : " ", mark);
}

/** Qualifiers stand before what they qualify, but behind a pointer. */
static void write_qualified(struct worker *worker, const struct entry_data *entry,
                            const char *qualifier, int depth, struct text *text)
{
    struct unit *unit = entry->unit;
    const uint8_t *at;
    struct entry_data target;
    bool is_pointer = inner_type(worker, entry, &unit, &at) &&
                      entry_read(worker, unit, at, &target) && target.tag == DW_TAG_pointer_type &&
                      !has(&target, ATTRIBUTE_NAME);
    size_t start = text->length, length = strlen(qualifier) + 1;
    if (!is_pointer)
        append(text, "%s ", qualifier);
    write_inner(worker, entry, depth, text);
    if (is_pointer)
        append(text, "%s%s", text->data[text->length - 1] == '*' ? "" : " ", qualifier);
    else if (strncmp(text->data + start, text->data + start + length, length) == 0)
        text_cut(text, start, length); // of a constant array the elements are constant too
}

static void write_member_pointer(struct worker *worker, const struct entry_data *entry, int depth,
                                 struct text *text)
{
    struct unit *unit = entry->unit;
    const uint8_t *at;
    write_inner(worker, entry, depth, text);
    bool has_class = entry_reference(worker, entry, ATTRIBUTE_CONTAINING_TYPE, &unit, &at);
    append(text, " %s::*", has_class ? entry_name(worker, unit, at) : "?");
}

/** Writes a name, without what Rust adds to each collection: the default allocator. */
static void write_name(struct text *text, const char *name)
{
    static const char allocator[] = ", alloc::alloc::Global";
    for (const char *found; (found = strstr(name, allocator));) {
        append(text, "%.*s", (int)(found - name < MAX_TEXT ? found - name : MAX_TEXT), name);
        name = found + sizeof allocator - 1;
    }
    append(text, "%.*s", MAX_TEXT, name);
}

static void write_named(struct worker *worker, const struct entry_data *entry, struct text *text)
{
    const char *name = entry_string(worker, entry, ATTRIBUTE_NAME);
    bool is_qualified = !name || text->language == LANGUAGE_CPP;
    write_name(text, is_qualified ? entry_name(worker, entry->unit, entry->at) : name);
}

static void write_type(struct worker *worker, struct unit *unit, const uint8_t *at, int depth,
                       struct text *text)
{
    struct entry_data entry;
    if (depth > MAX_NESTING || text->length >= MAX_TEXT - 1 ||
        !entry_read(worker, unit, at, &entry)) {
        append(text, "?");
        return;
    }
    if (has(&entry, ATTRIBUTE_NAME)) {
        write_named(worker, &entry, text);
        return;
    }
    switch (entry.tag) {
    case DW_TAG_pointer_type:
        write_pointer(worker, &entry, "*", depth, text);
        break;
    case DW_TAG_reference_type:
        write_pointer(worker, &entry, "&", depth, text);
        break;
    case DW_TAG_rvalue_reference_type:
        write_pointer(worker, &entry, "&&", depth, text);
        break;
    case DW_TAG_ptr_to_member_type:
        write_member_pointer(worker, &entry, depth, text);
        break;
    case DW_TAG_const_type:
        write_qualified(worker, &entry, "const", depth, text);
        break;
    case DW_TAG_volatile_type:
        write_qualified(worker, &entry, "volatile", depth, text);
        break;
    case DW_TAG_restrict_type:
        write_qualified(worker, &entry, "restrict", depth, text);
        break;
    case DW_TAG_atomic_type:
        write_qualified(worker, &entry, "_Atomic", depth, text);
        break;
    case DW_TAG_array_type:
        write_array(worker, &entry, depth, text);
        break;
    case DW_TAG_subroutine_type:
        write_inner(worker, &entry, depth, text);
        append(text, " ");
        write_parameters(worker, &entry, depth, text);
        break;
    default:
        write_named(worker, &entry, text);
    }
}

const char *type_name(struct worker *worker, enum language language, struct unit *unit,
                      const uint8_t *at)
{
    struct text text = {.language = language};
    text.data[0] = 0;
    write_type(worker, unit, at, 0, &text);
    if (text.length > worker->name_budget)
        return NULL;
    worker->name_budget -= text.length;
    return arena_strndup(&worker->arena, text.data, text.length);
}
