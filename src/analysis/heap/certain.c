/*
 * certain.c: who always allocates because of constants.
 *
 * In: struct ways, machine code. Out: struct avoiders. avoid.c looks at paths of calls and knows no
 * values: for it, a wrapper that allocates unless the size is zero may do without, whatever size
 * it is called with. So what could be judged better is tried (analysis/trial): functions that are
 * small, and calls that are all that keeps their function from allocating always. With those that
 * turn out to be certain, avoid.c is asked again.
 */
#include "analysis/heap/certain.h"

#include "analysis/trial/trial.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/** Whether it looks as if @p function could allocate or not. */
static bool is_doubtful(const struct ways *ways, const struct avoiders *avoiders, uint32_t function)
{
    return avoiders->avoids[function] && ways->flags[function] & MAY_NORMAL &&
           ways->returns->returns_normally[function];
}

static void try_functions(struct trial *trial, const struct ways *ways,
                          const struct avoiders *avoiders, struct certain *certain, const struct avoiders *hope)
{
    unsigned long n=0, steps=0, yes=0;
    for (uint32_t i = 0; i < ways->graph->function_count; i++) {
        if (!is_doubtful(ways, avoiders, i) || !trial_can_run(trial, i))
            continue;
        if (!getenv("ALLT") && hope->avoids[i]) continue;
        certain->functions[i] = trial_function(trial, i);
        if (getenv("ALLT") && certain->functions[i] && hope->avoids[i]) fprintf(stderr,"UNHOPED %s %u\n", ways->graph->program->functions[i].linkage_name, trial->step_count);
        if (getenv("TRIALS")) fprintf(stderr, "T %u %u %d\n", i, trial->step_count, certain->functions[i]);
        n++; steps += trial->step_count; yes += certain->functions[i];
    }
    if (getenv("TRIAL")) fprintf(stderr, "trials %lu steps %lu yes %lu\n", n, steps, yes);
}

void find_avoiders(struct avoiders *ret, const struct ways *ways)
{
    const struct callgraph *graph = ways->graph;
    struct avoiders first;
    avoiders_init(&first, ways, NULL);
    CLEANUP_FREE bool *functions = xcalloc((size_t)graph->function_count + 1, sizeof *functions);
    CLEANUP_FREE bool *calls = xcalloc((size_t)graph->program->call_count + 1, sizeof *calls);
    struct certain certain = {functions, calls};
    struct trial trial = {.graph = graph,
                          .returns = ways->returns,
                          .role = ways->role,
                          .passes_without = first.passes_without};
    trial_init(&trial);
    struct avoiders hope;
    CLEANUP_FREE bool *ocalls = xcalloc((size_t)graph->program->call_count + 1, sizeof *calls);
    struct certain oc = {functions, ocalls};
    for (uint32_t i = 0; i < graph->program->call_count; i++) {
        uint32_t callee = graph->callees[i];
        if (callee < graph->function_count && !(graph->traits[i] & CALL_IS_WEAK) && is_doubtful(ways, &first, callee) && trial_can_run(&trial, callee)) ocalls[i] = true;
    }
    avoiders_init(&hope, ways, &oc);
    try_functions(&trial, ways, &first, &certain, &hope);
    avoiders_deinit(&hope);
    trial_deinit(&trial);
    avoiders_init(ret, ways, &certain);
    avoiders_deinit(&first);
}
