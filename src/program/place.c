/*
 * place.c: from functions and addresses to files and lines.
 *
 * The line table names the innermost source line of an address. The frames around it come from
 * the tree of inlined calls: each one tells the line of its call, which is the place in the frame
 * outside it.
 */
#include "program/place.h"

#include "program/debug.h"

static const struct debug_info *debug_of(const struct program *program, uint32_t function)
{
    uint32_t image = program->functions[function].image;
    return image < program->image_count ? program->images[image]->debug : NULL;
}

static const char *file_name(const struct debug_info *debug, uint32_t file)
{
    return file < debug->file_count ? debug->files[file] : NULL;
}

struct place place_of_function(const struct program *program, uint32_t function)
{
    const struct debug_info *debug = debug_of(program, function);
    uint32_t index = program->functions[function].debug_function;
    if (!debug || index >= debug->function_count)
        return (struct place){NULL, 0};
    const struct debug_function *found = &debug->functions[index];
    return (struct place){file_name(debug, found->file), found->line};
}

struct place place_of_code(const struct program *program, uint32_t function, uint64_t address,
                           struct source_frame *ret_frames, uint32_t *ret_count)
{
    *ret_count = 0;
    const struct debug_info *debug = debug_of(program, function);
    if (!debug)
        return (struct place){NULL, 0};
    const struct debug_line *row = debug_line_at(debug, address);
    struct place place = {NULL, 0};
    uint32_t file = row ? row->file : NONE;
    if (row)
        place = (struct place){file_name(debug, file), row->line};
    uint32_t inlined[MAX_INLINED];
    uint32_t count = debug_inlined_at(debug, address, MAX_INLINED, inlined);
    for (uint32_t i = 0; i < count; i++) {
        const struct debug_inlined *call = &debug->inlined[inlined[i]];
        ret_frames[i] = (struct source_frame){call->name, place.file, place.line,
                                              file < debug->file_count ? file : NONE};
        file = call->call_file;
        place = (struct place){file_name(debug, file), call->call_line};
    }
    *ret_count = count;
    return place;
}

struct place place_in_function(const struct program *program, uint32_t function, uint64_t address)
{
    struct source_frame frames[MAX_INLINED];
    uint32_t count;
    return place_of_code(program, function, address, frames, &count);
}
