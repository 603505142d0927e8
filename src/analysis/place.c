/*
 * place.c: what was found, put into the program's tables. In: records in the outputs of workers and
 * of the cache, with indexes within their function. Out: the tables, in the order of the functions,
 * so that they do not depend on who found what; indexes become those of the tables.
 */
#include "analysis/place.h"

#include "base/memory.h"
#include "base/search.h"

#include <string.h>

static const struct output *output_of(const struct decoded *decoded, const struct found *found)
{
    return &decoded->outputs[found->output];
}

/** Where each function's records begin in the program's tables. */
static void lay_out(struct decoded *decoded, uint32_t *ret_targets, uint32_t *ret_references)
{
    struct program *program = decoded->program;
    size_t count = program->function_count;
    program->function_calls = arena_calloc(&program->arena, count + 1, sizeof(uint32_t));
    program->function_blocks = arena_calloc(&program->arena, count + 1, sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        const struct found *found = &decoded->found[i];
        program->function_calls[i + 1] = program->function_calls[i] + found->call_count;
        program->function_blocks[i + 1] = program->function_blocks[i] + found->block_count;
        ret_targets[i + 1] = ret_targets[i] + found->target_count;
        ret_references[i + 1] = ret_references[i] + found->reference_count;
        program->argument_count += found->argument_count;
        program->pointer_call_count += found->pointer_call_count;
        program->pointer_store_count += found->pointer_store_count;
        program->pointer_argument_count += found->pointer_argument_count;
    }
    program->call_count = program->function_calls[count];
    program->block_count = program->function_blocks[count];
    program->call_target_count = ret_targets[count];
    program->reference_count = ret_references[count];
}

static uint32_t rebased(uint32_t index, uint32_t base)
{
    return index == NONE ? NONE : index + base;
}

static void place_calls(struct decoded *decoded, const uint32_t *first_targets)
{
    struct program *program = decoded->program;
    program->calls = arena_calloc(&program->arena, program->call_count, sizeof *program->calls);
    program->call_targets =
        arena_calloc(&program->arena, program->call_target_count, sizeof(uint32_t));
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        const struct output *output = output_of(decoded, found);
        struct call *calls = program->calls + program->function_calls[i];
        for (uint32_t k = 0; k < found->call_count; k++) {
            calls[k] = output->calls.data[found->first_call + k];
            calls[k].first_target += first_targets[i] - found->first_target;
        }
        if (found->target_count)
            memcpy(program->call_targets + first_targets[i],
                   output->targets.data + found->first_target,
                   found->target_count * sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < decoded->output_count; i++) {
        array_deinit(&decoded->outputs[i].calls);
        array_deinit(&decoded->outputs[i].targets);
    }
}

static void place_arguments(struct decoded *decoded)
{
    struct program *program = decoded->program;
    program->arguments =
        arena_calloc(&program->arena, program->argument_count, sizeof *program->arguments);
    struct argument *next = program->arguments;
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        const struct output *output = output_of(decoded, found);
        for (uint32_t k = 0; k < found->argument_count; k++) {
            *next = output->arguments.data[found->first_argument + k];
            next++->call += program->function_calls[i];
        }
    }
    for (uint32_t i = 0; i < decoded->output_count; i++)
        array_deinit(&decoded->outputs[i].arguments);
}

/** The call of @p function at @p address, which the path of a result names. */
static uint32_t call_at(const struct program *program, uint32_t function, uint64_t address)
{
    uint32_t first = program->function_calls[function];
    uint32_t count = program->function_calls[function + 1] - first;
    size_t index = COUNT_BELOW(program->calls + first, count, address);
    return index < count && program->calls[first + index].address == address
               ? first + (uint32_t)index
               : NONE;
}

static void place_path(const struct program *program, uint32_t function, struct access_path *path)
{
    if (path->root == ROOT_RESULT)
        path->call = call_at(program, function, path->address);
}

static void place_pointer_calls(struct decoded *decoded, struct pointer_call *next)
{
    struct program *program = decoded->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        const struct output *output = output_of(decoded, found);
        for (uint32_t k = 0; k < found->pointer_call_count; k++, next++) {
            *next = output->pointer_calls.data[found->first_pointer_call + k];
            next->call += program->function_calls[i];
            place_path(program, i, &next->callee);
            place_path(program, i, &next->receiver);
            place_path(program, i, &next->arguments[0]);
            place_path(program, i, &next->arguments[1]);
        }
    }
}

static void place_pointer_stores(struct decoded *decoded, struct pointer_store *next)
{
    struct program *program = decoded->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        const struct output *output = output_of(decoded, found);
        for (uint32_t k = 0; k < found->pointer_store_count; k++, next++) {
            *next = output->pointer_stores.data[found->first_pointer_store + k];
            place_path(program, i, &next->place);
        }
    }
}

static void place_pointer_arguments(struct decoded *decoded, struct pointer_argument *next)
{
    struct program *program = decoded->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        const struct output *output = output_of(decoded, found);
        for (uint32_t k = 0; k < found->pointer_argument_count; k++, next++) {
            *next = output->pointer_arguments.data[found->first_pointer_argument + k];
            next->call += program->function_calls[i];
        }
    }
}

