/*
 * main.c: the tables of commands and options, and the exit status. Help, completion and the manual
 * page are made from these tables, so what is not here does not exist.
 */
#include "base/guard.h"
#include "base/memory.h"
#include "commands/help.h"
#include "commands/options.h"
#include "commands/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_DONE = 0, STATUS_USAGE = 2 };

#define FIELD(name) offsetof(struct options, name)

static const struct option_row option_rows[] = {
    {"json", 0, OPTION_FLAG, NULL, NULL, NULL, FIELD(json), 0, "answer as one JSON document"},
    {"all", 'a', OPTION_FLAG, NULL, NULL, NULL, FIELD(all), 0,
     "list everything, the standard library and the runtime too"},
    {"limit", 'n', OPTION_COUNT, "N", NULL, NULL, FIELD(limit), FIELD(has_limit),
     "at most N rows in each table"},
    {"sort", 0, OPTION_TEXT, "KEY", NULL, NULL, FIELD(sort), 0,
     "sort tables by a column, named as in JSON (bytes, name, ...)"},
    {"filter", 'f', OPTION_TEXT, "REGEX", NULL, NULL, FIELD(filter), 0,
     "only what has a name or source path that matches"},
    {"no-libs", 0, OPTION_FLAG, NULL, NULL, NULL, FIELD(no_libs), 0,
     "read the file alone, not the libraries it needs"},
    {"no-cache", 0, OPTION_FLAG, NULL, NULL, NULL, FIELD(no_cache), 0,
     "read all code anew, and keep nothing of it for the next time"},
    {"sysroot", 0, OPTION_TEXT, "DIR", NULL, NULL, FIELD(sysroot), 0,
     "look for libraries and debug information below DIR"},
    {"debug-file", 0, OPTION_TEXT, "FILE", NULL, NULL, FIELD(debug_file), 0,
     "take debug information from FILE"},
    {"allocator", 0, OPTION_LIST, "NAME", NULL, NULL, FIELD(allocators), 0,
     "count function NAME as an allocator (repeatable)"},
    {"own", 0, OPTION_LIST, "PATTERN", NULL, NULL, FIELD(own), 0,
     "your code is the crate, file or folder PATTERN (repeatable)"},
    {"config", 0, OPTION_TEXT, "FILE", NULL, NULL, FIELD(config), 0,
     "read what the project tells of itself from FILE (.dwell)"},
    {"stack-limit", 0, OPTION_SIZE, "SIZE", NULL, NULL, FIELD(stack_limit), FIELD(has_stack_limit),
     "the stack that every thread has (64K, 8M), instead of what is usual"},
    {"jobs", 'j', OPTION_COUNT, "N", NULL, NULL, FIELD(jobs), 0, "use N threads (all processors)"},
    {"color", 0, OPTION_CHOICE, "WHEN", "auto|always|never", NULL, FIELD(color), 0,
     "auto, always or never"},
    {"why", 0, OPTION_TEXT, "FUNCTION", NULL, "heap", FIELD(why), 0,
     "prove the verdict of FUNCTION: the path, call by call"},
    {"from", 0, OPTION_TEXT, "FUNCTION", NULL, "stack", FIELD(from), 0,
     "the tree of calls below FUNCTION with their stack"},
    {"from", 0, OPTION_TEXT, "FUNCTION", NULL, "heap", FIELD(from), 0,
     "all that a call of FUNCTION can do with the heap, by its own lines"},
    {"dot", 0, OPTION_FLAG, NULL, NULL, "calls", FIELD(dot), 0,
     "a graph for Graphviz: dashed on panic, dotted unresolved"},
    {"completion", 0, OPTION_CHOICE, "SHELL", "bash", NULL, FIELD(completion), 0,
     "print the completion script of a shell (bash)"},
    {"manual", 0, OPTION_FLAG, NULL, NULL, NULL, FIELD(manual), 0,
     "print the manual page (for man -l -)"},
    {"help", 'h', OPTION_FLAG, NULL, NULL, NULL, FIELD(help), 0, "print help"},
    {"version", 'V', OPTION_FLAG, NULL, NULL, NULL, FIELD(version), 0, "print the version"},
};

