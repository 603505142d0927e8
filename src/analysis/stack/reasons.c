/*
 * reasons.c: why there is no bound.
 *
 * In: the passes of stack.c, facts.bounds. Out: facts.unbounded and the rows in facts.bounds. A
 * function without a bound has reasons of its own, at distance 0, and those of its callees without
 * a bound, one call further away; the MAX_REASONS nearest are kept. One walk in the order of
 * stack.c merges short sorted lists, so the work is linear in the calls. Most functions have
 * exactly the list of one callee, one step further away; they share its entries, which keeps the
 * memory small. A circle of calls is one reason, named by its first function; of calls that close a
 * circle nothing more is inherited.
 */
#include "analysis/stack/stack_pass.h"
#include "base/array.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/** A reason and how many calls away it is. */
struct distant {
    uint32_t reason, distance;
};

/** A row of entries, each further away by `offset` than it says. */
struct row {
    uint32_t first, count, offset;
};

/** What both searches, over all paths and over normal ones, fill. */
struct tables {
    ARRAY(struct unbounded) reasons; /* each once */
    ARRAY(struct distant) entries;
};

struct search {
    const struct program *program;
    const struct stack_pass *pass;
    const struct search *all_paths; /* NULL: this one is over all paths */
    struct tables *tables;
    struct row *rows;  /* of each node */
    uint32_t *circles; /* of each component its reason, NONE if not yet made */
};

/** The nearest reasons found so far, by distance, then number. */
struct nearest {
    struct distant entries[MAX_REASONS];
    uint32_t count;
    const struct row *best; /* the row whose first entry is nearest, and how much further it is */
    uint32_t best_distance, best_steps;
};

static bool is_before(struct distant left, struct distant right)
{
    return left.distance != right.distance ? left.distance < right.distance
                                           : left.reason < right.reason;
}

/** Puts @p entry in its place unless its reason is there already, or all there are nearer. */
static void insert(struct nearest *nearest, struct distant entry)
{
    uint32_t end = nearest->count;
    for (uint32_t i = 0; i < nearest->count; i++) {
        if (nearest->entries[i].reason == entry.reason) {
            if (nearest->entries[i].distance <= entry.distance)
                return;
            end = i;
            break;
        }
    }
    if (end == MAX_REASONS) {
        if (!is_before(entry, nearest->entries[--end]))
            return;
    } else if (end == nearest->count) {
        nearest->count++;
    }
    while (end && is_before(entry, nearest->entries[end - 1])) {
        nearest->entries[end] = nearest->entries[end - 1];
        end--;
    }
    nearest->entries[end] = entry;
}

static void add_own(struct search *search, struct nearest *nearest, struct unbounded reason)
{
    if (nearest->count == MAX_REASONS && !nearest->entries[MAX_REASONS - 1].distance)
        return;
    insert(nearest, (struct distant){(uint32_t)search->tables->reasons.count, 0});
    array_push(&search->tables->reasons, reason);
}

static void inherit(struct search *search, struct nearest *nearest, const struct row *row,
                    uint32_t steps)
{
    const struct distant *entries =
        row->count ? search->tables->entries.data + row->first : NULL; // no table yet, no sum
    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t distance = entries[i].distance + row->offset + steps;
        if (nearest->count == MAX_REASONS && distance > nearest->entries[MAX_REASONS - 1].distance)
            break;
        if (!i && (!nearest->best || distance < nearest->best_distance)) {
            nearest->best = row;
            nearest->best_distance = distance;
            nearest->best_steps = steps;
        }
        insert(nearest, (struct distant){entries[i].reason, distance});
    }
}

/** Whether @p nearest is what @p row has, each reason `best_steps` further away. */
static bool is_same(const struct search *search, const struct nearest *nearest)
{
    const struct row *row = nearest->best;
    if (!row || row->count != nearest->count)
        return false;
    const struct distant *entries = search->tables->entries.data + row->first;
    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t distance = entries[i].distance + row->offset + nearest->best_steps;
        if (entries[i].reason != nearest->entries[i].reason ||
            distance != nearest->entries[i].distance)
            return false;
    }
    return true;
}

static void keep_row(struct search *search, uint32_t node, const struct nearest *nearest)
{
    if (is_same(search, nearest)) {
        struct row row = *nearest->best;
        row.offset += nearest->best_steps;
        search->rows[node] = row;
        return;
    }
    search->rows[node] = (struct row){(uint32_t)search->tables->entries.count, nearest->count, 0};
    for (uint32_t i = 0; i < nearest->count; i++)
        array_push(&search->tables->entries, nearest->entries[i]);
}

/** The circle that @p function is in: one reason for all who are in it. */
static void add_circle(struct search *search, struct nearest *nearest, uint32_t function)
{
    uint32_t *circle = &search->circles[search->pass->components.component[function]];
    if (*circle == NONE) {
        *circle = (uint32_t)search->tables->reasons.count;
        array_push(&search->tables->reasons,
                   (struct unbounded){.function = function, .kind = UNBOUNDED_RECURSION});
    }
    insert(nearest, (struct distant){*circle, 0});
}