static void place_pointers(struct decoded *decoded)
{
    struct program *program = decoded->program;
    program->pointer_calls =
        arena_calloc(&program->arena, program->pointer_call_count, sizeof *program->pointer_calls);
    program->pointer_stores = arena_calloc(&program->arena, program->pointer_store_count,
                                           sizeof *program->pointer_stores);
    program->pointer_arguments = arena_calloc(&program->arena, program->pointer_argument_count,
                                              sizeof *program->pointer_arguments);
    place_pointer_calls(decoded, program->pointer_calls);
    place_pointer_stores(decoded, program->pointer_stores);
    place_pointer_arguments(decoded, program->pointer_arguments);
    for (uint32_t i = 0; i < decoded->output_count; i++) {
        array_deinit(&decoded->outputs[i].pointer_calls);
        array_deinit(&decoded->outputs[i].pointer_stores);
        array_deinit(&decoded->outputs[i].pointer_arguments);
    }
}

static void place_blocks(struct decoded *decoded)
{
    struct program *program = decoded->program;
    program->blocks = arena_calloc(&program->arena, program->block_count, sizeof *program->blocks);
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        uint32_t base = program->function_blocks[i];
        for (uint32_t k = 0; k < found->block_count; k++) {
            struct block block = output_of(decoded, found)->blocks.data[found->first_block + k];
            block.call = rebased(block.call, program->function_calls[i]);
            block.next[0] = rebased(block.next[0], base);
            block.next[1] = rebased(block.next[1], base);
            program->blocks[base + k] = block;
        }
    }
    for (uint32_t i = 0; i < decoded->output_count; i++)
        array_deinit(&decoded->outputs[i].blocks);
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/** One pass of a radix sort by a digit of the target; equal ones keep their order. */
static void sort_digit(const struct reference *from, struct reference *to, size_t count,
                       uint64_t base, unsigned shift)
{
    size_t places[DIGITS + 1] = {0};
    for (size_t i = 0; i < count; i++)
        places[(((from[i].target - base) >> shift) & (DIGITS - 1)) + 1]++;
    for (size_t i = 0; i < DIGITS; i++)
        places[i + 1] += places[i];
    for (size_t i = 0; i < count; i++)
        to[places[((from[i].target - base) >> shift) & (DIGITS - 1)]++] = from[i];
}

/** Sorts references by target, stably; @p scratch is as large. */
static void sort_references(struct reference *references, struct reference *scratch, size_t count)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        low = references[i].target < low ? references[i].target : low;
        high = references[i].target > high ? references[i].target : high;
    }
    struct reference *from = references, *to = scratch;
    for (unsigned shift = 0; count && shift < 64 && (high - low) >> shift; shift += DIGIT_BITS) {
        sort_digit(from, to, count, low, shift);
        struct reference *swap = from;
        from = to;
        to = swap;
    }
    if (from != references)
        memcpy(references, from, count * sizeof *references);
}

static void place_references(struct decoded *decoded, const uint32_t *first_references)
{
    struct program *program = decoded->program;
    program->references =
        arena_calloc(&program->arena, program->reference_count, sizeof *program->references);
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoded->found[i];
        if (found->reference_count)
            memcpy(program->references + first_references[i],
                   output_of(decoded, found)->references.data + found->first_reference,
                   found->reference_count * sizeof *program->references);
    }
    for (uint32_t i = 0; i < decoded->output_count; i++)
        array_deinit(&decoded->outputs[i].references);
    CLEANUP_FREE struct reference *scratch =
        xmalloc((program->reference_count + 1) * sizeof *scratch);
    for (uint32_t i = 0; i < program->image_count; i++) {
        uint32_t first = first_references[program->image_functions[i]];
        uint32_t end = first_references[program->image_functions[i + 1]];
        sort_references(program->references + first, scratch, end - first);
    }
}

/** Sets the flags of functions whose address any code takes. */
static void place_taken(struct decoded *decoded)
{
    struct program *program = decoded->program;
    for (uint32_t i = 0; i < program->image_count; i++)
        for (uint32_t k = 0; k < program->function_count; k++) {
            if (!decoded->taken[i][k / 8])
                k |= 7;
            else if (is_function_taken(decoded, i, k))
                program->functions[k].is_address_taken = true;
        }
}

void program_place(struct decoded *decoded)
{
    size_t count = (size_t)decoded->program->function_count + 1;
    CLEANUP_FREE uint32_t *first_targets = xcalloc(count, sizeof *first_targets);
    CLEANUP_FREE uint32_t *first_references = xcalloc(count, sizeof *first_references);
    lay_out(decoded, first_targets, first_references);
    place_calls(decoded, first_targets);
    place_arguments(decoded);
    place_pointers(decoded);
    place_blocks(decoded);
    place_references(decoded, first_references);
    place_taken(decoded);
}
