/*
 * normal.c: the paths of each function that lead to a normal return.
 *
 * In: blocks, which calls return. Out: returns.call_paths, .block_paths, .has_normal_paths,
 * .returns_normally, .lingers, .may_catch. Within one function, forward from the entry and then
 * backward from the blocks that leave it; what both searches meet is normal. Both stop at calls
 * that do not return. What the unwinder enters is not normal. A jump with unknown targets may lead
 * to anything that is not known to be entered otherwise. In a function that calls setjmp, or keeps
 * the address of a place in its code, a call that does not return may be a longjmp to it, which
 * goes on there.
 *
 * A loop without end in which calls are made (loops.c), or memory is accessed that others see, is
 * where servers, event loops, audio threads and firmware live: paths that lead into it are normal,
 * too, and so are those that lead to a call of a function that lingers like this and never returns.
 * Not so in functions that are there to end the program (known.c), and not in loops that only wait
 * (`for (;;);`, hlt). Which functions linger spreads from callees to callers; those with such
 * callees are handled a second time.
 *
 * A call of exit() in main is a normal end of it, and so is that of a function which ends so
 * (exits.c).
 *
 * Functions are independent of each other, so they are shared out to threads. Linear.
 */
#include "analysis/calls/returns.h"

#include "analysis/calls/known.h"
#include "analysis/calls/loops.h"
#include "base/array.h"
#include "base/memory.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

enum { FORWARD = 1, BACKWARD = 2, CAUGHT = 4 };

/** Scratch memory of one thread for one function; block numbers count from its first. */
struct scratch {
    struct loops loops;
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
    bool *call_is_ahead; /* of each call: control comes to it without an exception */
    ARRAY(uint32_t)
    again; /* functions to handle once more, now that all of returns.lingers
              is known; the first time, callees do not count */
    bool is_again;
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

/** Whether the unwinder's way in explains why @p block is there. */
static bool is_only_landed(const struct block *block)
{
    return (block->flags & (BLOCK_LANDING_PAD | BLOCK_GAP)) == BLOCK_LANDING_PAD;
}

/** Marks what control enters in ways that are not known, after a jump that may go there. */
static void jump_anywhere(struct function_task *task)
{
    task->jumps_anywhere = true;
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->blocks[block].flags & BLOCK_GAP)
            mark(task, block, FORWARD);
        // What follows a call that does not return may have been entered by such a jump, too.
        if (passes(task, block) || !task->task->block_phases[task->first + block])
            continue;
        for (unsigned i = 0; i < 2; i++) {
            uint32_t next = task->blocks[block].next[i];
            if (next != NONE && !is_only_landed(&task->blocks[next - task->first]))
                mark(task, next - task->first, FORWARD);
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
        const struct callgraph *graph = task->task->graph;
        bool is_end = block_exits(graph, &task->blocks[block]) ||
                      (passes(task, block) && block_leaves(graph, &task->blocks[block]));
        if (is_end && task->scratch->marks.data[block] & FORWARD)
            mark(task, block, BACKWARD);
    }
}

/**
 * Whether a call of @p node stays there if it does not end the program. One that lingers only
 * sometimes does not count: nearly every lock has a loop for threads that wait for themselves.
 */
static bool stays_in(const struct task *task, uint32_t node)
{
    const struct returns *ret = task->ret;
    bool is_function = node < task->graph->function_count;
    return ret->lingers[node] && !(is_function ? ret->returns_normally[node] : ret->returns[node]);
}

/** Whether control stays for good in what @p block calls. */
static bool calls_lingering(const struct function_task *task, uint32_t block)
{
    uint32_t call = task->blocks[block].call;
    uint32_t callee = call == NONE ? NONE : task->task->graph->callees[call];
    return task->task->is_again && callee != NONE && stays_in(task->task, callee);
}

/** Finds circles that cannot be left for a return; those that can are normal anyway. */
static void find_endless_loops(struct function_task *task)
{
    struct loops *loops = &task->scratch->loops;
    loops_begin(loops, task->count);
    for (uint32_t block = 0; block < task->count; block++) {
        if (task->scratch->marks.data[block] == FORWARD && passes(task, block))
            loops->marks.data[block] = LOOP_INSIDE;
    }
    loops_find(loops, task->blocks, task->first);
}

/** Marks the ends of paths that stay in the function, or in one that it calls. */
static void mark_lingering(struct function_task *task)
{
    if (task->task->ret->known[task->function] & (KNOWN_ENDS | KNOWN_NEVER_RETURNS))
        return;
    find_endless_loops(task);
    for (uint32_t block = 0; block < task->count; block++) {
        bool is_loop =
            task->scratch->loops.marks.data[block] == LOOP_FOUND &&
            (task->blocks[block].call != NONE || task->blocks[block].flags & BLOCK_WORKS);
        bool is_end = is_loop || calls_lingering(task, block);
        if (!is_end || !(task->scratch->marks.data[block] & FORWARD))
            continue;
        mark(task, block, BACKWARD);
        if (!task->task->is_again)
            task->task->ret->lingers[task->function] = true;
    }
    search_backward(task);
}

/** Whether control can go on from a place that the function kept to a normal return. */
static bool has_live_mark(const struct function_task *task)
{
    const struct callgraph *graph = task->task->graph;
    if (task->task->program->facts->frames[task->function].keeps_label)
        return true;
    for (uint32_t block = 0; block < task->count; block++) {
        uint32_t call = task->blocks[block].call;
        uint32_t callee = call == NONE ? NONE : graph->callees[call];
        if (task->scratch->marks.data[block] & BACKWARD && callee != NONE &&
            task->task->ret->returns_twice[callee])
            return true;
    }
    return false;
}

