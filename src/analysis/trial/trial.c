/*
 * trial.c: whether a function allocates whatever happens, found by running it.
 *
 * In: machine code, the callees that always allocate or never return (avoid.c, returns.c). Out: yes
 * or no. The function is executed on a machine of which only some bits are known (arch/execute):
 * at its entry nothing but the stack pointer, and from there on what the code itself makes of its
 * constants. Calls are followed into their callees, so a wrapper that asks for the size of what it
 * is to allocate is run with the size that its caller hands it. A branch whose condition is not
 * known splits the run in two. A path ends where the allocator is entered, or a callee that always
 * enters it, or where control never comes back; if it returns without that, the answer is no. This
 * is King's symbolic execution (1976) without symbols: values are known or not, bit by bit.
 *
 * Each step over-approximates, so a `yes` holds for all runs. A `no` may only mean that there were
 * too many steps, branches or calls in calls. Functions that may catch an exception are not run but
 * skipped, since where they go on then is not followed; exceptions that leave a function are not
 * among the paths that return. What a callee that is skipped does to registers is by the calling
 * convention, and to memory as memory.c has it.
 *
 * Left out on purpose: loops that are longer than the steps allow, jump tables, calls into other
 * images, and conditions as facts about values (a value that was compared is not known after it).
 */
#include "analysis/trial/trial.h"

#include "analysis/trial/memory.h"
#include "base/memory.h"
#include "base/search.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_STEPS = 3000, /* instructions of one trial */
    MAX_PATHS = 24,   /* waiting at once */
    MAX_DEPTH = 20,   /* calls in calls */
    MAX_BYTES = 8192, /* of a function that is worth a run */
};

/** A function that has been entered and not left. */
struct activation {
    const uint8_t *code; /* of the range [begin, end) of the function that is being executed */
    uint64_t begin, end;
    uint64_t return_address;
    int64_t entry_height; /* stack pointer when it was entered */
    uint32_t function;
};

struct trial_path {
    struct machine machine;
    struct stack_memory memory;
    struct activation activations[MAX_DEPTH];
    uint32_t depth;
    uint64_t address; /* of the next instruction */
};

enum progress {
    PATH_GOES_ON,
    PATH_HAS_ENDED, /* it has allocated, or never returns */
    PATH_FAILED,    /* it returns without, or it cannot be followed */
};

void trial_init(struct trial *trial)
{
    trial->paths = xmalloc(MAX_PATHS * sizeof *trial->paths);
}

void trial_deinit(struct trial *trial)
{
    free(trial->paths);
    trial->paths = NULL;
}

bool trial_can_run(const struct trial *trial, uint32_t index)
{
    const struct program *program = trial->graph->program;
    const struct returns *returns = trial->returns;
    const struct function *function = &program->functions[index];
    if (function->image == NONE || function->part_of != NONE || function->is_ifunc ||
        function->source == FUNCTION_PLT || function->bytes > MAX_BYTES ||
        program->function_blocks[index] == program->function_blocks[index + 1])
        return false;
    const struct image *image = program->images[function->image];
    return image->arch && image->arch->execute && image->type != IMAGE_OBJECT &&
           program->facts->allocator_roles[index] == ALLOCATOR_NONE && !returns->may_catch[index] &&
           !returns->has_hidden_entries[index] && !returns->jumps_away[index] &&
           !returns->is_marked_place[index] && returns->returns[index];
}

static const struct arch *arch_of(const struct trial_path *path)
{
    return path->memory.image->arch;
}

static struct activation *top_of(struct trial_path *path)
{
    return &path->activations[path->depth - 1];
}

static int64_t height_of(const struct trial_path *path)
{
    return (int64_t)path->machine.registers[arch_of(path)->stack_pointer].number;
}

static void move_stack(struct trial_path *path, int64_t bytes)
{
    path->machine.registers[arch_of(path)->stack_pointer].number += (uint64_t)bytes;
}

/* ---- Code ------------------------------------------------------------------------------------ */

/** Finds the bytes at the path's address; false if they are not in the function. */
static bool find_code(const struct program *program, struct trial_path *path)
{
    struct activation *top = top_of(path);
    if (path->address - top->begin < top->end - top->begin)
        return true;
    uint32_t image = program->functions[top->function].image;
    uint32_t index = program_function_at(program, image, path->address);
    if (index == NONE || program_whole(program, index) != top->function)
        return false;
    const struct function *part = &program->functions[index];
    top->code = image_bytes(path->memory.image, part->address, part->bytes);
    top->begin = part->address;
    top->end = part->address + part->bytes;
    return top->code && path->address - top->begin < top->end - top->begin;
}

