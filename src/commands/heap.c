/* heap.c: which functions can reach the allocator, and where they do. */
#include "commands/session.h"

struct error *command_heap(struct session *session, const char *path)
{
    struct error *error = session_load(session, path);
    if (error)
        return error;
    session_analyze(session, TOPIC_LINES);
    const struct options *options = session->options;
    return session_report(session, report_heap, options->from ? options->from : options->why);
}
