/*
 * marks.c: everything that says where an object begins.
 *
 * In: symbols, debug variables, references of the code, relocations. Out: marks by address. What
 * several sources say of one address is merged: names from symbols, types from debug information,
 * accesses from the code.
 */
#include "analysis/globals/owners.h"

#include <stdlib.h>

static struct mark mark_at(uint64_t address)
{
    return (struct mark){.address = address, .symbol = NONE, .variable = NONE};
}

static bool holds_objects(const struct image *image, uint64_t address)
{
    uint32_t index = image_section_at(image, address);
    if (index == NONE)
        return false;
    enum section_role role = image->sections[index].role;
    return role == SECTION_READ_ONLY || role == SECTION_RELRO || role == SECTION_DATA ||
           role == SECTION_BSS || role == SECTION_OTHER;
}

static void mark_symbols(const struct image *image, bool thread_local, struct marks *ret)
{
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || (symbol->type == SYMBOL_TLS) != thread_local)
            continue;
        if (!thread_local && !holds_objects(image, symbol->address))
            continue;
        struct mark mark = mark_at(symbol->address);
        mark.symbol = i;
        mark.bytes = symbol->bytes;
        // Linker-made labels (_end, __bss_start) have neither type nor size and name nothing.
        mark.is_named = symbol->bytes > 0;
        array_push(ret, mark);
    }
}

static void mark_variables(const struct image *image, bool thread_local, struct marks *ret)
{
    const struct debug_info *debug = image->debug;
    for (uint32_t i = 0; debug && i < debug->variable_count; i++) {
        const struct debug_variable *variable = &debug->variables[i];
        if ((variable->kind == DEBUG_TLS) != thread_local || variable->bytes == UINT64_MAX ||
            !variable->bytes)
            continue;
        if (!thread_local && !holds_objects(image, variable->address))
            continue;
        struct mark mark = mark_at(variable->address);
        mark.variable = i;
        mark.bytes = variable->bytes;
        mark.is_named = true;
        array_push(ret, mark);
    }
}

static void mark_references(const struct program *program, const struct image *image,
                            struct marks *ret)
{
    for (uint32_t i = 0; i < program->reference_count; i++) {
        const struct reference *reference = &program->references[i];
        if (program->functions[reference->from].image != 0)
            break; // sorted by image
        if (!holds_objects(image, reference->target))
            continue;
        struct mark mark = mark_at(reference->target);
        mark.bytes = reference->bytes;
        mark.is_jump_table = reference->kind == REFERENCE_JUMP_TABLE;
        mark.is_address = reference->kind == REFERENCE_ADDRESS;
        mark.is_read = reference->kind == REFERENCE_READ || reference->kind == REFERENCE_WRITE;
        array_push(ret, mark);
    }
}

static void mark_relocations(const struct image *image, struct marks *ret)
{
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        const struct relocation *relocation = &image->relocations[i];
        if (relocation->kind != RELOCATION_RELATIVE || relocation->function != NONE ||
            !holds_objects(image, (uint64_t)relocation->addend))
            continue;
        struct mark mark = mark_at((uint64_t)relocation->addend);
        mark.is_address = true;
        array_push(ret, mark);
    }
}

/** Non-PIC images store addresses without relocations: words that fit an object section. */
static void mark_stored_words(const struct image *image, struct marks *ret)
{
    if (image->type != IMAGE_EXECUTABLE)
        return;
    unsigned word = image->pointer_bytes;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        bool holds_pointers = section->role == SECTION_DATA || section->role == SECTION_RELRO ||
                              section->role == SECTION_READ_ONLY;
        uint64_t value;
        for (uint64_t at = -section->address % word;
             holds_pointers && section->data && at + word <= section->bytes; at += word) {
            if (!image_read(image, section->address + at, word, &value) ||
                !holds_objects(image, value))
                continue;
            struct mark mark = mark_at(value);
            mark.is_address = true;
            array_push(ret, mark);
        }
    }
}

/** Named before seen, symbols before variables; the largest of several names first. */
static int by_address(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->is_named != y->is_named)
        return x->is_named ? -1 : 1;
    if ((x->symbol == NONE) != (y->symbol == NONE))
        return x->symbol == NONE ? 1 : -1;
    if (x->is_named && x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->symbol != y->symbol)
        return x->symbol < y->symbol ? -1 : 1;
    return x->variable < y->variable ? -1 : x->variable > y->variable;
}

static void merge(struct mark *into, const struct mark *from)
{
    if (into->symbol == NONE)
        into->symbol = from->symbol;
    if (into->variable == NONE)
        into->variable = from->variable;
    into->is_address |= from->is_address;
    into->is_read |= from->is_read;
    into->is_jump_table |= from->is_jump_table;
    if (!into->is_named && from->bytes > into->bytes)
        into->bytes = from->bytes;
}

static void sort_and_merge(struct marks *marks)
{
    if (!marks->count)
        return;
    qsort(marks->data, marks->count, sizeof *marks->data, by_address);
    size_t kept = 0;
    for (size_t i = 1; i < marks->count; i++) {
        if (marks->data[i].address == marks->data[kept].address)
            merge(&marks->data[kept], &marks->data[i]);
        else
            marks->data[++kept] = marks->data[i];
    }
    marks->count = kept + 1;
}

void marks_collect(struct program *program, struct marks *ret)
{
    const struct image *image = program->images[0];
    *ret = (struct marks){0};
    mark_symbols(image, false, ret);
    mark_variables(image, false, ret);
    mark_references(program, image, ret);
    mark_relocations(image, ret);
    mark_stored_words(image, ret);
    sort_and_merge(ret);
}

void marks_collect_thread(struct program *program, struct marks *ret)
{
    *ret = (struct marks){0};
    mark_symbols(program->images[0], true, ret);
    mark_variables(program->images[0], true, ret);
    sort_and_merge(ret);
}
