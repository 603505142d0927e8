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
#include "base/search.h"

#include <string.h>

/** The piece of a section that is being cut. */
struct cutter {
    struct owner_list *list;
    const struct section *section;
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

static bool is_mangled(const char *name)
{
    return starts_with(name, "_R") || starts_with(name, "_Z");
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
        // A mangled symbol says the same and more: rustc puts some variables in wrong namespaces.
        if (!owner.linkage_name || !is_mangled(owner.linkage_name))
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

/** Length of the next string of a row behind @p zeros bytes of filling, 0 if none follows. */
static uint64_t next_string(const struct cutter *cutter, const uint8_t *data, uint64_t bytes,
                            uint64_t *zeros)
{
    enum { SHORTEST = 3 };
    uint64_t skipped = 0;
    while (skipped < bytes && !data[skipped])
        skipped++;
    *zeros = skipped;
    uint64_t length = skipped < bytes ? shape_c_string(data + skipped, bytes - skipped) : 0;
    return length >= SHORTEST || cutter->is_text_section ? length : 0;
}

/** Rows of strings that nothing refers to directly: each text up to its NUL, then filling. */
static void append_rest(struct cutter *cutter, uint64_t address, uint64_t end)
{
    const uint8_t *data = image_bytes(cutter->list->image, address, end - address);
    uint64_t length, zeros;
    while (data && (length = next_string(cutter, data, end - address, &zeros))) {
        append_shape(cutter, OWNER_STRING, NULL, address + zeros, length);
        address += zeros + length;
        data += zeros + length;
    }
}

/** Whether [data, data + bytes) is nothing but strings and filling. */
static bool is_row_of_strings(const struct cutter *cutter, const uint8_t *data, uint64_t bytes)
{
    uint64_t length, zeros, at = 0;
    while ((length = next_string(cutter, data + at, bytes - at, &zeros)))
        at += zeros + length;
    return at + zeros == bytes && zeros < 32;
}

/** Code that only reads a value in place treats it as a number, not as text. */
static bool may_be_text(const struct cutter *cutter, const struct mark *mark, uint64_t length)
{
    if (cutter->is_text_section)
        return true;
    return mark->is_address && (!mark->is_read || length > mark->bytes);
}

static uint64_t without_zeros(const uint8_t *data, uint64_t bytes)
{
    uint64_t length = bytes;
    while (length && !data[length - 1])
        length--;
    return length;
}

/**
 * Bytes of the string literal at the start of a piece, 0 if there is none. A short text counts only
 * if the rest of the piece is text too: tables of small numbers begin with bytes that look like
 * one.
 */
static uint64_t string_length(const struct cutter *cutter, const struct mark *mark,
                              const uint8_t *data, uint64_t bytes)
{
    enum { CONVINCING = 5 };
    uint64_t length = shape_c_string(data, bytes);
    // An empty string and what aligns its neighbour; more zeros are a table of zeros.
    if (length == 1 && bytes > 8 && !cutter->is_text_section)
        return 0;
    if (length && may_be_text(cutter, mark, length) &&
        (length >= CONVINCING || is_row_of_strings(cutter, data + length, bytes - length)))
        return length;
    // Rust's literals have no NUL and lie next to each other.
    uint64_t text = without_zeros(data, bytes);
    if (text && bytes - text < 16 && may_be_text(cutter, mark, text) && shape_is_text(data, text))
        return text;
    return 0;
}

/** Bytes of a constant that code only reads in place: zeros behind it fill up to a neighbour. */
static uint64_t constant_length(const struct mark *mark, const uint8_t *data, uint64_t bytes)
{
    if (!mark->is_read || mark->is_address)
        return bytes;
    uint64_t used = without_zeros(data, bytes);
    if (used < mark->bytes)
        used = mark->bytes;
    return used < bytes && bytes - used < 32 ? used : bytes;
}

/** Classes the bytes at a mark by their shape; @p ret is its length, 0 if it does not say. */
static enum owner_kind shape_of(const struct cutter *cutter, const struct mark *mark,
                                uint64_t bytes, uint64_t *ret)
{
    const struct owner_list *list = cutter->list;
    const uint8_t *data = image_bytes(list->image, mark->address, bytes);
    *ret = 0;
    if (mark->is_jump_table && mark->bytes && mark->bytes <= bytes) {
        *ret = mark->bytes;
        return OWNER_JUMP_TABLE;
    }
    if (cutter->section->role != SECTION_READ_ONLY) {
        *ret = shape_rust_vtable(list->program, 0, mark->address, bytes);
        return *ret ? OWNER_VTABLE : OWNER_ANONYMOUS;
    }
    if (data)
        *ret = string_length(cutter, mark, data, bytes);
    return *ret ? OWNER_STRING : OWNER_ANONYMOUS;
}

/** The object that begins at an unnamed mark and ends before @p end; classed by its shape. */
static void append_anonymous(struct cutter *cutter, const struct mark *mark, uint64_t end)
{
    uint64_t address = mark->address, bytes = end - address, length;
    enum owner_kind kind = shape_of(cutter, mark, bytes, &length);
    const uint8_t *data = image_bytes(cutter->list->image, address, bytes);
    if (!length)
        length = data ? constant_length(mark, data, bytes) : bytes;
    append_shape(cutter, kind, mark, address, length);
    if (address + length < end)
        append_rest(cutter, address + length, end);
}

/** Whether the only name is one that a compiler made up: it says nothing, the shape does. */
static bool is_nameless(const struct cutter *cutter, const struct mark *mark)
{
    if (mark->variable != NONE || mark->symbol == NONE)
        return false;
    return is_made_up(cutter->list->image->symbols[mark->symbol].name);
}

/** The first mark at or after index @p from that begins an object of its own behind @p address. */
static uint64_t next_begin(const struct marks *marks, size_t from, uint64_t end)
{
    return from < marks->count && marks->data[from].address < end ? marks->data[from].address : end;
}

/** A section with a purpose of its own (a linker set, probes) owns what nothing else explains. */
static bool is_ordinary(const char *name)
{
    static const char *const prefixes[] = {".rodata", ".data",  ".bss",  ".lrodata",  ".ldata",
                                           ".lbss",   ".sdata", ".sbss", ".bolt.org", "[",
                                           ".const",  "COMMON", NULL};
    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (starts_with(name, *prefix))
            return true;
    return false;
}

void globals_cut_section(struct owner_list *list, const struct marks *marks,
                         const struct section *section)
{
    struct cutter cutter = {
        .list = list, .section = section, .is_text_section = section->is_string_table};
    uint64_t end = section->address + section->bytes;
    size_t i = COUNT_BELOW(marks->data, marks->count, section->address);
    uint64_t first = next_begin(marks, i, end);
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
        if (!mark->is_named) {
            append_anonymous(&cutter, mark, next_begin(marks, i + 1, end));
            continue;
        }
        uint64_t bytes = end - mark->address < mark->bytes ? end - mark->address : mark->bytes;
        if (is_nameless(&cutter, mark))
            append_shape(&cutter, shape_of(&cutter, mark, bytes, &(uint64_t){0}), mark,
                         mark->address, bytes);
        else
            append_named(&cutter, mark, bytes);
        // Text behind a named object that no mark begins.
        size_t next = COUNT_BELOW(marks->data, marks->count, list->next);
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
