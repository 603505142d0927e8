/*
 * test_stack_random.c: bounds compared with all chains of calls of random programs.
 *
 * The model follows every chain from every function, call by call, and stops where a chain enters a
 * function for the second time (once on its normal paths and once on all of them may be). Which
 * calls are on normal paths is taken from heap_analyze(), whose own test is test_heap_random.c.
 */
#include "analysis/heap.h"
#include "analysis/heap/allocators/allocators.h"
#include "analysis/stack.h"
#include "program/path.h"
#include "random_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { PROGRAMS = 10000 };

struct chain {
    const struct program *program;
    bool is_entered[2][R_COUNT]; /* on normal paths, on all */
    bool is_bounded;
    uint64_t seen; /* functions that some chain entered, a bit each */
};

static bool counts(const struct program *program, uint32_t call, bool with_panic)
{
    uint8_t path = program->facts->call_paths[call];
    return path == CALL_PATH_NORMAL || (with_panic && path != CALL_PATH_DEAD);
}

static int64_t depth_at(const struct program *program, const struct call *call)
{
    const struct frame *frame = &program->facts->frames[call->from];
    if (call->depth_bytes >= 0)
        return call->depth_bytes;
    return frame->kind == FRAME_DYNAMIC ? frame->bytes : 0;
}

static int64_t deepest(struct chain *chain, uint32_t function, bool with_panic);

/** Returns the deepest stack behind @p index, -1 if nothing is known of it. */
static int64_t behind_call(struct chain *chain, uint32_t index, bool with_panic)
{
    const struct call *call = &chain->program->calls[index];
    int64_t best = -1;
    if (call->depth_bytes < 0 || !call->target_count)
        chain->is_bounded = false;
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = chain->program->call_targets[call->first_target + i];
        int64_t bytes = deepest(chain, target, with_panic || call->is_partial);
        if (bytes >= 0 && bytes + depth_at(chain->program, call) > best)
            best = bytes + depth_at(chain->program, call);
    }
    return best;
}

static int64_t deepest(struct chain *chain, uint32_t function, bool with_panic)
{
    const struct program *program = chain->program;
    const struct frame *frame = &program->facts->frames[function];
    chain->seen |= 1ULL << function;
    with_panic |= !program->facts->verdicts[function].has_normal_paths;
    if (chain->is_entered[with_panic][function]) {
        chain->is_bounded = false;
        return -1;
    }
    if (frame->kind != FRAME_FIXED || function >= CODE_COUNT)
        chain->is_bounded = false;
    chain->is_entered[with_panic][function] = true;
    int64_t best = frame->bytes > 0 ? frame->bytes : 0;
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        int64_t bytes = counts(program, i, with_panic) ? behind_call(chain, i, with_panic) : -1;
        best = bytes > best ? bytes : best;
    }
    chain->is_entered[with_panic][function] = false;
    return best;
}

/** The steps must be a chain of calls whose depths add up to what the bound says. */
static void check_path(const struct program *program, uint32_t function, bool with_panic)
{
    struct step steps[2 * R_COUNT];
    unsigned visits[R_COUNT] = {0};
    const struct bound *bound = &program->facts->bounds[function];
    uint32_t count = path_to_deepest(program, function, with_panic, 2 * R_COUNT, steps);
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(program->calls[steps[i].call].from, function);
        sum += depth_at(program, &program->calls[steps[i].call]);
        function = steps[i].target;
        assert_true(++visits[function] <= 2);
    }
    const struct frame *frame = &program->facts->frames[function];
    sum += frame->bytes > 0 ? frame->bytes : 0;
    assert_int_equal(sum, with_panic ? bound->at_least_bytes : bound->normal_at_least_bytes);
}

static void check_reasons(const struct program *program, const struct chain *chain,
                          const struct bound *bound)
{
    assert_true(bound->reason_count > 0);
    for (uint32_t i = 0; i < bound->reason_count; i++) {
        const struct unbounded *reason = &program->facts->unbounded[bound->first_reason + i];
        assert_true(chain->seen & 1ULL << reason->function);
        if (reason->kind == UNBOUNDED_RECURSION)
            assert_true(program->facts->bounds[reason->function].is_recursive);
    }
}

static void check_bound(const struct program *program, uint32_t function, bool with_panic)
{
    struct chain chain = {.program = program, .is_bounded = true};
    int64_t bytes = deepest(&chain, function, with_panic);
    const struct bound *bound = &program->facts->bounds[function];
    int64_t known = with_panic ? bound->at_least_bytes : bound->normal_at_least_bytes;
    assert_int_equal(with_panic ? bound->with_panic_bytes : bound->bytes,
                     chain.is_bounded ? bytes : -1);
    if (chain.is_bounded)
        assert_int_equal(known, bytes);
    assert_true(bound->normal_at_least_bytes <= bound->at_least_bytes);
    check_path(program, function, with_panic);
    if (!chain.is_bounded && (with_panic ? bound->bytes >= 0 : bound->bytes < 0))
        check_reasons(program, &chain, bound);
}

/** Whether a chain of known live calls leads from @p from to @p to. */
static bool leads_to(const struct program *program, uint32_t from, uint32_t to, bool *seen)
{
    for (uint32_t i = program->function_calls[from]; i < program->function_calls[from + 1]; i++) {
        const struct call *call = &program->calls[i];
        for (uint32_t j = 0; j < call->target_count; j++) {
            uint32_t target = program->call_targets[call->first_target + j];
            if (!counts(program, i, true))
                continue;
            if (target == to)
                return true;
            if (!seen[target]) {
                seen[target] = true;
                if (leads_to(program, target, to, seen))
                    return true;
            }
        }
    }
    return false;
}

static void bounds_are_what_chains_need(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        struct graph graph;
        random_graph_init(&graph, seed);
        graph.program.workers = 1 + seed % 2;
        allocators_mark(&graph.program, NULL, 0);
        heap_analyze(&graph.program, false);
        stack_analyze(&graph.program);
        for (uint32_t i = 0; i < R_COUNT; i++) {
            bool seen[R_COUNT] = {false};
            check_bound(&graph.program, i, true);
            check_bound(&graph.program, i, false);
            assert_int_equal(graph.facts.bounds[i].is_recursive,
                             leads_to(&graph.program, i, i, seen));
        }
        graph_deinit(&graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bounds_are_what_chains_need)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
