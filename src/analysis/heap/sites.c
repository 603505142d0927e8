/*
 * sites.c: the calls of images[0] that enter an allocator or map pages, with their constant
 * arguments.
 *
 * In: call graph, call paths, allocators, program.arguments. Out: facts.sites, facts.site_frees.
 * Left out on purpose: what never runs, what an allocator does inside, and calls that only take
 * memory back.
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

/** Fills in what decides how much, if that is no constant. */
static void find_amount(const struct program *program, struct site *site)
{
    const struct call *call = &program->calls[site->call];
    int8_t index = program->facts->allocator_arguments[site->allocator].size;
    if (site->bytes >= 0 || call->target_count != 1 || call->is_partial || index < 0)
        return;
    const struct argument *amount = program_argument(program, site->call, (unsigned)index);
    if (!amount || amount->kind <= ARGUMENT_FRAME)
        return;
    site->amount = amount;
    if (amount->factor > 1 && site->element_bytes < 0 && !amount->addend)
        site->element_bytes = amount->factor;
}

/* ---- What takes it back ---------------------------------------------------------------------- */

/** A call that takes back what the call at an address of its function handed out. */
struct taking_back {
    uint32_t site, call;
};

static int by_site(const void *a, const void *b)
{
    const struct taking_back *x = a, *y = b;
    if (x->site != y->site)
        return x->site < y->site ? -1 : 1;
    return x->call < y->call ? -1 : x->call > y->call;
}

/** The site at @p address, or NONE. */
static uint32_t site_at(const struct program *program, uint64_t address)
{
    const struct facts *facts = program->facts;
    uint32_t low = 0, high = facts->site_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (program->calls[facts->sites[middle].call].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found =
        low < facts->site_count && program->calls[facts->sites[low].call].address == address;
    return is_found ? low : NONE;
}

/** Whether the call enters a function that takes memory back, and nothing else. */
static bool takes_back(const struct program *program, uint32_t index)
{
    const struct call *call = &program->calls[index];
    return call->target_count == 1 && !call->is_partial &&
           program->functions[call->from].image == 0 &&
           program->facts->call_paths[index] != CALL_PATH_DEAD &&
           program->facts->allocator_roles[program->call_targets[call->first_target]] ==
               ALLOCATOR_FREE;
}

static void find_frees(struct program *program)
{
    struct facts *facts = program->facts;
    ARRAY(struct taking_back) found = {0};
    for (uint32_t i = 0; i < program->argument_count; i++) {
        const struct argument *argument = &program->arguments[i];
        bool is_whole = argument->factor == 1 && !argument->addend;
        if (argument->kind != ARGUMENT_RESULT || !is_whole || !takes_back(program, argument->call))
            continue;
        uint32_t site = site_at(program, (uint64_t)argument->number);
        if (site != NONE)
            array_push(&found, (struct taking_back){site, argument->call});
    }
    if (found.count > 1)
        qsort(found.data, found.count, sizeof *found.data, by_site);
    facts->site_frees = arena_calloc(&program->arena, found.count + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < found.count; i++) {
        struct site *site = &facts->sites[found.data[i].site];
        if (!site->free_count++)
            site->first_free = i;
        facts->site_frees[i] = found.data[i].call;
    }
    array_deinit(&found);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void keep_sites(struct program *program, const struct site *sites, size_t count)
{
    struct facts *facts = program->facts;
    facts->sites = arena_calloc(&program->arena, count + 1, sizeof *facts->sites);
    facts->site_count = (uint32_t)count;
    if (count)
        memcpy(facts->sites, sites, count * sizeof *sites);
    qsort_r(facts->sites, count, sizeof *sites, compare_sites, program);
    for (uint32_t i = 0; i < facts->site_count; i++) {
        find_amounts(program, &facts->sites[i]);
        find_amount(program, &facts->sites[i]);
    }
    find_frees(program);
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
