/*
 * test_heap_random.c: verdicts compared with what the words mean.
 *
 * The model runs each random program in every possible way. A run of a function is a walk over
 * its blocks; what is remembered of it is whether it entered an allocator that counts and whether
 * it met a call that is not resolved. The set of what normal runs can end with, for all functions,
 * grows until nothing is added; the verdict is read off it. Runs that never end because they go
 * round and round, with calls, are told from those that end by who can reach whom. Nothing of this
 * shares an idea with the analysis, which never looks at runs.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "program/path.h"
#include "random_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PROGRAMS = 10000, MAX_BLOCKS = 8, ENTERED = 1, OPEN = 2, MASKS = 4 };
enum { ENTERING = 1 << ENTERED | 1 << (ENTERED | OPEN) }; // of sets of masks
enum { ENTRIES = BLOCK_LANDING_PAD | BLOCK_GAP };

struct model {
    const struct program *program;
    enum heap_role role;
    bool returns[R_COUNT], hidden[R_COUNT];
    bool may_catch[R_COUNT];                 /* returns from where only an exception leads */
    bool is_caught[CODE_COUNT * MAX_BLOCKS]; /* blocks that control is in only after exceptions */
    uint8_t any[R_COUNT];                    /* ENTERED, OPEN on any path */
    uint8_t runs[R_COUNT];                   /* bit m: some normal run ends with mask m */
    bool lingers[R_COUNT];                   /* some normal run does not end */
    uint8_t stays[R_COUNT];                  /* ENTERED, OPEN in normal runs that do not end */
};

static const struct block *blocks_of(const struct model *model, uint32_t function,
                                     uint32_t *ret_first, uint32_t *ret_count)
{
    *ret_first = model->program->function_blocks[function];
    *ret_count = model->program->function_blocks[function + 1] - *ret_first;
    return model->program->blocks + *ret_first;
}

static uint32_t target_of(const struct model *model, uint32_t call, uint32_t index)
{
    return model->program->call_targets[model->program->calls[call].first_target + index];
}

static bool can_return(const struct model *model, uint32_t index)
{
    if (index == NONE)
        return true;
    const struct call *call = &model->program->calls[index];
    bool result = !call->target_count;
    for (uint32_t i = 0; i < call->target_count; i++)
        result |= model->returns[target_of(model, index, i)];
    return result;
}

/** Whether more than the function's own control may lead to the block. */
static bool is_entered(const struct block *block)
{
    return block->flags & ENTRIES;
}

static bool leaves(const struct model *model, const struct block *block)
{
    return block->flags & (BLOCK_RETURNS | BLOCK_UNRESOLVED) ||
           (block->call != NONE && model->program->calls[block->call].is_tail);
}

/** Marks the blocks that control can be in, in any way; returns whether it can leave. */
static bool walk(const struct model *model, uint32_t function, bool with_catches, bool *ret_reached)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(model, function, &first, &count);
    for (uint32_t i = 0; i < count; i++)
        ret_reached[i] = !i || (with_catches && is_entered(&blocks[i]));
    bool result = false;
    for (uint32_t round = 0; round <= count; round++) {
        for (uint32_t i = 0; i < count; i++) {
            bool passes = can_return(model, blocks[i].call);
            if (!ret_reached[i] || !(passes || (with_catches && model->hidden[function])))
                continue;
            result |= passes && leaves(model, &blocks[i]);
            for (unsigned n = 0; n < 2; n++)
                if (blocks[i].next[n] != NONE)
                    ret_reached[blocks[i].next[n] - first] = true;
        }
    }
    return result;
}

