/*
 * tables.c: finds constant tables of functions by their shape.
 *
 * In: sections, relocations, symbols, references of the code. Out: which function stands at which
 * offset of a table.
 *
 * A table can only be used through an address that is computed by code or stored in data, or that
 * has a symbol; so these are the places to look at. A Rust vtable is drop function or null, size,
 * alignment, methods (null for those that cannot be called, addresses of data for supertraits); it
 * ends at the next such address. A C++ vtable's address point follows the offset to the top and
 * the address of the type information or null (Itanium C++ ABI 2.5.2); further ones of the same
 * class, which belong to its further bases, follow in the same object. Which class it is, the type
 * information says (classes.c). Rust code also uses tables
 * that a program lays out itself (RawWakerVTable); they count with whatever functions they have up
 * to the next address. Too many tables only make more candidates.
 */
#include "analysis/pointers/objects/tables.h"

#include "base/array.h"
#include "program/facts.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TABLE_WORDS = 4096, MAX_GROUP_GAP = 64 };

struct starts {
    uint64_t *data;
    size_t count, capacity;
};

struct slot_list {
    struct table_slot *data;
    size_t count, capacity;
};

struct finder {
    const struct program *program;
    const struct image *image;
    uint32_t image_index;
    bool has_rust, has_cpp; /* the image has code in these languages */
    struct starts starts;
    struct slot_list slots[TABLE_KIND_COUNT];
    struct classes *classes;
    ARRAY(struct rust_table) rust_tables;
};

/* ---- Words ----------------------------------------------------------------------------------- */

static struct word word_from_number(const struct program *program, uint32_t image_index,
                                    uint64_t number)
{
    const struct image *image = program->images[image_index];
    struct word word = {.kind = WORD_NUMBER, .function = NONE, .number = number};
    if (image->type != IMAGE_EXECUTABLE || !number)
        return word;
    uint32_t function = program_function_at(program, image_index, number);
    if (function != NONE && program->functions[function].address == number) {
        word.kind = WORD_FUNCTION;
        word.function = program_whole(program, function);
    } else if (image_section_at(image, number) != NONE) {
        word.kind = WORD_DATA;
    }
    return word;
}

struct word table_word(const struct program *program, uint32_t image_index, uint64_t address)
{
    const struct image *image = program->images[image_index];
    const struct relocation *relocation = image_relocation_at(image, address);
    struct word word = {.kind = WORD_NONE, .function = NONE};
    if (!relocation)
        return image_read(image, address, image->pointer_bytes, &word.number)
                   ? word_from_number(program, image_index, word.number)
                   : word;
    word.kind = WORD_DATA;
    if (relocation->function != NONE) {
        word.kind = WORD_FUNCTION;
        word.function = program_whole(program, relocation->function);
    } else if (relocation->kind == RELOCATION_RELATIVE) {
        word.number = (uint64_t)relocation->addend;
    } else if (relocation->symbol != NONE && image->symbols[relocation->symbol].is_defined) {
        word.number = image->symbols[relocation->symbol].address + (uint64_t)relocation->addend;
    }
    return word;
}

static struct word word_at(const struct finder *finder, uint64_t address)
{
    return table_word(finder->program, finder->image_index, address);
}

/* ---- Where tables may begin ------------------------------------------------------------------ */

static bool may_hold_tables(const struct image *image, uint64_t address)
{
    uint32_t index = image_section_at(image, address);
    if (index == NONE || address % image->pointer_bytes)
        return false;
    switch (image->sections[index].role) {
    case SECTION_READ_ONLY:
    case SECTION_RELRO:
    case SECTION_DATA:
        return true;
    default:
        return false;
    }
}

static void add_start(struct finder *finder, uint64_t address)
{
    if (may_hold_tables(finder->image, address))
        array_push(&finder->starts, address);
}

static void add_references(struct finder *finder)
{
    const struct program *program = finder->program;
    for (uint32_t i = 0; i < program->reference_count; i++) {
        const struct reference *reference = &program->references[i];
        if (reference->kind == REFERENCE_ADDRESS &&
            program->functions[reference->from].image == finder->image_index)
            add_start(finder, reference->target);
    }
}

static void add_relocations(struct finder *finder)
{
    const struct image *image = finder->image;
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        if (image->relocations[i].function != NONE)
            continue;
        struct word word = word_at(finder, image->relocations[i].address);
        if (word.kind == WORD_DATA && word.number)
            add_start(finder, word.number);
    }
}

static void add_symbols(struct finder *finder)
{
    const struct image *image = finder->image;
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (symbol->is_defined && symbol->type != SYMBOL_TLS && symbol->type != SYMBOL_FUNCTION)
            add_start(finder, symbol->address);
    }
}

