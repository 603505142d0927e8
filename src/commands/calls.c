/* calls.c: who calls whom. */
#include "commands/session.h"

struct error *command_calls(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, 0);
    return session_report(session, report_calls, NULL);
}