static void find_hidden(struct model *model)
{
    const struct program *program = model->program;
    for (uint32_t i = 0; i < R_COUNT; i++)
        model->hidden[i] =
            i < CODE_COUNT && program->blocks[program->function_blocks[i]].flags & BLOCK_HIDES_PADS;
    for (uint32_t i = 0; i < program->call_count; i++)
        for (uint32_t j = 0; program->calls[i].is_partial && j < program->calls[i].target_count;
             j++)
            model->hidden[target_of(model, i, j)] = true;
    for (uint32_t i = 0; i < CODE_COUNT; i++)
        for (uint32_t b = program->function_blocks[i]; b < program->function_blocks[i + 1]; b++)
            model->hidden[i] |= (program->blocks[b].flags & BLOCK_UNRESOLVED) != 0;
}

static uint8_t effect_of(const struct model *model, uint32_t function)
{
    if (function == R_MALLOC)
        return model->role == HEAP_ALLOCATES ? ENTERED : 0;
    if (function == R_FREE)
        return model->role == HEAP_FREES ? ENTERED : 0;
    if (function == R_ABORT)
        return 0;
    return function < CODE_COUNT ? model->any[function] : OPEN;
}

/** Whether some function that an unresolved call could enter may enter an allocator. */
static bool loosely_enters(const struct model *model, uint32_t call, bool is_normal)
{
    const struct loose_call *loose = program_loose_call(model->program, call);
    for (uint32_t i = 0; loose && i < loose->target_count; i++) {
        uint32_t target = model->program->call_targets[loose->first_target + i];
        bool may_normally = target < CODE_COUNT
                                ? model->runs[target] & ENTERING || model->stays[target] & ENTERED
                                : effect_of(model, target) & ENTERED;
        if (is_normal ? may_normally : effect_of(model, target) & ENTERED)
            return true;
    }
    return false;
}

static uint8_t any_effect(const struct model *model, uint32_t call)
{
    const struct call *record = &model->program->calls[call];
    uint8_t effect = record->target_count ? 0 : OPEN;
    effect |= loosely_enters(model, call, false) ? ENTERED : 0;
    for (uint32_t i = 0; i < record->target_count; i++)
        effect |= effect_of(model, target_of(model, call, i));
    return effect && record->is_partial ? OPEN : effect;
}

/** Returns the masks that a call may come back with. */
static uint8_t call_runs(const struct model *model, uint32_t call)
{
    const struct call *record = &model->program->calls[call];
    if (!record->target_count)
        return 1 << OPEN | (loosely_enters(model, call, true) ? 1 << (ENTERED | OPEN) : 0);
    if (record->is_partial)
        return any_effect(model, call) ? 1 | 1 << OPEN : 1;
    uint8_t runs = 0;
    for (uint32_t i = 0; i < record->target_count; i++) {
        uint32_t target = target_of(model, call, i);
        if (target >= CODE_COUNT && model->returns[target])
            runs |= 1 << effect_of(model, target);
        else if (target < CODE_COUNT && model->returns[target])
            runs |= model->runs[target] | model->may_catch[target];
    }
    return runs;
}

struct walker {
    const struct model *model;
    bool seen[MAX_BLOCKS][MASKS];
    uint8_t runs;
};

static void go_on(struct walker *walker, uint32_t function, uint32_t block, unsigned mask);

/** A jump to nobody knows where may go where nothing else leads. */
static void jump(struct walker *walker, uint32_t function, unsigned mask)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(walker->model, function, &first, &count);
    bool reached[MAX_BLOCKS];
    walk(walker->model, function, true, reached);
    for (uint32_t i = 0; i < count; i++) {
        if (blocks[i].flags & BLOCK_GAP)
            go_on(walker, function, i, mask);
        for (unsigned n = 0; n < 2 && reached[i]; n++)
            if (!can_return(walker->model, blocks[i].call) && blocks[i].next[n] != NONE &&
                (blocks[blocks[i].next[n] - first].flags & ENTRIES) != BLOCK_LANDING_PAD)
                go_on(walker, function, blocks[i].next[n] - first, mask);
    }
}

