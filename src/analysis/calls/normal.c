/*
 * normal.c: the paths of each function that lead to a normal return.
 *
 * In: blocks, which calls return. Out: returns.call_paths, .has_normal_paths, .may_catch. Within
 * one function, forward from the entry and then backward from the blocks that leave it; what both
 * searches meet is normal. Both stop at calls that do not return. What the unwinder enters is not
 * normal, unless a jump with unknown targets is: then it may lead to anything that is not known to
 * be entered otherwise. In a function that calls setjmp, a call that does not return may be a
 * longjmp to it, which goes on behind the setjmp. Functions are independent of each other, so they
 * are shared out to threads. Linear.
 */
#include "analysis/calls/returns.h"

#include "analysis/calls/known.h"
#include "base/array.h"
#include "base/memory.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

enum { FORWARD = 1, BACKWARD = 2, CAUGHT = 4 };

/** Scratch memory of one thread for one function; block numbers count from its first. */
struct scratch {
    ARRAY(uint32_t) stack;
    ARRAY(uint8_t) marks;
    ARRAY(uint32_t) heads; /* of each block, its list of edges that lead to it; 0 ends a list */
    ARRAY(uint32_t) links; /* edge 2 * block + i + 1 is the one to next[i] */
};

struct task {
    const struct callgraph *graph;
    const struct program *program;
    struct returns *ret;
    const uint8_t *block_phases;
    struct scratch *scratches; /* of each worker */
};

struct function_task {
    const struct task *task;
    struct scratch *scratch;
    const struct block *blocks; /* of the function */
    uint32_t function, first, count;
    bool jumps_anywhere;
};

static void mark(struct function_task *task, uint32_t block, uint8_t direction)
{
    if (task->scratch->marks.data[block] & direction)
        return;
    task->scratch->marks.data[block] |= direction;
    array_push(&task->scratch->stack, block);
}

static bool passes(const struct function_task *task, uint32_t block)
{
    return block_passes(task->task->ret, task->task->graph, &task->blocks[block]);
}

/** Marks what control enters in ways that are not known, after a jump that may go there. */
static void jump_anywhere(struct function_task *task)
{
    task->jumps_anywhere = true;
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->blocks[block].flags & BLOCK_LANDING_PAD)
            mark(task, block, FORWARD);
        // What follows a call that does not return may have been entered by such a jump, too.
        if (passes(task, block) || !task->task->block_phases[task->first + block])
            continue;
        for (unsigned i = 0; i < 2; i++) {
            if (task->blocks[block].next[i] != NONE)
                mark(task, task->blocks[block].next[i] - task->first, FORWARD);
        }
    }
}

static void add_edge(struct function_task *task, uint32_t from, unsigned index)
{
    uint32_t to = task->blocks[from].next[index];
    if (to == NONE)
        return;
    uint32_t edge = 2 * from + index;
    task->scratch->links.data[edge] = task->scratch->heads.data[to - task->first];
    task->scratch->heads.data[to - task->first] = edge + 1;
    mark(task, to - task->first, FORWARD);
}

static void search_forward(struct function_task *task)
{
    mark(task, 0, FORWARD);
    while (task->scratch->stack.count) {
        uint32_t block = task->scratch->stack.data[--task->scratch->stack.count];
        if (task->blocks[block].flags & BLOCK_UNRESOLVED && !task->jumps_anywhere)
            jump_anywhere(task);
        if (!passes(task, block))
            continue;
        add_edge(task, block, 0);
        add_edge(task, block, 1);
    }
}

static void search_backward(struct function_task *task)
{
    while (task->scratch->stack.count) {
        uint32_t block = task->scratch->stack.data[--task->scratch->stack.count];
        for (uint32_t edge = task->scratch->heads.data[block]; edge;
             edge = task->scratch->links.data[edge - 1])
            mark(task, (edge - 1) / 2, BACKWARD);
    }
}

static void mark_exits(struct function_task *task)
{
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->scratch->marks.data[block] & FORWARD && passes(task, block) &&
            block_leaves(task->task->graph, &task->blocks[block]))
            mark(task, block, BACKWARD);
    }
}

/** Whether control can go on from a setjmp of the function to a normal return. */
static bool has_live_mark(const struct function_task *task)
{
    const struct callgraph *graph = task->task->graph;
    for (uint32_t block = 0; block < task->count; block++) {
        uint32_t call = task->blocks[block].call;
        uint32_t callee = call == NONE ? NONE : graph->callees[call];
        if (task->scratch->marks.data[block] & BACKWARD && callee < graph->function_count &&
            task->task->ret->known[callee] & KNOWN_RETURNS_TWICE)
            return true;
    }
    return false;
}

