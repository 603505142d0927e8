/*
 * references.c: the global memory that a function's code mentions. In: effects. Out:
 * references to data, sorted and each once; landmarks; functions whose address is taken.
 *
 * In images that can be loaded anywhere, addresses are computed from the program counter, and what
 * looks like a number is one. In images with a fixed place an immediate or a displacement may be an
 * address; it counts as one if it lies in a section of data or leads to a function. In code of the
 * large model addresses are the sum of the GOT's and a distance, an immediate of 8 bytes; each such
 * number is tried. Addresses that are computed otherwise are told by emit.c, which knows what
 * registers hold.
 *
 * A write to an address to which registers are added reaches further than the operand says: it
 * counts as the address being taken, too, with the bytes that are written.
 */
#include "analysis/code/emit/emit.h"

#include <stdlib.h>

enum { NEAR_CODE = 16 }; /* so far before a function an address is taken for one of it */

/** Workers may find the same address at the same time; bits are only ever set. */
static void set_bit(uint8_t *bits, uint64_t index)
{
    uint8_t bit = (uint8_t)(1U << (index % 8));
    if (!(__atomic_load_n(&bits[index / 8], __ATOMIC_RELAXED) & bit))
        __atomic_fetch_or(&bits[index / 8], bit, __ATOMIC_RELAXED);
}

static void set_landmark(const struct flow *flow, uint64_t address)
{
    uint64_t at = address - flow->landmarks->address;
    if (!flow->has_landmarks && at < flow->landmarks->bytes)
        set_bit(flow->landmarks->bits, at);
}

static void take_address(const struct flow *flow, uint32_t function)
{
    set_bit(flow->taken, program_whole(flow->program, function));
}

static bool is_code(enum section_role role)
{
    return role == SECTION_CODE || role == SECTION_DEAD_CODE || role == SECTION_PLT;
}

/**
 * The address of a place in the middle of another function, or just before one, is made from the
 * function's own: a tagged pointer, a folded constant.
 */
static void take_near(const struct flow *flow, uint64_t address)
{
    if (flow_offset_of(flow, address) != NONE)
        return;
    uint32_t function = program_function_at(flow->program, flow->image_index, address);
    if (function != NONE)
        take_address(flow, function);
    for (uint64_t at = 1; at < NEAR_CODE; at++) {
        function = program_function_at(flow->program, flow->image_index, address + at);
        if (function != NONE && flow->program->functions[function].address == address + at)
            take_address(flow, function);
    }
}

/** Adds a mention of @p address, wherever it leads. */
static void mention(struct flow *flow, struct output *output, uint64_t address,
                    enum reference_kind kind, unsigned bytes)
{
    uint32_t section = image_section_at(flow->image, address);
    if (section == NONE)
        return;
    if (is_code(flow->image->sections[section].role)) {
        uint32_t function = program_function_at(flow->program, flow->image_index, address);
        if (kind != REFERENCE_ADDRESS)
            return;
        if (function == NONE || flow->program->functions[function].address != address) {
            take_near(flow, address);
            return;
        }
        take_address(flow, function);
    } else {
        set_landmark(flow, address);
    }
    array_push(&output->references,
               (struct reference){
                   .target = address, .from = flow->function, .bytes = bytes, .kind = kind});
}

/** A slot of the GOT in an image with a fixed place: the linker has put the address there. */
static void mention_linked(struct flow *flow, struct output *output, uint64_t slot)
{
    uint32_t section = image_section_at(flow->image, slot);
    if (section == NONE || flow->image->sections[section].role != SECTION_GOT)
        return;
    uint64_t address;
    if (image_read(flow->image, slot, flow->image->pointer_bytes, &address))
        mention(flow, output, address, REFERENCE_ADDRESS, 0);
}

