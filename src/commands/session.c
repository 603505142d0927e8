/*
 * session.c: ties the stages together for one file after the other. A file that fails does not
 * keep the others from being answered; the exit status tells.
 */
#include "commands/session.h"

#include "analysis/analyze.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/threads.h"
#include "load/load.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_DONE = 0, EXIT_INPUT = 2 };

static unsigned worker_count(const struct options *options)
{
    enum { MOST = 256 };
    uint64_t count = options->jobs ? options->jobs : processor_count();
    return count > MOST ? MOST : (unsigned)count;
}

struct error *session_load(struct session *session, const char *path)
{
    const struct options *options = session->options;
    bool is_of_types = session->command->is_of_types; // which are in the file alone
    struct load_options load = {.no_libs = options->no_libs || is_of_types,
                                .sysroot = options->sysroot,
                                .with_layouts = is_of_types,
                                .debug_file = options->debug_file};
    progress_stage(session->progress, "reading files and debug information");
    program_init(&session->program);
    session->program.workers = worker_count(options);
    session->is_loaded = true;
    return program_load(&session->program, path, &load);
}

static int64_t asked_stack_limit(const struct options *options)
{
    return options->has_stack_limit ? (int64_t)options->stack_limit : -1;
}

/** Returns the folder of the cache or NULL. Relative paths do not count (XDG Base Directory). */
static const char *cache_folder(struct session *session)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (session->options->no_cache)
        return NULL;
    if (cache && *cache == '/')
        return arena_printf(&session->program.arena, "%s/dwell", cache);
    if (home && *home == '/')
        return arena_printf(&session->program.arena, "%s/.cache/dwell", home);
    return NULL;
}

void session_analyze(struct session *session, unsigned topics)
{
    const struct config *config = session->config;
    struct analyze_options analyze = {.with_stack = topics & TOPIC_STACK,
                                      .with_globals = topics & TOPIC_GLOBALS,
                                      .with_lines = topics & TOPIC_LINES,
                                      .only_types = session->command->is_of_types,
                                      .allocators = config->allocators.data,
                                      .own = {config->own.data, config->own.count},
                                      .stack_limit = asked_stack_limit(session->options),
                                      .cache_folder = cache_folder(session),
                                      .allocator_count = config->allocators.count};
    progress_stage(session->progress, "following the machine code");
    program_analyze(&session->program, &analyze);
}

struct error *session_report(struct session *session, report_function *report, const char *function)
{
    const struct options *options = session->options;
    struct report_options asked = {.is_json = options->json,
                                   .is_dot = options->dot,
                                   .all = options->all,
                                   .has_limit = options->has_limit,
                                   .has_stack_limit = options->has_stack_limit,
                                   .limit = options->limit,
                                   .sort = options->sort,
                                   .filter = options->filter,
                                   .function = function,
                                   .is_tree = options->from != NULL};
    // From here on the terminal belongs to the answer.
    progress_stop(session->progress);
    session->progress = NULL;
    struct error *error = program_check_files(&session->program);
    if (!error)
        error = report_run(report, session->command->name, &session->program, &asked,
                           &session->output->screen);
    return error ? error : program_check_files(&session->program);
}

static int complain(struct error *error)
{
    if (!error)
        return EXIT_DONE;
    fprintf(stderr, "dwell: %s\n", error->message);
    error_destroy(error);
    return EXIT_INPUT;
}

static int run_file(struct session *session, const char *path)
{
    session->is_loaded = false;
    session->progress = progress_start();
    memory_set_subject(path);
    struct error *error = session->command->run(session, path);
    progress_stop(session->progress);
    int status = complain(error);
    if (session->is_loaded)
        program_unload(&session->program);
    return status;
}

int session_run(const struct options *options, const struct command_row *command)
{
    struct output output;
    struct config config;
    struct session session = {
        .options = options, .config = &config, .command = command, .output = &output};
    int status = complain(config_read(options, &config));
    if (status != EXIT_DONE)
        return status;
    output_open(&output, options);
    for (size_t i = 0; i < options->files.count; i++) {
        if (i > 0)
            fputc('\n', output.screen.out);
        int file_status = run_file(&session, options->files.data[i]);
        status = file_status > status ? file_status : status;
    }
    config_deinit(&config);
    int close_status = complain(output_close(&output));
    return close_status > status ? close_status : status;
}
