/*
 * chain.c: the functions that lead from the entry point to main.
 *
 * In: call graph, names, the entry point, main. Out: finder.chain, finder.links. From main and the
 * starters (the C library's and Rust's functions that call main through a pointer, known by name)
 * backward over known calls, then from the entry forward within what was reached.
 */
#include "analysis/heap/startup/finder.h"

#include <string.h>

static enum link link_named(const char *name)
{
    static const char *const starts[] = {"__libc_start_main", "__libc_start_call_main",
                                         "libc_start_main_stage2", "__uClibc_main"};
    static const char *const runners[] = {"__libc_csu_init", "call_init", "libc_start_init",
                                          "__libc_start_init"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return LINK_STARTER;
    for (size_t i = 0; i < sizeof runners / sizeof *runners; i++)
        if (strcmp(name, runners[i]) == 0)
            return LINK_RUNNER;
    const char *rust = strstr(name, "3std2rt19lang_start_internal");
    const char *rest = rust ? strstr(rust, "internal") + strlen("internal") : "-";
    return !*rest || *rest == '.' || strncmp(rest, "17h", 3) == 0 ? LINK_STARTER : LINK_NONE;
}

uint32_t startup_target(const struct program *program, uint32_t call)
{
    const struct call *record = &program->calls[call];
    return record->target_count == 1 ? program->call_targets[record->first_target] : NONE;
}

/** What @p target is; without symbols, the inner half of the C library's start has no name. */
static enum link link_of(const struct finder *finder, uint32_t from, uint32_t target)
{
    const struct function *caller = &finder->program->functions[from];
    const struct function *callee = &finder->program->functions[target];
    enum link link = link_named(callee->linkage_name);
    if (link != LINK_NONE)
        return link;
    if (finder->leads_to_main[target])
        return LINK_PLAIN;
    bool is_inner = finder->links[from] == LINK_STARTER && caller->image != 0 &&
                    callee->image == caller->image && !callee->linkage_name[0] &&
                    !finder->returns->returns[target];
    return is_inner ? LINK_STARTER : LINK_NONE;
}

/* ---- The chain ------------------------------------------------------------------------------- */

/** Finds who leads to main or to a starter over known calls with one target. */
static void find_leading(struct finder *finder)
{
    const struct program *program = finder->program;
    const struct callgraph *graph = finder->graph;
    ARRAY(uint32_t) queue = {0};
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (i == finder->main || link_named(program->functions[i].linkage_name) == LINK_STARTER) {
            finder->leads_to_main[i] = true;
            array_push(&queue, i);
        }
    }
    for (size_t next = 0; next < queue.count; next++) {
        uint32_t node = queue.data[next];
        for (uint32_t i = graph->node_callers[node]; i < graph->node_callers[node + 1]; i++) {
            uint32_t from = program->calls[graph->callers[i]].from;
            if (finder->leads_to_main[from] || graph->traits[graph->callers[i]] & CALL_IS_PARTIAL)
                continue;
            finder->leads_to_main[from] = true;
            array_push(&queue, from);
        }
    }
    array_deinit(&queue);
}

static void add_to_chain(struct finder *finder, uint32_t function, enum link link)
{
    if (function == NONE || function == finder->main || finder->links[function] ||
        link == LINK_NONE)
        return;
    finder->links[function] = (uint8_t)link;
    array_push(&finder->chain, function);
}

void startup_find_chain(struct finder *finder)
{
    const struct program *program = finder->program;
    find_leading(finder);
    add_to_chain(finder, finder->entry, LINK_PLAIN);
    add_to_chain(finder, finder->c_main, LINK_PLAIN);
    for (size_t next = 0; next < finder->chain.count; next++) {
        uint32_t from = finder->chain.data[next];
        for (uint32_t c = program->function_calls[from]; c < program->function_calls[from + 1];
             c++) {
            uint32_t target = startup_target(program, c);
            if (target != NONE && !(finder->graph->traits[c] & CALL_IS_PARTIAL))
                add_to_chain(finder, target, link_of(finder, from, target));
        }
    }
}

bool startup_is_by_contract(const struct finder *finder, uint32_t call)
{
    const struct call *record = &finder->program->calls[call];
    return record->kind > CALL_CONSTANT && finder->links[record->from] >= LINK_STARTER;
}

bool startup_is_known_gate(const struct finder *finder, uint32_t call)
{
    uint32_t target = startup_target(finder->program, call);
    return target != NONE && (target == finder->main || (finder->links[target] != LINK_NONE &&
                                                         finder->links[target] != LINK_RUNNER));
}

bool startup_is_loader(const struct program *program, uint32_t image)
{
    if (image == NONE)
        return false;
    const char *interpreter = program->images[0]->interpreter;
    const char *name = interpreter ? strrchr(interpreter, '/') : NULL;
    return image != 0 && name && strcmp(program->images[image]->name, name + 1) == 0;
}
