/*
 * bind.c: which function each relocation means, across all images.
 *
 * In: images with symbols and relocations, functions. Out: relocation.function,
 * function.is_exported, is_address_taken for stored addresses, and external functions for imports
 * that nobody defines, and for what a C library calls in the kernel. A dynamic symbol is looked up
 * in the loader's global scope: the images in breadth-first order, the first definition of the name
 * with a fitting version wins (gABI chapter 5, Shared Object Dependencies; LSB, Symbol Versioning).
 */
#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "load/elf_file.h"

#include <string.h>

/** One definition that other images may bind to. */
struct definition {
    uint32_t image, symbol;
    uint32_t next; /* further ones of the name, later in the scope; NONE */
};

struct binder {
    struct program *program;
    struct string_map first; /* definition by name */
    ARRAY(struct definition) definitions;
    ARRAY(uint32_t) last;        /* last definition in the chain that starts at each index */
    struct string_map externals; /* external function by name */
    bool is_complete;            /* all needed libraries are there */
    ARRAY(struct function) added;
};

static void add_definition(struct binder *binder, const char *name, uint32_t image, uint32_t symbol)
{
    uint32_t index = (uint32_t)binder->definitions.count;
    array_push(&binder->definitions, (struct definition){image, symbol, NONE});
    array_push(&binder->last, index);
    uint32_t first = string_map_get(&binder->first, name);
    if (first == MAP_NONE) {
        string_map_set(&binder->first, name, index);
        return;
    }
    binder->definitions.data[binder->last.data[first]].next = index;
    binder->last.data[first] = index;
}

static bool is_complete(const struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        if (image->type == IMAGE_OBJECT)
            return false;
        for (uint32_t k = 0; k < image->needed_count; k++)
            if (image->needed[k].image == NONE)
                return false;
    }
    return true;
}

static void collect_definitions(struct binder *binder)
{
    const struct program *program = binder->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        for (uint32_t k = 0; k < image->symbol_count; k++) {
            const struct symbol *symbol = &image->symbols[k];
            if (symbol->is_defined && symbol->is_dynamic && !symbol->is_hidden &&
                symbol->binding != BINDING_LOCAL)
                add_definition(binder, symbol->name, i, k);
        }
    }
}

static bool fits(const struct symbol *wanted, const struct symbol *offered)
{
    if (!wanted->version || !offered->version)
        return offered->is_default_version || !offered->version;
    return strcmp(wanted->version, offered->version) == 0;
}

/** Finds what the loader binds the name to; NULL if nobody defines it. */
static const struct definition *look_up(const struct binder *binder, const struct symbol *symbol)
{
    const struct program *program = binder->program;
    const struct definition *fallback = NULL;
    for (uint32_t i = string_map_get(&binder->first, symbol->name); i != NONE;) {
        const struct definition *definition = &binder->definitions.data[i];
        const struct symbol *offered =
            &program->images[definition->image]->symbols[definition->symbol];
        if (fits(symbol, offered))
            return definition;
        if (!fallback)
            fallback = definition;
        i = definition->next;
    }
    return fallback;
}

static uint32_t function_starting_at(const struct program *program, uint32_t image,
                                     uint64_t address)
{
    uint32_t function = program_function_at(program, image, address);
    if (function == NONE || program->functions[function].address != address)
        return NONE;
    return program_whole(program, function);
}

static uint32_t external_function(struct binder *binder, const char *name, bool is_absent)
{
    uint32_t known = string_map_get(&binder->externals, name);
    if (known != MAP_NONE)
        return known;
    uint32_t index = binder->program->function_count + (uint32_t)binder->added.count;
    array_push(&binder->added, (struct function){.linkage_name = name,
                                                 .image = NONE,
                                                 .section = NONE,
                                                 .symbol = NONE,
                                                 .debug_function = NONE,
                                                 .part_of = NONE,
                                                 .first_part = NONE,
                                                 .next_part = NONE,
                                                 .source = FUNCTION_EXTERNAL,
                                                 .is_absent = is_absent});
    string_map_set(&binder->externals, name, index);
    return index;
}

/** What Linux maps into every process (vDSO), for the C library to look up: vdso(7). */
static void add_kernel_functions(struct binder *binder)
{
    static const char *const names[] = {"__vdso_clock_getres", "__vdso_clock_gettime",
                                        "__vdso_getcpu", "__vdso_gettimeofday", "__vdso_time"};
    bool is_there = false;
    for (uint32_t i = 0; i < binder->program->image_count && !is_there; i++)
        is_there = image_is_c_library(binder->program->images[i]);
    for (size_t i = 0; is_there && i < sizeof names / sizeof *names; i++)
        external_function(binder, names[i], false);
}

