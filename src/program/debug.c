/*
 * debug.c: questions about addresses, answered by binary search in the sorted tables of debug.h.
 *
 * Ranges of inlined calls nest, so the ranges around an address are the last one that starts at or
 * before it and the chain of its parents; those of the chain that end too early are passed over.
 */
#include "program/debug.h"

#include "base/search.h"

enum { MAX_PARENTS = 4096 }; // far above real nesting; malformed ranges may nest without end

const struct debug_line *debug_line_at(const struct debug_info *debug, uint64_t address)
{
    if (!debug)
        return NULL;
    uint32_t after = (uint32_t)COUNT_UP_TO(debug->lines, debug->line_count, address);
    if (!after || debug->lines[after - 1].file == UINT32_MAX)
        return NULL;
    return &debug->lines[after - 1];
}

uint32_t debug_inlined_at(const struct debug_info *debug, uint64_t address, uint32_t limit,
                          uint32_t *ret)
{
    if (!debug)
        return 0;
    uint32_t after = (uint32_t)COUNT_UP_TO(debug->inlined, debug->inlined_count, address);
    uint32_t count = 0, at = after ? after - 1 : UINT32_MAX;
    for (int steps = 0; at != UINT32_MAX && count < limit && steps < MAX_PARENTS; steps++) {
        const struct debug_inlined *inlined = &debug->inlined[at];
        if (address - inlined->address < inlined->bytes)
            ret[count++] = at;
        at = inlined->parent;
    }
    return count;
}

uint32_t debug_function_at(const struct debug_info *debug, uint64_t address)
{
    if (!debug)
        return UINT32_MAX;
    uint32_t index = (uint32_t)COUNT_BELOW(debug->functions, debug->function_count, address);
    if (index == debug->function_count || debug->functions[index].address != address)
        return UINT32_MAX;
    return index;
}

uint64_t debug_local_part(const struct debug_info *debug, uint64_t address, int64_t offset,
                          int64_t stack_pointer)
{
    enum { MAX_LOCALS = 32 }; // that begin before the place are looked at
    size_t end = debug ? COUNT_UP_TO(debug->locals, debug->local_count, address) : 0, looked = 0;
    for (size_t i = end; i > 0 && looked < MAX_LOCALS && debug->locals[i - 1].address == address;
         i--) {
        const struct debug_local *local = &debug->locals[i - 1];
        int64_t base = local->is_from_stack_pointer ? stack_pointer : 0;
        uint64_t inside = (uint64_t)offset - (uint64_t)base - (uint64_t)local->offset;
        if (inside > INT64_MAX)
            continue;
        looked++;
        uint32_t type = type_find(&debug->types, local->type_key);
        if (type != UINT32_MAX && inside < debug->types.types[type].bytes &&
            debug->types.types[type].bytes != UINT64_MAX)
            return local->type_key + (inside << 1 | 1);
    }
    return 0;
}
