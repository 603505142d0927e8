/*
 * branches.c: grows the tree of `heap --from`.
 *
 * A branch is a function; below it are, by line, the lines of own code in it that enter the heap
 * and the own functions that it enters, called or inlined alike, so that debug and release builds
 * have the same tree. Functions of others are passed through: what they enter of own code
 * (callbacks, closures, methods) is below the line that calls them. A function is unfolded where it
 * is met first, so the tree ends on cycles. Only what leads to the heap, or may, is in it.
 */
#include "report/heap/branches.h"

#include "base/hash.h"
#include "base/memory.h"
#include "program/debug.h"
#include "report/heap/heap_table.h"
#include "report/shared/call.h"
#include "report/shared/function.h"

#include <string.h>

enum { MAX_DEPTH = 200, MAX_CANDIDATES = 8, MAX_STEPS = 50000000 };

static bool is_own_frame(const struct report *report, const struct source_frame *frame)
{
    const uint8_t *origins = report->facts->file_origins;
    return frame->file_id != NONE && origins && origins[frame->file_id] == ORIGIN_USER;
}

static bool may_use_heap(const struct report *report, uint32_t function)
{
    struct verdicts verdicts = verdicts_of(report, function);
    return verdicts.allocates != VERDICT_NEVER || verdicts.frees != VERDICT_NEVER;
}

/** As debug information spells it, which is how inlined frames are spelled, too. */
static const char *name_of(struct report *report, uint32_t function)
{
    const struct function *record = &report->program->functions[function];
    const struct debug_info *debug = record->image == 0 ? report->program->images[0]->debug : NULL;
    if (debug && record->debug_function < debug->function_count)
        return debug->functions[record->debug_function].name;
    return program_function_name(report->program, function);
}

/* ---- Branches -------------------------------------------------------------------------------- */

static uint32_t add_branch(struct branches *branches, struct branch branch)
{
    branch.first = branch.last = branch.next = NONE;
    array_push(&branches->all, branch);
    return (uint32_t)branches->all.count - 1;
}

static int by_place(const struct branch *a, const struct branch *b)
{
    if (a->place.file != b->place.file) {
        if (!a->place.file || !b->place.file)
            return (a->place.file != NULL) - (b->place.file != NULL);
        int order = strcmp(a->place.file, b->place.file);
        if (order)
            return order;
    }
    return (a->place.line > b->place.line) - (a->place.line < b->place.line);
}

/** Equal for branches that are one: below the same one, at the same line, of the same name. */
static uint64_t key_of(uint32_t above, const struct branch *branch)
{
    struct hash hash;
    hash_init(&hash);
    hash_add_number(&hash, above);
    hash_add_text(&hash, branch->place.file);
    hash_add_number(&hash, branch->place.line);
    hash_add_text(&hash, branch->name);
    hash_add_number(&hash, branch->line);
    hash_add_number(&hash, branch->note);
    return hash_get(&hash).words[0] >> 1; // the map has no room for the largest key
}

/** Links the branch @p added into the list below @p above, behind those of the same line. */
static void link_branch(struct branches *branches, uint32_t above, uint32_t added)
{
    struct branch *all = branches->all.data;
    uint32_t before = all[above].last;
    if (before == NONE || by_place(&all[before], &all[added]) > 0) {
        before = NONE;
        for (uint32_t at = all[above].first; at != NONE && by_place(&all[at], &all[added]) <= 0;
             at = all[at].next)
            before = at;
    }
    uint32_t *link = before == NONE ? &all[above].first : &all[before].next;
    all[added].next = *link;
    *link = added;
    if (all[added].next == NONE)
        all[above].last = added;
}

/** Returns the branch below @p above that is like @p branch. */
static uint32_t put(struct branches *branches, uint32_t above, struct branch branch)
{
    uint64_t key = key_of(above, &branch);
    uint32_t known = int_map_get(&branches->known, key);
    if (known != MAP_NONE) {
        struct branch *found = &branches->all.data[known];
        found->is_on_panic &= branch.is_on_panic;
        found->function = found->function == NONE ? branch.function : found->function;
        return known;
    }
    branch.depth = branches->all.data[above].depth + 1;
    uint32_t added = add_branch(branches, branch);
    int_map_set(&branches->known, key, added);
    link_branch(branches, above, added);
    return added;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/** Whether it is own code; what an allocator does inside is not looked at. */
static bool is_own(const struct report *report, uint32_t function)
{
    return report->program->functions[function].image == 0 && is_user_function(report, function) &&
           report->facts->allocator_roles[function] == ALLOCATOR_NONE;
}

static uint32_t line_of(const struct report *report, unsigned role, uint32_t call)
{
    const uint32_t *lines = report->facts->call_lines[role];
    return lines ? lines[call] : NONE;
}

static uint32_t target_of(const struct report *report, const struct call *call, uint32_t index)
{
    return program_whole(report->program,
                         report->program->call_targets[call->first_target + index]);
}

/** Whether so much was looked at that the rest is left out. */
static bool is_worn_out(struct branches *branches, uint64_t steps)
{
    branches->steps += steps;
    branches->is_cut |= branches->steps > MAX_STEPS;
    return branches->steps > MAX_STEPS;
}

/** The call as far as it is followed; of an unresolved one in own code a few candidates. */
static struct call followed(const struct report *report, uint32_t index)
{
    const struct call *call = &report->program->calls[index];
    struct call shown = shown_call(report->program, index);
    bool is_open = call->kind == CALL_UNRESOLVED;
    return is_open && (!is_own(report, call->from) || shown.target_count > MAX_CANDIDATES) ? *call
                                                                                           : shown;
}

/** Whether the call itself enters own code that may use the heap, or is not resolved. */
static bool has_own_targets(const struct report *report, const struct call *call)
{
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = target_of(report, call, i);
        if (is_own(report, target) && may_use_heap(report, target))
            return true;
    }
    return call->kind == CALL_UNRESOLVED && !call->target_count && is_own(report, call->from);
}