static void come_back(struct walker *walker, uint32_t function, uint32_t block, unsigned mask)
{
    uint32_t first, count;
    const struct block *record = &blocks_of(walker->model, function, &first, &count)[block];
    if (leaves(walker->model, record))
        walker->runs |= 1 << mask;
    if (record->flags & BLOCK_UNRESOLVED)
        jump(walker, function, mask);
    for (unsigned n = 0; n < 2; n++)
        if (record->next[n] != NONE)
            go_on(walker, function, record->next[n] - first, mask);
}

static void go_on(struct walker *walker, uint32_t function, uint32_t block, unsigned mask)
{
    if (walker->seen[block][mask])
        return;
    walker->seen[block][mask] = true;
    uint32_t first, count;
    const struct block *record = &blocks_of(walker->model, function, &first, &count)[block];
    if (!can_return(walker->model, record->call))
        return;
    uint8_t runs = record->call == NONE ? 1 : call_runs(walker->model, record->call);
    for (unsigned m = 0; m < MASKS; m++)
        if (runs & 1 << m)
            come_back(walker, function, block, mask | m);
}

/** Walks @p function from its entry in every way that @p model knows for its callees. */
static struct walker walk_runs(const struct model *model, uint32_t function)
{
    struct walker walker = {.model = model};
    go_on(&walker, function, 0, 0);
    return walker;
}

static bool find_runs(struct model *model)
{
    bool changed = false;
    for (uint32_t i = 0; i < CODE_COUNT; i++) {
        uint8_t runs = model->runs[i] | walk_runs(model, i).runs;
        changed |= runs != model->runs[i];
        model->runs[i] = runs;
    }
    return changed;
}

/** Whether @p function returns when entered where its entry does not lead. */
static bool find_catch(const struct model *model, uint32_t function)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(model, function, &first, &count);
    struct model callees_return = *model;
    memset(callees_return.runs, 1, sizeof callees_return.runs);
    struct walker caught = {.model = &callees_return};
    for (uint32_t i = 0; i < count; i++) {
        if (is_entered(&blocks[i]) || (model->hidden[function] && model->is_caught[first + i]))
            go_on(&caught, function, i, 0);
    }
    return caught.runs;
}

/** First what returns without exceptions, then what returns at all. */
static void find_returns(struct model *model)
{
    bool reached[MAX_BLOCKS];
    uint32_t first, count;
    for (uint32_t i = CODE_COUNT; i < R_COUNT; i++)
        model->returns[i] = i != R_ABORT;
    for (uint32_t round = 0; round <= 2 * R_COUNT; round++)
        for (uint32_t i = 0; i < CODE_COUNT; i++)
            model->returns[i] |= walk(model, i, round > R_COUNT, reached);
    for (uint32_t i = 0; i < CODE_COUNT; i++) {
        walk(model, i, true, reached);
        blocks_of(model, i, &first, &count);
        for (uint32_t b = 0; b < count; b++)
            model->is_caught[first + b] = reached[b];
    }
    struct model without = *model;
    for (uint32_t i = 0; i < CODE_COUNT; i++)
        without.returns[i] = false;
    for (uint32_t round = 0; round <= R_COUNT; round++)
        for (uint32_t i = 0; i < CODE_COUNT; i++)
            without.returns[i] |= walk(&without, i, false, reached);
    for (uint32_t i = 0; i < CODE_COUNT; i++) {
        walk(&without, i, false, reached);
        blocks_of(model, i, &first, &count);
        for (uint32_t b = 0; b < count; b++)
            model->is_caught[first + b] &= !reached[b];
    }
}

static void find_any(struct model *model)
{
    bool reached[MAX_BLOCKS];
    for (uint32_t round = 0; round <= 2 * R_COUNT; round++) {
        for (uint32_t i = 0; i < CODE_COUNT; i++) {
            uint32_t first, count;
            const struct block *blocks = blocks_of(model, i, &first, &count);
            walk(model, i, true, reached);
            for (uint32_t b = 0; b < count; b++)
                if (reached[b] && blocks[b].call != NONE)
                    model->any[i] |= any_effect(model, blocks[b].call);
        }
    }
}

