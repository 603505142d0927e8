/*
 * globals.c: every byte of every loadable segment gets exactly one owner.
 *
 * The segments are walked in address order; each section in them is handed to the file that knows
 * its kind; whatever lies between sections is headers, filling or nobody's. Since owners are
 * appended in order and each append first closes the gap before it, the sums are exact by
 * construction.
 */
#include "analysis/globals/globals.h"

#include "analysis/globals/owners.h"
#include "base/search.h"

#include <stdlib.h>
#include <string.h>

static enum memory memory_of(const struct owner_list *list, uint64_t address, uint32_t section)
{
    const struct image *image = list->image;
    if (list->segment == NONE)
        return address < image->tls_data_bytes ? MEMORY_TLS_DATA : MEMORY_TLS_BSS;
    const struct segment *segment = &image->segments[list->segment];
    bool is_code = section != NONE ? image->sections[section].is_executable : false;
    if (is_code)
        return MEMORY_CODE;
    if (!(segment->flags & MEMORY_WRITE))
        return MEMORY_READ_ONLY;
    bool is_relro =
        address >= image->relro_address && address - image->relro_address < image->relro_bytes;
    if (is_relro || (section != NONE && image->sections[section].role == SECTION_RELRO))
        return MEMORY_RELRO;
    return address - segment->address < segment->file_bytes ? MEMORY_DATA : MEMORY_BSS;
}

struct owner owner_make(const struct owner_list *list, enum owner_kind kind, uint64_t address,
                        uint64_t bytes)
{
    uint32_t section = list->segment == NONE ? NONE : image_section_at(list->image, address);
    struct owner owner = {.address = address,
                          .bytes = bytes,
                          .image_section = section,
                          .segment = list->segment,
                          .function = NONE,
                          .symbol = NONE,
                          .variable = NONE,
                          .initializer = NONE,
                          .memory = (uint8_t)memory_of(list, address, section),
                          .kind = (uint8_t)kind,
                          .origin = ORIGIN_USER};
    owner.is_writable = owner.memory >= MEMORY_DATA;
    return owner;
}

/** Filling is less than a page, or the whole rest that a linker left to align a segment. */
static bool is_filling(const struct owner_list *list, uint64_t address, uint64_t end)
{
    enum { MAX_ALIGNMENT = 1 << 21 };
    if (list->segment == NONE)
        return end - address < 64;
    uint32_t section = image_section_at(list->image, address);
    bool is_code = list->image->segments[list->segment].flags & MEMORY_EXECUTE;
    if (section != NONE && !is_code && end - address >= 4096)
        return false;
    return end - address < MAX_ALIGNMENT &&
           shape_is_padding(list->image, address, end - address, is_code);
}

enum { REST_BYTES = 1 << 24 }; /* of the file that are kept in memory behind the walk */

void owner_fill(struct owner_list *list, uint64_t end)
{
    if (list->next >= end)
        return;
    enum owner_kind kind = is_filling(list, list->next, end) ? OWNER_PADDING : OWNER_UNKNOWN;
    struct owner owner = owner_make(list, kind, list->next, end - list->next);
    owner.origin = ORIGIN_RUNTIME;
    list->next = end;
    array_push(list, owner);
    if (list->next - list->rested >= REST_BYTES) {
        list->rested = list->next;
        image_rest(list->image);
    }
}

void owner_append(struct owner_list *list, struct owner owner)
{
    uint64_t end = owner.address + owner.bytes;
    if (end <= list->next || end < owner.address)
        return;
    owner_fill(list, owner.address);
    owner.address = list->next;
    owner.bytes = end - list->next;
    list->next = end;
    array_push(list, owner);
}

/* ---- Sections -------------------------------------------------------------------------------- */

static void append_whole(struct owner_list *list, const struct section *section,
                         enum owner_kind kind)
{
    struct owner owner = owner_make(list, kind, section->address, section->bytes);
    owner.name = section->name;
    owner.origin = ORIGIN_RUNTIME;
    owner_append(list, owner);
}

