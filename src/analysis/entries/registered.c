/*
 * registered.c: functions that begin with a stack of their own or at a time of their own because
 * code hands their address to somebody: threads, signal handlers, exit handlers.
 *
 * In: calls, pointer_arguments, pointer_stores, program.arguments. Out: entries. A table names the
 * functions of the C library that take such an address. A function that hands one of its own
 * arguments on to such a place is such a place too; wrappers of wrappers count up to four deep.
 * sigaction takes a struct that begins with the address: one in the frame of the function that
 * calls it and fills it there, or a constant one. What a library does for itself counts where code
 * of the file can reach it by calls that are known; so std::thread leads to the function in
 * libstdc++ that all such threads begin in.
 *
 * Left out on purpose: callbacks that run on the stack of a thread that is there already (qsort,
 * pthread_once, thread-local destructors, fork handlers); handlers that come from variables, or in
 * a struct that is copied from another one; and threads made by system calls of the program's own.
 */
#include "analysis/entries/entries.h"

#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WRAPPERS = 4, MAX_ARGUMENTS = 8, MAX_STORES = 4096 };

/** What a function of the C library does with the address that it is given. */
enum registrar_stack {
    STACK_DEFAULT,    /* a thread's, as large as is usual */
    STACK_ATTRIBUTES, /* a thread's, as argument 1 says */
    STACK_OTHER,      /* the caller provides it, or whoever is interrupted */
    STACK_MAIN,       /* that of who ends the program */
    STACK_FRAME,      /* as STACK_OTHER, and the address is in a struct */
};

static const struct registrar {
    const char *name;
    uint8_t argument;
    uint8_t kind;  /* enum entry_kind */
    uint8_t stack; /* enum registrar_stack */
} registrars[] = {
    {"pthread_create", 2, ENTRY_THREAD, STACK_ATTRIBUTES},
    {"__pthread_create_2_1", 2, ENTRY_THREAD, STACK_ATTRIBUTES},
    {"thrd_create", 1, ENTRY_THREAD, STACK_DEFAULT},
    {"clone", 0, ENTRY_THREAD, STACK_OTHER},
    {"__clone", 0, ENTRY_THREAD, STACK_OTHER},
    {"signal", 1, ENTRY_SIGNAL, STACK_OTHER},
    {"sysv_signal", 1, ENTRY_SIGNAL, STACK_OTHER},
    {"__sysv_signal", 1, ENTRY_SIGNAL, STACK_OTHER},
    {"bsd_signal", 1, ENTRY_SIGNAL, STACK_OTHER},
    {"sigset", 1, ENTRY_SIGNAL, STACK_OTHER},
    {"sigaction", 1, ENTRY_SIGNAL, STACK_FRAME},
    {"__sigaction", 1, ENTRY_SIGNAL, STACK_FRAME},
    {"atexit", 0, ENTRY_EXIT, STACK_MAIN},
    {"at_quick_exit", 0, ENTRY_EXIT, STACK_MAIN},
    {"on_exit", 0, ENTRY_EXIT, STACK_MAIN},
    {"__cxa_atexit", 0, ENTRY_EXIT, STACK_MAIN},
    {"__cxa_at_quick_exit", 0, ENTRY_EXIT, STACK_MAIN},
};

enum { REGISTRAR_COUNT = sizeof registrars / sizeof registrars[0] };

/** Functions that set the stack of threads in attributes, and which argument says how much. */
static const struct {
    const char *name;
    uint8_t argument;
} setters[] = {{"pthread_attr_setstacksize", 1}, {"pthread_attr_setstack", 2}};

enum { SETTER_COUNT = sizeof setters / sizeof setters[0] };

struct search {
    const struct program *program;
    const struct limits *limits;
    struct entry_list *list;
    struct int_map places;    /* function and argument to the row in the table of registrars */
    struct int_map setters;   /* function to the row in the table of setters */
    bool *is_reachable;       /* of each function: code of the file may get there */
    int64_t attributes_limit; /* what all attributes say, -1 if they differ */
    bool sets_attributes;
};

