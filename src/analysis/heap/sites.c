/*
 * sites.c: the calls of images[0] that enter an allocator or map pages, with their constant
 * arguments.
 *
 * In: call graph, call paths, allocators, program.arguments. Out: facts.sites. Left out on purpose:
 * calls with nothing better than all functions whose address is taken, what never runs, what an
 * allocator does inside, and calls that only take memory back.
 */
#include "analysis/heap/sites.h"

#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/** What a callee (a function or a list of candidates) hands out; function NONE: nothing. */
struct source {
    uint32_t function;
    enum site_kind kind;
};

static bool read_role(const struct facts *facts, uint32_t function, struct source *ret)
{
    uint8_t role = facts->allocator_roles[function];
    if (role == ALLOCATOR_ALLOCATE || role == ALLOCATOR_REALLOCATE)
        *ret =
            (struct source){function, role == ALLOCATOR_ALLOCATE ? SITE_ALLOCATE : SITE_REALLOCATE};
    else if (facts->map_roles[function] == ALLOCATOR_MAP)
        *ret = (struct source){function, SITE_MAP};
    else
        return false;
    return true;
}

/** Returns what @p node or, if it is a list, the first of its members that does hands out. */
static struct source find_source(const struct callgraph *graph, uint32_t node)
{
    const struct facts *facts = graph->program->facts;
    struct source source = {NONE, SITE_ALLOCATE};
    if (node < graph->function_count) {
        read_role(facts, node, &source);
        return source;
    }
    for (uint32_t i = 0; i < callgraph_successor_count(graph, node); i++) {
        struct source member;
        if (!read_role(facts, callgraph_successor(graph, node, i), &member))
            continue;
        // Pages are of interest only where there is no heap.
        if (source.function == NONE || (source.kind == SITE_MAP && member.kind != SITE_MAP))
            source = member;
    }
    return source;
}

static bool can_be_site(const struct program *program, uint32_t index)
{
    const struct facts *facts = program->facts;
    const struct call *call = &program->calls[index];
    return program->functions[call->from].image == 0 &&
           facts->call_paths[index] != CALL_PATH_DEAD &&
           facts->allocator_roles[call->from] == ALLOCATOR_NONE &&
           facts->map_roles[call->from] == ALLOCATOR_NONE;
}

static int compare_sites(const void *left, const void *right, void *context)
{
    const struct program *program = context;
    const struct site *a = left, *b = right;
    uint64_t a_address = program->calls[a->call].address;
    uint64_t b_address = program->calls[b->call].address;
    if (a_address != b_address)
        return a_address < b_address ? -1 : 1;
    return a->call < b->call ? -1 : a->call > b->call;
}

/** Returns the argument if it is a constant that can be an amount, else -1. */
static int64_t amount(const struct program *program, uint32_t call, int8_t index)
{
    int64_t number;
    if (index < 0 || !program_call_argument(program, call, (unsigned)index, &number) || number < 0)
        return -1;
    return number;
}

/** Fills in the constant arguments; of a call that enters one allocator, from its start. */
static void find_amounts(const struct program *program, struct site *site)
{
    const struct call *call = &program->calls[site->call];
    const struct allocator_arguments *arguments =
        &program->facts->allocator_arguments[site->allocator];
    if (call->target_count != 1 || call->is_partial ||
        program->call_targets[call->first_target] != site->allocator)
        return;
    site->alignment = amount(program, site->call, arguments->alignment);
    site->count = amount(program, site->call, arguments->count);
    site->bytes = amount(program, site->call, arguments->size);
    if (arguments->count < 0)
        return;
    site->element_bytes = site->bytes;
    if (site->count < 0 || site->bytes < 0 ||
        __builtin_mul_overflow(site->bytes, site->count, &site->bytes))
        site->bytes = -1;
}

static void keep_sites(struct program *program, const struct site *sites, size_t count)
{
    struct facts *facts = program->facts;
    facts->sites = arena_calloc(&program->arena, count + 1, sizeof *facts->sites);
    facts->site_count = (uint32_t)count;
    if (count)
        memcpy(facts->sites, sites, count * sizeof *sites);
    qsort_r(facts->sites, count, sizeof *sites, compare_sites, program);
    for (uint32_t i = 0; i < facts->site_count; i++)
        find_amounts(program, &facts->sites[i]);
}

void sites_find(struct program *program, const struct callgraph *graph)
{
    CLEANUP_FREE struct source *sources =
        xmalloc(((size_t)graph->node_count + 1) * sizeof *sources);
    for (uint32_t node = 0; node < graph->node_count; node++)
        sources[node] = find_source(graph, node);
    ARRAY(struct site) sites = {0};
    for (uint32_t i = 0; i < program->call_count; i++) {
        uint32_t callee = graph->callees[i];
        if (callee == NONE || sources[callee].function == NONE || !can_be_site(program, i))
            continue;
        array_push(&sites, (struct site){.call = i,
                                         .allocator = sources[callee].function,
                                         .bytes = -1,
                                         .alignment = -1,
                                         .count = -1,
                                         .element_bytes = -1,
                                         .kind = (uint8_t)sources[callee].kind,
                                         .is_on_panic = program->facts->call_on_panic[i]});
    }
    keep_sites(program, sites.data, sites.count);
    array_deinit(&sites);
}
