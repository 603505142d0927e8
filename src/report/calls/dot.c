/*
 * dot.c: the file's own calls as a digraph in Graphviz's language
 * (graphviz.org/doc/info/lang.html).
 *
 * Nodes are the user's functions and what they enter; the calls of the standard library and the
 * runtime come with --all only. --filter leaves the functions that match, their callers and their
 * callees. All calls of one function by another are one edge: dashed if none of them is on a normal
 * path, dotted to "?" where the target is not known. Nodes are numbered as functions are, because
 * names need not differ. What libraries call among themselves is left out on purpose.
 */
#include "report/calls/dot.h"

#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "report/calls/calls_table.h"
#include "report/format/text.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/select.h"

#include <stdlib.h>

struct edge {
    uint32_t from, to; /* `to` is NONE where the call is not resolved */
    bool is_on_panic;  /* all of its calls are */
};

struct graph {
    ARRAY(struct edge) edges;
    bool *is_matching; /* of each function: --filter keeps it */
    bool *is_node;     /* of each function */
};

/* Says once for each function whether it matches: a library's printf has many callers. */
static void match(struct report *report, struct graph *graph)
{
    uint32_t count = report->program->function_count;
    graph->is_matching = xcalloc(count + (size_t)1, sizeof *graph->is_matching);
    graph->is_node = xcalloc(count + (size_t)1, sizeof *graph->is_node);
    for (uint32_t i = 0; i < count; i++)
        graph->is_matching[i] = report_matches(report, &caller_table, i);
}

static bool is_wanted(const struct graph *graph, uint32_t from, uint32_t to)
{
    return graph->is_matching[from] || (to != NONE && graph->is_matching[to]);
}

/* Adds the edge, or finds it: `seen` holds those of the same caller by callee. */
static void add_edge(struct graph *graph, struct int_map *seen, struct edge edge)
{
    uint32_t found = int_map_get(seen, edge.to);
    if (found != MAP_NONE) {
        graph->edges.data[found].is_on_panic &= edge.is_on_panic;
        return;
    }
    int_map_set(seen, edge.to, (uint32_t)graph->edges.count);
    array_push(&graph->edges, edge);
}

static void add_call(struct report *report, struct graph *graph, struct int_map *seen, uint32_t row)
{
    const struct call *call = &report->program->calls[row];
    bool is_on_panic = is_call_on_panic(report, row);
    if (!call->target_count && is_wanted(graph, call->from, NONE))
        add_edge(graph, seen, (struct edge){call->from, NONE, is_on_panic});
    for (uint32_t i = 0; i < call->target_count; i++) {
        uint32_t to = report->program->call_targets[call->first_target + i];
        if (is_wanted(graph, call->from, to))
            add_edge(graph, seen, (struct edge){call->from, to, is_on_panic});
    }
}

static void add_function(struct report *report, struct graph *graph, uint32_t function)
{
    const struct program *program = report->program;
    struct int_map seen;
    if (!report->options->all && !is_user_function(report, function))
        return;
    graph->is_node[function] = graph->is_matching[function];
    int_map_init(&seen);
    for (uint32_t c = program->function_calls[function]; c < program->function_calls[function + 1];
         c++)
        add_call(report, graph, &seen, c);
    int_map_deinit(&seen);
}

/* Marks the ends of the edges that --limit leaves; returns how many edges those are. */
static size_t mark_nodes(struct report *report, struct graph *graph)
{
    size_t shown = rows_shown(report, graph->edges.count, graph->edges.count);
    for (size_t i = 0; i < shown; i++) {
        const struct edge *edge = &graph->edges.data[i];
        graph->is_node[edge->from] = true;
        if (edge->to != NONE)
            graph->is_node[edge->to] = true;
    }
    return shown;
}

/* Inside quotes: quotes and backslashes are escaped, and Graphviz reads entities of HTML. */
static void print_label(struct report *report, const char *name)
{
    struct text clean = {0};
    text_add_clean(&clean, name);
    for (const char *at = text_string(&clean); *at; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', report->screen.out);
        fputs(*at == '&' ? "&amp;" : (char[]){*at, '\0'}, report->screen.out);
    }
    text_deinit(&clean);
}

static void print_node(struct report *report, uint32_t function)
{
    bool is_own = is_listed_function(report, function) && is_user_function(report, function);
    fprintf(report->screen.out, "    f%u [label=\"", (unsigned)function);
    print_label(report, program_function_name(report->program, function));
    fputs(is_own ? "\"]\n" : "\", color=gray, fontcolor=gray40]\n", report->screen.out);
}

static void print_edge(struct report *report, const struct edge *edge)
{
    FILE *out = report->screen.out;
    fprintf(out, "    f%u -> ", (unsigned)edge->from);
    if (edge->to == NONE)
        fputs("unresolved [style=dotted]\n", out);
    else
        fprintf(out, "f%u%s\n", (unsigned)edge->to, edge->is_on_panic ? " [style=dashed]" : "");
}

/* What was malformed or missing, as comments. */
static void print_warnings(struct report *report)
{
    struct rows rows = {0};
    list_diagnostics(report, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        struct diagnostic shown = diagnostic_at(report, rows.data[i]);
        struct text text = {0};
        if (shown.file)
            text_add_clean(&text, shown.file);
        text_add(&text, shown.file ? ": " : "");
        text_add_clean(&text, shown.message);
        fprintf(report->screen.out, "    // %s\n", text_string(&text));
        text_deinit(&text);
    }
    rows_deinit(&rows);
}

static void print_graph(struct report *report, const struct graph *graph, size_t shown)
{
    FILE *out = report->screen.out;
    bool is_unresolved = false;
    fputs("digraph calls {\n    rankdir=LR\n    node [shape=box]\n", out);
    for (uint32_t i = 0; i < report->program->function_count; i++)
        if (graph->is_node[i])
            print_node(report, i);
    for (size_t i = 0; i < shown; i++)
        is_unresolved |= graph->edges.data[i].to == NONE;
    if (is_unresolved)
        fputs("    unresolved [label=\"?\", shape=circle]\n", out);
    for (size_t i = 0; i < shown; i++)
        print_edge(report, &graph->edges.data[i]);
    if (shown < graph->edges.count)
        fprintf(out, "    // %zu more (--limit)\n", graph->edges.count - shown);
    print_warnings(report);
    fputs("}\n", out);
}

void report_dot(struct report *report)
{
    struct graph graph = {0};
    struct rows functions = {0};
    match(report, &graph);
    list_functions(report, &functions);
    for (size_t i = 0; report->program->function_calls && i < functions.count; i++)
        add_function(report, &graph, functions.data[i]);
    print_graph(report, &graph, mark_nodes(report, &graph));
    rows_deinit(&functions);
    array_deinit(&graph.edges);
    free(graph.is_matching);
    free(graph.is_node);
}
