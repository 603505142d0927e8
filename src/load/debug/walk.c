/*
 * walk.c: one pass over a unit's entries.
 *
 * In: a unit. Out: its scopes (name spaces, types and functions with children, for the qualified
 * names of whatever is inside) and raw records of functions, inlined calls and variables: where
 * they are in memory and which entry describes them. Names come later, since they may refer to
 * units that are not walked yet.
 *
 * Addresses that are not code (or data) of the image are dropped: functions that the linker left
 * out are at 0 or at the end of the address space. Frame-relative and optimized-out variables are
 * left out; so are statics in pieces.
 */
#include "load/debug/internal.h"
#include "load/load.h"

// Entries of real units take several bytes, and where they are compressed, hardly less than one.
enum { MAX_DEPTH = 1024, MAX_INLINE_DEPTH = 254, ENTRIES_PER_BYTE = 2, MIN_ENTRIES = 64 };

/** An entry whose children are being read. */
struct level {
    uint32_t scope;         // innermost one, NONE
    uint32_t type;          // this entry's number among the unit's types, RAW_NONE
    struct frame_base base; // of the function around
    uint8_t inline_depth;
    bool is_scope; // `scope` is this entry
};

struct walk {
    struct worker *worker;
    struct unit *unit;
    bool is_code_unit;           // false: only scopes and types are wanted
    bool has_types, has_layouts; // are wanted
    struct entry_data entry;
    struct level levels[MAX_DEPTH];
    uint32_t depth;
    size_t entries_left; // that may still come
};

static bool is_scope_tag(unsigned tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_subprogram:
        return true;
    }
    return false;
}

static void add_function(struct walk *walk)
{
    struct worker *worker = walk->worker;
    struct unit_records *records = &walk->unit->records;
    uint64_t entry_pc;
    if (!has(&walk->entry, ATTRIBUTE_LOW_PC) && !has(&walk->entry, ATTRIBUTE_RANGES))
        return;
    if (!ranges_read(worker, &walk->entry) || worker->ranges.count == 0)
        return;
    struct range hot = worker->ranges.data[0];
    if (entry_address(&walk->entry, ATTRIBUTE_ENTRY_PC, &entry_pc))
        for (size_t i = 0; i < worker->ranges.count; i++)
            if (worker->ranges.data[i].address == entry_pc)
                hot = worker->ranges.data[i];
    if (!session_has_code(worker->session, hot.address, hot.bytes))
        return;
    array_push(&records->functions,
               (struct debug_function){.address = hot.address, .bytes = hot.bytes});
    array_push(&records->function_entries, walk->entry.at);
}

static void add_inlined(struct walk *walk, unsigned depth)
{
    struct worker *worker = walk->worker;
    struct unit_records *records = &walk->unit->records;
    struct unit *origin_unit;
    const uint8_t *origin;
    uint64_t file, line;
    if (depth > MAX_INLINE_DEPTH || !ranges_read(worker, &walk->entry))
        return;
    if (!entry_uint(&walk->entry, ATTRIBUTE_CALL_FILE, &file) || file > UINT32_MAX)
        file = UINT32_MAX;
    if (!entry_uint(&walk->entry, ATTRIBUTE_CALL_LINE, &line) || line > UINT32_MAX)
        line = 0;
    if (!entry_reference(worker, &walk->entry, ATTRIBUTE_ORIGIN, &origin_unit, &origin))
        origin = walk->entry.at;
    for (size_t i = 0; i < worker->ranges.count; i++) {
        struct range range = worker->ranges.data[i];
        if (!session_has_code(worker->session, range.address, range.bytes))
            continue;
        array_push(&records->inlined, (struct debug_inlined){.address = range.address,
                                                             .bytes = range.bytes,
                                                             .call_file = (uint32_t)file,
                                                             .call_line = (uint32_t)line,
                                                             .depth = depth,
                                                             .parent = NONE});
        array_push(&records->inlined_entries, origin);
    }
}

/* ---- Variables ------------------------------------------------------------------------------- */