/** Returns the call that the instruction at the path's address makes, or NONE. */
static uint32_t call_at(const struct program *program, struct trial_path *path)
{
    uint32_t function = top_of(path)->function;
    uint32_t first = program->function_calls[function];
    uint32_t count = program->function_calls[function + 1] - first;
    size_t index = COUNT_BELOW(program->calls + first, count, path->address);
    bool is_found = index < count && program->calls[first + index].address == path->address;
    return is_found ? first + (uint32_t)index : NONE;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static void forget_register(struct trial_path *path, unsigned number)
{
    path->machine.registers[number] = (struct known){0};
}

/** Does what a call may do that is not followed. */
static void skip_call(struct trial_path *path)
{
    const struct arch *arch = arch_of(path);
    for (unsigned i = 0; i < arch->argument_count; i++)
        if (path->machine.registers[arch->arguments[i]].base == BASE_STACK)
            path->machine.has_leaked = true;
    // Arguments on the stack, and what is below it.
    const struct stack_memory *memory = &path->memory;
    int64_t height = height_of(path);
    for (uint32_t i = 0; i < memory->count; i++)
        if (memory->words[i].value.base == BASE_STACK && memory->words[i].place >= height)
            path->machine.has_leaked = true;
    memory_expose(&path->machine);
    memory_drop_below(&path->memory, height);
    for (unsigned i = 0; i < arch->register_count; i++)
        if (!(arch->callee_saved & (UINT32_C(1) << i)))
            forget_register(path, i);
    path->machine.known_flags = 0;
}

/** Goes back to the caller; the path fails where there is none to go on in. */
static enum progress leave(struct trial_path *path)
{
    const struct activation *top = top_of(path);
    if (height_of(path) != top->entry_height || path->depth == 1 || !top->return_address)
        return PATH_FAILED;
    path->address = top->return_address;
    path->depth--;
    move_stack(path, arch_of(path)->return_address_bytes);
    memory_drop_below(&path->memory, height_of(path));
    return PATH_GOES_ON;
}

/** Enters a function, whose return address is on the stack already. */
static void enter(const struct trial *trial, struct trial_path *path, uint32_t function,
                  uint64_t return_address)
{
    path->activations[path->depth++] = (struct activation){
        .return_address = return_address, .entry_height = height_of(path), .function = function};
    path->address = trial->graph->program->functions[function].address;
}

static bool can_enter(const struct trial *trial, const struct trial_path *path, uint32_t call)
{
    const struct callgraph *graph = trial->graph;
    const struct function *functions = graph->program->functions;
    uint32_t callee = graph->callees[call], caller = graph->program->calls[call].from;
    return callee < graph->function_count && !(graph->traits[call] & CALL_IS_PARTIAL) &&
           path->depth < MAX_DEPTH && functions[callee].image == functions[caller].image &&
           trial_can_run(trial, callee);
}

/** Whether no run of the call comes back without an allocation. */
static bool ends_path(struct trial *trial, uint32_t call)
{
    const struct callgraph *graph = trial->graph;
    uint32_t callee = graph->callees[call];
    if (callee == NONE || trial->passes_without[callee])
        return false;
    bool returns = call_returns(trial->returns, graph, call);
    if (graph->traits[call] & CALL_IS_PARTIAL && returns)
        return false;
    trial->has_allocated |= returns;
    return true;
}

static enum progress take_call(struct trial *trial, struct trial_path *path, uint32_t call,
                               uint64_t next)
{
    if (ends_path(trial, call))
        return PATH_HAS_ENDED;
    if (!can_enter(trial, path, call)) {
        skip_call(path);
        path->address = next;
        return PATH_GOES_ON;
    }
    int64_t bytes = arch_of(path)->return_address_bytes;
    move_stack(path, -bytes);
    struct machine *machine = &path->machine;
    machine->store(machine, machine->registers[arch_of(path)->stack_pointer], (unsigned)bytes,
                   (struct known){0});
    enter(trial, path, trial->graph->callees[call], next);
    return PATH_GOES_ON;
}

/** A jump to another function, which returns for this one. */
static enum progress take_tail_call(struct trial *trial, struct trial_path *path, uint32_t call)
{
    if (ends_path(trial, call))
        return PATH_HAS_ENDED;
    struct activation *top = top_of(path);
    if (height_of(path) != top->entry_height)
        return PATH_FAILED;
    if (!can_enter(trial, path, call)) {
        skip_call(path);
        return leave(path);
    }
    uint64_t return_address = top->return_address;
    path->depth--;
    enter(trial, path, trial->graph->callees[call], return_address);
    return PATH_GOES_ON;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/** Goes to the target of a jump or of a branch that is taken. */
static enum progress take_jump(struct trial *trial, struct trial_path *path,
                               const struct effect *effect)
{
    uint32_t call = call_at(trial->graph->program, path);
    if (call != NONE)
        return take_tail_call(trial, path, call);
    if (effect->target_kind != TARGET_ADDRESS)
        return PATH_FAILED;
    path->address = effect->target;
    return PATH_GOES_ON;
}

/** Both ways of a branch: the other one waits as a path of its own. */
static enum progress split(struct trial *trial, struct trial_path *path,
                           const struct effect *effect)
{
    if (trial->path_count + 1 >= MAX_PATHS)
        return PATH_FAILED;
    struct trial_path *other = &trial->paths[trial->path_count];
    *other = *path;
    memory_connect(&other->memory, &other->machine);
    enum progress progress = take_jump(trial, other, effect);
    if (progress == PATH_FAILED)
        return PATH_FAILED;
    if (progress == PATH_GOES_ON)
        trial->path_count++;
    path->address += effect->length;
    return PATH_GOES_ON;
}

static enum progress execute(struct trial_path *path, const struct effect *effect)
{
    const struct activation *top = top_of(path);
    const uint8_t *bytes = top->code + (path->address - top->begin);
    if (arch_of(path)->execute(bytes, top->end - path->address, path->address, &path->machine) !=
        OUTCOME_NEXT)
        return PATH_FAILED;
    path->address += effect->length;
    return PATH_GOES_ON;
}

static enum progress take_branch(struct trial *trial, struct trial_path *path,
                                 const struct effect *effect)
{
    const struct activation *top = top_of(path);
    const uint8_t *bytes = top->code + (path->address - top->begin);
    switch (
        arch_of(path)->execute(bytes, top->end - path->address, path->address, &path->machine)) {
    case OUTCOME_TAKEN:
        return take_jump(trial, path, effect);
    case OUTCOME_NOT_TAKEN:
        path->address += effect->length;
        return PATH_GOES_ON;
    case OUTCOME_EITHER:
        return split(trial, path, effect);
    default:
        return PATH_FAILED;
    }
}

static enum progress step(struct trial *trial, struct trial_path *path)
{
    const struct program *program = trial->graph->program;
    if (trial->step_count++ >= MAX_STEPS || !find_code(program, path))
        return PATH_FAILED;
    const struct activation *top = top_of(path);
    struct effect effect;
    arch_of(path)->decode(top->code + (path->address - top->begin), top->end - path->address,
                          path->address, &effect);
    uint32_t call;
    switch (effect.length ? effect.control : UINT8_MAX) {
    case CONTROL_NEXT:
        return execute(path, &effect);
    case CONTROL_BRANCH:
        return take_branch(trial, path, &effect);
    case CONTROL_JUMP:
        return take_jump(trial, path, &effect);
    case CONTROL_CALL:
        call = call_at(program, path);
        return call == NONE ? PATH_FAILED
                            : take_call(trial, path, call, path->address + effect.length);
    case CONTROL_RETURN:
        return leave(path);
    case CONTROL_TRAP:
        return PATH_HAS_ENDED;
    default:
        return PATH_FAILED;
    }
}

/** Runs all paths to their ends; false if one fails. */
static bool run(struct trial *trial)
{
    while (trial->path_count) {
        // The path that waits longest is the first in the list; the last one is run.
        struct trial_path *path = &trial->paths[trial->path_count - 1];
        struct trial_path *running = &trial->paths[MAX_PATHS - 1];
        *running = *path;
        memory_connect(&running->memory, &running->machine);
        trial->path_count--;
        enum progress progress = PATH_GOES_ON;
        while (progress == PATH_GOES_ON)
            progress = step(trial, running);
        if (progress == PATH_FAILED)
            return false;
    }
    return trial->has_allocated;
}

/** Makes the first path: in @p function, nothing known but the stack pointer. */
static struct trial_path *begin(struct trial *trial, uint32_t function)
{
    const struct program *program = trial->graph->program;
    struct trial_path *path = &trial->paths[0];
    trial->path_count = 1;
    trial->step_count = 0;
    trial->has_allocated = false;
    memset(&path->machine, 0, sizeof path->machine);
    path->memory.image = program->images[program->functions[function].image];
    path->memory.count = 0;
    path->memory.exposed_from = 0;
    path->depth = 0;
    memory_connect(&path->memory, &path->machine);
    path->machine.registers[arch_of(path)->stack_pointer] =
        (struct known){.mask = UINT64_MAX, .base = BASE_STACK};
    enter(trial, path, function, 0);
    return path;
}

bool trial_function(struct trial *trial, uint32_t function)
{
    begin(trial, function);
    return run(trial);
}

bool trial_call(struct trial *trial, uint32_t call, uint32_t bytes)
{
    const struct program *program = trial->graph->program;
    const struct call *record = &program->calls[call];
    struct trial_path *path = begin(trial, record->from);
    if (record->address < bytes || !can_enter(trial, path, call))
        return false;
    path->address = record->address - bytes;
    while (path->address < record->address)
        if (step(trial, path) != PATH_GOES_ON || path->depth != 1 || trial->path_count != 1)
            return false;
    if (path->address != record->address)
        return false;
    if (!record->is_tail)
        return take_call(trial, path, call, 0) == PATH_GOES_ON && run(trial);
    enter(trial, path, trial->graph->callees[call], 0);
    return run(trial);
}