static const struct command_row command_rows[] = {
    {"report", "What memory the program uses, on one screen",
     "Shows the three memories side by side: above what is known before the program starts,\n"
     "below what is decided while it runs. Then the largest data, the deepest stack, the\n"
     "allocations in the program's own code, and what could not be found out.",
     command_report, NULL, false},
    {"globals", "Who owns each byte of global memory",
     "Lists code, constants, variables and thread-locals with size, memory, kind and source.\n"
     "Every byte of every loaded segment has one owner; --json lists them all.\n\n"
     "Memory is read_only, relro (fixed up at load, then read-only), data (initialized),\n"
     "bss (zeroed), tls_data, tls_bss (once per thread) or code.",
     command_globals, NULL, false},
    {"stack", "How much stack each function needs",
     "Lists functions with their frame and their bound: the most that a call can take, callees\n"
     "included; once for normal paths, once with panics, aborts and exceptions. Where there is\n"
     "no bound, the deepest known stack and the reason stand instead: recursion, a frame of\n"
     "run-time size, or a call that could not be resolved.",
     command_stack, NULL, false},
    {"heap", "Which functions allocate, and where",
     "Lists functions with a verdict on whether a call of them reaches the allocator:\n\n"
     "  never     no path of any kind does\n"
     "  on panic  only paths that panic, abort or throw do\n"
     "  maybe     some normal path does, some does not\n"
     "  always    every normal path does\n"
     "  unknown   no known path does, but an unresolved call might\n\n"
     "Before them stand the lines of your own code at which the heap is entered, by a call of an\n"
     "allocator or of somebody else's code that gets to one; behind them the calls of allocators\n"
     "themselves, with their size where it is constant, and for what type they are where names\n"
     "tell. Last comes what allocates before and after main. --own says what your code is.",
     command_heap, NULL, false},
    {"calls", "Which function calls which, and how that is known",
     "Lists the file's calls with what they enter. KIND tells how the target is known: direct\n"
     "(in the instruction), plt and got (bound when the program is loaded), constant (a pointer\n"
     "whose value is known), vtable, field, prototype, address taken (candidates, from strong to\n"
     "weak), or unresolved. --filter looks at caller and callees.\n\n"
     "--dot writes a graph: dwell calls --dot FILE | dot -Tsvg >calls.svg",
     command_calls, NULL, false},
    {"types", "How structs, unions and enums lie in memory",
     "Lists your types with size, alignment and padding; BEST is what a C or C++ struct would\n"
     "take with its fields in another order. With a PATTERN, the types that have that name, or\n"
     "end in it, or have it in their name, are drawn: each field with its place, the holes\n"
     "between them, and of enums each variant with what it holds and its value.\n\n"
     "All of it comes from debug information.",
     command_types, "PATTERN", true},
};

static const struct grammar grammar = {
    option_rows,
    sizeof option_rows / sizeof option_rows[0],
    command_rows,
    sizeof command_rows / sizeof command_rows[0],
};

static int complain(struct error *error)
{
    fprintf(stderr, "dwell: %s\n", error->message);
    error_destroy(error);
    return STATUS_USAGE;
}

static int run(const struct options *options, const struct command_row *command)
{
    if (options->help)
        help_print(&grammar, command, stdout);
    else if (options->version)
        puts("dwell " DWELL_VERSION);
    else if (options->completion)
        completion_print(&grammar, stdout);
    else if (options->manual)
        manual_print(&grammar, stdout);
    else
        return session_run(options, command ? command : &command_rows[0]);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_DONE;
    return complain(error_create("the answer could not be written: %s", strerror(errno)));
}

/**
 * Files that are opened must not get the numbers of streams that the caller closed. What takes
 * their place fails to read or write as they would.
 */
static void fill_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
            _exit(STATUS_USAGE);
}

int main(int argc, char **argv)
{
    struct options options;
    const struct command_row *command;
    fill_closed_streams();
    memory_give_back_early();
    guard_install();
    struct error *error = options_parse(&grammar, argc, argv, &options, &command);
    int status = error ? complain(error) : run(&options, command);
    options_deinit(&options);
    return status;
}
