/*
 * reach.c: breadth-first from the function over calls without an own frame, in images[0] and only
 * where ways.c says that an allocator can be got to. Each function is searched from once. Who gets
 * to more than some sites gets to nearly all there are (formatting, panics): that list is cut, and
 * so is one with a call that is not resolved, and what is asked after all searches together have
 * looked at too many calls.
 */
#include "analysis/heap/lines/reach.h"

#include "base/memory.h"
#include "base/sort.h"

#include <string.h>

enum { MAX_SITES = 64, MAX_STEPS = 100000000 };

void reach_init(struct reach *ret, const struct program *program, const struct ways *ways)
{
    const struct facts *facts = program->facts;
    size_t functions = (size_t)program->function_count + 1, calls = (size_t)program->call_count + 1;
    *ret = (struct reach){.program = program,
                          .ways = ways,
                          .site_of = xmalloc(calls * sizeof *ret->site_of),
                          .of = xcalloc(functions, sizeof *ret->of),
                          .seen = xcalloc((size_t)ways->graph->node_count + 1, sizeof *ret->seen)};
    memset(ret->site_of, 0xff, calls * sizeof *ret->site_of);
    for (uint32_t i = 0; i < facts->site_count; i++)
        if (facts->sites[i].kind != SITE_MAP)
            ret->site_of[facts->sites[i].call] = i;
    for (size_t i = 0; i < functions; i++)
        ret->of[i].count = NONE;
}

void reach_deinit(struct reach *reach)
{
    free(reach->site_of);
    free(reach->of);
    free(reach->seen);
    array_deinit(&reach->queue);
    array_deinit(&reach->sites);
}

/** Notes a node of the call graph that is to be looked at, once in each search. */
static bool is_new(struct reach *reach, uint32_t node)
{
    if (!(reach->ways->flags[node] & MAY_ANY) || reach->seen[node] == reach->search)
        return false;
    reach->seen[node] = reach->search;
    return true;
}

static void visit(struct reach *reach, uint32_t function)
{
    const struct program *program = reach->program;
    function = program_whole(program, function);
    if (program->functions[function].image == 0 &&
        program->facts->allocator_roles[function] == ALLOCATOR_NONE && is_new(reach, function))
        array_push(&reach->queue, function);
}

static void follow(struct reach *reach, uint32_t call)
{
    const struct callgraph *graph = reach->ways->graph;
    uint32_t node = graph->callees[call];
    if (node < graph->function_count) {
        visit(reach, node);
        return;
    }
    if (!is_new(reach, node))
        return;
    uint32_t count = callgraph_successor_count(graph, node);
    reach->steps += count;
    for (uint32_t i = 0; i < count; i++)
        visit(reach, callgraph_successor(graph, node, i));
}

/** False: it has a call of which it is not known what it enters. */
static bool look_at(struct reach *reach, uint32_t function)
{
    const struct program *program = reach->program;
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        reach->steps++;
        if (reach->ways->barred[i] || program->facts->call_paths[i] == CALL_PATH_DEAD)
            continue;
        if (reach->ways->graph->callees[i] == NONE)
            return false;
        if (reach->site_of[i] != NONE)
            array_push(&reach->sites, reach->site_of[i]);
        else
            follow(reach, i);
    }
    return true;
}

struct reached reach_from(struct reach *reach, uint32_t function)
{
    struct reached *ret = &reach->of[function];
    if (ret->count != NONE)
        return *ret;
    *ret = (struct reached){.first = (uint32_t)reach->sites.count};
    reach->search++;
    reach->queue.count = 0;
    visit(reach, function);
    for (size_t i = 0; i < reach->queue.count && !ret->is_cut; i++) {
        ret->is_cut = !look_at(reach, reach->queue.data[i]) || reach->steps >= MAX_STEPS ||
                      reach->sites.count - ret->first > MAX_SITES;
    }
    size_t found = ret->is_cut ? 0 : reach->sites.count - ret->first;
    ret->count = (uint32_t)sort_numbers(reach->sites.data + ret->first, found);
    reach->sites.count = ret->first + ret->count;
    return *ret;
}
