/* stack.c: frames, bounds and why some have none. */
#include "commands/session.h"

struct error *command_stack(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, TOPIC_STACK);
    return session_report(session, report_stack, session->options->from);
}
