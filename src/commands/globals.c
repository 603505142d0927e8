/* globals.c: who owns each byte of global memory. */
#include "commands/session.h"

struct error *command_globals(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, TOPIC_GLOBALS);
    return session_report(session, report_globals, NULL);
}