/** Where a call of others' code was made from: a branch, and the line in it. */
struct origin_place {
    uint32_t above;
    struct place place;
};

/** Puts the own functions that were inlined around the call. */
static void put_frames(struct report *report, struct branches *branches,
                       const struct source_frame *frames, uint32_t count, bool is_on_panic,
                       struct origin_place *from)
{
    for (uint32_t i = count; i-- > 0;) {
        if (!is_own_frame(report, &frames[i]))
            continue;
        from->above = put(branches, from->above,
                          (struct branch){.name = frames[i].name,
                                          .place = from->place,
                                          .function = NONE,
                                          .line = NONE,
                                          .is_on_panic = is_on_panic});
        from->place = (struct place){frames[i].file, frames[i].line};
    }
}

static void put_targets(struct report *report, struct branches *branches,
                        const struct origin_place *from, const struct call *call, bool is_on_panic)
{
    struct branch branch = {
        .place = from->place, .function = NONE, .line = NONE, .is_on_panic = is_on_panic};
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = target_of(report, call, i);
        if (!is_own(report, target) || !may_use_heap(report, target))
            continue;
        struct last_put *last = &branches->last[target];
        if (last->branch != NONE && last->above == from->above &&
            last->place.line == from->place.line && last->place.file == from->place.file) {
            branches->all.data[last->branch].is_on_panic &= is_on_panic;
            continue;
        }
        branch.name = name_of(report, target);
        branch.function = target;
        *last = (struct last_put){from->place, from->above, put(branches, from->above, branch)};
    }
    if (call->kind == CALL_UNRESOLVED && !call->target_count && is_own(report, call->from)) {
        branch.note = BRANCH_UNRESOLVED;
        put(branches, from->above, branch);
    }
}

/** Puts what a call does; @p from is where it stands, or where others' code was entered. */
static void put_call(struct report *report, struct branches *branches, uint32_t index,
                     struct origin_place *from)
{
    const struct facts *facts = report->facts;
    struct call call = followed(report, index);
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    bool enters = line_of(report, HEAP_ALLOCATES, index) != NONE ||
                  line_of(report, HEAP_FREES, index) != NONE;
    bool is_on_panic = facts->call_on_panic[index];
    struct place place = place_of_code(report->program, call.from, call.address, frames, &count);
    if (is_own(report, call.from))
        from->place = place;
    if (!enters && !has_own_targets(report, &call))
        return;
    put_frames(report, branches, frames, count, is_on_panic, from);
    for (unsigned role = 0; role < HEAP_ROLE_COUNT; role++) {
        uint32_t line = line_of(report, role, index);
        if (line != NONE)
            put(branches, from->above,
                (struct branch){.place = from->place,
                                .function = NONE,
                                .line = line,
                                .is_on_panic = is_on_panic || facts->lines[line].is_on_panic});
    }
    put_targets(report, branches, from, &call, is_on_panic);
}

/* ---- Others' code ---------------------------------------------------------------------------- */

static void pass(const struct report *report, struct branches *branches, const struct call *call)
{
    branches->steps += call->target_count + 1;
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t target = target_of(report, call, i);
        if (!branches->leads_back[target] || branches->passed[target] == branches->call)
            continue;
        branches->passed[target] = branches->call;
        array_push(&branches->queue, target);
    }
}

/** Puts what others' code, entered by the call, does with own code. */
static void put_callbacks(struct report *report, struct branches *branches, uint32_t index,
                          const struct origin_place *from)
{
    const struct program *program = report->program;
    struct call call = followed(report, index);
    branches->call++;
    branches->queue.count = 0;
    pass(report, branches, &call);
    for (size_t i = 0; i < branches->queue.count; i++) {
        uint32_t function = branches->queue.data[i];
        if (is_worn_out(branches, 1))
            return;
        for (uint32_t c = program->function_calls[function];
             c < program->function_calls[function + 1]; c++) {
            struct origin_place place = *from;
            if (report->facts->call_paths[c] == CALL_PATH_DEAD)
                continue;
            put_call(report, branches, c, &place);
            call = followed(report, c);
            pass(report, branches, &call);
        }
    }
}