/* ---- Names ----------------------------------------------------------------------------------- */

/** A function of the C library rather than one of the program's own that has its name. */
static bool is_of_library(const struct program *program, const struct function *function)
{
    return function->source != FUNCTION_PLT && function->part_of == NONE &&
           (function->image != 0 || program->images[0]->is_static);
}

static uint64_t place_key(uint32_t function, unsigned argument)
{
    return (uint64_t)function * MAX_ARGUMENTS + argument;
}

static void name_places(struct search *search)
{
    const struct program *program = search->program;
    struct string_map names;
    string_map_init(&names);
    for (uint32_t i = 0; i < REGISTRAR_COUNT; i++)
        string_map_set(&names, registrars[i].name, i);
    for (uint32_t i = 0; i < SETTER_COUNT; i++)
        string_map_set(&names, setters[i].name, REGISTRAR_COUNT + i);
    for (uint32_t i = 0; i < program->function_count; i++) {
        if (!is_of_library(program, &program->functions[i]))
            continue;
        uint32_t row = string_map_get(&names, program->functions[i].linkage_name);
        if (row == MAP_NONE)
            continue;
        if (row < REGISTRAR_COUNT)
            int_map_set(&search->places, place_key(i, registrars[row].argument), row);
        else
            int_map_set(&search->setters, i, row - REGISTRAR_COUNT);
    }
    string_map_deinit(&names);
}

static void want_argument(struct program *program, const char *name, unsigned argument)
{
    for (uint32_t i = 0; i < program->function_count; i++)
        if (strcmp(program->functions[i].linkage_name, name) == 0)
            program->facts->wanted_arguments[i] |= (uint8_t)(1U << argument);
}

