/* cached_program.c: see cached_program.h. */
#include "cached_program.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

static void add_functions(struct cached_program *made, uint32_t image, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        made->functions[made->program.function_count++] =
            (struct function){.address = 0x1000 + 0x10 * i,
                              .bytes = 0x10,
                              .linkage_name = "f",
                              .image = image,
                              .part_of = NONE,
                              .first_part = NONE,
                              .next_part = NONE,
                              .source = image == NONE ? FUNCTION_EXTERNAL : FUNCTION_SYMBOL};
    if (image != NONE)
        made->image_functions[image + 1] = made->program.function_count;
}

static void bind(struct cached_program *made, uint32_t index, uint32_t function)
{
    made->relocations[index] = (struct relocation){.address = 0x2000 + 8 * index,
                                                   .symbol = NONE,
                                                   .kind = RELOCATION_GOT,
                                                   .function = function};
}

/** One function before, one behind, an external one, an own one, and the first once more. */
static void bind_all(struct cached_program *made)
{
    uint32_t behind = made->first + OWN_FUNCTIONS;
    bind(made, 0, made->first - 1);
    bind(made, 1, behind + 1);
    bind(made, 2, behind + OTHER_FUNCTIONS);
    bind(made, 3, made->first + 3);
    bind(made, 4, NONE);
    bind(made, 5, made->first - 1);
}

static void init_library(struct cached_program *made)
{
    for (size_t i = 0; i < LIBRARY_BYTES; i++)
        made->file[i] = (uint8_t)(i * 7);
    made->segment = (struct segment){.address = 0x1000, .bytes = 256, .file_bytes = 256};
    made->section = (struct section){.name = ".text",
                                     .address = 0x1000,
                                     .bytes = 256,
                                     .data = made->file,
                                     .role = SECTION_CODE,
                                     .is_executable = true};
    made->unwind_entry = (struct unwind_entry){.address = 0x1000, .bytes = 16};
    made->images[LIBRARY] = (struct image){.name = "library",
                                           .arch = arch_for_elf(EM_X86_64, 8),
                                           .machine = "x86-64",
                                           .type = IMAGE_SHARED,
                                           .pointer_bytes = 8,
                                           .is_placed = true,
                                           .file = made->file,
                                           .file_bytes = LIBRARY_BYTES,
                                           .build_id = "abcd",
                                           .segments = &made->segment,
                                           .sections = &made->section,
                                           .relocations = made->relocations,
                                           .unwind_entries = &made->unwind_entry,
                                           .segment_count = 1,
                                           .section_count = 1,
                                           .placed_count = 1,
                                           .relocation_count = RELOCATIONS,
                                           .unwind_count = 1};
}

void cached_program_init(struct cached_program *made, uint32_t before)
{
    memset(made, 0, sizeof *made);
    program_init(&made->program);
    made->program.functions = made->functions;
    made->program.image_functions = made->image_functions;
    made->program.images = made->image_list;
    made->program.image_count = 3;
    made->program.facts = &made->facts;
    made->facts.frames = made->frames;
    made->facts.wanted_arguments = made->wanted_arguments;
    for (uint32_t i = 0; i < 3; i++) {
        made->image_list[i] = &made->images[i];
        made->taken[i] = made->taken_bits[i];
    }
    made->first = before;
    add_functions(made, 0, before);
    add_functions(made, LIBRARY, OWN_FUNCTIONS);
    add_functions(made, 2, OTHER_FUNCTIONS);
    add_functions(made, NONE, EXTERNAL_FUNCTIONS);
    made->functions[before].first_part = before + 1;
    made->functions[before + 1].part_of = before;
    made->functions[before + 2].source = FUNCTION_PLT;
    init_library(made);
    bind_all(made);
    made->decoded = (struct decoded){.program = &made->program,
                                     .outputs = made->outputs,
                                     .output_count = 1,
                                     .found = made->found,
                                     .taken = made->taken};
    numbering_init(&made->numbering, &made->program, LIBRARY);
}

void cached_program_deinit(struct cached_program *made)
{
    numbering_deinit(&made->numbering);
    output_deinit(&made->outputs[0]);
    program_deinit(&made->program);
}

/* ---- What is found --------------------------------------------------------------------------- */

/** Adds a zeroed record, so that its padding can be compared too. */
#define ADD(output, records, total, ...)                                                           \
    do {                                                                                           \
        array_reserve(&(output)->records, (output)->records.count + 1);                            \
        memset(&(output)->records.data[(output)->records.count], 0,                                \
               sizeof *(output)->records.data);                                                    \
        __typeof__((output)->records.data) record =                                                \
            &(output)->records.data[(output)->records.count++];                                    \
        (total)++;                                                                                 \
        __VA_ARGS__;                                                                               \
    } while (0)