/** Images with a fixed place store addresses without relocations. */
static void add_stored_words(struct finder *finder)
{
    const struct image *image = finder->image;
    unsigned bytes = image->pointer_bytes;
    uint64_t value;
    for (uint32_t i = 0; image->type == IMAGE_EXECUTABLE && i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        uint64_t first = -section->address % bytes;
        if (!section->data || section->is_executable)
            continue;
        for (uint64_t at = first; at + bytes <= section->bytes; at += bytes)
            if (image_read(image, section->address + at, bytes, &value) && value)
                add_start(finder, value);
    }
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void find_starts(struct finder *finder)
{
    struct starts *starts = &finder->starts;
    starts->count = 0;
    add_references(finder);
    add_relocations(finder);
    add_symbols(finder);
    add_stored_words(finder);
    if (!starts->count)
        return;
    qsort(starts->data, starts->count, sizeof *starts->data, by_number);
    size_t kept = 0;
    for (size_t i = 0; i < starts->count; i++)
        if (!kept || starts->data[kept - 1] != starts->data[i])
            starts->data[kept++] = starts->data[i];
    starts->count = kept;
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

static void add_slot(struct finder *finder, enum table_kind kind, uint64_t offset,
                     uint32_t function)
{
    array_push(&finder->slots[kind], (struct table_slot){(uint32_t)offset, function, NONE});
}

static bool is_rust_head(const struct finder *finder, uint64_t address)
{
    unsigned bytes = finder->image->pointer_bytes;
    struct word drop = word_at(finder, address);
    if (drop.kind != WORD_FUNCTION && (drop.kind != WORD_NUMBER || drop.number))
        return false;
    struct word size = word_at(finder, address + bytes);
    struct word alignment = word_at(finder, address + 2 * bytes);
    return size.kind == WORD_NUMBER && alignment.kind == WORD_NUMBER && alignment.number &&
           !(alignment.number & (alignment.number - 1)) && alignment.number <= (1U << 29) &&
           size.number % alignment.number == 0 && size.number <= (UINT64_C(1) << 47);
}

/** Adds a Rust vtable that begins at @p address and ends before @p end; false if it is none. */
static bool add_rust_table(struct finder *finder, uint64_t address, uint64_t end)
{
    unsigned bytes = finder->image->pointer_bytes;
    if (!is_rust_head(finder, address))
        return false;
    struct word word = word_at(finder, address);
    if (word.kind == WORD_FUNCTION)
        add_slot(finder, TABLE_RUST, 0, word.function);
    uint64_t at = address + 3 * bytes;
    for (; at + bytes <= end; at += bytes) {
        word = word_at(finder, at);
        if (word.kind == WORD_NONE || (word.kind == WORD_NUMBER && word.number))
            break;
        if (word.kind == WORD_FUNCTION)
            add_slot(finder, TABLE_RUST, at - address, word.function);
    }
    array_push(&finder->rust_tables, (struct rust_table){address, finder->image_index,
                                                         (uint32_t)((at - address) / bytes)});
    return true;
}

static bool is_small(const struct word *word)
{
    int64_t number = (int64_t)word->number;
    return word->kind == WORD_NUMBER && number > -(1 << 28) && number < (1 << 28);
}

/** Whether what stands before @p address is the head of a C++ vtable. */
static bool is_address_point(const struct finder *finder, uint64_t address)
{
    unsigned bytes = finder->image->pointer_bytes;
    struct word type = word_at(finder, address - bytes);
    struct word top = word_at(finder, address - 2 * bytes);
    if (!is_small(&top) || (int64_t)top.number > 0)
        return false;
    if (type.kind != WORD_DATA && (type.kind != WORD_NUMBER || type.number))
        return false;
    struct word first = word_at(finder, address);
    if (first.kind == WORD_NUMBER && !first.number)
        first = word_at(finder, address + bytes);
    return first.kind == WORD_FUNCTION;
}

/** Adds the functions from an address point on; returns where they end. */
static uint64_t add_virtual_functions(struct finder *finder, uint64_t address)
{
    unsigned bytes = finder->image->pointer_bytes;
    uint32_t class = classes_add(finder->classes, finder->image_index, address - bytes);
    uint64_t at = address;
    for (unsigned i = 0; i < MAX_TABLE_WORDS; i++, at += bytes) {
        struct word word = word_at(finder, at);
        if (word.kind == WORD_FUNCTION)
            array_push(&finder->slots[TABLE_CPP],
                       (struct table_slot){(uint32_t)(at - address), word.function, class});
        else if (word.kind != WORD_NUMBER || word.number)
            break;
    }
    return at;
}

/** Adds a C++ vtable and those of the other bases that follow; false if it is none. */
static bool add_cpp_table(struct finder *finder, uint64_t address)
{
    unsigned bytes = finder->image->pointer_bytes, gap = 0;
    if (!is_address_point(finder, address)) {
        if (!is_address_point(finder, address + 2 * bytes))
            return false;
        address += 2 * bytes;
    }
    uint64_t type = word_at(finder, address - bytes).number;
    uint64_t at = add_virtual_functions(finder, address);
    for (; gap < MAX_GROUP_GAP; gap++, at += bytes) {
        struct word word = word_at(finder, at);
        if (word.kind == WORD_DATA && word.number == type) {
            at = add_virtual_functions(finder, at + bytes) - bytes;
            gap = 0;
        } else if (!is_small(&word)) {
            break;
        }
    }
    return true;
}

static void add_other_table(struct finder *finder, uint64_t address, uint64_t end)
{
    unsigned bytes = finder->image->pointer_bytes;
    const struct image *image = finder->image;
    if (end - address > MAX_TABLE_WORDS * bytes)
        end = address + MAX_TABLE_WORDS * bytes;
    if (image->type == IMAGE_EXECUTABLE) {
        for (uint64_t at = address; at + bytes <= end; at += bytes) {
            struct word word = word_at(finder, at);
            if (word.kind == WORD_FUNCTION)
                add_slot(finder, TABLE_OTHER, at - address, word.function);
        }
        return;
    }
    for (uint32_t i = image_relocation_from(image, address);
         i < image->relocation_count && image->relocations[i].address < end; i++)
        if (image->relocations[i].function != NONE)
            add_slot(finder, TABLE_OTHER, image->relocations[i].address - address,
                     program_whole(finder->program, image->relocations[i].function));
}

static void find_tables(struct finder *finder)
{
    const struct starts *starts = &finder->starts;
    for (size_t i = 0; i < starts->count; i++) {
        uint64_t address = starts->data[i];
        uint32_t index = image_section_at(finder->image, address);
        const struct section *section = &finder->image->sections[index];
        uint64_t end = section->address + section->bytes;
        if (i + 1 < starts->count && starts->data[i + 1] < end)
            end = starts->data[i + 1];
        if (finder->has_rust && add_rust_table(finder, address, end))
            continue;
        if (!(finder->has_cpp && add_cpp_table(finder, address)) && finder->has_rust)
            add_other_table(finder, address, end);
    }
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
    const struct table_slot *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->function != y->function)
        return x->function < y->function ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

static void sort_slots(struct slot_list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->data, list->count, sizeof *list->data, by_offset);
    for (size_t i = 0; i < list->count; i++)
        if (!kept || by_offset(&list->data[kept - 1], &list->data[i]) != 0)
            list->data[kept++] = list->data[i];
    list->count = kept;
}

static bool has_rust(const struct program *program, uint32_t image)
{
    for (uint32_t i = program->image_functions[image]; i < program->image_functions[image + 1]; i++)
        if (program->facts->crates[i])
            return true;
    return false;
}

/** Whether an image refers to vtables, type information or operators of C++, or hides all names. */
static bool has_cpp(const struct image *image)
{
    static const char *const prefixes[] = {"_ZTV", "_ZTI", "_Zn", "_Zd", "_ZS"};
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const char *name = image->symbols[i].name;
        for (size_t k = 0; name[0] == '_' && k < sizeof prefixes / sizeof *prefixes; k++)
            if (strncmp(name, prefixes[k], strlen(prefixes[k])) == 0)
                return true;
    }
    return !image->symbol_count;
}

