/*
 * tree.c: the tree of calls below a function, deepest callee first.
 *
 * A walk in preorder with a stack of its own. A function is unfolded where it is met first; where
 * it is met again it is a leaf, so the tree has at most as many inner nodes as there are functions
 * and ends on cycles. Text output also bounds depth and rows, and shows of the candidates of one
 * call only the deepest.
 */
#include "report/stack/tree.h"

#include "base/array.h"
#include "base/map.h"
#include "report/format/text.h"
#include "report/shared/document.h"
#include "report/shared/function.h"
#include "report/shared/place.h"
#include "report/shared/select.h"
#include "report/stack/stack_table.h"

#include <stdlib.h>

enum { USUAL_DEPTH = 8, USUAL_ROWS = 100, MAX_DEPTH = 1000, MAX_ROWS = 1000000 };

enum node_note { NOTE_NONE, NOTE_SEEN, NOTE_CUT, NOTE_UNRESOLVED };

struct node {
    uint32_t function; /* NONE: a call that is not resolved */
    uint32_t call;     /* NONE for the root */
    uint32_t depth;
    uint8_t note;        /* enum node_note */
    uint32_t candidates; /* how many targets the call has, of which this is the deepest; or 1 */
};

struct tree {
    ARRAY(struct node) nodes;
    ARRAY(struct node) waiting;
    struct int_map seen;
    size_t row_limit;
    uint32_t depth_limit;
    bool is_cut;
    bool is_whole; /* every candidate of a call has a row, not only the deepest */
};

static int64_t depth_bytes(struct report *report, uint32_t function)
{
    return function == NONE ? -1 : bound_of(report, function).at_least_bytes;
}

static int compare_nodes(const void *left, const void *right, void *context)
{
    const struct node *a = left;
    const struct node *b = right;
    int64_t a_bytes = depth_bytes(context, a->function);
    int64_t b_bytes = depth_bytes(context, b->function);
    // Ascending, because the last one pushed is visited first.
    if (a_bytes != b_bytes)
        return a_bytes < b_bytes ? -1 : 1;
    return (a->call < b->call) - (a->call > b->call);
}

static uint32_t target_of(const struct program *program, const struct call *call, uint32_t index)
{
    return call->target_count ? program->call_targets[call->first_target + index] : NONE;
}

static uint32_t deepest_target(struct report *report, const struct call *call)
{
    uint32_t deepest = target_of(report->program, call, 0);
    for (uint32_t t = 1; t < call->target_count; t++) {
        uint32_t target = target_of(report->program, call, t);
        if (depth_bytes(report, target) > depth_bytes(report, deepest))
            deepest = target;
    }
    return deepest;
}

static void push_callee(struct tree *tree, struct int_map *callees, struct node callee)
{
    if (int_map_get(callees, callee.function) != MAP_NONE)
        return;
    int_map_set(callees, callee.function, 1);
    callee.note = callee.function == NONE ? NOTE_UNRESOLVED : NOTE_NONE;
    array_push(&tree->waiting, callee);
}

/* Pushes what the calls of @p node's function enter, each callee once. */
static void push_callees(struct report *report, struct tree *tree, const struct node *node)
{
    const struct program *program = report->program;
    size_t begin = tree->waiting.count;
    struct int_map callees;
    int_map_init(&callees);
    uint32_t end = program->function_calls[node->function + 1];
    for (uint32_t c = program->function_calls[node->function]; c < end; c++) {
        const struct call *call = &program->calls[c];
        struct node callee = {.call = c, .depth = node->depth + 1, .candidates = 1};
        if (!tree->is_whole && call->target_count > 1) {
            callee.function = deepest_target(report, call);
            callee.candidates = call->target_count;
            push_callee(tree, &callees, callee);
            continue;
        }
        for (uint32_t t = 0; t < call->target_count || t == 0; t++) {
            callee.function = target_of(program, call, t);
            push_callee(tree, &callees, callee);
        }
    }
    int_map_deinit(&callees);
    qsort_r(tree->waiting.data + begin, tree->waiting.count - begin, sizeof(struct node),
            compare_nodes, report);
}

static bool has_callees(const struct program *program, uint32_t function)
{
    return program->function_calls[function] < program->function_calls[function + 1];
}

static void visit(struct report *report, struct tree *tree, struct node node)
{
    if (node.function != NONE && has_callees(report->program, node.function)) {
        if (int_map_get(&tree->seen, node.function) != MAP_NONE)
            node.note = NOTE_SEEN;
        else if (node.depth >= tree->depth_limit)
            node.note = NOTE_CUT;
        tree->is_cut |= node.note == NOTE_CUT;
    }
    array_push(&tree->nodes, node);
    if (node.function == NONE || node.note != NOTE_NONE)
        return;
    int_map_set(&tree->seen, node.function, 1);
    push_callees(report, tree, &node);
}