static uint32_t bind_symbol(struct binder *binder, uint32_t image_index,
                            const struct symbol *symbol, enum relocation_kind kind)
{
    const struct program *program = binder->program;
    if (symbol->is_defined && (!symbol->is_dynamic || symbol->is_hidden))
        return function_starting_at(program, image_index, symbol->address);
    const struct definition *definition = look_up(binder, symbol);
    if (definition) {
        const struct symbol *offered =
            &program->images[definition->image]->symbols[definition->symbol];
        return function_starting_at(program, definition->image, offered->address);
    }
    if (symbol->is_defined)
        return function_starting_at(program, image_index, symbol->address);
    bool may_be_function = symbol->type == SYMBOL_FUNCTION || symbol->type == SYMBOL_NONE ||
                           symbol->type == SYMBOL_IFUNC || kind == RELOCATION_PLT;
    bool is_absent = binder->is_complete && symbol->binding == BINDING_WEAK;
    return may_be_function ? external_function(binder, symbol->name, is_absent) : NONE;
}

static uint32_t bind_relocation(struct binder *binder, uint32_t image_index,
                                const struct relocation *relocation)
{
    const struct image *image = binder->program->images[image_index];
    switch ((enum relocation_kind)relocation->kind) {
    case RELOCATION_RELATIVE:
    case RELOCATION_IFUNC:
        return function_starting_at(binder->program, image_index, (uint64_t)relocation->addend);
    case RELOCATION_ABSOLUTE:
        if (relocation->symbol == NONE)
            return function_starting_at(binder->program, image_index, (uint64_t)relocation->addend);
        if (relocation->addend)
            return NONE;
        // fall through
    case RELOCATION_GOT:
    case RELOCATION_PLT:
        if (relocation->symbol == NONE)
            return NONE;
        return bind_symbol(binder, image_index, &image->symbols[relocation->symbol],
                           (enum relocation_kind)relocation->kind);
    case RELOCATION_COPY:
    case RELOCATION_TLS:
    case RELOCATION_OTHER:
        break;
    }
    return NONE;
}

/** What looks like code may hold the address of any function. */
static void take_all(struct program *program, uint32_t image)
{
    for (uint32_t i = program->image_functions[image]; i < program->image_functions[image + 1]; i++)
        program->functions[i].is_address_taken = true;
}

/** A stored address other than the one a stub jumps through is an address taken. */
static bool takes_address(const struct relocation *relocation)
{
    return relocation->kind == RELOCATION_RELATIVE || relocation->kind == RELOCATION_ABSOLUTE;
}

static void bind_image(struct binder *binder, uint32_t image_index)
{
    struct program *program = binder->program;
    struct image *image = program->images[image_index];
    if (image->is_mixed)
        take_all(program, image_index);
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        struct relocation *relocation = &image->relocations[i];
        uint32_t function = bind_relocation(binder, image_index, relocation);
        relocation->function = function;
        if (function == NONE)
            continue;
        if (relocation->kind == RELOCATION_IFUNC && function < program->function_count)
            program->functions[function].is_ifunc = true;
        if (takes_address(relocation) && function < program->function_count)
            program->functions[function].is_address_taken = true;
    }
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || symbol->type == SYMBOL_TLS || symbol->type == SYMBOL_OBJECT ||
            symbol->binding == BINDING_LOCAL ||
            (!symbol->is_dynamic && image->type != IMAGE_OBJECT))
            continue;
        uint32_t function = function_starting_at(program, image_index, symbol->address);
        if (function != NONE)
            program->functions[function].is_exported = true;
    }
}

static void append_externals(struct binder *binder)
{
    struct program *program = binder->program;
    size_t count = program->function_count + binder->added.count;
    struct function *all = arena_calloc(&program->arena, count, sizeof *all);
    if (program->function_count)
        memcpy(all, program->functions, program->function_count * sizeof *all);
    if (binder->added.count)
        memcpy(all + program->function_count, binder->added.data,
               binder->added.count * sizeof *all);
    program->functions = all;
    program->function_count = (uint32_t)count;
}

void bind_symbols(struct loader *loader)
{
    struct binder binder = {.program = loader->program,
                            .is_complete = is_complete(loader->program)};
    string_map_init(&binder.first);
    string_map_init(&binder.externals);
    collect_definitions(&binder);
    for (uint32_t i = 0; i < loader->program->image_count; i++)
        bind_image(&binder, i);
    add_kernel_functions(&binder);
    append_externals(&binder);
    string_map_deinit(&binder.first);
    string_map_deinit(&binder.externals);
    array_deinit(&binder.definitions);
    array_deinit(&binder.last);
    array_deinit(&binder.added);
}
