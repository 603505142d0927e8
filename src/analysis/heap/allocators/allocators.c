/*
 * allocators.c: where the allocators are in a program.
 *
 * In: linkage names of functions and symbols, the table (table.c), the user's rules
 * (rules.c). Out: facts.allocator_roles, facts.map_roles, facts.allocator_arguments,
 * facts.wanted_arguments. What maps pages (mmap, sbrk) is kept apart: pages are not heap memory and
 * count for no verdict. A file without symbols has no names: there, what gets to the kernel for
 * memory may be an allocator (facts.has_unnamed_allocators; ways.c).
 */
#include "analysis/heap/allocators/allocators.h"

static bool is_map(uint8_t role)
{
    return role == ALLOCATOR_MAP || role == ALLOCATOR_UNMAP;
}

static void mark_argument(int8_t *argument, int8_t index, bool is_first)
{
    *argument = is_first || *argument == index ? index : -1;
}

/** Marks a function by one of its names; arguments that the names disagree on are not known. */
static void mark(struct facts *facts, uint32_t function, const struct allocator *allocator)
{
    uint8_t *roles = is_map(allocator->role) ? facts->map_roles : facts->allocator_roles;
    bool is_first = facts->allocator_roles[function] == ALLOCATOR_NONE &&
                    facts->map_roles[function] == ALLOCATOR_NONE;
    struct allocator_arguments *arguments = &facts->allocator_arguments[function];
    mark_argument(&arguments->size, allocator->arguments.size, is_first);
    mark_argument(&arguments->alignment, allocator->arguments.alignment, is_first);
    mark_argument(&arguments->count, allocator->arguments.count, is_first);
    if (arguments->count != allocator->arguments.count)
        arguments->size = -1; // perhaps it is that of one element
    roles[function] = allocator->role;
}

void allocator_set(struct facts *facts, uint32_t function, const struct allocator *allocator)
{
    facts->allocator_roles[function] = ALLOCATOR_NONE;
    facts->map_roles[function] = ALLOCATOR_NONE;
    mark(facts, function, allocator);
}

/** A function may have several names; the one that was chosen for it need not be malloc. */
static void mark_by_symbols(struct program *program, const struct allocator_names *names,
                            uint32_t image_index)
{
    const struct image *image = program->images[image_index];
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined ||
            (symbol->type != SYMBOL_FUNCTION && symbol->type != SYMBOL_IFUNC))
            continue;
        const struct allocator *allocator = allocator_named(names, symbol->name);
        if (!allocator)
            continue;
        uint32_t function = program_function_at(program, image_index, symbol->address);
        if (function != NONE && program->functions[function].address == symbol->address)
            mark(program->facts, function, allocator);
    }
}

static void mark_by_names(struct program *program, const struct allocator_names *names)
{
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct function *function = &program->functions[i];
        // A stub is not the function that it forwards to; its callers are led past it.
        if (function->source == FUNCTION_PLT || function->part_of != NONE ||
            (function->image != NONE && program->images[function->image]->has_no_code))
            continue;
        const struct allocator *allocator = allocator_named(names, function->linkage_name);
        if (allocator)
            mark(program->facts, i, allocator);
    }
}

static uint8_t argument_bit(int8_t index)
{
    return index < 0 ? 0 : (uint8_t)(1U << index);
}

static bool hands_out(uint8_t role)
{
    return role == ALLOCATOR_ALLOCATE || role == ALLOCATOR_REALLOCATE || role == ALLOCATOR_MAP;
}

/**
 * Asks for what is handed to the functions that allocate or map; and for what is taken back, which
 * is the first argument, or the second one behind a heap or an allocator.
 */
static void want_arguments(struct facts *facts, uint32_t function_count)
{
    for (uint32_t i = 0; i < function_count; i++) {
        const struct allocator_arguments *arguments = &facts->allocator_arguments[i];
        if (hands_out(facts->allocator_roles[i]) || hands_out(facts->map_roles[i]))
            facts->wanted_arguments[i] |= argument_bit(arguments->size) |
                                          argument_bit(arguments->alignment) |
                                          argument_bit(arguments->count);
        if (facts->allocator_roles[i] == ALLOCATOR_FREE)
            facts->wanted_arguments[i] |= argument_bit(0) | argument_bit(1);
    }
}

static bool has_allocator(const struct program *program)
{
    const uint8_t *roles = program->facts->allocator_roles;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (roles[i] == ALLOCATOR_ALLOCATE || roles[i] == ALLOCATOR_REALLOCATE)
            return true;
    return false;
}

/** Whether nobody in the file is called malloc because nobody in it is called anything. */
static void find_names(struct program *program)
{
    const struct image *image = program->images[0];
    if (!image->is_stripped || (!image->is_static && has_allocator(program)))
        return;
    program->facts->has_unnamed_allocators = true;
    diagnose(&program->diagnostics, image->path,
             "has no symbols, so allocators are not known by name: what can give or take memory by "
             "a system call is unknown; name them (--allocator 0xADDRESS) or look at the file "
             "before strip");
}

void allocators_mark(struct program *program, const struct allocator_rule *rules, size_t rule_count)
{
    struct facts *facts = program->facts;
    size_t count = (size_t)program->function_count + 1;
    facts->allocator_roles = arena_calloc(&program->arena, count, sizeof *facts->allocator_roles);
    facts->map_roles = arena_calloc(&program->arena, count, sizeof *facts->map_roles);
    facts->allocator_arguments =
        arena_calloc(&program->arena, count, sizeof *facts->allocator_arguments);
    facts->wanted_arguments = arena_calloc(&program->arena, count, sizeof *facts->wanted_arguments);
    struct allocator_names names;
    allocator_names_init(&names);
    for (uint32_t i = 0; i < program->image_count; i++)
        if (!program->images[i]->has_no_code)
            mark_by_symbols(program, &names, i);
    mark_by_names(program, &names);
    allocator_names_deinit(&names);
    allocator_rules_apply(program, rules, rule_count);
    find_names(program);
    want_arguments(facts, program->function_count);
}
