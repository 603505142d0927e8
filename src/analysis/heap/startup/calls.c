/*
 * calls.c: which calls of a function of the chain run before main, and which after it.
 *
 * In: blocks, gates, verdicts. Out: finder.parts, finder.roots. Searches over the function's
 * blocks, each linear but the one backward, which is cut off: from the entry up to the gates, from
 * behind the gates, and from the gates backward. What runs before main without leading to it ends
 * the program.
 */
#include "analysis/heap/startup/finder.h"

#include "base/memory.h"

/* ---- Gates ----------------------------------------------------------------------------------- */

static bool is_gate(const struct finder *finder, uint32_t call)
{
    return startup_is_known_gate(finder, call) ||
           (finder->has_own_gate && startup_is_by_contract(finder, call));
}

/** Whether the call may lead into main, even if it may as well only run a constructor. */
static bool leads_on(const struct finder *finder, uint32_t call)
{
    return startup_is_known_gate(finder, call) || startup_is_by_contract(finder, call);
}

/** Whether the call lies on a path that need not end in a panic. */
static bool is_normal(const struct finder *finder, uint32_t call)
{
    const struct returns *returns = finder->returns;
    return call_returns(returns, finder->graph, call) &&
           (!returns->has_normal_paths[finder->program->calls[call].from] ||
            returns->call_paths[call] == CALL_PATH_NORMAL);
}

/** Whether main may begin in the call; a payload that a panic drops is no main. */
static bool may_begin_main(const struct finder *finder, uint32_t call)
{
    return leads_on(finder, call) &&
           (startup_is_known_gate(finder, call) || is_normal(finder, call));
}

