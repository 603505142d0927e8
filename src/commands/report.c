/* report.c: one screen: the three memories, and what is known before the start. */
#include "commands/session.h"

struct error *command_report(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    // Without debug information nobody's lines are known.
    bool has_lines = session->program.images[0]->debug != NULL;
    session_analyze(session, TOPIC_STACK | TOPIC_GLOBALS | (has_lines ? TOPIC_LINES : 0));
    return session_report(session, report_overview, NULL);
}
