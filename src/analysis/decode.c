/*
 * decode.c: the machine code of all functions, read once. In: images and functions. Out: calls,
 * their wanted arguments, blocks, references, frames, functions whose address is taken.
 *
 * Functions are independent, so workers take them in small lots; each worker collects what it
 * finds, and at the end all of it is put into the program's tables (place.c). Functions with jump
 * tables whose end only the next constant tells are read a second time when the addresses that code
 * mentions are all known. What the cache has of an image is not read at all; it is put into the
 * tables in the same way. So whatever is read here and in code/ must be part of the key of
 * cache/key.c, and whatever is written must be part of an entry.
 */
#include "analysis/decode.h"

#include "analysis/cache/cache.h"
#include "analysis/code/emit/emit.h"
#include "analysis/found.h"
#include "analysis/place.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOT = 16, /* functions that a worker takes at a time */
    REST_BYTES = 1 << 24,
    MAX_ROUNDS = 24 /* of tables found behind tables; real code has two or three */
};

struct worker {
    struct flow flow;
    struct output *output;
    ARRAY(uint32_t) deferred; /* functions */
    uint64_t read_bytes;      /* of code, since pages were last given back */
};

struct decoder {
    struct program *program;
    struct decoded decoded;
    struct worker *workers;
    struct landmarks *landmarks; /* of each image */
    const uint32_t *list;        /* functions to read */
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
    flow_take_labels(flow);
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
    struct output *output = worker->output;
    size_t references = output->references.count;
    flow_sweep(&worker->flow);
    emit_references(&worker->flow, output, references);
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

/** Notes where the records of a function begin in its worker's output. */
static struct found begin_found(const struct output *output, uint32_t worker)
{
    return (struct found){.output = worker,
                          .first_call = (uint32_t)output->calls.count,
                          .first_target = (uint32_t)output->targets.count,
                          .first_block = (uint32_t)output->blocks.count,
                          .first_reference = (uint32_t)output->references.count,
                          .first_argument = (uint32_t)output->arguments.count,
                          .first_pointer_call = (uint32_t)output->pointer_calls.count,
                          .first_pointer_store = (uint32_t)output->pointer_stores.count,
                          .first_pointer_argument = (uint32_t)output->pointer_arguments.count};
}

/** Counts the records that were added since. */
static void end_found(const struct output *output, struct found *found)
{
    found->call_count = (uint32_t)output->calls.count - found->first_call;
    found->target_count = (uint32_t)output->targets.count - found->first_target;
    found->block_count = (uint32_t)output->blocks.count - found->first_block;
    found->reference_count = (uint32_t)output->references.count - found->first_reference;
    found->argument_count = (uint32_t)output->arguments.count - found->first_argument;
    found->pointer_call_count = (uint32_t)output->pointer_calls.count - found->first_pointer_call;
    found->pointer_store_count =
        (uint32_t)output->pointer_stores.count - found->first_pointer_store;
    found->pointer_argument_count =
        (uint32_t)output->pointer_arguments.count - found->first_pointer_argument;
}

static void read_function(struct decoder *decoder, struct worker *worker, uint32_t index)
{
    struct program *program = decoder->program;
    struct flow *flow = &worker->flow;
    struct output *output = worker->output;
    struct found found = begin_found(output, (uint32_t)(worker - decoder->workers));
    struct frame *frame = &program->facts->frames[index];
    flow->has_landmarks = decoder->has_landmarks;
    flow->landmarks = &decoder->landmarks[program->functions[index].image];
    flow->taken = decoder->decoded.taken[program->functions[index].image];
    bool is_readable = flow_begin(flow, index);
    if (is_readable)
        read_flow(flow);
    if (flow->is_deferred) {
        defer(worker, index);
        return;
    }
    if (is_readable && pointers_want_origins(flow))
        follow_origins(flow, &output->slots);
    if (is_readable) {
        emit_function(flow, output, frame);
        emit_receivers(flow, output, found.first_call, found.first_pointer_call);
    } else {
        emit_unreadable(flow, output, frame);
    }
    end_found(output, &found);
    decoder->decoded.found[index] = found;
}

/** Code is read once, from front to back; what lies behind is given back now and then. */
static void rest(struct worker *worker, const struct program *program,
                 const struct function *function)
{
    worker->read_bytes += function->bytes;
    if (worker->read_bytes < REST_BYTES)
        return;
    worker->read_bytes = 0;
    image_rest(program->images[function->image]);
}

static void read_lot(void *context, unsigned worker_index, size_t begin, size_t end)
{
    struct decoder *decoder = context;
    struct worker *worker = &decoder->workers[worker_index];
    struct program *program = decoder->program;
    for (size_t i = begin; i < end; i++) {
        uint32_t index = decoder->list[i];
        const struct function *function = &program->functions[index];
        if (!is_whole_code(function)) {
            program->facts->frames[index] = frame_without_code(program, function);
            continue;
        }
        read_function(decoder, worker, index);
        rest(worker, program, function);
    }
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
    list.count = sort_numbers(list.data, list.count);
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
    // Sections may be far apart; what does not fit has no landmarks.
    uint64_t bytes = end > begin ? end - begin : 0;
    bool is_lost = bytes > INT32_MAX;
    *ret = (struct landmarks){.address = begin, .bytes = is_lost ? 0 : bytes, .is_lost = is_lost};
    ret->bits = xcalloc(ret->bytes / 8 + 1, 1);
}

/* ---- Tables of distances --------------------------------------------------------------------- */

/** Takes the address of a function; of a part, that of the whole. */
static void take(const struct decoder *decoder, uint32_t image_index, uint32_t function)
{
    function = program_whole(decoder->program, function);
    decoder->decoded.taken[image_index][function / 8] |= (uint8_t)(1U << (function % 8));
}

enum { BASES = 8 };

/** The last places in a section that the code mentions; 0 while there are fewer. */
struct bases {
    uint64_t addresses[BASES];
    uint64_t lowest; /* none lies below */
    unsigned next;
};

static void add_base(struct bases *bases, uint64_t address)
{
    bases->addresses[bases->next++ % BASES] = address;
    if (bases->next >= BASES)
        bases->lowest = bases->addresses[bases->next % BASES];
}

/** An image whose tables are searched, and where its code is. */
struct search {
    const struct decoder *decoder;
    uint32_t image_index;
    uint64_t code_begin, code_end;
};

/** Whether a base from @p first to @p last can have code at @p distance. */
static bool may_lead_to_code(const struct search *search, uint64_t first, uint64_t last,
                             int64_t distance)
{
    // Signed, because all may lie at the upper end (kernels).
    return (int64_t)(first + (uint64_t)distance) < (int64_t)search->code_end &&
           (int64_t)(last + (uint64_t)distance) >= (int64_t)search->code_begin;
}

/** Takes the function that lies at the @p distance which stands at @p address, from any base. */
static void take_distance(const struct search *search, const struct bases *bases, uint64_t address,
                          int64_t distance)
{
    const struct program *program = search->decoder->program;
    for (unsigned i = 0; i <= BASES; i++) {
        uint64_t base = i < BASES ? bases->addresses[i] : address;
        uint64_t target = base + (uint64_t)distance;
        if (!base || target - search->code_begin >= search->code_end - search->code_begin)
            continue;
        uint32_t function = program_function_at(program, search->image_index, target);
        if (function != NONE && program->functions[function].address == target)
            take(search->decoder, search->image_index, function);
    }
}

/**
 * Takes the functions in tables of distances of 4 bytes from where the table begins (LLVM's
 * relative lookup tables and relative vtables), or from each word's. No relocation tells of them,
 * and the middle of a table may be mentioned, too: each word is tried from the last landmarks.
 */
static void take_in_section(const struct search *search, const struct section *section)
{
    const struct landmarks *landmarks = &search->decoder->landmarks[search->image_index];
    struct bases bases = {.lowest = section->address};
    for (uint64_t at = -section->address % 4; at + 4 <= section->bytes; at += 4) {
        uint64_t address = section->address + at;
        int32_t distance;
        if (landmark_is_set(landmarks, address))
            add_base(&bases, address);
        memcpy(&distance, section->data + at, sizeof distance);
        if (may_lead_to_code(search, bases.lowest, address, distance))
            take_distance(search, &bases, address, distance);
    }
}

/** Any function may be in a table if it is not known where tables begin. */
static void take_all(const struct decoder *decoder, uint32_t image_index)
{
    const uint32_t *first = &decoder->program->image_functions[image_index];
    for (uint32_t i = first[0]; i < first[1]; i++)
        take(decoder, image_index, i);
}

/** Needs all landmarks of the image. */
static void take_distances(const struct decoder *decoder, uint32_t image_index)
{
    const struct image *image = decoder->program->images[image_index];
    struct search search = {.decoder = decoder, .image_index = image_index};
    if (decoder->landmarks[image_index].is_lost) {
        take_all(decoder, image_index);
        return;
    }
    if (!image_code_range(image, &search.code_begin, &search.code_end))
        return;
    for (uint32_t i = 0; i < image->placed_count; i++)
        if (has_tables(image->sections[i].role) && image->sections[i].data)
            take_in_section(&search, &image->sections[i]);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void init_decoded(struct decoded *decoded, struct program *program)
{
    *decoded = (struct decoded){.program = program,
                                .output_count = program->workers + program->image_count};
    decoded->outputs = xcalloc(decoded->output_count, sizeof *decoded->outputs);
    decoded->found = xcalloc((size_t)program->function_count + 1, sizeof *decoded->found);
    decoded->taken = xcalloc((size_t)program->image_count + 1, sizeof *decoded->taken);
    for (uint32_t i = 0; i < program->image_count; i++)
        decoded->taken[i] = xcalloc(program->function_count / 8 + 1, 1);
}

static void deinit_decoded(struct decoded *decoded)
{
    for (uint32_t i = 0; i < decoded->output_count; i++)
        output_deinit(&decoded->outputs[i]);
    for (uint32_t i = 0; i < decoded->program->image_count; i++)
        free(decoded->taken[i]);
    free(decoded->outputs);
    free(decoded->found);
    free(decoded->taken);
}

static void init_decoder(struct decoder *decoder, struct program *program)
{
    *decoder = (struct decoder){.program = program};
    init_decoded(&decoder->decoded, program);
    decoder->workers = xcalloc(program->workers, sizeof *decoder->workers);
    decoder->landmarks = xcalloc((size_t)program->image_count + 1, sizeof *decoder->landmarks);
    for (unsigned i = 0; i < program->workers; i++) {
        flow_init(&decoder->workers[i].flow, program);
        decoder->workers[i].output = &decoder->decoded.outputs[i];
    }
}

/** Frees all but what was decoded; most of the files is not needed for a while either. */
static void deinit_decoder(struct decoder *decoder)
{
    for (unsigned i = 0; i < decoder->program->workers; i++) {
        flow_deinit(&decoder->workers[i].flow);
        array_deinit(&decoder->workers[i].deferred);
    }
    for (uint32_t i = 0; i < decoder->program->image_count; i++) {
        free(decoder->landmarks[i].bits);
        image_rest(decoder->program->images[i]);
    }
    free(decoder->landmarks);
    free(decoder->workers);
}

/** Lists the functions that the cache does not have. */
static size_t list_functions(const struct decoder *decoder, const struct cache *cache,
                             uint32_t *ret)
{
    const struct program *program = decoder->program;
    size_t count = 0;
    for (uint32_t i = 0; i < program->function_count; i++) {
        uint32_t image = program->functions[i].image;
        if (image == NONE || !cache_has(cache, image))
            ret[count++] = i;
    }
    return count;
}

static void read_functions(struct decoder *decoder, const struct cache *cache)
{
    struct program *program = decoder->program;
    CLEANUP_FREE uint32_t *list = xcalloc((size_t)program->function_count + 1, sizeof *list);
    size_t count = list_functions(decoder, cache, list);
    for (uint32_t i = 0; i < program->image_count; i++)
        if (!cache_has(cache, i))
            init_landmarks(program->images[i], &decoder->landmarks[i]);
    decoder->list = list;
    parallel_for(program->workers, count, LOT, read_lot, decoder);
    read_deferred(decoder);
    for (uint32_t i = 0; i < program->image_count; i++)
        if (!cache_has(cache, i))
            take_distances(decoder, i);
}

void program_decode_cached(struct program *program, const char *cache_folder)
{
    struct decoder decoder;
    init_decoder(&decoder, program);
    program->facts->frames =
        arena_calloc(&program->arena, program->function_count, sizeof *program->facts->frames);
    struct cache *cache = cache_open(&decoder.decoded, cache_folder);
    cache_load(cache, program->workers);
    read_functions(&decoder, cache);
    cache_save(cache);
    cache_close(cache);
    deinit_decoder(&decoder);
    program_place(&decoder.decoded);
    deinit_decoded(&decoder.decoded);
}

void program_decode(struct program *program)
{
    program_decode_cached(program, NULL);
}
