/*
 * decode.c: the machine code of all functions, read once. In: images and functions. Out: calls,
 * their wanted arguments, blocks, references, frames.
 *
 * Functions are independent, so workers take them in small lots; each worker collects what it
 * finds, and at the end all of it is put into the program's tables in the order of the functions,
 * so that the result does not depend on who did what. Functions with jump tables whose end only the
 * next constant tells are read a second time when the addresses that code mentions are all known.
 */
#include "analysis/decode.h"

#include "analysis/code/emit/emit.h"
#include "base/memory.h"
#include "base/search.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOT = 16,       /* functions that a worker takes at a time */
    MAX_ROUNDS = 24 /* of tables found behind tables; real code has two or three */
};

/** What was found in one function: pieces of its worker's output. */
struct found {
    uint32_t worker;
    uint32_t first_call, call_count;
    uint32_t first_target, target_count;
    uint32_t first_block, block_count;
    uint32_t first_reference, reference_count;
    uint32_t first_argument, argument_count;
    uint32_t first_pointer_call, pointer_call_count;
    uint32_t first_pointer_store, pointer_store_count;
    uint32_t first_pointer_argument, pointer_argument_count;
};

struct worker {
    struct flow flow;
    struct output output;
    ARRAY(uint32_t) deferred; /* functions */
};

struct decoder {
    struct program *program;
    struct worker *workers;
    struct found *found;         /* of each function */
    struct landmarks *landmarks; /* of each image */
    uint32_t *list;              /* functions to read; NULL: all */
    bool has_landmarks;
};

/* ---- One function ---------------------------------------------------------------------------- */

/**
 * Finds all code of the function that control can be followed to, and the rest by sweeping. The
 * sweep waits for jump tables, since it takes what they lead to for landing pads.
 */
static void read_flow(struct flow *flow)
{
    flow_descend(flow, 0);
    flow_land(flow);
    size_t seen_jumps = 0;
    bool is_swept = false;
    for (unsigned round = 0; round < MAX_ROUNDS; round++) {
        if (!is_swept && flow->indirect_jumps.count == seen_jumps) {
            flow_sweep(flow);
            is_swept = true;
        }
        seen_jumps = flow->indirect_jumps.count;
        flow_block(flow);
        flow_solve(flow);
        bool has_news = jump_tables_resolve(flow);
        if ((!has_news && is_swept) || flow->is_deferred)
            return;
    }
    flow_block(flow);
    flow_solve(flow);
}

static bool is_whole_code(const struct function *function)
{
    return function->part_of == NONE && function->source != FUNCTION_PLT &&
           function->source != FUNCTION_EXTERNAL;
}

/** Frames of what has no code of its own to look at. */
static struct frame frame_without_code(const struct program *program,
                                       const struct function *function)
{
    const struct arch *arch =
        function->image == NONE ? NULL : program->images[function->image]->arch;
    if (function->source == FUNCTION_PLT && arch)
        return (struct frame){.kind = FRAME_FIXED, .bytes = arch->return_address_bytes};
    return (struct frame){.kind = FRAME_UNKNOWN, .bytes = -1};
}

/** Leaves a function for when all landmarks are known; its own are noted. */
static void defer(struct worker *worker, uint32_t index)
{
    struct output *output = &worker->output;
    size_t references = output->references.count;
    flow_sweep(&worker->flow);
    emit_references(&worker->flow, output);
    output->references.count = references;
    array_push(&worker->deferred, index);
}

/** Solves the function once more, with names for values that are not known, across its frame. */
static void follow_origins(struct flow *flow, struct frame_slots *slots)
{
    frame_slots_find(slots, flow);
    flow->slots = slots;
    flow->follows_origins = true;
    flow_solve(flow);
}

static void read_function(struct decoder *decoder, struct worker *worker, uint32_t index)
{
    struct program *program = decoder->program;
    struct flow *flow = &worker->flow;
    struct output *output = &worker->output;
    struct found found = {.first_call = (uint32_t)output->calls.count,
                          .first_target = (uint32_t)output->targets.count,
                          .first_block = (uint32_t)output->blocks.count,
                          .first_reference = (uint32_t)output->references.count,
                          .first_argument = (uint32_t)output->arguments.count,
                          .first_pointer_call = (uint32_t)output->pointer_calls.count,
                          .first_pointer_store = (uint32_t)output->pointer_stores.count,
                          .first_pointer_argument = (uint32_t)output->pointer_arguments.count};
    flow->has_landmarks = decoder->has_landmarks;
    flow->landmarks = &decoder->landmarks[program->functions[index].image];
    struct frame *frame = &program->facts->frames[index];
    bool is_readable = flow_begin(flow, index);
    if (is_readable)
        read_flow(flow);
    if (flow->is_deferred) {
        defer(worker, index);
        return;
    }
    if (is_readable && pointers_want_origins(flow))
        follow_origins(flow, &output->slots);
    if (is_readable)
        emit_function(flow, output, frame);
    if (is_readable)
        emit_receivers(flow, output, found.first_call, found.first_pointer_call);
    else
        emit_unreadable(flow, output, frame);
    found.worker = (uint32_t)(worker - decoder->workers);
    found.call_count = (uint32_t)output->calls.count - found.first_call;
    found.target_count = (uint32_t)output->targets.count - found.first_target;
    found.block_count = (uint32_t)output->blocks.count - found.first_block;
    found.reference_count = (uint32_t)output->references.count - found.first_reference;
    found.argument_count = (uint32_t)output->arguments.count - found.first_argument;
    found.pointer_call_count = (uint32_t)output->pointer_calls.count - found.first_pointer_call;
    found.pointer_store_count = (uint32_t)output->pointer_stores.count - found.first_pointer_store;
    found.pointer_argument_count =
        (uint32_t)output->pointer_arguments.count - found.first_pointer_argument;
    decoder->found[index] = found;
}