/** Takes each call that does not return for one that may come back through setjmp. */
static void come_back(struct function_task *task)
{
    if (!has_live_mark(task))
        return;
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->scratch->marks.data[block] & FORWARD && !passes(task, block))
            mark(task, block, BACKWARD);
    }
    search_backward(task);
}

/**
 * Marks where an exception may have led: landing pads and, in functions with hidden entries, what
 * was reached only when these were (returns.c).
 */
static void mark_catches(struct function_task *task)
{
    bool has_hidden_entries = task->task->ret->has_hidden_entries[task->function];
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->blocks[block].flags & BLOCK_LANDING_PAD ||
            (has_hidden_entries && task->task->block_phases[task->first + block] == 2))
            mark(task, block, CAUGHT);
    }
}

/** Whether control can get from there to a return. */
static bool find_catch(struct function_task *task)
{
    bool may_catch = false;
    if (!task->task->ret->returns[task->function])
        return false;
    mark_catches(task);
    while (task->scratch->stack.count) {
        uint32_t block = task->scratch->stack.data[--task->scratch->stack.count];
        if (!passes(task, block))
            continue;
        may_catch |= block_leaves(task->task->graph, &task->blocks[block]);
        for (unsigned i = 0; i < 2; i++) {
            if (task->blocks[block].next[i] != NONE)
                mark(task, task->blocks[block].next[i] - task->first, CAUGHT);
        }
    }
    return may_catch;
}

static void keep_result(struct function_task *task)
{
    struct returns *ret = task->task->ret;
    for (uint32_t block = 0; block < task->count; block++) {
        uint32_t call = task->blocks[block].call;
        if (call == NONE)
            continue;
        if (task->scratch->marks.data[block] == (FORWARD | BACKWARD))
            ret->call_paths[call] = CALL_PATH_NORMAL;
        else if (!task->task->block_phases[task->first + block])
            ret->call_paths[call] = CALL_PATH_DEAD;
    }
    ret->has_normal_paths[task->function] = task->scratch->marks.data[0] & BACKWARD &&
                                            !(ret->known[task->function] & KNOWN_NEVER_RETURNS);
}

static void clear(struct scratch *scratch, uint32_t count)
{
    array_reserve(&scratch->marks, count);
    array_reserve(&scratch->heads, count);
    array_reserve(&scratch->links, 2 * (size_t)count);
    memset(scratch->marks.data, 0, count * sizeof *scratch->marks.data);
    memset(scratch->heads.data, 0, count * sizeof *scratch->heads.data);
}

static void handle_function(const struct task *shared, struct scratch *scratch, uint32_t function)
{
    const struct program *program = shared->program;
    uint32_t first = program->function_blocks[function];
    struct function_task task = {.task = shared,
                                 .scratch = scratch,
                                 .blocks = program->blocks + first,
                                 .function = function,
                                 .first = first,
                                 .count = program->function_blocks[function + 1] - first};
    if (!task.count) {
        shared->ret->has_normal_paths[function] = shared->ret->returns[function];
        return;
    }
    clear(scratch, task.count);
    search_forward(&task);
    mark_exits(&task);
    search_backward(&task);
    if (shared->ret->is_marked_place[function])
        come_back(&task);
    keep_result(&task);
    shared->ret->may_catch[function] = find_catch(&task);
}

static void handle_functions(void *context, unsigned worker, size_t begin, size_t end)
{
    struct task *task = context;
    for (size_t function = begin; function < end; function++)
        handle_function(task, &task->scratches[worker], (uint32_t)function);
}

void returns_find_normal_paths(struct returns *returns, const struct callgraph *graph,
                               const uint8_t *block_phases)
{
    const struct program *program = graph->program;
    unsigned workers = program->workers ? program->workers : 1;
    struct task task = {.graph = graph,
                        .program = program,
                        .ret = returns,
                        .block_phases = block_phases,
                        .scratches = xcalloc(workers, sizeof *task.scratches)};
    parallel_for(workers, graph->function_count, 1024, handle_functions, &task);
    for (unsigned i = 0; i < workers; i++) {
        array_deinit(&task.scratches[i].stack);
        array_deinit(&task.scratches[i].marks);
        array_deinit(&task.scratches[i].heads);
        array_deinit(&task.scratches[i].links);
    }
    free(task.scratches);
}
