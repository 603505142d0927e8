/*
 * certain.c: who always allocates because of constants.
 *
 * In: struct ways, machine code. Out: struct avoiders. avoid.c looks at paths of calls and knows no
 * values: for it, a wrapper that allocates unless the size is zero may do without, whatever size it
 * is called with. Such wrappers can be told from the numbers only by running them (analysis/trial),
 * which costs more than all that avoid.c does. So avoid.c is asked three times:
 *
 *   as it is. Of the functions that may allocate or not, those that were not optimized are tried;
 *   in others, the compiler has taken away what constants decide.
 *   taking each call for certain that passes constants to a function which may allocate or not.
 *   Functions that would always allocate then have their calls tried. A callee that has failed
 *   often is not tried again: it does not ask for its arguments.
 *   with what the trials found.
 *
 * Left out on purpose: second trials in the light of the first ones. A trial follows calls into the
 * callees itself, deeper than real wrappers go.
 */
#include "analysis/heap/certain.h"

#include "analysis/trial/trial.h"
#include "base/memory.h"

#include <stdlib.h>

enum { MAX_FAILURES = 4 };

/** What is asked of one role. */
struct question {
    const struct ways *ways;
    const struct program *program;
    struct avoiders known;   /* without trials */
    struct avoiders hopeful; /* if all calls that may be certain were */
    struct certain certain;
    uint8_t *failures; /* of each function: trials of calls of it since the last that was certain */
    struct trial trial;
};

/** Whether it looks as if @p function could allocate or not. */
static bool is_doubtful(const struct question *question, uint32_t function)
{
    return question->known.avoids[function] && question->ways->flags[function] & MAY_NORMAL &&
           question->ways->returns->returns_normally[function];
}

/** Whether a trial of @p call may find it certain, as far as can be seen without one. */
static bool may_be_certain(const struct question *question, uint32_t call)
{
    const struct callgraph *graph = question->ways->graph;
    uint32_t callee = graph->callees[call];
    return question->program->calls[call].passes_constants && callee < graph->function_count &&
           !(graph->traits[call] & CALL_IS_PARTIAL) && is_doubtful(question, callee) &&
           !question->certain.functions[callee] && trial_can_run(&question->trial, callee);
}

static void try_functions(struct question *question)
{
    const struct program *program = question->program;
    for (uint32_t i = 0; i < program->function_count; i++)
        // A trial does not know that main may end with exit().
        if (i != program->facts->main_function && program->facts->frames[i].keeps_all &&
            is_doubtful(question, i) && trial_can_run(&question->trial, i))
            question->certain.functions[i] = trial_function(&question->trial, i);
}

static void find_hopes(struct question *question)
{
    const struct program *program = question->program;
    struct certain hopes = {question->certain.functions,
                            xcalloc((size_t)program->call_count + 1, sizeof *hopes.calls)};
    for (uint32_t i = 0; i < program->call_count; i++)
        hopes.calls[i] = may_be_certain(question, i);
    avoiders_init(&question->hopeful, question->ways, &hopes);
    free(hopes.calls);
}

static void try_call(struct question *question, uint32_t call)
{
    const struct program *program = question->program;
    uint8_t *failures = &question->failures[question->ways->graph->callees[call]];
    if (*failures == MAX_FAILURES)
        return;
    bool is_certain = trial_call(&question->trial, call, program->calls[call].straight_bytes);
    question->certain.calls[call] = is_certain;
    *failures = is_certain ? 0 : *failures + 1;
}

static void try_calls(struct question *question)
{
    const struct program *program = question->program;
    for (uint32_t i = 0; i < program->call_count; i++) {
        uint32_t from = program->calls[i].from;
        if (is_doubtful(question, from) && !question->hopeful.avoids[from] &&
            !question->certain.functions[from] && may_be_certain(question, i))
            try_call(question, i);
    }
}

void find_avoiders(struct avoiders *ret, const struct ways *ways)
{
    const struct program *program = ways->graph->program;
    size_t functions = (size_t)program->function_count + 1, calls = (size_t)program->call_count + 1;
    struct question question = {.ways = ways, .program = program};
    avoiders_init(&question.known, ways, NULL);
    question.certain = (struct certain){xcalloc(functions, 1), xcalloc(calls, 1)};
    question.failures = xcalloc(functions, 1);
    question.trial = (struct trial){.graph = ways->graph,
                                    .returns = ways->returns,
                                    .role = ways->role,
                                    .passes_without = question.known.passes_without};
    trial_init(&question.trial);
    try_functions(&question);
    find_hopes(&question);
    try_calls(&question);
    trial_deinit(&question.trial);
    avoiders_init(ret, ways, &question.certain);
    avoiders_deinit(&question.known);
    avoiders_deinit(&question.hopeful);
    free(question.certain.functions);
    free(question.certain.calls);
    free(question.failures);
}
