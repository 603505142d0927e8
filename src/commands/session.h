/*
 * session.h: the three words of every command: load, analyze, report.
 */
#ifndef DWELL_COMMANDS_SESSION_H
#define DWELL_COMMANDS_SESSION_H

#include "commands/config.h"
#include "commands/options.h"
#include "commands/output.h"
#include "program/program.h"
#include "report/report.h"

struct progress;

/** One file on its way from the command line to its report. */
struct session {
    const struct options *options;
    const struct config *config;
    const struct command_row *command;
    struct output *output;
    struct progress *progress;
    struct program program;
    bool is_loaded;
};

/** Loads @p path and what it needs. */
struct error *session_load(struct session *session, const char *path);

/** What a command tells, beside calls and verdicts. */
enum topic { TOPIC_STACK = 1, TOPIC_GLOBALS = 2, TOPIC_LINES = 4 };

/** Finds the facts, those on a set of enum topic too; for a command of types those of them alone.
 */
void session_analyze(struct session *session, unsigned topics);

/** Writes @p report; @p function is what --why or --from names, or NULL. */
struct error *session_report(struct session *session, report_function *report,
                             const char *function);

/** Runs the command on each file; messages go to stderr. Returns the exit status. */
int session_run(const struct options *options, const struct command_row *command);

/* The commands. */
struct error *command_report(struct session *session, const char *path);
struct error *command_globals(struct session *session, const char *path);
struct error *command_stack(struct session *session, const char *path);
struct error *command_heap(struct session *session, const char *path);
struct error *command_calls(struct session *session, const char *path);
struct error *command_types(struct session *session, const char *path);

#endif
