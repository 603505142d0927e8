/*
 * indirect.c: calls through pointers, from the passes that know most to those that know least. A
 * call is resolved if each of its ways is; what the ways can enter is put together.
 */
#include "analysis/pointers/indirect.h"

#include "analysis/pointers/fields/fields.h"
#include "analysis/pointers/looked_up.h"
#include "analysis/pointers/objects/tables.h"
#include "base/memory.h"
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

uint32_t target_pool_close(struct target_pool *pool, uint32_t first)
{
    size_t kept = sort_numbers(pool->targets.data + first, pool->targets.count - first);
    pool->targets.count = first + kept;
    return (uint32_t)kept;
}

/* ---- Pointers whose value is known ----------------------------------------------------------- */

static bool is_constant_data(const struct image *image, uint64_t address)
{
    uint32_t section = image_section_at(image, address);
    if (section == NONE)
        return false;
    enum section_role role = image->sections[section].role;
    return role == SECTION_READ_ONLY || role == SECTION_RELRO || role == SECTION_GOT ||
           address - image->relro_address < image->relro_bytes;
}

/** The function that the path names in its image, or NONE. */
static uint32_t named_function(const struct program *program, uint32_t image_index,
                               const struct access_path *callee)
{
    const struct image *image = program->images[image_index];
    uint64_t address = callee->address + (uint64_t)(int64_t)callee->offsets[0];
    if (callee->root != ROOT_ADDRESS || callee->is_indexed || callee->load_count > 1)
        return NONE;
    if (callee->load_count) {
        struct word word = table_word(program, image_index, address);
        return is_constant_data(image, address) && !callee->offsets[1] ? word.function : NONE;
    }
    uint32_t function = program_function_at(program, image_index, address);
    if (function == NONE || program->functions[function].address != address ||
        program->functions[function].source == FUNCTION_PLT)
        return NONE;
    return program_whole(program, function);
}

static void resolve_constants(struct program *program, struct target_pool *pool)
{
    for (uint32_t i = 0; i < program->pointer_call_count; i++) {
        const struct pointer_call *pointer = &program->pointer_calls[i];
        uint32_t image = program->functions[program->calls[pointer->call].from].image;
        uint32_t function = named_function(program, image, &pointer->callee);
        if (function == NONE)
            continue;
        pool->ways[i] =
            (struct way){.first = target_pool_mark(pool), .count = 1, .kind = CALL_CONSTANT};
        array_push(&pool->targets, function);
    }
}

/* ---- All ways of a call ---------------------------------------------------------------------- */

static bool are_known(const struct way *ways, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!ways[i].count && !ways[i].is_null)
            return false;
    return true;
}

/** Puts the ways of one call together; the weakest kind stays. */
static struct way united(struct target_pool *pool, const struct way *ways, uint32_t count)
{
    struct way all = ways[0];
    bool are_same = true;
    for (uint32_t i = 1; i < count; i++) {
        are_same &= ways[i].first == all.first && ways[i].count == all.count && all.count;
        all.kind = ways[i].kind > all.kind ? ways[i].kind : all.kind;
    }
    if (are_same)
        return all;
    all.first = target_pool_mark(pool);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < ways[i].count; k++) {
            uint32_t target = pool->targets.data[ways[i].first + k];
            array_push(&pool->targets, target);
        }
    all.count = target_pool_close(pool, all.first);
    return all;
}

static void settle_calls(struct program *program, struct target_pool *pool)
{
    uint32_t end;
    for (uint32_t i = 0; i < program->pointer_call_count; i = end) {
        struct call *call = &program->calls[program->pointer_calls[i].call];
        for (end = i; end < program->pointer_call_count &&
                      program->pointer_calls[end].call == program->pointer_calls[i].call;)
            end++;
        if (call->kind != CALL_UNRESOLVED || !are_known(pool->ways + i, end - i))
            continue;
        struct way way = united(pool, pool->ways + i, end - i);
        if (!way.count)
            continue;
        call->kind = way.kind;
        call->first_target = way.first;
        call->target_count = way.count;
    }
}

/** A jump that turned out to be a tail call does not lead to anywhere in its function. */
static void settle_blocks(struct program *program)
{
    for (uint32_t i = 0; i < program->block_count; i++) {
        struct block *block = &program->blocks[i];
        if (block->flags & BLOCK_UNRESOLVED && block->call != NONE &&
            program->calls[block->call].kind != CALL_UNRESOLVED)
            block->flags &= ~(uint32_t)BLOCK_UNRESOLVED;
    }
}

static void hand_over(struct program *program, const struct target_pool *pool)
{
    program->call_targets =
        arena_calloc(&program->arena, pool->targets.count, sizeof *program->call_targets);
    if (pool->targets.count)
        memcpy(program->call_targets, pool->targets.data,
               pool->targets.count * sizeof *program->call_targets);
    program->call_target_count = (uint32_t)pool->targets.count;
}

/* ---- Functions in data ----------------------------------------------------------------------- */

/**
 * Images with a fixed place store the addresses of functions without relocations, also where they
 * are not aligned (packed structs), and as numbers of 4 bytes.
 */
static void mark_stored_functions(struct program *program, uint32_t image_index)
{
    const struct image *image = program->images[image_index];
    uint64_t begin, end;
    if (image->type != IMAGE_EXECUTABLE || !image_code_range(image, &begin, &end))
        return;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (section->is_executable || !section->data)
            continue;
        for (uint64_t at = 0; at + sizeof(uint32_t) <= section->bytes; at++) {
            uint32_t low;
            memcpy(&low, section->data + at, sizeof low);
            // A kernel's addresses are the last ones.
            uint64_t address = (uint64_t)(int64_t)(int32_t)low;
            if (address - begin >= end - begin)
                continue;
            uint32_t function = program_function_at(program, image_index, address);
            if (function != NONE && program->functions[function].address == address)
                program->functions[program_whole(program, function)].is_address_taken = true;
        }
    }
}

/* ---- Together -------------------------------------------------------------------------------- */

/** Whether what pointers hold was perhaps overlooked: then lists of candidates are not complete. */
static bool has_mixed(const struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++)
        if (program->images[i]->is_mixed)
            return true;
    return false;
}

static void resolve_variables(struct program *program, struct target_pool *pool,
                              struct arrivals *arrivals)
{
    variables_resolve(program, pool, arrivals);
    virtual_resolve(program, pool);
    fields_resolve(program, pool);
    kernel_calls_resolve(program, pool);
    streams_resolve(program, pool);
}

void indirect_resolve(struct program *program)
{
    struct target_pool pool = {.program = program};
    struct arrivals arrivals;
    if (!program->pointer_call_count)
        return;
    array_reserve(&pool.targets, (size_t)program->call_target_count + 1);
    if (program->call_target_count)
        memcpy(pool.targets.data, program->call_targets,
               program->call_target_count * sizeof *program->call_targets);
    pool.targets.count = program->call_target_count;
    pool.ways = xcalloc(program->pointer_call_count, sizeof *pool.ways);
    for (uint32_t i = 0; i < program->image_count; i++)
        mark_stored_functions(program, i);
    resolve_constants(program, &pool);
    looked_up_resolve(program, &pool);
    arrivals_init(&arrivals, program);
    callbacks_resolve(program, &pool, &arrivals);
    if (!has_mixed(program))
        resolve_variables(program, &pool, &arrivals);
    arrivals_deinit(&arrivals);
    settle_calls(program, &pool);
    settle_blocks(program);
    hand_over(program, &pool);
    free(pool.ways);
    array_deinit(&pool.targets);
}
