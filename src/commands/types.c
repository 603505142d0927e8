/* types.c: how types lie in memory. Nothing of it is in the machine code, which is not read. */
#include "commands/session.h"

struct error *command_types(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, 0);
    return session_report(session, report_types, session->options->name);
}
