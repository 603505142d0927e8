/* graph.c: blocks are collected in any order and laid out by function at the end. */
#include "graph.h"

#include <string.h>

void graph_init(struct graph *graph, uint32_t function_count)
{
    *graph = (struct graph){0};
    struct program *program = &graph->program;
    program_init(program);
    program->facts = &graph->facts;
    program->images = graph->images;
    program->image_count = 1;
    program->function_count = function_count;
    graph->images[0] = &graph->image;
    size_t count = (size_t)function_count + 1;
    program->functions = arena_calloc(&program->arena, count, sizeof *program->functions);
    graph->facts.frames = arena_calloc(&program->arena, count, sizeof *graph->facts.frames);
    graph->hides_pads = arena_calloc(&program->arena, count, sizeof *graph->hides_pads);
    for (uint32_t i = 0; i < function_count; i++) {
        program->functions[i] = (struct function){.address = 0x1000 + 0x100 * (uint64_t)i,
                                                  .bytes = 0x100,
                                                  .linkage_name = "",
                                                  .part_of = NONE,
                                                  .first_part = NONE,
                                                  .next_part = NONE};
        graph->facts.frames[i] = (struct frame){.bytes = 16, .kind = FRAME_FIXED};
    }
}

void graph_deinit(struct graph *graph)
{
    free(graph->data);
    program_deinit(&graph->program);
}

void graph_name(struct graph *graph, uint32_t function, const char *name)
{
    graph->program.functions[function].linkage_name = name;
}

void graph_hide_pads(struct graph *graph, uint32_t function)
{
    graph->hides_pads[function] = true;
}

void graph_block(struct graph *graph, uint32_t function, uint32_t flags, struct graph_next next)
{
    array_push(graph, (struct graph_block){.function = function, .flags = flags, .next = next});
}

void graph_call(struct graph *graph, uint32_t function, struct graph_target target,
                struct graph_next next)
{
    array_push(graph, (struct graph_block){
                          .function = function, .has_call = true, .target = target, .next = next});
}

void graph_tail(struct graph *graph, uint32_t function, struct graph_target target)
{
    target.is_tail = true;
    target.depth = target.depth < 0 ? -1 : 0;
    graph_call(graph, function, target, END);
}

void graph_leaf(struct graph *graph, uint32_t function)
{
    graph_block(graph, function, BLOCK_RETURNS, END);
}

void graph_chain(struct graph *graph, uint32_t function, const uint32_t *targets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        graph_call(graph, function, TO(targets[i]), NEXT(i + 1));
    graph_leaf(graph, function);
}

/** Returns the place of the targets, which calls of two or more share, as those through a vtable.
 */
static uint32_t lay_out_targets(struct program *program, const struct graph_target *target)
{
    for (uint32_t i = 0; target->count > 1 && i + target->count <= program->call_target_count; i++)
        if (memcmp(program->call_targets + i, target->functions, target->count * 4) == 0)
            return i;
    memcpy(program->call_targets + program->call_target_count, target->functions,
           target->count * 4);
    program->call_target_count += target->count;
    return program->call_target_count - target->count;
}

static void lay_out_call(struct program *program, const struct graph_block *source)
{
    uint32_t index = program->call_count++;
    const struct graph_target *target = &source->target;
    bool is_loose = target->kind == CALL_ADDRESS_TAKEN;
    uint32_t first = lay_out_targets(program, target);
    program->calls[index] =
        (struct call){.address = 0x100001 + index,
                      .from = source->function,
                      .first_target = first,
                      .target_count = is_loose ? 0 : target->count,
                      .depth_bytes = target->depth,
                      .kind = is_loose ? CALL_UNRESOLVED : (uint8_t)target->kind,
                      .is_tail = target->is_tail,
                      .is_partial = target->is_partial && !is_loose};
    if (is_loose)
        program->loose_calls[program->loose_call_count++] =
            (struct loose_call){.call = index,
                                .first_target = first,
                                .target_count = target->count,
                                .kind = CALL_ADDRESS_TAKEN};
}

static void lay_out_block(struct program *program, const struct graph_block *source, uint32_t first)
{
    struct block *block = &program->blocks[program->block_count++];
    *block = (struct block){.call = source->has_call ? program->call_count : NONE,
                            .flags = source->flags};
    for (unsigned i = 0; i < 2; i++)
        block->next[i] = source->next.blocks[i] == NONE ? NONE : first + source->next.blocks[i];
    if (source->has_call)
        lay_out_call(program, source);
}

void graph_finish(struct graph *graph)
{
    struct program *program = &graph->program;
    struct arena *arena = &program->arena;
    size_t functions = (size_t)program->function_count + 1, blocks = graph->count + 1;
    program->blocks = arena_calloc(arena, blocks, sizeof *program->blocks);
    program->calls = arena_calloc(arena, blocks, sizeof *program->calls);
    program->loose_calls = arena_calloc(arena, blocks, sizeof *program->loose_calls);
    program->call_targets = arena_calloc(arena, blocks, 4 * MAX_TARGETS);
    program->function_blocks = arena_calloc(arena, functions, 4);
    program->function_calls = arena_calloc(arena, functions, 4);
    for (uint32_t function = 0; function < program->function_count; function++) {
        uint32_t first = program->function_blocks[function] = program->block_count;
        program->function_calls[function] = program->call_count;
        for (size_t i = 0; i < graph->count; i++) {
            if (graph->data[i].function == function)
                lay_out_block(program, &graph->data[i], first);
        }
        if (first < program->block_count && graph->hides_pads[function])
            program->blocks[first].flags |= BLOCK_HIDES_PADS;
        if (first == program->block_count && *program->functions[function].linkage_name)
            program->functions[function].source = FUNCTION_EXTERNAL;
    }
    program->function_blocks[program->function_count] = program->block_count;
    program->function_calls[program->function_count] = program->call_count;
    program->image_functions = arena_calloc(arena, 2, 4);
    program->image_functions[1] = program->function_count;
}