static void read_lot(void *context, unsigned worker_index, size_t begin, size_t end)
{
    struct decoder *decoder = context;
    struct worker *worker = &decoder->workers[worker_index];
    struct program *program = decoder->program;
    for (size_t i = begin; i < end; i++) {
        uint32_t index = decoder->list ? decoder->list[i] : (uint32_t)i;
        const struct function *function = &program->functions[index];
        if (!is_whole_code(function)) {
            program->facts->frames[index] = frame_without_code(program, function);
            continue;
        }
        read_function(decoder, worker, index);
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/** Reads the deferred functions, in their order. */
static void read_deferred(struct decoder *decoder)
{
    ARRAY(uint32_t) list = {0};
    for (unsigned i = 0; i < decoder->program->workers; i++) {
        struct worker *worker = &decoder->workers[i];
        for (size_t k = 0; k < worker->deferred.count; k++)
            array_push(&list, worker->deferred.data[k]);
    }
    if (list.count)
        qsort(list.data, list.count, sizeof *list.data, by_number);
    decoder->list = list.data;
    decoder->has_landmarks = true;
    parallel_for(decoder->program->workers, list.count, LOT, read_lot, decoder);
    array_deinit(&list);
}

/* ---- Landmarks ------------------------------------------------------------------------------- */

static bool has_tables(enum section_role role)
{
    return role == SECTION_READ_ONLY || role == SECTION_RELRO;
}

/** Makes room for the landmarks of the image's constant sections. */
static void init_landmarks(const struct image *image, struct landmarks *ret)
{
    uint64_t begin = UINT64_MAX, end = 0;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (!has_tables(section->role) || !section->data)
            continue;
        if (section->address < begin)
            begin = section->address;
        if (section->address + section->bytes > end)
            end = section->address + section->bytes;
    }
    // Sections may be far apart in a hostile file; what does not fit has no landmarks.
    uint64_t bytes = end > begin ? end - begin : 0;
    *ret = (struct landmarks){.address = begin, .bytes = bytes <= INT32_MAX ? bytes : 0};
    ret->bits = xcalloc(ret->bytes / 8 + 1, 1);
}

/* ---- Putting it together --------------------------------------------------------------------- */

/** Where each function's records begin in the program's tables. */
static void lay_out(struct decoder *decoder, uint32_t *ret_targets, uint32_t *ret_references)
{
    struct program *program = decoder->program;
    size_t count = program->function_count;
    program->function_calls = arena_calloc(&program->arena, count + 1, sizeof(uint32_t));
    program->function_blocks = arena_calloc(&program->arena, count + 1, sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        const struct found *found = &decoder->found[i];
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

static void place_calls(struct decoder *decoder, const uint32_t *first_targets)
{
    struct program *program = decoder->program;
    program->calls = arena_calloc(&program->arena, program->call_count, sizeof *program->calls);
    program->call_targets =
        arena_calloc(&program->arena, program->call_target_count, sizeof(uint32_t));
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        const struct output *output = &decoder->workers[found->worker].output;
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
    for (unsigned i = 0; i < program->workers; i++) {
        array_deinit(&decoder->workers[i].output.calls);
        array_deinit(&decoder->workers[i].output.targets);
    }
}

static void place_arguments(struct decoder *decoder)
{
    struct program *program = decoder->program;
    program->arguments =
        arena_calloc(&program->arena, program->argument_count, sizeof *program->arguments);
    struct argument *next = program->arguments;
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        const struct output *output = &decoder->workers[found->worker].output;
        for (uint32_t k = 0; k < found->argument_count; k++) {
            *next = output->arguments.data[found->first_argument + k];
            next++->call += program->function_calls[i];
        }
    }
    for (unsigned i = 0; i < program->workers; i++)
        array_deinit(&decoder->workers[i].output.arguments);
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

static void place_pointer_calls(struct decoder *decoder, struct pointer_call *next)
{
    struct program *program = decoder->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        const struct output *output = &decoder->workers[found->worker].output;
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

static void place_pointer_stores(struct decoder *decoder, struct pointer_store *next)
{
    struct program *program = decoder->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        const struct output *output = &decoder->workers[found->worker].output;
        for (uint32_t k = 0; k < found->pointer_store_count; k++, next++) {
            *next = output->pointer_stores.data[found->first_pointer_store + k];
            place_path(program, i, &next->place);
        }
    }
}

static void place_pointer_arguments(struct decoder *decoder, struct pointer_argument *next)
{
    struct program *program = decoder->program;
    for (uint32_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        const struct output *output = &decoder->workers[found->worker].output;
        for (uint32_t k = 0; k < found->pointer_argument_count; k++, next++) {
            *next = output->pointer_arguments.data[found->first_pointer_argument + k];
            next->call += program->function_calls[i];
        }
    }
}

static void place_pointers(struct decoder *decoder)
{
    struct program *program = decoder->program;
    program->pointer_calls =
        arena_calloc(&program->arena, program->pointer_call_count, sizeof *program->pointer_calls);
    program->pointer_stores = arena_calloc(&program->arena, program->pointer_store_count,
                                           sizeof *program->pointer_stores);
    program->pointer_arguments = arena_calloc(&program->arena, program->pointer_argument_count,
                                              sizeof *program->pointer_arguments);
    place_pointer_calls(decoder, program->pointer_calls);
    place_pointer_stores(decoder, program->pointer_stores);
    place_pointer_arguments(decoder, program->pointer_arguments);
    for (unsigned i = 0; i < program->workers; i++) {
        array_deinit(&decoder->workers[i].output.pointer_calls);
        array_deinit(&decoder->workers[i].output.pointer_stores);
        array_deinit(&decoder->workers[i].output.pointer_arguments);
    }
}

static void place_blocks(struct decoder *decoder)
{
    struct program *program = decoder->program;
    program->blocks = arena_calloc(&program->arena, program->block_count, sizeof *program->blocks);
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        uint32_t base = program->function_blocks[i];
        for (uint32_t k = 0; k < found->block_count; k++) {
            struct block block =
                decoder->workers[found->worker].output.blocks.data[found->first_block + k];
            block.call = rebased(block.call, program->function_calls[i]);
            block.next[0] = rebased(block.next[0], base);
            block.next[1] = rebased(block.next[1], base);
            program->blocks[base + k] = block;
        }
    }
    for (unsigned i = 0; i < program->workers; i++)
        array_deinit(&decoder->workers[i].output.blocks);
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

static void place_references(struct decoder *decoder, const uint32_t *first_references)
{
    struct program *program = decoder->program;
    program->references =
        arena_calloc(&program->arena, program->reference_count, sizeof *program->references);
    for (size_t i = 0; i < program->function_count; i++) {
        const struct found *found = &decoder->found[i];
        if (found->reference_count)
            memcpy(program->references + first_references[i],
                   decoder->workers[found->worker].output.references.data + found->first_reference,
                   found->reference_count * sizeof *program->references);
    }
    for (unsigned i = 0; i < program->workers; i++)
        array_deinit(&decoder->workers[i].output.references);
    CLEANUP_FREE struct reference *scratch =
        xmalloc((program->reference_count + 1) * sizeof *scratch);
    for (uint32_t i = 0; i < program->image_count; i++) {
        uint32_t first = first_references[program->image_functions[i]];
        uint32_t end = first_references[program->image_functions[i + 1]];
        sort_references(program->references + first, scratch, end - first);
    }
}

static void place_all(struct decoder *decoder)
{
    size_t count = (size_t)decoder->program->function_count + 1;
    CLEANUP_FREE uint32_t *first_targets = xcalloc(count, sizeof *first_targets);
    CLEANUP_FREE uint32_t *first_references = xcalloc(count, sizeof *first_references);
    lay_out(decoder, first_targets, first_references);
    place_calls(decoder, first_targets);
    place_arguments(decoder);
    place_pointers(decoder);
    place_blocks(decoder);
    place_references(decoder, first_references);
}

static void init_decoder(struct decoder *decoder, struct program *program)
{
    *decoder = (struct decoder){.program = program};
    decoder->workers = xcalloc(program->workers, sizeof *decoder->workers);
    decoder->found = xcalloc(program->function_count + 1, sizeof *decoder->found);
    decoder->landmarks = xcalloc(program->image_count + 1, sizeof *decoder->landmarks);
    for (unsigned i = 0; i < program->workers; i++)
        flow_init(&decoder->workers[i].flow, program);
    for (uint32_t i = 0; i < program->image_count; i++)
        init_landmarks(program->images[i], &decoder->landmarks[i]);
}

static void deinit_decoder(struct decoder *decoder)
{
    for (unsigned i = 0; i < decoder->program->workers; i++) {
        flow_deinit(&decoder->workers[i].flow);
        output_deinit(&decoder->workers[i].output);
        array_deinit(&decoder->workers[i].deferred);
    }
    for (uint32_t i = 0; i < decoder->program->image_count; i++)
        free(decoder->landmarks[i].bits);
    free(decoder->landmarks);
    free(decoder->workers);
    free(decoder->found);
}

void program_decode(struct program *program)
{
    struct decoder decoder;
    init_decoder(&decoder, program);
    program->facts->frames =
        arena_calloc(&program->arena, program->function_count, sizeof *program->facts->frames);
    parallel_for(program->workers, program->function_count, LOT, read_lot, &decoder);
    read_deferred(&decoder);
    place_all(&decoder);
    deinit_decoder(&decoder);
}
