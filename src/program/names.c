/*
 * names.c: readable names, made when they are first asked for and kept in the program's arena.
 * Demangling half a million names costs seconds; most reports print a few dozen. A mangled name of
 * a hundred bytes can stand for one of many thousands, so all together may take READABLE_PER_BYTE
 * times the files; those beyond stay as they are in the file.
 */
#include "base/memory.h"
#include "program/facts.h"

#include <string.h>

enum { READABLE_PER_BYTE = 16, SPARE_READABLE = 1 << 20 };

static uint64_t readable_limit(const struct program *program)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < program->image_count; i++)
        bytes += program->images[i]->file_bytes;
    return READABLE_PER_BYTE * bytes + SPARE_READABLE;
}

const char *program_readable_name(struct program *program, const char *linkage_name)
{
    if (program->has_too_many_names || !program->demangle)
        return linkage_name;
    CLEANUP_FREE char *demangled = program->demangle(linkage_name);
    if (!demangled)
        return linkage_name;
    program->readable_bytes += strlen(demangled);
    if (program->readable_bytes <= readable_limit(program))
        return arena_strdup(&program->arena, demangled);
    program->has_too_many_names = true;
    diagnose(
        &program->diagnostics, program->images[0]->path,
        "its readable names would take more than %d times the files; the rest of them is shown "
        "as in the file",
        READABLE_PER_BYTE);
    return linkage_name;
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
        name = program_readable_name(program, name);
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
        owner->name =
            program_readable_name(program, owner->linkage_name ? owner->linkage_name : "");
    return owner->name;
}
