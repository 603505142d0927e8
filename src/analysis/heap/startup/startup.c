/*
 * startup.c: the start-up path, which is everything that runs before main: constructors, the C
 * library's start, and Rust's runtime; and what runs after main has returned.
 *
 * In: verdicts, call paths, the function lists of all images, the entry point, main. Out:
 * facts.startup, site.is_before_main.
 *
 * The chain is the functions that lead from the entry point to main. Nobody's verdict says what one
 * of them does before main, because main is among its callees; so its calls are sorted here. A gate
 * is a call of the chain that leads on towards main. What is reached from the function's entry
 * without passing a gate runs before main, what is reached from behind a gate runs after it. The C
 * library and Rust's runtime call main and the constructors through pointers; these functions are
 * known by name (the System V ABI and both runtimes' sources say what they do with the pointers),
 * so their unresolved calls are no reason for doubt: what they lead to is looked at by itself.
 *
 * The verdict of the whole is that of the first row that holds:
 *
 *   a constructor always allocates, or a function of the chain cannot reach its gate without always
 *   a constructor, or a call that is followed by main, may maybe something of these is not known,
 * or a library was not read                                  unknown only what ends the program
 * does                                                             on_panic none of these never
 *
 * Left out on purpose: the dynamic linker's own work (relocation, resolvers of ifuncs), and
 * handlers registered with atexit, which are not known.
 */
#include "analysis/heap/startup/startup.h"

#include "analysis/heap/startup/finder.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- Constructors and destructors ------------------------------------------------------------ */

static void add_listed(struct finder *finder, uint32_t function, bool is_after)
{
    uint8_t verdict = VERDICT_UNKNOWN;
    if (function != NONE) {
        verdict = finder->program->facts->verdicts[function].allocates;
        if (!is_after)
            array_push(&finder->roots, program_whole(finder->program, function));
        else if (verdict == VERDICT_ALWAYS)
            verdict = VERDICT_MAYBE; // a program may end without them
    }
    if (verdict != VERDICT_NEVER)
        array_push(&finder->parts, (struct startup_part){.function = function,
                                                         .call = NONE,
                                                         .target = NONE,
                                                         .kind = is_after ? STARTUP_DESTRUCTOR
                                                                          : STARTUP_CONSTRUCTOR,
                                                         .verdict = verdict,
                                                         .is_after = is_after});
    if (!is_after && verdict == VERDICT_ALWAYS)
        finder->is_always = true;
}

/** What a pointer of a function list means; false for an end mark. */
static bool read_listed(const struct program *program, uint32_t image_index, uint64_t place,
                        uint32_t *ret)
{
    const struct image *image = program->images[image_index];
    const struct relocation *relocation = image_relocation_at(image, place);
    uint64_t address;
    *ret = NONE;
    if (relocation) {
        *ret = relocation->function;
        return true;
    }
    if (!image_read(image, place, image->pointer_bytes, &address) || !address ||
        address == UINT64_MAX || address == UINT32_MAX)
        return false;
    *ret = program_function_at(program, image_index, address);
    return true;
}

static void add_list(struct finder *finder, uint32_t image_index, const struct section *section)
{
    const struct image *image = finder->program->images[image_index];
    bool is_after = strstr(section->name, "fini") || strstr(section->name, "dtors");
    for (uint64_t at = 0; at + image->pointer_bytes <= section->bytes; at += image->pointer_bytes) {
        uint32_t function;
        if (read_listed(finder->program, image_index, section->address + at, &function))
            add_listed(finder, function, is_after);
    }
}

/**
 * DT_INIT and DT_FINI, or in a file that no loader starts their sections: one function at the
 * start of each.
 */
static void add_old_style(struct finder *finder, uint32_t image_index, uint64_t address,
                          bool is_after)
{
    uint32_t function = address ? program_function_at(finder->program, image_index, address) : NONE;
    if (function != NONE && finder->program->functions[function].source != FUNCTION_PLT)
        add_listed(finder, function, is_after);
}

static void add_images(struct finder *finder)
{
    const struct program *program = finder->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        if (startup_is_loader(program, i))
            continue;
        add_old_style(finder, i, image->initializer, false);
        add_old_style(finder, i, image->finalizer, true);
        for (uint32_t s = 0; s < image->placed_count; s++) {
            const struct section *section = &image->sections[s];
            if (section->role == SECTION_FUNCTION_LIST && section->data)
                add_list(finder, i, section);
            else if (strcmp(section->name, ".init") == 0 && !image->initializer)
                add_old_style(finder, i, section->address, false);
            else if (strcmp(section->name, ".fini") == 0 && !image->finalizer)
                add_old_style(finder, i, section->address, true);
        }
    }
}

/* ---- Together -------------------------------------------------------------------------------- */

/** A search over functions and lists of candidates, each entered once. */
struct reach {
    const struct finder *finder;
    bool *is_reached; /* of each node */
    uint32_t *queue;  /* functions */
    uint32_t count;
};

static void reach_node(struct reach *reach, uint32_t node)
{
    const struct callgraph *graph = reach->finder->graph;
    if (node == NONE || reach->is_reached[node])
        return;
    reach->is_reached[node] = true;
    if (node < graph->function_count) {
        reach->queue[reach->count++] = node;
        return;
    }
    for (uint32_t i = 0; i < callgraph_successor_count(graph, node); i++) {
        uint32_t member = callgraph_successor(graph, node, i);
        if (!reach->is_reached[member])
            reach->queue[reach->count++] = member;
        reach->is_reached[member] = true;
    }
}