static bool leads_back(const struct report *report, struct branches *branches, uint32_t index)
{
    struct call call = followed(report, index);
    if (is_worn_out(branches, call.target_count + 1))
        return false;
    if (report->facts->call_paths[index] == CALL_PATH_DEAD)
        return false;
    if (line_of(report, HEAP_ALLOCATES, index) != NONE ||
        line_of(report, HEAP_FREES, index) != NONE)
        return true;
    for (uint32_t i = 0; i < call.target_count; i++) {
        uint32_t target = target_of(report, &call, i);
        if (branches->leads_back[target] ||
            (is_own(report, target) && may_use_heap(report, target)))
            return true;
    }
    return false;
}

/** Finds what gets to own code, until nothing new is found. */
static void find_ways_back(struct report *report, struct branches *branches)
{
    const struct program *program = report->program;
    uint32_t end = program->image_functions ? program->image_functions[1] : 0;
    for (bool has_news = true; has_news;) {
        has_news = false;
        for (uint32_t i = 0; i < end; i++) {
            if (branches->leads_back[i] || is_own(report, i) || !may_use_heap(report, i) ||
                report->facts->allocator_roles[i] != ALLOCATOR_NONE)
                continue;
            for (uint32_t c = program->function_calls[i];
                 !branches->leads_back[i] && c < program->function_calls[i + 1]; c++)
                has_news |= branches->leads_back[i] = leads_back(report, branches, c);
        }
    }
}

/* ---- The tree -------------------------------------------------------------------------------- */

static void unfold(struct report *report, struct branches *branches, uint32_t index)
{
    const struct program *program = report->program;
    uint32_t function = branches->all.data[index].function;
    struct place place = place_of_function(program, function);
    for (uint32_t c = program->function_calls[function]; c < program->function_calls[function + 1];
         c++) {
        struct origin_place from = {index, place};
        if (report->facts->call_paths[c] == CALL_PATH_DEAD)
            continue;
        if (is_worn_out(branches, program->calls[c].target_count + 1))
            return;
        put_call(report, branches, c, &from);
        put_callbacks(report, branches, c, &from);
    }
}

static void wait_for(struct branches *branches, uint32_t index)
{
    size_t begin = branches->waiting.count;
    for (uint32_t at = branches->all.data[index].first; at != NONE;
         at = branches->all.data[at].next)
        array_push(&branches->waiting, at);
    // The last one is taken first.
    for (size_t i = begin, j = branches->waiting.count; i + 1 < j; i++) {
        uint32_t swapped = branches->waiting.data[i];
        branches->waiting.data[i] = branches->waiting.data[--j];
        branches->waiting.data[j] = swapped;
    }
}

static void visit(struct report *report, struct branches *branches, uint32_t index)
{
    uint32_t function = branches->all.data[index].function;
    array_push(&branches->order, index);
    if (function != NONE) {
        if (int_map_get(&branches->seen, function) != MAP_NONE)
            branches->all.data[index].note = BRANCH_SEEN;
        else if (branches->all.data[index].depth >= MAX_DEPTH)
            branches->all.data[index].note = BRANCH_CUT;
        else {
            int_map_set(&branches->seen, function, 1);
            unfold(report, branches, index);
        }
    }
    wait_for(branches, index);
}

void branches_init(struct report *report, struct branches *ret)
{
    size_t functions = (size_t)report->program->function_count + 1;
    *ret = (struct branches){.leads_back = xcalloc(functions, sizeof *ret->leads_back),
                             .passed = xcalloc(functions, sizeof *ret->passed),
                             .last = xcalloc(functions, sizeof *ret->last)};
    for (size_t i = 0; i < functions; i++)
        ret->last[i].branch = NONE;
    int_map_init(&ret->known);
    find_ways_back(report, ret);
    ret->steps = 0;
}

void branches_grow(struct report *report, struct branches *branches, uint32_t root, size_t limit)
{
    size_t begin = branches->order.count;
    int_map_init(&branches->seen);
    uint32_t top =
        add_branch(branches, (struct branch){.name = name_of(report, root),
                                             .place = place_of_function(report->program, root),
                                             .function = root,
                                             .line = NONE});
    array_push(&branches->waiting, top);
    while (branches->waiting.count && branches->order.count - begin < limit)
        visit(report, branches, branches->waiting.data[--branches->waiting.count]);
    branches->is_cut |= branches->waiting.count > 0;
    branches->waiting.count = 0;
    int_map_deinit(&branches->seen);
}

void branches_deinit(struct branches *branches)
{
    free(branches->leads_back);
    free(branches->passed);
    free(branches->last);
    int_map_deinit(&branches->known);
    array_deinit(&branches->all);
    array_deinit(&branches->order);
    array_deinit(&branches->waiting);
    array_deinit(&branches->queue);
}