/* ---- Runs that do not end -------------------------------------------------------------------- */

/** What is known of the blocks of one function. */
struct ways {
    bool is_ahead[MAX_BLOCKS];          /* a normal walk from the entry may come here */
    bool leads[MAX_BLOCKS][MAX_BLOCKS]; /* over one step or more */
    bool can_leave[MAX_BLOCKS], can_stay[MAX_BLOCKS];
};

static void find_edges(const struct model *model, uint32_t function, struct ways *ret)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(model, function, &first, &count);
    struct walker walker = walk_runs(model, function);
    memset(ret, 0, sizeof *ret);
    for (uint32_t i = 0; i < count; i++) {
        for (unsigned m = 0; m < MASKS; m++)
            ret->is_ahead[i] |= walker.seen[i][m];
        for (unsigned n = 0; n < 2 && can_return(model, blocks[i].call); n++)
            if (blocks[i].next[n] != NONE)
                ret->leads[i][blocks[i].next[n] - first] = true;
    }
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t j = 0; j < count; j++)
                ret->leads[i][j] |= ret->leads[i][k] && ret->leads[k][j];
}

/** Whether a call never comes back and yet need not end. */
static bool call_lingers(const struct model *model, uint32_t call)
{
    uint32_t count = call == NONE ? 0 : model->program->calls[call].target_count;
    bool lingers = false, returns = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t target = target_of(model, call, i);
        // Of one that is alone it does not count that an exception may make it return.
        bool only_catches = count == 1 && target < CODE_COUNT && !model->runs[target];
        lingers |= model->lingers[target] && (count == 1 || !model->runs[target]);
        returns |= model->returns[target] && !only_catches;
    }
    return lingers && !returns;
}

static struct ways find_ways(const struct model *model, uint32_t function)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(model, function, &first, &count);
    bool leaves_here[MAX_BLOCKS] = {0}, stays_here[MAX_BLOCKS] = {0};
    struct ways ways;
    find_edges(model, function, &ways);
    for (uint32_t i = 0; i < count; i++)
        leaves_here[i] = can_return(model, blocks[i].call) && leaves(model, &blocks[i]);
    for (uint32_t i = 0; i < count; i++) {
        ways.can_leave[i] = leaves_here[i];
        for (uint32_t j = 0; j < count; j++)
            ways.can_leave[i] |= ways.leads[i][j] && leaves_here[j];
        bool goes_round = ways.leads[i][i] && blocks[i].call != NONE && !ways.can_leave[i];
        stays_here[i] = goes_round || call_lingers(model, blocks[i].call);
    }
    for (uint32_t i = 0; i < count; i++) {
        ways.can_stay[i] = stays_here[i];
        for (uint32_t j = 0; j < count; j++)
            ways.can_stay[i] |= ways.leads[i][j] && stays_here[j];
    }
    return ways;
}

/** Returns what the call may do in runs of its targets that end, or in those that do not. */
static uint8_t call_effect(const struct model *model, uint32_t call, bool with_ends)
{
    const struct call *record = &model->program->calls[call];
    uint8_t effect = 0, runs = with_ends ? call_runs(model, call) : 0;
    for (unsigned m = 0; m < MASKS; m++)
        if (runs & 1 << m)
            effect |= m;
    if (with_ends && record->is_partial)
        effect |= any_effect(model, call);
    for (uint32_t i = 0; i < record->target_count && !record->is_partial; i++)
        effect |= model->stays[target_of(model, call, i)];
    return effect;
}