static void add_call(struct search *search, struct nearest *nearest, uint32_t index)
{
    const struct stack_pass *pass = search->pass;
    const struct call *call = &search->program->calls[index];
    uint32_t node = pass->graph->callees[index];
    struct unbounded here = {.address = call->address, .function = call->from};
    bool is_known = stack_call_is_known(pass, index);
    if (!is_known ||
        (node < search->program->function_count && callgraph_is_opaque(search->program, node))) {
        here.kind = UNBOUNDED_UNRESOLVED_CALL;
        add_own(search, nearest, here);
        return;
    }
    if (call->depth_bytes < 0 && search->program->facts->frames[call->from].kind == FRAME_FIXED) {
        here.kind = UNBOUNDED_DYNAMIC_FRAME;
        add_own(search, nearest, here);
    }
    const struct search *source =
        stack_callee_pass(pass, index) == pass ? search : search->all_paths;
    inherit(search, nearest, &source->rows[node], 1);
}

/** What @p function itself does, apart from its calls. */
static void add_frame(struct search *search, struct nearest *nearest, uint32_t function)
{
    const struct frame *frame = &search->program->facts->frames[function];
    struct unbounded here = {.function = function};
    if (callgraph_is_opaque(search->program, function)) {
        here.address = search->program->functions[function].address;
        here.kind = UNBOUNDED_UNRESOLVED_CALL;
        add_own(search, nearest, here);
    } else if (frame->kind != FRAME_FIXED || frame->bytes < 0) {
        here.address = frame->dynamic_address;
        here.kind = UNBOUNDED_DYNAMIC_FRAME;
        add_own(search, nearest, here);
    }
}

static void handle_function(struct search *search, uint32_t function)
{
    const struct program *program = search->program;
    if (stack_takes_all(search->pass, function)) {
        search->rows[function] = search->all_paths->rows[function];
        return;
    }
    struct nearest nearest = {.count = 0};
    if (stack_is_cyclic(search->pass, function))
        add_circle(search, &nearest, function);
    add_frame(search, &nearest, function);
    for (uint32_t i = program->function_calls[function]; i < program->function_calls[function + 1];
         i++) {
        if (stack_call_counts(search->pass, i))
            add_call(search, &nearest, i);
    }
    if (!nearest.count) // only a sum too large to be one has no other reason
        add_own(search, &nearest,
                (struct unbounded){.function = function, .kind = UNBOUNDED_DYNAMIC_FRAME});
    keep_row(search, function, &nearest);
}

static void handle_list(struct search *search, uint32_t node)
{
    struct nearest nearest = {.count = 0};
    for (uint32_t i = 0; i < callgraph_successor_count(search->pass->graph, node); i++) {
        uint32_t member = callgraph_successor(search->pass->graph, node, i);
        inherit(search, &nearest, &search->rows[member], 0);
    }
    keep_row(search, node, &nearest);
}

/** Rows of functions with a bound, and of those that are yet to come in the order, are empty. */
static void run(struct search *search)
{
    const struct stack_pass *pass = search->pass;
    search->rows = xcalloc((size_t)pass->graph->node_count + 1, sizeof *search->rows);
    search->circles = xmalloc(((size_t)pass->components.count + 1) * sizeof *search->circles);
    for (uint32_t i = 0; i < pass->components.count; i++)
        search->circles[i] = NONE;
    for (uint32_t i = 0; i < pass->order_count; i++) {
        uint32_t node = pass->order[i];
        if (pass->depths[node].is_bounded)
            continue;
        if (node < pass->graph->function_count)
            handle_function(search, node);
        else
            handle_list(search, node);
    }
    free(search->circles);
}

/** Writes out rows of entries as rows of reasons; rows that share entries share these too. */
static void keep_reasons(struct program *program, const struct search *all,
                         const struct search *normal)
{
    struct facts *facts = program->facts;
    const struct tables *tables = all->tables;
    facts->unbounded_count = (uint32_t)tables->entries.count;
    facts->unbounded =
        arena_calloc(&program->arena, tables->entries.count + 1, sizeof *facts->unbounded);
    for (size_t i = 0; i < tables->entries.count; i++)
        facts->unbounded[i] = tables->reasons.data[tables->entries.data[i].reason];
    for (uint32_t i = 0; i < program->function_count; i++) {
        uint32_t whole = program_whole(program, i);
        const struct search *search = facts->bounds[i].bytes < 0 ? normal : all;
        facts->bounds[i].first_reason = search->rows[whole].first;
        facts->bounds[i].reason_count = search->rows[whole].count;
    }
}

void stack_find_reasons(struct program *program, const struct stack_pass *all,
                        const struct stack_pass *normal)
{
    struct tables tables = {0};
    struct search searches[2] = {
        {.program = program, .pass = all, .tables = &tables},
        {.program = program, .pass = normal, .all_paths = &searches[0], .tables = &tables},
    };
    run(&searches[0]);
    run(&searches[1]);
    keep_reasons(program, &searches[0], &searches[1]);
    array_deinit(&tables.reasons);
    array_deinit(&tables.entries);
    free(searches[0].rows);
    free(searches[1].rows);
}
