/* report.c: sets a report up, runs it, and puts everything away. */
#include "report/report.h"

#include "base/array.h"
#include "report/shared/select.h"

#include <stdlib.h>
#include <unistd.h>

static void report_deinit(struct report *report)
{
    report_filter_deinit(report);
    rows_deinit(&report->list);
    free(report->frames);
    free(report->strings);
    arena_deinit(&report->arena);
}

static const char *working_folder(struct arena *arena)
{
    char *folder = getcwd(NULL, 0);
    const char *copy = folder ? arena_strdup(arena, folder) : NULL;
    free(folder);
    return copy;
}

struct error *report_run(report_function *function, const char *command, struct program *program,
                         const struct report_options *options, const struct screen *screen)
{
    struct report report = {.program = program,
                            .facts = program->facts,
                            .options = options,
                            .command = command,
                            .screen = *screen};
    arena_init(&report.arena);
    report.folder = working_folder(&report.arena);
    const struct image *image = program->images[0];
    if (!image->is_placed)
        diagnose(&program->diagnostics, image->path,
                 "an object file has no addresses yet; those shown are offsets in their sections");
    struct error *error = report_filter_init(&report);
    if (!error)
        error = function(&report);
    report_deinit(&report);
    return error;
}
