/* report.c: one screen: the three memories, and what is known before the start. */
#include "commands/session.h"

struct error *command_report(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, TOPIC_STACK | TOPIC_GLOBALS);
    return session_report(session, report_overview, NULL);
}
