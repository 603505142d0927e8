/*
 * dot.c: the file's own calls as a digraph in Graphviz's language (graphviz.org/doc/info/lang.html).
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