/** Reads the operation that begins a static location: the address, or offset, of something. */
static bool read_place(const struct unit *unit, struct reader *reader, uint64_t *ret)
{
    switch (reader_uint(reader, 1)) {
    case DW_OP_addr:
        *ret = reader_uint(reader, unit->address_bytes);
        return !reader->failed;
    case DW_OP_const4u:
        *ret = reader_uint(reader, 4);
        return !reader->failed;
    case DW_OP_const8u:
        *ret = reader_uint(reader, 8);
        return !reader->failed;
    case DW_OP_addrx:
    case DW_OP_constx:
    case DW_OP_GNU_addr_index:
    case DW_OP_GNU_const_index: {
        uint64_t index = reader_uleb(reader);
        return !reader->failed && unit_address(unit, index, ret);
    }
    }
    return false;
}

/** Understands `address`, `address plus`, and the thread-local forms; nothing else is static. */
static bool read_location(const struct unit *unit, struct bytes expression, uint64_t *ret_address,
                          enum debug_variable_kind *ret_kind)
{
    struct reader reader = reader_at(expression, 0);
    uint8_t first = expression.bytes ? expression.data[0] : 0;
    bool is_address = first == DW_OP_addr || first == DW_OP_addrx || first == DW_OP_GNU_addr_index;
    if (!read_place(unit, &reader, ret_address))
        return false;
    *ret_kind = DEBUG_STATIC;
    while (reader_left(&reader) > 0) {
        switch (reader_uint(&reader, 1)) {
        case DW_OP_plus_uconst:
            *ret_address += reader_uleb(&reader);
            break;
        case DW_OP_form_tls_address:
        case DW_OP_GNU_push_tls_address:
            if (*ret_kind == DEBUG_TLS)
                return false;
            *ret_kind = DEBUG_TLS;
            break;
        default:
            return false;
        }
    }
    return !reader.failed && (is_address || *ret_kind == DEBUG_TLS);
}

static bool is_in_image(const struct image *image, uint64_t address, enum debug_variable_kind kind)
{
    if (kind == DEBUG_TLS)
        return address < image->tls_bytes || (image->type == IMAGE_OBJECT && !image->tls_bytes);
    return address != 0 && image_segment_at(image, address) != NONE;
}

/** In split units gcc writes the address of a thread-local in the template, not its offset. */
static uint64_t tls_offset(const struct image *image, uint64_t address)
{
    bool is_address = address >= image->tls_bytes && address >= image->tls_address &&
                      address - image->tls_address < image->tls_bytes;
    return is_address ? address - image->tls_address : address;
}

static void add_variable(struct walk *walk)
{
    struct unit_records *records = &walk->unit->records;
    const struct image *image = walk->worker->session->image;
    struct bytes expression;
    enum debug_variable_kind kind;
    uint64_t address;
    if (!entry_expression(&walk->entry, ATTRIBUTE_LOCATION, &expression) ||
        !read_location(walk->unit, expression, &address, &kind))
        return;
    if (kind == DEBUG_TLS)
        address = tls_offset(image, address);
    if (!is_in_image(image, address, kind))
        return;
    array_push(&records->variables, (struct debug_variable){.address = address,
                                                            .bytes = UINT64_MAX,
                                                            .file = UINT32_MAX,
                                                            .kind = (uint8_t)kind});
    array_push(&records->variable_entries, walk->entry.at);
}

/* ---- The walk -------------------------------------------------------------------------------- */

static void add_record(struct walk *walk, const struct level *parent)
{
    switch (walk->entry.tag) {
    case DW_TAG_subprogram:
        add_function(walk);
        break;
    case DW_TAG_inlined_subroutine:
        add_inlined(walk, parent->inline_depth);
        break;
    case DW_TAG_variable:
        add_variable(walk);
        break;
    }
}

/** Notes what the present entry says of types; returns its own number, RAW_NONE. */
static uint32_t add_type(struct walk *walk, const struct level *parent, bool is_static)
{
    if (!walk->has_types)
        return RAW_NONE;
    bool is_local = walk->entry.tag == DW_TAG_variable && !is_static && walk->depth > 1 &&
                    !entry_flag(&walk->entry, ATTRIBUTE_DECLARATION);
    if (is_local || (walk->entry.tag == DW_TAG_formal_parameter && parent->base.is_known))
        type_collect_local(walk->worker, &walk->entry, &parent->base);
    if (walk->entry.tag == DW_TAG_formal_parameter && parent->base.is_known &&
        !parent->inline_depth)
        type_count_parameter(walk->worker, &walk->entry);
    return type_collect(walk->worker, &walk->entry, parent->type);
}

