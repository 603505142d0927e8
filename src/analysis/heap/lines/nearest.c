/*
 * nearest.c: looks outward from each call.
 *
 * In: inlined calls, the line table, facts.origins and file_origins. Out: a depth for each call of
 * images[0]. A frame is own if the file is that its code stands in; the function itself, if it is
 * own as a function. So a closure that was inlined into a function of the library is found, and a
 * function of the library that was inlined into an own one is passed over, which makes the answer
 * the same for debug and release builds.
 */
#include "analysis/heap/lines/nearest.h"

#include "base/memory.h"
#include "base/threads.h"
#include "program/place.h"

struct search {
    const struct program *program;
    uint8_t *depths;
};

static uint8_t depth_of(const struct program *program, const struct call *call)
{
    const struct facts *facts = program->facts;
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    place_of_code(program, call->from, call->address, frames, &count);
    for (uint32_t i = 0; i < count; i++)
        if (frames[i].file_id != NONE && facts->file_origins[frames[i].file_id] == ORIGIN_USER)
            return (uint8_t)i;
    return facts->origins[call->from] == ORIGIN_USER ? (uint8_t)count : NOT_OWN;
}

static void look_at_some(void *context, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    struct search *search = context;
    const struct program *program = search->program;
    for (size_t i = begin; i < end; i++) {
        const struct call *call = &program->calls[i];
        bool is_here = program->functions[call->from].image == 0;
        search->depths[i] = is_here ? depth_of(program, call) : NOT_OWN;
    }
}

uint8_t *nearest_own_frames(const struct program *program)
{
    enum { GRAIN = 4096 };
    struct search search = {program, xmalloc((size_t)program->call_count + 1)};
    parallel_for(program->workers, program->call_count, GRAIN, look_at_some, &search);
    return search.depths;
}