static void grow(struct report *report, struct tree *tree, uint32_t root)
{
    bool is_whole = tree->is_whole = report->options->all || report->options->is_json;
    tree->depth_limit = is_whole ? MAX_DEPTH : USUAL_DEPTH;
    tree->row_limit =
        tree->nodes.count + rows_shown(report, MAX_ROWS, is_whole ? MAX_ROWS : USUAL_ROWS);
    int_map_init(&tree->seen);
    array_push(&tree->waiting, (struct node){.function = root, .call = NONE, .candidates = 1});
    while (tree->waiting.count && tree->nodes.count < tree->row_limit)
        visit(report, tree, tree->waiting.data[--tree->waiting.count]);
    tree->is_cut |= tree->waiting.count > 0;
    tree->waiting.count = 0;
    int_map_deinit(&tree->seen);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static const struct node *node_at(struct report *report, uint32_t row)
{
    return &report->tree->nodes.data[row];
}

static struct cell get_depth(struct report *report, uint32_t row)
{
    return cell_number(node_at(report, row)->depth);
}

static struct cell get_name(struct report *report, uint32_t row)
{
    uint32_t function = node_at(report, row)->function;
    return function == NONE ? cell_null() : get_function_name(report, function);
}

static struct cell get_frame(struct report *report, uint32_t row)
{
    struct cell cell = cell_signed(frame_of(report, node_at(report, row)->function).bytes);
    return cell.kind == CELL_NULL ? cell_unknown("?", STYLE_DOUBT) : cell;
}

static struct cell get_with_panic(struct report *report, uint32_t row)
{
    return cell_signed(bound_of(report, node_at(report, row)->function).with_panic_bytes);
}

static struct cell get_at_least(struct report *report, uint32_t row)
{
    return cell_signed(bound_of(report, node_at(report, row)->function).at_least_bytes);
}

static struct cell get_bound(struct report *report, uint32_t row)
{
    return cell_signed(bound_of(report, node_at(report, row)->function).bytes);
}

static struct cell get_deepest_text(struct report *report, uint32_t row)
{
    struct bound bound = bound_of(report, node_at(report, row)->function);
    struct text text = {0};
    if (bound.at_least_bytes < 0)
        return cell_unknown("?", STYLE_DOUBT);
    bool is_bounded = bound.with_panic_bytes >= 0;
    text_add(&text, is_bounded ? "" : "≥ ");
    text_add_count(&text, (uint64_t)bound.at_least_bytes);
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, is_bounded ? STYLE_PLAIN : STYLE_BAD);
}

static struct cell get_branch(struct report *report, uint32_t row)
{
    static const char *const notes[] = {
        [NOTE_NONE] = "", [NOTE_SEEN] = " (see above)", [NOTE_CUT] = " …", [NOTE_UNRESOLVED] = ""};
    const struct node *node = node_at(report, row);
    struct text text = {0};
    text_repeat(&text, "│ ", node->depth > 1 ? node->depth - 1 : 0);
    text_add(&text, node->depth ? "├ " : "");
    text_add(&text, node->function == NONE
                        ? "a call that is not resolved"
                        : program_function_name(report->program, node->function));
    if (node->candidates > 1)
        text_addf(&text, " (1 of %u)", (unsigned)node->candidates);
    text_add(&text, notes[node->note]);
    const char *string = text_keep(&text, &report->arena);
    return cell_styled(string, node->note == NOTE_NONE         ? STYLE_PLAIN
                               : node->note == NOTE_UNRESOLVED ? STYLE_DOUBT
                                                               : STYLE_DIM);
}

static struct place place_of_node(struct report *report, uint32_t row)
{
    const struct node *node = node_at(report, row);
    if (node->call == NONE)
        return place_of_function(report->program, node->function);
    const struct call *call = &report->program->calls[node->call];
    return place_in_function(report->program, call->from, call->address);
}

static struct cell get_address(struct report *report, uint32_t row)
{
    const struct node *node = node_at(report, row);
    if (node->call == NONE)
        return cell_null();
    const struct call *call = &report->program->calls[node->call];
    return cell_number(shown_code_address(report, call->from, call->address));
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return cell_file(place_of_node(report, row));
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return cell_line(place_of_node(report, row));
}

static struct cell get_place(struct report *report, uint32_t row)
{
    const struct node *node = node_at(report, row);
    uint32_t in = node->call == NONE ? node->function : report->program->calls[node->call].from;
    return cell_text(place_or_library(report, place_of_node(report, row), in));
}

static const struct column tree_columns[] = {
    {"depth", NULL, UNIT_LINE, get_depth, NULL},
    {"name", NULL, UNIT_NONE, get_name, NULL},
    {"frame_bytes", "FRAME", UNIT_BYTES, get_frame, NULL},
    {"bound_bytes", NULL, UNIT_BYTES, get_bound, NULL},
    {"bound_with_panic_bytes", NULL, UNIT_BYTES, get_with_panic, NULL},
    {"at_least_bytes", NULL, UNIT_BYTES, get_at_least, NULL},
    {"call_address", NULL, UNIT_ADDRESS, get_address, NULL},
    {"file", NULL, UNIT_NONE, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
    {NULL, "DEEPEST", UNIT_BYTES, get_deepest_text, NULL},
    {NULL, "FUNCTION", UNIT_NAME, get_branch, NULL},
    {NULL, "CALLED AT", UNIT_PATH, get_place, NULL},
};
static const struct table tree_table = TABLE(tree_columns);

static void list_nodes(struct report *report, struct rows *ret)
{
    rows_push_range(ret, 0, (uint32_t)report->tree->nodes.count);
}

static const struct part tree_parts[] = {{"tree", &tree_table, list_nodes, false}};

static void print_tree(struct report *report)
{
    struct rows rows = {0};
    list_nodes(report, &rows);
    table_print(report, &tree_table, rows.data, rows.count);
    if (report->tree->is_cut)
        screen_print(&report->screen, STYLE_DIM, "… there is more below (--all)\n");
    rows_deinit(&rows);
}

struct error *report_tree(struct report *report, const char *name)
{
    struct rows roots = {0};
    struct error *error = functions_named(report, name, &roots);
    if (error)
        return error;
    struct tree tree = {0};
    report->tree = &tree;
    for (size_t i = 0; i < roots.count; i++)
        grow(report, &tree, roots.data[i]);
    if (report->options->is_json)
        report_write_json(report, tree_parts, 1);
    else
        print_tree(report);
    report->tree = NULL;
    array_deinit(&tree.nodes);
    array_deinit(&tree.waiting);
    rows_deinit(&roots);
    return NULL;
}