void entries_want_arguments(struct program *program)
{
    for (unsigned row = 0; row < SETTER_COUNT; row++)
        want_argument(program, setters[row].name, setters[row].argument);
    for (unsigned row = 0; row < REGISTRAR_COUNT; row++)
        if (registrars[row].stack == STACK_FRAME)
            want_argument(program, registrars[row].name, registrars[row].argument);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/** Whether the targets of @p call are those that it surely has. */
static bool is_sure(const struct call *call)
{
    return call->target_count && call->kind <= CALL_CONSTANT;
}

static void reach(struct search *search, uint32_t function, uint32_t *queue, size_t *count)
{
    if (search->is_reachable[function])
        return;
    search->is_reachable[function] = true;
    queue[(*count)++] = function;
}

/** Marks what the code of the file can reach by calls that are better known than by guess. */
static void find_reachable(struct search *search)
{
    const struct program *program = search->program;
    uint32_t *queue = xmalloc(((size_t)program->function_count + 1) * sizeof *queue);
    size_t count = 0;
    search->is_reachable = xcalloc((size_t)program->function_count + 1, sizeof(bool));
    for (uint32_t i = program->image_functions[0]; i < program->image_functions[1]; i++)
        reach(search, i, queue, &count);
    for (size_t next = 0; next < count; next++) {
        uint32_t end = program->function_calls[queue[next] + 1];
        for (uint32_t c = program->function_calls[queue[next]]; c < end; c++) {
            const struct call *call = &program->calls[c];
            for (uint32_t t = 0; is_sure(call) && t < call->target_count; t++)
                reach(search, program->call_targets[call->first_target + t], queue, &count);
        }
    }
    free(queue);
}

/** Returns the row of the registrar that @p call hands its argument @p index to, or MAP_NONE. */
static uint32_t place_of_argument(const struct search *search, uint32_t index, unsigned argument)
{
    const struct program *program = search->program;
    const struct call *call = &program->calls[index];
    for (uint32_t t = 0; is_sure(call) && t < call->target_count; t++) {
        uint32_t target = program->call_targets[call->first_target + t];
        uint32_t row = int_map_get(&search->places, place_key(target, argument));
        if (row != MAP_NONE)
            return row;
    }
    return MAP_NONE;
}

/** Lets functions that hand an argument of theirs on be registrars; returns whether there are. */
static bool find_wrappers(struct search *search)
{
    const struct program *program = search->program;
    bool found = false;
    for (uint32_t i = 0; i < program->pointer_argument_count; i++) {
        const struct pointer_argument *argument = &program->pointer_arguments[i];
        if (argument->kind != POINTED_ARGUMENT || argument->index >= MAX_ARGUMENTS)
            continue;
        uint32_t row = place_of_argument(search, argument->call, argument->argument);
        uint64_t key = place_key(program->calls[argument->call].from, argument->index);
        if (row == MAP_NONE || registrars[row].stack == STACK_FRAME ||
            int_map_get(&search->places, key) != MAP_NONE)
            continue;
        int_map_set(&search->places, key, row);
        found = true;
    }
    return found;
}

/* ---- Stacks of threads ----------------------------------------------------------------------- */

/** What the attributes of the file's own code say; not known where two of them differ. */
static void read_attributes(struct search *search)
{
    const struct program *program = search->program;
    search->attributes_limit = -1;
    if (!search->setters.count)
        return;
    for (uint32_t i = 0; i < program->call_count; i++) {
        const struct call *call = &program->calls[i];
        if (program->functions[call->from].image != 0 || call->target_count != 1)
            continue;
        uint32_t row = int_map_get(&search->setters, program->call_targets[call->first_target]);
        int64_t bytes = -1;
        if (row == MAP_NONE)
            continue;
        if (!program_call_argument(program, i, setters[row].argument, &bytes) || bytes <= 0)
            bytes = -1;
        if (search->sets_attributes && bytes != search->attributes_limit)
            bytes = -1;
        search->attributes_limit = bytes;
        search->sets_attributes = true;
    }
}

/** Whether the call passes a null pointer as its argument @p index. */
static bool passes_null(const struct program *program, uint32_t record, unsigned index)
{
    uint32_t call = program->pointer_arguments[record].call;
    while (record > 0 && program->pointer_arguments[record - 1].call == call)
        record--;
    for (; record < program->pointer_argument_count; record++) {
        const struct pointer_argument *argument = &program->pointer_arguments[record];
        if (argument->call != call)
            return false;
        if (argument->argument == index)
            return argument->kind == POINTED_NOTHING;
    }
    return false;
}

static int64_t limit_of(const struct search *search, uint32_t row, uint32_t record,
                        uint32_t function)
{
    const struct program *program = search->program;
    int64_t usual = limit_of_thread(program, search->limits, function);
    const char *crate = program->facts->crates[function];
    switch (registrars[row].stack) {
    case STACK_DEFAULT:
        return usual;
    case STACK_MAIN:
        return search->limits->main_bytes;
    case STACK_ATTRIBUTES:
        // Rust's std sets the size itself, to what limit_of_thread() knows.
        if (!search->sets_attributes || (crate && strcmp(crate, "std") == 0) ||
            passes_null(program, record, 1))
            return usual;
        return search->attributes_limit;
    default:
        return -1;
    }
}

/* ---- Entries --------------------------------------------------------------------------------- */

/** Whether what @p from registers has to do with the file. */
static bool counts(const struct search *search, uint32_t from, uint32_t function, uint32_t row)
{
    const struct function *functions = search->program->functions;
    if (functions[from].image == 0 || functions[function].image == 0)
        return true;
    // clone() is how the C library itself makes what it then lets begin in the thread's function.
    return registrars[row].kind == ENTRY_THREAD && registrars[row].stack != STACK_OTHER &&
           search->is_reachable[from];
}

static void add_arguments(struct search *search)
{
    const struct program *program = search->program;
    for (uint32_t i = 0; i < program->pointer_argument_count; i++) {
        const struct pointer_argument *argument = &program->pointer_arguments[i];
        if (argument->kind != POINTED_FUNCTION || argument->function == NONE)
            continue;
        uint32_t row = place_of_argument(search, argument->call, argument->argument);
        uint32_t function = program_whole(program, argument->function);
        uint32_t from = program->calls[argument->call].from;
        if (row == MAP_NONE || !counts(search, from, function, row))
            continue;
        entry_add(search->list, function, registrars[row].kind, limit_of(search, row, i, function));
    }
}

/** Returns the handler in a struct that is part of the file's data, or NONE. */
static uint32_t handler_in_data(const struct search *search, uint32_t call, unsigned argument)
{
    const struct program *program = search->program;
    uint32_t image = program->functions[program->calls[call].from].image;
    int64_t address;
    if (image == NONE || !program_call_argument(program, call, argument, &address))
        return NONE;
    const struct relocation *relocation =
        image_relocation_at(program->images[image], (uint64_t)address);
    uint64_t target;
    if (relocation)
        return relocation->function;
    if (!image_read(program->images[image], (uint64_t)address,
                    program->images[image]->pointer_bytes, &target))
        return NONE;
    uint32_t function = program_function_at(program, image, target);
    bool is_start = function != NONE && program->functions[function].address == target;
    return is_start ? function : NONE;
}

static void add_handler(struct search *search, uint32_t row, uint32_t from, uint32_t function)
{
    if (function == NONE)
        return;
    function = program_whole(search->program, function);
    if (counts(search, from, function, row))
        entry_add(search->list, function, ENTRY_SIGNAL, -1);
}

/** Adds what is stored at @p place of the frame of @p from; its stores begin at @p first.
 * Of a function with more than are plausible only the first are looked at. */
static void add_stored(struct search *search, uint32_t row, uint32_t from, uint32_t first,
                       int64_t place)
{
    const struct program *program = search->program;
    for (uint32_t i = first; i < program->pointer_store_count && i - first < MAX_STORES; i++) {
        const struct pointer_store *store = &program->pointer_stores[i];
        if (store->from != from)
            return;
        const struct access_path *path = &store->place;
        if (store->kind == POINTED_FUNCTION && path->root == ROOT_FRAME && !path->load_count &&
            (int64_t)path->address + path->offsets[0] == place)
            add_handler(search, row, from, store->function);
    }
}

static uint32_t first_store_of(const struct program *program, uint32_t from)
{
    uint32_t low = 0, high = program->pointer_store_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (program->pointer_stores[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Adds the handlers in the structs that calls of sigaction are given. */
static void add_structs(struct search *search)
{
    const struct program *program = search->program;
    for (uint32_t i = 0; i < program->argument_count; i++) {
        const struct argument *argument = &program->arguments[i];
        uint32_t row = place_of_argument(search, argument->call, argument->index);
        uint32_t from = program->calls[argument->call].from;
        if (row == MAP_NONE || registrars[row].stack != STACK_FRAME)
            continue;
        if (argument->kind == ARGUMENT_FRAME)
            add_stored(search, row, from, first_store_of(program, from), argument->number);
        else
            add_handler(search, row, from,
                        handler_in_data(search, argument->call, argument->index));
    }
}

void entries_add_registered(const struct program *program, const struct limits *limits,
                            struct entry_list *list)
{
    struct search search = {.program = program, .limits = limits, .list = list};
    int_map_init(&search.places);
    int_map_init(&search.setters);
    name_places(&search);
    if (search.places.count) {
        find_reachable(&search);
        read_attributes(&search);
        for (unsigned i = 0; i < MAX_WRAPPERS && find_wrappers(&search); i++)
            continue;
        add_arguments(&search);
        add_structs(&search);
    }
    free(search.is_reachable);
    int_map_deinit(&search.setters);
    int_map_deinit(&search.places);
}
