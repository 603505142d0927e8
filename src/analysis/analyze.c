/*
 * analyze.c: names and code first, then what follows from it: paths to the allocator, stack depths,
 * and who uses the bytes of global memory.
 */
#include "analysis/analyze.h"

#include "analysis/decode.h"
#include "analysis/entries/entries.h"
#include "analysis/globals/globals.h"
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "analysis/origins/origins.h"
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/looked_up.h"
#include "analysis/pointers/registers.h"
#include "analysis/stack.h"

void program_analyze(struct program *program, const struct analyze_options *options)
{
    program->facts = arena_alloc(&program->arena, sizeof *program->facts);
    origins_analyze(program, &options->own);
    if (options->only_types)
        return;
    allocators_mark(program, options->allocators, options->allocator_count);
    entries_want_arguments(program);
    looked_up_want_arguments(program);
    program_decode_cached(program, options->cache_folder);
    entries_analyze(program, options->stack_limit);
    origins_settle_main(program);
    indirect_resolve(program);
    registers_resolve(program);
    heap_analyze(program, options->with_lines);
    for (uint32_t i = 0; i < program->image_count; i++)
        image_rest(program->images[i]);
    if (options->with_stack)
        stack_analyze(program);
    if (!options->with_globals)
        return;
    globals_analyze(program);
    origins_analyze_owners(program, &options->own);
}