static bool add_stays(struct model *model, uint32_t function)
{
    uint32_t first, count;
    const struct block *blocks = blocks_of(model, function, &first, &count);
    struct ways ways = find_ways(model, function);
    bool lingers = model->lingers[function] || (ways.is_ahead[0] && ways.can_stay[0]);
    uint8_t stays = model->stays[function];
    for (uint32_t i = 0; i < count; i++) {
        lingers |= ways.is_ahead[i] && ways.can_stay[i];
        if (!ways.is_ahead[i] || blocks[i].call == NONE)
            continue;
        if (ways.can_stay[i])
            stays |= call_effect(model, blocks[i].call, true);
        else if (ways.can_leave[i])
            stays |= call_effect(model, blocks[i].call, false);
    }
    bool changed = lingers != model->lingers[function] || stays != model->stays[function];
    model->lingers[function] = lingers;
    model->stays[function] = stays;
    return changed;
}

static bool find_stays(struct model *model)
{
    bool changed = false;
    for (uint32_t i = 0; i < CODE_COUNT; i++)
        changed |= add_stays(model, i);
    return changed;
}

static void build(struct model *model)
{
    find_hidden(model);
    find_returns(model);
    find_any(model);
    for (uint32_t i = 0; i < CODE_COUNT; i++)
        model->may_catch[i] = find_catch(model, i);
    while (find_runs(model))
        ;
    while (find_stays(model) || find_runs(model))
        ;
}

static enum verdict expected(const struct model *model, uint32_t function)
{
    uint8_t runs = model->runs[function], stays = model->stays[function];
    uint8_t without = 1 | 1 << OPEN;
    if (runs && !(runs & without))
        return VERDICT_ALWAYS;
    if (runs & ENTERING || stays & ENTERED)
        return VERDICT_MAYBE;
    if (runs & (1 << OPEN | 1 << (ENTERED | OPEN)) || stays & OPEN)
        return VERDICT_UNKNOWN;
    if (model->any[function] & ENTERED)
        return VERDICT_ON_PANIC;
    return model->any[function] & OPEN ? VERDICT_UNKNOWN : VERDICT_NEVER;
}

/** The witness must be a chain of calls that ends where the verdict says. */
static void check_witness(const struct program *program, uint32_t function, enum heap_role role,
                          enum verdict verdict)
{
    struct step steps[R_COUNT];
    uint32_t count = path_to_heap(program, function, role, R_COUNT, steps), at = function;
    assert_int_equal(count == 0, verdict == VERDICT_NEVER);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(program->calls[steps[i].call].from, at);
        if (verdict == VERDICT_ALWAYS || verdict == VERDICT_MAYBE)
            assert_false(program->facts->call_on_panic[steps[i].call]);
        at = steps[i].target;
    }
    if (!count)
        return;
    if (verdict == VERDICT_UNKNOWN)
        assert_true(at == NONE || at == R_IMPORT);
    else
        assert_int_equal(at, role == HEAP_FREES ? R_FREE : R_MALLOC);
}

static void check_program(uint64_t seed)
{
    struct graph graph;
    random_graph_init(&graph, seed);
    graph.program.workers = 1 + seed % 2;
    allocators_mark(&graph.program, NULL, 0);
    heap_analyze(&graph.program, false);
    for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++) {
        struct model model = {.program = &graph.program, .role = (enum heap_role)role};
        build(&model);
        for (uint32_t i = 0; i < CODE_COUNT; i++) {
            const struct verdicts *verdicts = &graph.facts.verdicts[i];
            enum verdict verdict = role == HEAP_FREES ? verdicts->frees : verdicts->allocates;
            enum verdict wanted = expected(&model, i);
            if (verdict != wanted || verdicts->returns != model.returns[i])
                printf("program %lu, function %u, role %u\n", (unsigned long)seed, i, role);
            assert_int_equal(verdicts->returns, model.returns[i]);
            assert_int_equal(verdicts->lingers, model.lingers[i]);
            assert_int_equal(verdict, wanted);
            check_witness(&graph.program, i, (enum heap_role)role, verdict);
        }
    }
    graph_deinit(&graph);
}

static void verdicts_are_what_runs_do(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
        check_program(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_are_what_runs_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
