/*
 * names.c: readable names, made when they are first asked for and kept in the program's arena.
 * Demangling half a million names costs seconds; most reports print a few dozen.
 */
#include "base/memory.h"
#include "program/facts.h"

#include <string.h>

static const char *readable_name(struct program *program, const char *linkage_name)
{
    CLEANUP_FREE char *demangled = program->demangle ? program->demangle(linkage_name) : NULL;
    return demangled ? arena_strdup(&program->arena, demangled) : linkage_name;
}

const char *program_function_name(struct program *program, uint32_t index)
{
    if (!program->names)
        program->names =
            arena_calloc(&program->arena, program->function_count, sizeof *program->names);
    if (program->names[index])
        return program->names[index];
    const struct function *function = &program->functions[index];
    const char *name = function->linkage_name;
    if (*name)
        name = readable_name(program, name);
    else
        name = arena_printf(&program->arena, "function at 0x%llx",
                            (unsigned long long)function->address);
    if (function->source == FUNCTION_PLT)
        name = arena_printf(&program->arena, "%s@plt", name);
    return program->names[index] = name;
}

const char *program_owner_name(struct program *program, struct owner *owner)
{
    if (!owner->name && owner->function != NONE)
        owner->name = program_function_name(program, owner->function);
    if (!owner->name)
        owner->name = readable_name(program, owner->linkage_name ? owner->linkage_name : "");
    return owner->name;
}
