/*
 * place.c: from functions and addresses to files and lines.
 *
 * The line table names the innermost source line of an address. The frames around it come from
 * the tree of inlined calls: each one tells the line of its call, which is the place in the frame
 * outside it.
 */
#include "report/shared/place.h"

#include "program/debug.h"

#include <string.h>

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
    if (row)
        place = (struct place){file_name(debug, row->file), row->line};
    uint32_t inlined[MAX_INLINED];
    uint32_t count = debug_inlined_at(debug, address, MAX_INLINED, inlined);
    for (uint32_t i = 0; i < count; i++) {
        const struct debug_inlined *call = &debug->inlined[inlined[i]];
        ret_frames[i] = (struct source_frame){call->name, place.file, place.line};
        place = (struct place){file_name(debug, call->call_file), call->call_line};
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

/* Returns what follows the component @p marker in @p path, skipping @p skip more components. */
static const char *after(const char *path, const char *marker, unsigned skip)
{
    const char *found = strstr(path, marker);
    if (!found)
        return NULL;
    found += strlen(marker);
    for (unsigned i = 0; i < skip && found; i++) {
        found = strchr(found, '/');
        found = found ? found + 1 : NULL;
    }
    return found && *found ? found : NULL;
}

const char *short_path(struct report *report, const char *path)
{
    const char *rest = after(path, "/rustc/", 1);
    if (rest)
        return strncmp(rest, "library/", 8) == 0 ? rest + 8 : rest;
    if ((rest = after(path, "/lib/rustlib/src/rust/library/", 0)))
        return rest;
    if ((rest = after(path, "/registry/src/", 1)))
        return rest;
    if (strncmp(path, "/rust/deps/", 11) == 0)
        return path + 11;
    size_t length = report->folder ? strlen(report->folder) : 0;
    if (length > 1 && strncmp(path, report->folder, length) == 0 && path[length] == '/')
        return path + length + 1;
    return path;
}

const char *place_text(struct report *report, struct place place)
{
    if (!place.file)
        return NULL;
    const char *path = short_path(report, place.file);
    if (place.line == 0)
        return path;
    return arena_printf(&report->arena, "%s:%u", path, place.line);
}

const char *place_or_library(struct report *report, struct place place, uint32_t function)
{
    const char *text = place_text(report, place);
    uint32_t image = report->program->functions[function].image;
    bool is_library = image > 0 && image < report->program->image_count;
    return text || !is_library ? text : report->program->images[image]->name;
}

struct cell cell_file(struct place place)
{
    return cell_text(place.file);
}

struct cell cell_line(struct place place)
{
    return place.line ? cell_number(place.line) : cell_null();
}