/** The first symbol at or after @p address. */
static uint32_t symbol_from(const struct image *image, uint64_t address)
{
    uint32_t low = 0, high = image->symbol_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct symbol *symbol = &image->symbols[middle];
        bool is_place = symbol->is_defined && symbol->type != SYMBOL_TLS;
        if (is_place && symbol->address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Constants that assembly keeps between functions, up to @p end. */
static void append_constants_in_code(struct owner_list *list, uint64_t end)
{
    const struct image *image = list->image;
    for (uint32_t i = symbol_from(image, list->next); i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || symbol->type == SYMBOL_TLS || symbol->address >= end)
            return;
        if (symbol->type != SYMBOL_OBJECT || !symbol->bytes || symbol->address < list->next)
            continue;
        uint64_t room = end - symbol->address;
        struct owner owner = owner_make(list, OWNER_CONSTANT, symbol->address,
                                        symbol->bytes < room ? symbol->bytes : room);
        owner.symbol = i;
        owner.linkage_name = symbol->name;
        owner_append(list, owner);
    }
}

static void append_functions(struct owner_list *list, const struct section *section,
                             enum owner_kind kind)
{
    const struct program *program = list->program;
    uint64_t end = section->address + section->bytes;
    // The functions of images[0] are the first of all.
    uint32_t first =
        (uint32_t)COUNT_BELOW(program->functions, program->image_functions[1], section->address);
    for (uint32_t i = first; i < program->image_functions[1] && program->functions[i].address < end;
         i++) {
        const struct function *function = &program->functions[i];
        uint64_t room = end - function->address;
        struct owner owner = owner_make(list, kind, function->address,
                                        function->bytes < room ? function->bytes : room);
        owner.function = i;
        owner.symbol = function->source == FUNCTION_PLT ? NONE : function->symbol;
        owner.linkage_name = *function->linkage_name ? function->linkage_name : NULL;
        append_constants_in_code(list, function->address);
        owner_append(list, owner);
    }
    append_constants_in_code(list, end);
}

/** Functions, and an owner of @p rest kind for whatever no function claims. */
static void append_functions_and_rest(struct owner_list *list, const struct section *section,
                                      enum owner_kind kind, enum owner_kind rest)
{
    size_t first = list->count;
    append_functions(list, section, kind);
    owner_fill(list, section->address + section->bytes);
    for (size_t i = first; i < list->count; i++) {
        struct owner *owner = &list->data[i];
        if (owner->kind != OWNER_UNKNOWN)
            continue;
        owner->kind = (uint8_t)rest;
        owner->name = section->name;
    }
}

static void append_got(struct owner_list *list, const struct section *section)
{
    const struct image *image = list->image;
    uint64_t word = image->pointer_bytes;
    // Without file contents its size is only claimed, and may be absurd.
    uint64_t slots = section->data ? section->bytes / word : 0;
    for (uint64_t at = 0; at < slots * word; at += word) {
        struct owner owner = owner_make(list, OWNER_GOT, section->address + at, word);
        const struct relocation *relocation = image_relocation_at(image, owner.address);
        owner.origin = ORIGIN_RUNTIME;
        owner.name = section->name;
        if (relocation && relocation->symbol != NONE) {
            owner.name = NULL;
            owner.linkage_name = image->symbols[relocation->symbol].name;
        } else if (relocation && relocation->function != NONE &&
                   *list->program->functions[relocation->function].linkage_name) {
            owner.name = NULL;
            owner.linkage_name = list->program->functions[relocation->function].linkage_name;
        }
        owner_append(list, owner);
    }
}

static void append_section(struct owner_list *list, const struct marks *marks, uint32_t index)
{
    const struct section *section = &list->image->sections[index];
    switch (section->role) {
    case SECTION_CODE:
        append_functions(list, section, OWNER_FUNCTION);
        break;
    case SECTION_DEAD_CODE:
        append_functions_and_rest(list, section, OWNER_FUNCTION, OWNER_DEAD);
        break;
    case SECTION_PLT: // the stub that calls the resolver belongs to no function
        append_functions_and_rest(list, section, OWNER_PLT, OWNER_PLT);
        break;
    case SECTION_GOT:
        append_got(list, section);
        break;
    case SECTION_DEAD_DATA:
        append_whole(list, section, OWNER_DEAD);
        break;
    case SECTION_TLS_DATA:
        append_whole(list, section, OWNER_TLS_TEMPLATE);
        break;
    case SECTION_UNWIND:
        append_whole(list, section, OWNER_UNWIND);
        break;
    case SECTION_RELOCATIONS:
        append_whole(list, section, OWNER_RELOCATIONS);
        break;
    case SECTION_DYNAMIC:
        append_whole(list, section, OWNER_DYNAMIC);
        break;
    case SECTION_FUNCTION_LIST:
        append_whole(list, section, OWNER_FUNCTION_LIST);
        break;
    case SECTION_NOTE:
        append_whole(list, section, OWNER_NOTE);
        break;
    case SECTION_OTHER:
        append_whole(list, section,
                     strcmp(section->name, ".relro_padding") == 0 ? OWNER_PADDING : OWNER_SECTION);
        break;
    case SECTION_READ_ONLY:
    case SECTION_RELRO:
    case SECTION_DATA:
    case SECTION_BSS:
        globals_cut_section(list, marks, section);
        break;
    case SECTION_TLS_BSS:
        return;
    }
    owner_fill(list, section->address + section->bytes);
}

/* ---- Segments -------------------------------------------------------------------------------- */

/** Appends the part of file range [offset, offset + bytes) that the segment maps before @p end. */
static void append_headers(struct owner_list *list, uint64_t offset, uint64_t bytes,
                           const char *name, uint64_t end)
{
    const struct segment *segment = &list->image->segments[list->segment];
    if (!bytes || offset < segment->offset || offset - segment->offset >= segment->file_bytes)
        return;
    uint64_t address = segment->address + (offset - segment->offset);
    if (address < list->next || address >= end)
        return;
    if (bytes > end - address)
        bytes = end - address;
    struct owner owner = owner_make(list, OWNER_HEADERS, address, bytes);
    owner.name = name;
    owner.origin = ORIGIN_RUNTIME;
    owner_append(list, owner);
}

/** Fills the bytes between sections. */
static void append_gap(struct owner_list *list, uint64_t end)
{
    const struct image *image = list->image;
    if (image->is_placed) {
        append_headers(list, 0, image->headers_bytes, "ELF header", end);
        append_headers(list, image->program_headers_offset, image->program_headers_bytes,
                       "program headers", end);
    }
    owner_fill(list, end);
}

/** Walks one segment; @p section is the first section that is not behind it, moved along. */
static void walk_segment(struct owner_list *list, const struct marks *marks, uint32_t index,
                         uint32_t *section_index)
{
    const struct image *image = list->image;
    const struct segment *segment = &image->segments[index];
    uint64_t end = segment->address + segment->bytes;
    list->segment = index;
    list->next = segment->address;
    for (; *section_index < image->placed_count; ++*section_index) {
        const struct section *section = &image->sections[*section_index];
        if (section->address >= end)
            break;
        // A section that crosses the segment's border belongs to no segment as a whole.
        if (section->address < segment->address || section->address + section->bytes > end)
            continue;
        append_gap(list, section->address);
        append_section(list, marks, *section_index);
    }
    append_gap(list, end);
}

static void name_owners(struct owner_list *list)
{
    static const char *const names[OWNER_KIND_COUNT] = {
        [OWNER_FUNCTION] = "code", [OWNER_ANONYMOUS] = "anonymous",   [OWNER_STRING] = "string",
        [OWNER_VTABLE] = "vtable", [OWNER_JUMP_TABLE] = "jump table", [OWNER_PLT] = "plt",
        [OWNER_GOT] = "got",       [OWNER_PADDING] = "padding",       [OWNER_UNKNOWN] = "unknown",
        [OWNER_DEAD] = "dead",
    };
    for (size_t i = 0; i < list->count; i++) {
        struct owner *owner = &list->data[i];
        if (!owner->name && !owner->linkage_name && owner->function == NONE)
            owner->name = owner->image_section != NONE && owner->kind == OWNER_SECTION
                              ? list->image->sections[owner->image_section].name
                          : names[owner->kind] ? names[owner->kind]
                                               : "unnamed";
    }
}

void globals_analyze(struct program *program)
{
    struct owner_list list = {.program = program, .image = program->images[0]};
    struct marks marks, thread_marks;
    marks_collect(program, &marks);
    marks_collect_thread(program, &thread_marks);
    uint32_t section = 0;
    for (uint32_t i = 0; i < list.image->segment_count; i++)
        walk_segment(&list, &marks, i, &section);
    program->facts->tls_owner_first = (uint32_t)list.count;
    globals_thread_locals(&list, &thread_marks);
    array_deinit(&marks);
    array_deinit(&thread_marks);
    name_owners(&list);

    struct facts *facts = program->facts;
    facts->owner_count = (uint32_t)list.count;
    facts->owners = arena_calloc(&program->arena, list.count, sizeof *facts->owners);
    if (list.count)
        memcpy(facts->owners, list.data, list.count * sizeof *facts->owners);
    free(list.data);
    globals_find_users(program);
    globals_count_zeroes(program);
}