/** Makes the present entry, which is type @p type and if a function has a frame, the parent of
 *  those that follow. */
static bool enter(struct walk *walk, const struct level *parent, uint32_t type,
                  const struct frame_base *function_base)
{
    struct level level = {.scope = parent->scope,
                          .type = type,
                          .base = parent->base,
                          .inline_depth = parent->inline_depth};
    if (walk->depth == MAX_DEPTH)
        return false;
    if (is_scope_tag(walk->entry.tag)) {
        struct scope scope = {.offset = (uint32_t)(walk->entry.at - walk->unit->start),
                              .end = UINT32_MAX,
                              .parent = parent->scope};
        level.scope = (uint32_t)walk->unit->scopes.count;
        level.is_scope = true;
        array_push(&walk->unit->scopes, scope);
    }
    if (walk->entry.tag == DW_TAG_inlined_subroutine && level.inline_depth < UINT8_MAX)
        level.inline_depth++;
    if (walk->entry.tag == DW_TAG_subprogram) {
        level.inline_depth = 0;
        level.base = *function_base;
    }
    walk->levels[walk->depth++] = level;
    return true;
}

static void leave(struct walk *walk, const uint8_t *at)
{
    const struct level *level = &walk->levels[--walk->depth];
    if (level->is_scope)
        walk->unit->scopes.data[level->scope].end = (uint32_t)(at - walk->unit->start);
}

/** Handles the entry at @p at; returns where the next one is, NULL if this is malformed. */
static const uint8_t *step(struct walk *walk, const uint8_t *at)
{
    static const struct level top = {.scope = NONE, .type = RAW_NONE};
    const struct level *parent = walk->depth ? &walk->levels[walk->depth - 1] : &top;
    if (!entry_read(walk->worker, walk->unit, at, &walk->entry))
        return NULL;
    const struct unit_records *records = &walk->unit->records;
    size_t statics = records->variables.count, functions = records->functions.count;
    if (walk->is_code_unit)
        add_record(walk, parent);
    uint32_t type = add_type(walk, parent, records->variables.count > statics);
    struct frame_base base = {0};
    if (records->functions.count > functions && walk->has_types)
        base = frame_base_of(&walk->entry, records->functions.data[functions].address,
                             walk->unit->address_bytes);
    if (walk->has_layouts)
        layouts_collect(walk->unit, &walk->entry, parent->scope);
    if (walk->entry.has_children && !enter(walk, parent, type, &base))
        return NULL;
    return walk->entry.end;
}

static void walk_entries(struct walk *walk)
{
    const uint8_t *at = walk->unit->root;
    do {
        if (!walk->entries_left--) {
            walk->unit->problem =
                "has more entries than its size in the file allows and was read in "
                "part only";
            break;
        }
        if (at >= walk->unit->end)
            break; // some producers leave out the last ends of children
        if (*at == 0) {
            leave(walk, ++at);
            continue;
        }
        at = step(walk, at);
        if (!at) {
            walk->unit->problem = walk->worker->attribute_budget
                                      ? "is malformed and was read in part only"
                                      : TOO_MANY_ATTRIBUTES;
            break;
        }
    } while (walk->depth > 0);
    while (walk->depth > 0)
        leave(walk, walk->unit->end);
}

void unit_walk(struct worker *worker, struct unit *unit)
{
    struct walk *walk = xmalloc(sizeof *walk);
    walk->worker = worker;
    walk->unit = unit;
    walk->depth = 0;
    walk->entries_left =
        (size_t)(unit->end - unit->start) * ENTRIES_PER_BYTE / unit->file->growth + MIN_ENTRIES;
    walk->is_code_unit = (unit->type == DW_UT_compile || unit->type == DW_UT_skeleton ||
                          unit->type == DW_UT_split_compile) &&
                         unit->file->role != DEBUG_FILE_ALT;
    walk->has_types = type_wanted(unit);
    walk->has_layouts = worker->session->options && worker->session->options->with_layouts;
    if (*unit->root != 0)
        walk_entries(walk);
    if (walk->has_types)
        raw_types_complete(&unit->types);
    if (walk->has_types && unit->language == LANGUAGE_RUST)
        rust_types_prune(&unit->types);
    free(walk);
}