/** Takes each call, whether it returns or not, for one that may come back through setjmp. */
static void come_back(struct function_task *task)
{
    if (!has_live_mark(task))
        return;
    for (uint32_t block = 0; block < task->count; block++) {
        bool may_come_back = task->blocks[block].call != NONE || !passes(task, block);
        if (task->scratch->marks.data[block] & FORWARD && may_come_back)
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
        if (task->blocks[block].flags & (BLOCK_LANDING_PAD | BLOCK_GAP) ||
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

/** Whether a normal path begins at the entry. */
static bool is_normal(const struct function_task *task)
{
    return task->scratch->marks.data[0] & BACKWARD &&
           !(task->task->ret->known[task->function] & KNOWN_NEVER_RETURNS);
}

static enum call_path path_of(const struct function_task *task, uint32_t block)
{
    uint8_t marks = task->scratch->marks.data[block];
    if (marks == (FORWARD | BACKWARD))
        return CALL_PATH_NORMAL;
    if (marks & FORWARD)
        return CALL_PATH_DIVERGING;
    return task->task->block_phases[task->first + block] ? CALL_PATH_LANDING : CALL_PATH_DEAD;
}

static void keep_result(struct function_task *task)
{
    struct returns *ret = task->task->ret;
    for (uint32_t block = 0; block < task->count; block++) {
        uint32_t call = task->blocks[block].call;
        uint8_t path = (uint8_t)path_of(task, block);
        ret->block_paths[task->first + block] = path;
        if (call == NONE)
            continue;
        ret->call_paths[call] = path;
        task->task->call_is_ahead[call] = (task->scratch->marks.data[block] & FORWARD) != 0;
    }
    ret->has_normal_paths[task->function] = is_normal(task);
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
        shared->ret->returns_normally[function] = shared->ret->returns[function];
        return;
    }
    clear(scratch, task.count);
    search_forward(&task);
    mark_exits(&task);
    search_backward(&task);
    if (shared->ret->is_marked_place[function])
        come_back(&task);
    shared->ret->returns_normally[function] = is_normal(&task);
    mark_lingering(&task);
    if (shared->ret->is_marked_place[function])
        come_back(&task);
    keep_result(&task);
    shared->ret->may_catch[function] = find_catch(&task);
}

static void handle_functions(void *context, unsigned worker, size_t begin, size_t end)
{
    struct task *task = context;
    for (size_t i = begin; i < end; i++)
        handle_function(task, &task->scratches[worker],
                        task->is_again ? task->again.data[i] : (uint32_t)i);
}

/* ---- Lingering, from callees to callers ------------------------------------------------------ */

struct spreading {
    struct task *task;
    ARRAY(uint32_t) nodes; /* that linger and have not told their callers */
    bool *is_again;        /* of each function */
};

static void set_lingers(struct spreading *spreading, uint32_t node)
{
    if (spreading->task->ret->lingers[node])
        return;
    spreading->task->ret->lingers[node] = true;
    array_push(&spreading->nodes, node);
}

static void tell_callers(struct spreading *spreading, uint32_t node)
{
    const struct task *task = spreading->task;
    const struct callgraph *graph = task->graph;
    for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
        uint32_t call = graph->callers[i], from = task->program->calls[call].from;
        if (!task->call_is_ahead[call] ||
            task->ret->known[from] & (KNOWN_ENDS | KNOWN_NEVER_RETURNS))
            continue;
        if (!spreading->is_again[from])
            array_push(&spreading->task->again, from);
        spreading->is_again[from] = true;
        set_lingers(spreading, from);
    }
    if (node >= graph->function_count)
        return;
    for (uint32_t i = graph->function_lists[node]; i < graph->function_lists[node + 1]; i++)
        set_lingers(spreading, graph->list_nodes[i]);
}

/** Finds all that linger because a callee does, and who is to be handled again for it. */
static void spread_lingering(struct task *task)
{
    struct spreading spreading = {
        .task = task,
        .is_again = xcalloc((size_t)task->graph->function_count + 1, sizeof *spreading.is_again)};
    for (uint32_t i = 0; i < task->graph->function_count; i++) {
        if (task->ret->lingers[i])
            array_push(&spreading.nodes, i);
    }
    while (spreading.nodes.count) {
        uint32_t node = spreading.nodes.data[--spreading.nodes.count];
        if (stays_in(task, node))
            tell_callers(&spreading, node);
    }
    free(spreading.is_again);
    array_deinit(&spreading.nodes);
}

static void deinit_scratches(struct task *task, unsigned workers)
{
    for (unsigned i = 0; i < workers; i++) {
        loops_deinit(&task->scratches[i].loops);
        array_deinit(&task->scratches[i].stack);
        array_deinit(&task->scratches[i].marks);
        array_deinit(&task->scratches[i].heads);
        array_deinit(&task->scratches[i].links);
    }
    free(task->scratches);
}

void returns_find_normal_paths(struct returns *returns, const struct callgraph *graph,
                               const uint8_t *block_phases)
{
    const struct program *program = graph->program;
    unsigned workers = program->workers ? program->workers : 1;
    CLEANUP_FREE bool *call_is_ahead =
        xcalloc((size_t)program->call_count + 1, sizeof *call_is_ahead);
    struct task task = {.graph = graph,
                        .program = program,
                        .ret = returns,
                        .block_phases = block_phases,
                        .call_is_ahead = call_is_ahead,
                        .scratches = xcalloc(workers, sizeof *task.scratches)};
    parallel_for(workers, graph->function_count, 1024, handle_functions, &task);
    spread_lingering(&task);
    task.is_again = true;
    parallel_for(workers, task.again.count, 16, handle_functions, &task);
    deinit_scratches(&task, workers);
    array_deinit(&task.again);
}