/** A starter with one call through a pointer and no other way to main makes that call to main. */
static void find_own_gate(struct finder *finder, uint32_t function)
{
    const struct program *program = finder->program;
    uint32_t pointers = 0, known = 0;
    for (uint32_t c = program->function_calls[function]; c < program->function_calls[function + 1];
         c++) {
        pointers += startup_is_by_contract(finder, c);
        known += startup_is_known_gate(finder, c);
    }
    finder->has_own_gate = finder->links[function] == LINK_STARTER && pointers == 1 && !known;
    finder->reaches_main |= known || (finder->links[function] == LINK_STARTER && pointers);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

uint8_t startup_worse(uint8_t left, uint8_t right)
{
    static const uint8_t order[] = {[VERDICT_NEVER] = 0,
                                    [VERDICT_ON_PANIC] = 1,
                                    [VERDICT_UNKNOWN] = 2,
                                    [VERDICT_MAYBE] = 3,
                                    [VERDICT_ALWAYS] = 4};
    return order[left] >= order[right] ? left : right;
}

/** The verdict of a call: the worst of its targets; always only if it is that of all. */
static uint8_t verdict_of_call(const struct finder *finder, uint32_t call, uint32_t *ret_target)
{
    const struct program *program = finder->program;
    const struct call *record = &program->calls[call];
    *ret_target = NONE;
    uint8_t verdict = record->target_count ? VERDICT_NEVER : VERDICT_UNKNOWN;
    bool is_always = !(finder->graph->traits[call] & CALL_IS_PARTIAL);
    for (uint32_t i = 0; i < record->target_count; i++) {
        uint32_t target = program->call_targets[record->first_target + i];
        uint8_t next = program->facts->verdicts[target].allocates;
        is_always = is_always && next == VERDICT_ALWAYS;
        if (*ret_target == NONE || startup_worse(verdict, next) != verdict)
            *ret_target = target;
        verdict = startup_worse(verdict, next);
    }
    return verdict == VERDICT_ALWAYS && !is_always ? VERDICT_MAYBE : verdict;
}

/** Calls of one function that enter the same are one part; they stand close together. */
static bool has_same_part(const struct finder *finder, const struct startup_part *part)
{
    enum { LOOK_BACK = 256 };
    size_t count = finder->parts.count, end = count > LOOK_BACK ? count - LOOK_BACK : 0;
    for (size_t i = count; i-- > end;) {
        const struct startup_part *other = &finder->parts.data[i];
        if (other->function == part->function && other->target == part->target &&
            other->kind == part->kind && other->verdict == part->verdict &&
            other->is_after == part->is_after && part->target != NONE)
            return true;
    }
    return false;
}

/** Whether the call has no verdict to be added: what it leads to is looked at by itself. */
static bool is_looked_at(const struct finder *finder, uint32_t call)
{
    const struct program *program = finder->program;
    uint32_t target = startup_target(program, call);
    return startup_is_known_gate(finder, call) || startup_is_by_contract(finder, call) ||
           (target != NONE && (finder->links[target] == LINK_RUNNER ||
                               startup_is_loader(program, program->functions[target].image)));
}

static void add_call(struct finder *finder, uint32_t call, bool is_after, bool is_usual)
{
    uint8_t mark = is_after ? REACHED_AFTER : REACHED_BEFORE;
    uint32_t target;
    if (finder->is_counted[call] & mark || is_looked_at(finder, call))
        return;
    finder->is_counted[call] |= mark;
    if (is_usual && !is_after)
        finder->is_counted[call] |= LEADS_TO_GATE;
    uint8_t verdict = verdict_of_call(finder, call, &target);
    bool is_hidden = verdict == VERDICT_UNKNOWN && !is_usual && !is_after;
    if (!is_usual && verdict != VERDICT_NEVER && verdict != VERDICT_UNKNOWN)
        verdict = VERDICT_ON_PANIC;
    if (is_after && is_usual && verdict == VERDICT_ON_PANIC)
        verdict = VERDICT_MAYBE;
    const struct call *record = &finder->program->calls[call];
    for (uint32_t i = 0; is_usual && !is_after && i < record->target_count; i++)
        array_push(&finder->roots, finder->program->call_targets[record->first_target + i]);
    finder->has_hidden |= is_hidden;
    if (verdict == VERDICT_NEVER || is_hidden)
        return;
    struct startup_part part = {.function = record->from,
                                .call = call,
                                .target = target,
                                .kind = STARTUP_RUNTIME,
                                .verdict = verdict,
                                .is_after = is_after};
    if (!has_same_part(finder, &part))
        array_push(&finder->parts, part);
}

/** Marks what is reached from @p pending; gates end a search that is not about what is after. */
static void search_blocks(const struct finder *finder, uint32_t first, uint8_t *marks, uint8_t mark,
                          uint32_t *pending, uint32_t count)
{
    const struct program *program = finder->program;
    while (count) {
        const struct block *block = &program->blocks[pending[--count]];
        bool stops = block->call != NONE && mark == REACHED_BEFORE && is_gate(finder, block->call);
        if (mark == REACHED_WITHOUT && block->call != NONE) {
            uint32_t target;
            stops = verdict_of_call(finder, block->call, &target) == VERDICT_ALWAYS;
        }
        if (stops || !block_passes(finder->returns, finder->graph, block))
            continue;
        for (unsigned side = 0; side < 2; side++) {
            uint32_t next = block->next[side];
            if (next == NONE || marks[next - first] & mark)
                continue;
            marks[next - first] |= mark;
            pending[count++] = next;
        }
    }
}

/** Whether the function gets to a gate without passing a call that always allocates. */
static bool can_avoid(const struct finder *finder, uint32_t first, uint32_t end, uint8_t *marks,
                      uint32_t *pending)
{
    const struct program *program = finder->program;
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++) {
        if (program->blocks[i].flags & BLOCK_UNRESOLVED)
            return true;
        if (i != first && !(program->blocks[i].flags & BLOCK_LANDING_PAD))
            continue;
        marks[i - first] |= REACHED_WITHOUT;
        pending[count++] = i;
    }
    search_blocks(finder, first, marks, REACHED_WITHOUT, pending, count);
    bool has_gate = false;
    for (uint32_t i = first; i < end; i++) {
        uint32_t call = program->blocks[i].call;
        if (call == NONE || !may_begin_main(finder, call))
            continue;
        has_gate = true;
        if (marks[i - first] & REACHED_WITHOUT)
            return true;
    }
    return !has_gate;
}

