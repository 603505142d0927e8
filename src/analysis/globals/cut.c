/*
 * cut.c: from marks to objects, within one section of data.
 *
 * A named object owns the bytes that its symbol or its type says. Between named objects, each mark
 * begins an anonymous object that reaches to the next mark; it gives up what its own shape says is
 * not part of it (behind a string's NUL, behind a vtable's last method, behind a jump table, zero
 * bytes before an aligned neighbour). What no mark begins belongs to nobody, unless it is text or
 * filling.
 */
#include "analysis/globals/owners.h"

#include <string.h>

/** The piece of a section that is being cut. */
struct cutter {
    struct owner_list *list;
    const struct section *section;
    uint32_t section_index;
    bool is_text_section; /* mergeable strings */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/** Names that compilers make up for constants: they say nothing to a reader. */
static bool is_made_up(const char *name)
{
    static const char *const prefixes[] = {"anon.", "alloc_",       "str.",   ".L",       "vtable.",
                                           ".str",  "switch.table", "const.", "_unnamed", NULL};
    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (starts_with(name, *prefix))
            return true;
    return false;
}

static enum owner_kind kind_by_name(const char *name)
{
    if (starts_with(name, "_ZTV") || starts_with(name, "_ZTT") || starts_with(name, "_ZTC"))
        return OWNER_VTABLE;
    if (starts_with(name, "_ZTI") || starts_with(name, "_ZTS"))
        return OWNER_TYPE_INFO;
    return OWNER_STATIC;
}

/** Rust's `const` has no place; whatever has a name there is a `static`, read-only or not. */
static bool is_rust(const struct cutter *cutter, const struct mark *mark)
{
    const struct image *image = cutter->list->image;
    if (mark->variable != NONE)
        return image->debug->units[image->debug->variables[mark->variable].unit].language ==
               LANGUAGE_RUST;
    if (mark->symbol == NONE)
        return false;
    const char *name = image->symbols[mark->symbol].name;
    size_t length = strlen(name);
    if (starts_with(name, "_R"))
        return true;
    return starts_with(name, "_ZN") && length > 20 && name[length - 1] == 'E' &&
           memcmp(name + length - 20, "17h", 3) == 0;
}

static void append_named(struct cutter *cutter, const struct mark *mark, uint64_t bytes)
{
    struct owner_list *list = cutter->list;
    const struct image *image = list->image;
    struct owner owner = owner_make(list, OWNER_STATIC, mark->address, bytes);
    owner.symbol = mark->symbol;
    owner.variable = mark->variable;
    if (mark->symbol != NONE) {
        owner.linkage_name = image->symbols[mark->symbol].name;
        owner.kind = kind_by_name(owner.linkage_name);
    }
    if (mark->variable != NONE) {
        const struct debug_variable *variable = &image->debug->variables[mark->variable];
        owner.name = variable->name;
        owner.type = variable->type;
        if (variable->linkage_name && !owner.linkage_name)
            owner.linkage_name = variable->linkage_name;
        if (variable->kind == DEBUG_VTABLE)
            owner.kind = OWNER_VTABLE;
    }
    if (owner.kind == OWNER_STATIC && !owner.is_writable && !is_rust(cutter, mark))
        owner.kind = OWNER_CONSTANT;
    owner_append(list, owner);
}

static void append_shape(struct cutter *cutter, enum owner_kind kind, const struct mark *mark,
                         uint64_t address, uint64_t bytes)
{
    if (!bytes)
        return;
    struct owner owner = owner_make(cutter->list, kind, address, bytes);
    if (mark && mark->symbol != NONE)
        owner.linkage_name = cutter->list->image->symbols[mark->symbol].name;
    if (mark) {
        owner.symbol = mark->symbol;
        owner.variable = mark->variable;
    }
    owner_append(cutter->list, owner);
}

/** Rows of strings that nothing refers to directly: each text up to its NUL, then filling. */
static void append_rest(struct cutter *cutter, uint64_t address, uint64_t end)
{
    const uint8_t *data = image_bytes(cutter->list->image, address, end - address);
    while (data && address < end) {
        uint64_t zeros = 0;
        while (address + zeros < end && !data[zeros])
            zeros++;
        address += zeros;
        data += zeros;
        uint64_t length = address < end ? shape_c_string(data, end - address) : 0;
        if (length < 3 && !cutter->is_text_section)
            break;
        if (!length)
            break;
        append_shape(cutter, OWNER_STRING, NULL, address, length);
        address += length;
        data += length;
    }
}

/** Code that only reads a value in place treats it as a number, not as text. */
static bool may_be_text(const struct cutter *cutter, const struct mark *mark, uint64_t length)
{
    if (cutter->is_text_section)
        return true;
    return mark->is_address && (!mark->is_read || length > mark->bytes);
}

/** Whether the bytes are the text of Rust string literals: no NUL, next to each other. */
static bool is_plain_text(const struct cutter *cutter, const struct mark *mark, const uint8_t *data,
                          uint64_t bytes)
{
    return may_be_text(cutter, mark, bytes) && shape_is_text(data, bytes);
}

static uint64_t without_zeros(const uint8_t *data, uint64_t bytes)
{
    uint64_t length = bytes;
    while (length && !data[length - 1])
        length--;
    return length;
}

/** The object that begins at an unnamed mark and ends before @p end; classed by its shape. */
static void append_anonymous(struct cutter *cutter, const struct mark *mark, uint64_t end)
{
    struct owner_list *list = cutter->list;
    uint64_t address = mark->address, bytes = end - address, length = 0;
    enum owner_kind kind = OWNER_ANONYMOUS;
    const uint8_t *data = image_bytes(list->image, address, bytes);
    bool is_read_only = cutter->section->role == SECTION_READ_ONLY;
    if (mark->is_jump_table && mark->bytes && mark->bytes <= bytes) {
        kind = OWNER_JUMP_TABLE;
        length = mark->bytes;
    } else if (!is_read_only) {
        length = shape_rust_vtable(list->program, 0, address, bytes);
        kind = length ? OWNER_VTABLE : OWNER_ANONYMOUS;
    } else if (data) {
        length = shape_c_string(data, bytes);
        uint64_t text = without_zeros(data, bytes);
        if (length && may_be_text(cutter, mark, length))
            kind = OWNER_STRING;
        else if (text && is_plain_text(cutter, mark, data, text) && bytes - text < 16) {
            kind = OWNER_STRING;
            length = text;
        } else {
            length = 0;
        }
    }
    // Zeros behind what the code is known to access are filling up to an aligned neighbour.
    if (!length && data && mark->is_read && !mark->is_address) {
        uint64_t used = without_zeros(data, bytes);
        if (used < mark->bytes)
            used = mark->bytes;
        if (used < bytes && bytes - used < 32)
            length = used;
    }
    if (!length)
        length = bytes;
    append_shape(cutter, kind, mark, address, length);
    if (address + length < end)
        append_rest(cutter, address + length, end);
}

static bool is_anonymous(const struct cutter *cutter, const struct mark *mark)
{
    if (!mark->is_named)
        return true;
    if (mark->variable != NONE || mark->symbol == NONE)
        return false;
    return is_made_up(cutter->list->image->symbols[mark->symbol].name);
}

/** The first mark at or after index @p from that begins an object of its own behind @p address. */
static uint64_t next_begin(const struct marks *marks, size_t from, uint64_t end)
{
    return from < marks->count && marks->data[from].address < end ? marks->data[from].address : end;
}

static size_t first_mark(const struct marks *marks, uint64_t address)
{
    size_t low = 0, high = marks->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks->data[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** A section with a purpose of its own (a linker set, probes) owns what nothing else explains. */
static bool is_ordinary(const char *name)
{
    static const char *const prefixes[] = {".rodata", ".data",  ".bss",  ".lrodata",  ".ldata",
                                           ".lbss",   ".sdata", ".sbss", ".bolt.org", "segment ",
                                           ".const",  "COMMON", NULL};
    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (starts_with(name, *prefix))
            return true;
    return false;
}

void globals_cut_section(struct owner_list *list, const struct marks *marks,
                         const struct section *section, uint32_t section_index)
{
    struct cutter cutter = {.list = list,
                            .section = section,
                            .section_index = section_index,
                            .is_text_section = section->is_string_table};
    uint64_t end = section->address + section->bytes;
    size_t i = first_mark(marks, section->address);
    uint64_t first = next_begin(marks, i, end);
    if (first > section->address)
        append_rest(&cutter, section->address, first);
    if (i == marks->count || first == end) {
        if (!is_ordinary(section->name))
            append_shape(&cutter, OWNER_SECTION, NULL, list->next, end - list->next);
        owner_fill(list, end);
        return;
    }
    for (; i < marks->count && marks->data[i].address < end; i++) {
        const struct mark *mark = &marks->data[i];
        if (mark->address < list->next)
            continue; // inside an object
        uint64_t limit = next_begin(marks, i + 1, end);
        if (is_anonymous(&cutter, mark)) {
            if (mark->is_named && mark->address + mark->bytes < limit)
                limit = mark->address + mark->bytes;
            append_anonymous(&cutter, mark, limit);
            continue;
        }
        uint64_t bytes = end - mark->address < mark->bytes ? end - mark->address : mark->bytes;
        append_named(&cutter, mark, bytes);
        // Text behind a named object that no mark begins.
        size_t next = first_mark(marks, list->next);
        append_rest(&cutter, list->next, next_begin(marks, next, end));
    }
    owner_fill(list, end);
}

/* ---- Thread-locals --------------------------------------------------------------------------- */

static void append_thread_local(struct owner_list *list, const struct mark *mark)
{
    struct cutter cutter = {.list = list};
    append_named(&cutter, mark, mark->bytes);
}

void globals_thread_locals(struct owner_list *list, const struct marks *thread_marks)
{
    uint64_t end = list->image->tls_bytes;
    list->segment = NONE;
    list->next = 0;
    for (size_t i = 0; i < thread_marks->count; i++) {
        const struct mark *mark = &thread_marks->data[i];
        if (!mark->is_named || mark->address < list->next || mark->address >= end ||
            mark->bytes > end - mark->address)
            continue;
        append_thread_local(list, mark);
    }
    owner_fill(list, end);
}
