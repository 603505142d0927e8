/*
 * looked_up.c: calls of what dlsym() returned.
 *
 * In: calls through results, constant arguments. Out: the function of the name, where that is a
 * constant and looked for among all images (RTLD_DEFAULT): the first image that exports it has it,
 * as for the loader. With any other handle the answer may be in a library that was opened while the
 * program ran, and the call stays unresolved; so does one of a name that no image has.
 */
#include "analysis/pointers/looked_up.h"

#include <string.h>

enum { HANDLE_ARGUMENT = 0, NAME_ARGUMENT = 1, MAX_NAME = 1024, RTLD_DEFAULT_HANDLE = 0 };

static bool looks_up(const struct function *function)
{
    return strcmp(function->linkage_name, "dlsym") == 0 ||
           strcmp(function->linkage_name, "dlvsym") == 0;
}

void looked_up_want_arguments(struct program *program)
{
    for (uint32_t i = 0; i < program->function_count; i++)
        if (looks_up(&program->functions[i]))
            program->facts->wanted_arguments[i] |= 1U << HANDLE_ARGUMENT | 1U << NAME_ARGUMENT;
}

bool is_looked_up(const struct program *program, const struct access_path *callee)
{
    if (callee->root != ROOT_RESULT || callee->load_count || callee->call == NONE)
        return false;
    const struct call *call = &program->calls[callee->call];
    return call->target_count == 1 &&
           looks_up(&program->functions[program->call_targets[call->first_target]]);
}

/** The constant name that a call passes, or NULL. */
static const char *passed_name(const struct program *program, uint32_t call)
{
    const struct image *image =
        program->images[program->functions[program->calls[call].from].image];
    int64_t handle, address;
    if (!program_call_argument(program, call, HANDLE_ARGUMENT, &handle) ||
        handle != RTLD_DEFAULT_HANDLE ||
        !program_call_argument(program, call, NAME_ARGUMENT, &address))
        return NULL;
    uint32_t index = image_section_at(image, (uint64_t)address);
    if (index == NONE || image->sections[index].role != SECTION_READ_ONLY ||
        !image->sections[index].data)
        return NULL;
    const struct section *section = &image->sections[index];
    uint64_t offset = (uint64_t)address - section->address, room = section->bytes - offset;
    const char *name = (const char *)section->data + offset;
    return memchr(name, 0, room < MAX_NAME ? room : MAX_NAME) ? name : NULL;
}

/** The function that the first image which exports the name has under it, or NONE. */
static uint32_t exported(const struct program *program, const char *name)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        for (uint32_t k = 0; k < image->symbol_count; k++) {
            const struct symbol *symbol = &image->symbols[k];
            bool is_offered = symbol->is_defined && symbol->is_dynamic && !symbol->is_hidden &&
                              symbol->binding != BINDING_LOCAL &&
                              (symbol->is_default_version || !symbol->version);
            if (!is_offered || strcmp(symbol->name, name) != 0)
                continue;
            uint32_t function = program_function_at(program, i, symbol->address);
            bool is_start =
                function != NONE && program->functions[function].address == symbol->address;
            return is_start ? program_whole(program, function) : NONE;
        }
    }
    return NONE;
}

void looked_up_resolve(struct program *program, struct target_pool *pool)
{
    for (uint32_t i = 0; i < program->pointer_call_count; i++) {
        const struct access_path *callee = &program->pointer_calls[i].callee;
        if (pool->ways[i].count || callee->is_indexed || callee->offsets[0] ||
            !is_looked_up(program, callee))
            continue;
        const char *name = passed_name(program, callee->call);
        uint32_t function = name ? exported(program, name) : NONE;
        if (function == NONE)
            continue;
        pool->ways[i] =
            (struct way){.first = target_pool_mark(pool), .count = 1, .kind = CALL_CONSTANT};
        array_push(&pool->targets, function);
    }
}