static void follow_normal_calls(struct reach *reach)
{
    const struct program *program = reach->finder->program;
    const struct facts *facts = program->facts;
    for (uint32_t next = 0; next < reach->count; next++) {
        uint32_t from = reach->queue[next];
        if (facts->allocator_roles[from] != ALLOCATOR_NONE)
            continue;
        for (uint32_t c = program->function_calls[from]; c < program->function_calls[from + 1]; c++)
            if (facts->call_paths[c] == CALL_PATH_NORMAL && program->calls[c].kind <= CALL_CONSTANT)
                reach_node(reach, reach->finder->graph->callees[c]);
    }
}

/**
 * Marks the sites that what runs before main reaches on normal paths, as far as callees are sure:
 * with the candidates of virtual calls, nearly all of a large program would be reached.
 */
static void mark_sites(const struct finder *finder)
{
    const struct program *program = finder->program;
    size_t nodes = (size_t)finder->graph->node_count + 1;
    struct reach reach = {.finder = finder,
                          .is_reached = xcalloc(nodes, 1),
                          .queue = xmalloc(nodes * sizeof *reach.queue)};
    reach.is_reached[finder->main] = true;
    for (size_t i = 0; i < finder->roots.count; i++)
        reach_node(&reach, finder->roots.data[i]);
    follow_normal_calls(&reach);
    reach.is_reached[finder->main] = false;
    for (uint32_t i = 0; i < program->facts->site_count; i++) {
        struct site *site = &program->facts->sites[i];
        uint32_t from = program->calls[site->call].from;
        site->is_before_main = finder->is_counted[site->call] & LEADS_TO_GATE ||
                               (reach.is_reached[from] && !site->is_on_panic);
    }
    free(reach.is_reached);
    free(reach.queue);
}

static bool is_complete(const struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++)
        for (uint32_t n = 0; n < program->images[i]->needed_count; n++)
            if (program->images[i]->needed[n].image == NONE)
                return false;
    return true;
}

static void conclude(struct finder *finder, struct startup *startup)
{
    uint8_t verdicts[2] = {VERDICT_NEVER, VERDICT_NEVER};
    // What was not read might do anything on its normal paths.
    if (!is_complete(finder->program))
        verdicts[0] = verdicts[1] = VERDICT_UNKNOWN;
    for (size_t i = 0; i < finder->parts.count; i++) {
        const struct startup_part *part = &finder->parts.data[i];
        uint8_t verdict = part->verdict;
        // One call's always need not lie on all paths.
        if (verdict == VERDICT_ALWAYS)
            verdict = VERDICT_MAYBE;
        verdicts[part->is_after] = startup_worse(verdicts[part->is_after], verdict);
    }
    if (finder->has_hidden && verdicts[0] == VERDICT_NEVER)
        verdicts[0] = VERDICT_UNKNOWN;
    if (!finder->reaches_main)
        verdicts[1] = startup_worse(verdicts[1], VERDICT_UNKNOWN);
    startup->before = finder->is_always ? VERDICT_ALWAYS : verdicts[0];
    startup->after = verdicts[1];
    startup->is_known = true;
    startup->part_count = (uint32_t)finder->parts.count;
    size_t bytes = finder->parts.count * sizeof *startup->parts;
    startup->parts = arena_alloc(&finder->program->arena, bytes + 1);
    if (bytes)
        memcpy(startup->parts, finder->parts.data, bytes);
}

/** The C `main` of a Rust program, which hands the user's on to the runtime; or NONE. */
static uint32_t find_c_main(const struct program *program)
{
    for (uint32_t i = program->image_functions[0]; i < program->image_functions[1]; i++)
        if (strcmp(program->functions[i].linkage_name, "main") == 0 &&
            program->functions[i].source != FUNCTION_PLT)
            return program_whole(program, i);
    return NONE;
}

void startup_analyze(struct program *program, const struct callgraph *graph,
                     const struct returns *returns)
{
    const struct image *image = program->images[0];
    uint32_t entry =
        image->is_placed && image->entry ? program_function_at(program, 0, image->entry) : NONE;
    if (entry == NONE || program->facts->main_function == NONE || image->type == IMAGE_SHARED)
        return;
    size_t functions = (size_t)program->function_count + 1;
    struct finder finder = {.program = program,
                            .graph = graph,
                            .returns = returns,
                            .entry = program_whole(program, entry),
                            .c_main = find_c_main(program),
                            .main = program->facts->main_function,
                            .links = xcalloc(functions, 1),
                            .leads_to_main = xcalloc(functions, 1),
                            .is_counted = xcalloc((size_t)program->call_count + 1, 1)};
    startup_find_chain(&finder);
    add_images(&finder);
    for (size_t i = 0; i < finder.chain.count; i++)
        startup_sort_calls(&finder, finder.chain.data[i]);
    mark_sites(&finder);
    conclude(&finder, &program->facts->startup);
    free(finder.links);
    free(finder.leads_to_main);
    free(finder.is_counted);
    array_deinit(&finder.chain);
    array_deinit(&finder.parts);
    array_deinit(&finder.roots);
}