static void add_call(struct output *output, struct found *found, uint32_t from, uint32_t target)
{
    uint32_t first = (uint32_t)output->targets.count;
    bool is_known = target != NONE;
    if (is_known)
        ADD(output, targets, found->target_count, *record = target);
    ADD(output, calls, found->call_count, record->address = 0x1000 + 4 * found->call_count,
        record->from = from, record->first_target = first, record->target_count = is_known,
        record->depth_bytes = 24, record->is_tail = !is_known,
        record->kind = is_known ? CALL_GOT : CALL_UNRESOLVED);
}

static void add_block(struct output *output, struct found *found, uint32_t call, uint32_t next)
{
    ADD(output, blocks, found->block_count, record->call = call, record->next[0] = next,
        record->next[1] = NONE, record->flags = next == NONE ? BLOCK_RETURNS : 0);
}

static struct found begin(const struct output *output)
{
    struct found found = {0};
    for (unsigned i = 0; i < RECORD_KINDS; i++)
        found_set(&found, &record_kinds[i],
                  (uint32_t)record_array_get(output, &record_kinds[i]).count, 0);
    return found;
}

static void find_calls(struct cached_program *made, struct output *output, struct found *found)
{
    uint32_t first = made->first;
    add_call(output, found, first, first - 1);
    add_call(output, found, first, first + 3);
    add_call(output, found, first, made->relocations[1].function);
    add_call(output, found, first, made->relocations[2].function);
    add_call(output, found, first, NONE);
    for (uint32_t i = 0; i < found->call_count; i++)
        add_block(output, found, i, i + 1);
    add_block(output, found, NONE, NONE);
}

static void find_pointers(struct cached_program *made, struct output *output, struct found *found)
{
    uint32_t first = made->first;
    ADD(output, references, found->reference_count, record->target = 0x1080, record->from = first,
        record->bytes = 8, record->kind = REFERENCE_WRITE);
    ADD(output, arguments, found->argument_count, record->call = 1, record->number = -5,
        record->index = 2);
    ADD(output, arguments, found->argument_count, record->call = 2, record->number = 64,
        record->kind = ARGUMENT_FRAME);
    ADD(output, pointer_calls, found->pointer_call_count, record->call = 4,
        record->callee.root = ROOT_RESULT, record->callee.address = 0x1008,
        record->callee.load_count = MAX_PATH_LOADS, record->callee.call = NONE,
        record->arguments[0].call = NONE, record->arguments[1].call = NONE,
        record->receiver.call = NONE, record->reads_layout = true);
    ADD(output, pointer_stores, found->pointer_store_count, record->from = first,
        record->function = first + 3, record->kind = POINTED_FUNCTION,
        record->place.root = ROOT_ARGUMENT, record->place.index = 1, record->place.call = NONE);
    ADD(output, pointer_stores, found->pointer_store_count, record->from = first,
        record->function = NONE, record->kind = POINTED_ANYTHING, record->place.call = NONE);
    ADD(output, pointer_arguments, found->pointer_argument_count, record->call = 0,
        record->function = made->relocations[2].function, record->kind = POINTED_FUNCTION,
        record->argument = 3);
}

static void take(struct cached_program *made, uint32_t function)
{
    made->taken_bits[LIBRARY][function / 8] |= (uint8_t)(1U << function % 8);
}

void cached_program_find(struct cached_program *made)
{
    struct output *output = &made->outputs[0];
    const uint32_t whole[] = {0, 3, 4};
    for (uint32_t i = 0; i < OWN_FUNCTIONS; i++)
        made->frames[made->first + i].kind = FRAME_UNKNOWN,
                                   made->frames[made->first + i].bytes = -1;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct found *found = &made->found[made->first + whole[i]];
        struct frame *frame = &made->frames[made->first + whole[i]];
        *found = begin(output);
        frame->kind = FRAME_FIXED;
        frame->bytes = 8 + 16 * (int64_t)i;
        if (i == 0) {
            find_calls(made, output, found);
            find_pointers(made, output, found);
        } else {
            if (i == 1)
                add_call(output, found, made->first + 3, made->first);
            add_block(output, found, i == 1 ? 0 : NONE, NONE);
        }
    }
    take(made, made->first + 3);
    take(made, made->relocations[2].function);
}
