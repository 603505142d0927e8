/*
 * program.c: lookups by address. All tables are sorted, so each is one binary search.
 */
#include "program/program.h"

#include "base/search.h"

#include <string.h>
#include <sys/mman.h>

void program_init(struct program *program)
{
    *program = (struct program){.workers = 1};
    arena_init(&program->arena);
    diagnostics_init(&program->diagnostics);
}

void program_deinit(struct program *program)
{
    diagnostics_deinit(&program->diagnostics);
    arena_deinit(&program->arena);
    *program = (struct program){0};
}

uint32_t image_section_at(const struct image *image, uint64_t address)
{
    uint32_t after = (uint32_t)COUNT_UP_TO(image->sections, image->placed_count, address);
    if (!after)
        return NONE;
    const struct section *section = &image->sections[after - 1];
    return address - section->address < section->bytes ? after - 1 : NONE;
}

bool image_is_code(const struct image *image, uint64_t address)
{
    uint32_t section = image_section_at(image, address);
    return section != NONE && image->sections[section].is_executable;
}

bool image_code_range(const struct image *image, uint64_t *ret_begin, uint64_t *ret_end)
{
    *ret_begin = UINT64_MAX;
    *ret_end = 0;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (!section->is_executable)
            continue;
        *ret_begin = section->address < *ret_begin ? section->address : *ret_begin;
        uint64_t end = section->address + section->bytes;
        *ret_end = end > *ret_end ? end : *ret_end;
    }
    return *ret_begin < *ret_end;
}

uint32_t image_segment_at(const struct image *image, uint64_t address)
{
    uint32_t after = (uint32_t)COUNT_UP_TO(image->segments, image->segment_count, address);
    if (!after)
        return NONE;
    const struct segment *segment = &image->segments[after - 1];
    return address - segment->address < segment->bytes ? after - 1 : NONE;
}

const uint8_t *image_bytes(const struct image *image, uint64_t address, uint64_t bytes)
{
    uint32_t index = image_segment_at(image, address);
    if (index == NONE)
        return NULL;
    const struct segment *segment = &image->segments[index];
    uint64_t at = address - segment->address;
    if (at >= segment->file_bytes || bytes > segment->file_bytes - at)
        return NULL;
    return image->file + segment->offset + at;
}

uint32_t image_first_alias(const struct image *image, const struct function *function)
{
    uint32_t first = function->symbol;
    while (first > 0 && image->symbols[first - 1].address == function->address)
        first--;
    return first;
}

bool image_is_c_library(const struct image *image)
{
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (symbol->is_defined && strcmp(symbol->name, "__libc_start_main") == 0)
            return true;
    }
    return false;
}

bool image_read(const struct image *image, uint64_t address, unsigned bytes, uint64_t *ret)
{
    const uint8_t *data = image_bytes(image, address, bytes);
    if (!data || bytes > 8)
        return false;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)data[i] << (8 * i);
    *ret = value;
    return true;
}

bool image_is_current(const struct image *image)
{
    return file_state_compare(&image->file_state, image->path) == FILE_SAME;
}

void image_rest(const struct image *image)
{
    if (image->is_file_unchanged)
        madvise((void *)image->file, image->file_bytes, MADV_DONTNEED);
}

uint32_t image_relocation_from(const struct image *image, uint64_t address)
{
    return (uint32_t)COUNT_BELOW(image->relocations, image->relocation_count, address);
}

const struct relocation *image_relocation_at(const struct image *image, uint64_t address)
{
    uint32_t index = image_relocation_from(image, address);
    if (index == image->relocation_count || image->relocations[index].address != address)
        return NULL;
    return &image->relocations[index];
}

uint32_t program_function_at(const struct program *program, uint32_t image, uint64_t address)
{
    uint32_t first = program->image_functions[image];
    uint32_t count = program->image_functions[image + 1] - first;
    uint32_t after = (uint32_t)COUNT_UP_TO(program->functions + first, count, address);
    if (!after)
        return NONE;
    const struct function *function = &program->functions[first + after - 1];
    return address - function->address < function->bytes ? first + after - 1 : NONE;
}

const struct argument *program_argument(const struct program *program, uint32_t call,
                                        unsigned index)
{
    uint32_t low = 0, high = program->argument_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct argument *argument = &program->arguments[middle];
        if (argument->call < call || (argument->call == call && argument->index < index))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == program->argument_count || program->arguments[low].call != call ||
        program->arguments[low].index != index)
        return NULL;
    return &program->arguments[low];
}

const struct loose_call *program_loose_call(const struct program *program, uint32_t call)
{
    uint32_t low = 0, high = program->loose_call_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (program->loose_calls[middle].call < call)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < program->loose_call_count && program->loose_calls[low].call == call;
    return is_found ? &program->loose_calls[low] : NULL;
}

bool program_call_argument(const struct program *program, uint32_t call, unsigned index,
                           int64_t *ret)
{
    const struct argument *argument = program_argument(program, call, index);
    if (!argument || argument->kind != ARGUMENT_CONSTANT)
        return false;
    *ret = argument->number;
    return true;
}

bool program_call_place(const struct program *program, uint32_t call, unsigned index, int64_t *ret)
{
    const struct argument *argument = program_argument(program, call, index);
    if (!argument || argument->kind != ARGUMENT_FRAME)
        return false;
    *ret = argument->number;
    return true;
}

uint32_t program_whole(const struct program *program, uint32_t function)
{
    uint32_t whole = program->functions[function].part_of;
    return whole == NONE ? function : whole;
}
