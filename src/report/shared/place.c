/* place.c: places in the sources as text and cells. */
#include "report/shared/place.h"

#include "base/memory.h"
#include "base/path.h"

#include <string.h>

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
    if (strstr(path, "/../")) {
        CLEANUP_FREE char *plain = path_without_parents(path);
        path = arena_strdup(&report->arena, plain);
    }
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