void tables_init(struct tables *ret, struct program *program)
{
    struct finder finder = {.program = program, .classes = &ret->classes};
    classes_init(&ret->classes, program);
    for (uint32_t i = 0; i < program->image_count; i++) {
        finder.image = program->images[i];
        finder.image_index = i;
        finder.has_rust = has_rust(program, i);
        finder.has_cpp = has_cpp(finder.image);
        if (!finder.image->arch)
            continue;
        find_starts(&finder);
        find_tables(&finder);
    }
    free(finder.starts.data);
    classes_finish(&ret->classes);
    for (unsigned i = 0; i < TABLE_KIND_COUNT; i++) {
        sort_slots(&finder.slots[i]);
        ret->slots[i] = finder.slots[i].data;
        ret->counts[i] = finder.slots[i].count;
    }
    ret->rust_tables = finder.rust_tables.data;
    ret->rust_table_count = finder.rust_tables.count;
}

void tables_deinit(struct tables *tables)
{
    for (unsigned i = 0; i < TABLE_KIND_COUNT; i++)
        free(tables->slots[i]);
    classes_deinit(&tables->classes);
    free(tables->rust_tables);
    *tables = (struct tables){0};
}

const struct table_slot *tables_at(const struct tables *tables, enum table_kind kind,
                                   uint32_t offset, size_t *ret_count)
{
    const struct table_slot *slots = tables->slots[kind];
    size_t low = 0, high = tables->counts[kind];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_count = 0;
    while (low + *ret_count < tables->counts[kind] && slots[low + *ret_count].offset == offset)
        ++*ret_count;
    return slots + low;
}