/** A pointer was read from a constant slot: what it points to is mentioned too. */
static void mention_content(struct flow *flow, struct output *output, uint64_t slot)
{
    if (!flow_is_constant(flow->image, slot))
        return;
    const struct relocation *relocation = image_relocation_at(flow->image, slot);
    if (!relocation && flow->image->type == IMAGE_EXECUTABLE)
        mention_linked(flow, output, slot);
    if (!relocation)
        return;
    if (relocation->function != NONE)
        take_address(flow, relocation->function);
    if (relocation->kind == RELOCATION_RELATIVE)
        mention(flow, output, (uint64_t)relocation->addend, REFERENCE_ADDRESS, 0);
    bool has_symbol = relocation->kind == RELOCATION_GOT || relocation->kind == RELOCATION_ABSOLUTE;
    if (!has_symbol || relocation->symbol == NONE)
        return;
    const struct symbol *symbol = &flow->image->symbols[relocation->symbol];
    if (symbol->is_defined && symbol->type != SYMBOL_TLS)
        mention(flow, output, symbol->address + (uint64_t)relocation->addend, REFERENCE_ADDRESS, 0);
}

static void mention_operand(struct flow *flow, struct output *output, const struct effect *effect)
{
    uint64_t address = (uint64_t)effect->displacement;
    mention(flow, output, address, effect->writes_memory ? REFERENCE_WRITE : REFERENCE_READ,
            effect->access_bytes);
    bool is_exact = effect->base == REGISTER_NONE && effect->index == REGISTER_NONE;
    if (effect->writes_memory && !is_exact)
        mention(flow, output, address, REFERENCE_ADDRESS,
                effect->access_bytes ? effect->access_bytes : 1);
    if (effect->value_kind == VALUE_LOAD && effect->access_bytes == flow->image->pointer_bytes &&
        is_exact)
        mention_content(flow, output, address);
}

/** Mentions what is as far from the GOT as @p distance says; in a slot, also what is there. */
static void mention_distance(struct flow *flow, struct output *output, int64_t distance)
{
    const struct image *image = flow->image;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        uint64_t address = image->sections[i].address + (uint64_t)distance;
        if (image->sections[i].role != SECTION_GOT)
            continue;
        mention(flow, output, address, REFERENCE_ADDRESS, 0);
        mention_content(flow, output, address);
    }
}

static void mention_effect(struct flow *flow, struct output *output, const struct effect *effect)
{
    bool has_operand = effect->reads_memory || effect->writes_memory;
    if (has_operand && !effect->is_thread_local && effect->displacement_is_address)
        mention_operand(flow, output, effect);
    if (effect->value_is_address)
        mention(flow, output, (uint64_t)effect->value, REFERENCE_ADDRESS, 0);
    else if (effect->value_is_negated)
        mention(flow, output, 0 - (uint64_t)effect->value, REFERENCE_ADDRESS, 0);
    else if (effect->value_may_be_distance)
        mention_distance(flow, output, effect->value);
}

void emit_computed_reference(struct flow *flow, struct output *output, uint64_t address)
{
    // What never changes is known by where it begins.
    uint32_t section = image_section_at(flow->image, address);
    if (section != NONE &&
        (flow->image->sections[section].is_writable ||
         flow->image->sections[section].is_executable) &&
        !flow_is_constant(flow->image, address))
        mention(flow, output, address, REFERENCE_ADDRESS, 0);
}

static int by_target_and_kind(const void *a, const void *b)
{
    const struct reference *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

/** Sorts references from @p first on, and drops equal ones. */
static void sort_references(struct output *output, size_t first)
{
    size_t count = output->references.count - first, kept = 0;
    if (!count)
        return;
    struct reference *references = output->references.data + first;
    if (count > 1)
        qsort(references, count, sizeof *references, by_target_and_kind);
    for (size_t i = 0; i < count; i++)
        if (!kept || by_target_and_kind(&references[kept - 1], &references[i]) != 0)
            references[kept++] = references[i];
    output->references.count = first + kept;
}

void emit_references(struct flow *flow, struct output *output, size_t first)
{
    for (size_t i = 0; i < flow->instructions.count; i++)
        mention_effect(flow, output, &flow->instructions.data[i].effect);
    for (size_t i = 0; i < flow->jump_tables.count; i++)
        mention(flow, output, flow->jump_tables.data[i].address, REFERENCE_JUMP_TABLE,
                flow->jump_tables.data[i].bytes);
    sort_references(output, first);
}