/** Marks the blocks from which a gate can be reached: one sweep back for each level of loops. */
static void search_back(const struct finder *finder, uint32_t first, uint32_t end, uint8_t *marks)
{
    const struct program *program = finder->program;
    enum { MOST_SWEEPS = 64 };
    bool has_changed = true;
    for (unsigned sweep = 0; has_changed && sweep < MOST_SWEEPS; sweep++) {
        has_changed = false;
        for (uint32_t i = end; i-- > first;) {
            const struct block *block = &program->blocks[i];
            bool leads = block->call != NONE && leads_on(finder, block->call);
            for (unsigned side = 0; side < 2; side++)
                leads |= block->next[side] != NONE &&
                         marks[block->next[side] - first] & LEADS_TO_GATE &&
                         block_passes(finder->returns, finder->graph, block);
            if (!leads || marks[i - first] & LEADS_TO_GATE)
                continue;
            marks[i - first] |= LEADS_TO_GATE;
            has_changed = true;
        }
    }
    // Too winding a function: nothing in it surely ends the program.
    for (uint32_t i = first; has_changed && i < end; i++)
        marks[i - first] |= LEADS_TO_GATE;
}

static void search_after(const struct finder *finder, uint32_t first, uint32_t end, uint8_t *marks,
                         uint32_t *pending)
{
    const struct program *program = finder->program;
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct block *block = &program->blocks[i];
        bool leaves = block->call != NONE &&
                      (is_gate(finder, block->call) || startup_is_by_contract(finder, block->call));
        for (unsigned side = 0; leaves && side < 2; side++) {
            uint32_t next = block->next[side];
            if (next == NONE || marks[next - first] & REACHED_AFTER)
                continue;
            marks[next - first] |= REACHED_AFTER;
            pending[count++] = next;
        }
    }
    search_blocks(finder, first, marks, REACHED_AFTER, pending, count);
}

/** A function of the chain whose code was not read may do anything, before and after. */
static void add_unread(struct finder *finder, uint32_t function)
{
    for (unsigned is_after = 0; is_after < 2; is_after++)
        array_push(&finder->parts, (struct startup_part){.function = function,
                                                         .call = NONE,
                                                         .target = NONE,
                                                         .kind = STARTUP_RUNTIME,
                                                         .verdict = VERDICT_UNKNOWN,
                                                         .is_after = is_after});
}

void startup_sort_calls(struct finder *finder, uint32_t function)
{
    const struct program *program = finder->program;
    uint32_t first = program->function_blocks[function];
    uint32_t end = program->function_blocks[function + 1];
    if (first == end) {
        add_unread(finder, function);
        return;
    }
    find_own_gate(finder, function);
    CLEANUP_FREE uint8_t *marks = xcalloc(end - first, 1);
    CLEANUP_FREE uint32_t *pending = xmalloc((size_t)(end - first) * sizeof *pending);
    if (!can_avoid(finder, first, end, marks, pending))
        finder->is_always = true;
    marks[0] |= REACHED_BEFORE;
    pending[0] = first;
    search_blocks(finder, first, marks, REACHED_BEFORE, pending, 1);
    search_after(finder, first, end, marks, pending);
    search_back(finder, first, end, marks);
    bool has_gate = marks[0] & LEADS_TO_GATE;
    for (uint32_t i = first; i < end; i++) {
        const struct block *block = &program->blocks[i];
        if (block->call == NONE)
            continue;
        bool leads = !has_gate || marks[i - first] & LEADS_TO_GATE;
        if (marks[i - first] & REACHED_BEFORE)
            add_call(finder, block->call, false, leads && is_normal(finder, block->call));
        // Behind main, what does not return may be the usual way out.
        bool is_way_out = !finder->returns->has_normal_paths[function];
        if (marks[i - first] & REACHED_AFTER)
            add_call(finder, block->call, true, is_way_out || is_normal(finder, block->call));
    }
}
