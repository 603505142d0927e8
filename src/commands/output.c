/*
 * output.c: the screen.
 *
 * A terminal gets colour, its own width and a pager. A pipe gets neither colour nor pager, but the
 * width of the terminal that the process belongs to, since at its end stands `head` or `less`. A
 * file, and what has no terminal, gets lines of up to 200 characters: names of generic functions
 * run to thousands, and whoever needs them whole reads JSON. COLUMNS says otherwise. A pager that
 * cannot be started is done without.
 */
#include "commands/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NARROWEST = 40, WIDEST = 10000, USUAL = 80, PIPED = 200 };

static long terminal_width(int descriptor)
{
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/** Of the terminal that controls the process, 0 if there is none. */
static long controlling_width(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (terminal < 0)
        return 0;
    long width = terminal_width(terminal);
    close(terminal);
    return width;
}

static bool is_pipe(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

static unsigned width_of(bool is_terminal)
{
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    if (width <= 0)
        width = terminal_width(STDOUT_FILENO);
    if (width <= 0 && is_pipe(STDOUT_FILENO))
        width = terminal_width(STDERR_FILENO);
    if (width <= 0 && is_pipe(STDOUT_FILENO))
        width = controlling_width();
    if (width <= 0)
        return is_terminal ? USUAL : PIPED;
    return (unsigned)(width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

static bool wants_color(const struct options *options, bool is_terminal)
{
    const char *terminal = getenv("TERM");
    if (strcmp(options->color, "auto") != 0)
        return strcmp(options->color, "always") == 0;
    return is_terminal && !is_set("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
}

/* In the child: becomes the pager that reads @p input. */
static _Noreturn void become_pager(int input)
{
    const char *pager = getenv("PAGER");
    dup2(input, STDIN_FILENO);
    close(input);
    // Quit if it fits, pass colours through, leave the text on the screen.
    setenv("LESS", "FRX", 0);
    // Where there is no such pager (127) the text still has to come out.
    char *script;
    if (pager && asprintf(&script, "%s\n[ $? -ne 127 ] || exec cat", pager) > 0)
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    else
        execlp("less", "less", "-FRX", (char *)NULL);
    execlp("cat", "cat", (char *)NULL);
    _exit(127);
}

static void start_pager(struct output *output)
{
    int ends[2];
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        become_pager(ends[0]);
    }
    close(ends[0]);
    FILE *out = child > 0 ? fdopen(ends[1], "w") : NULL;
    if (!out) {
        close(ends[1]);
        return;
    }
    // Whoever leaves the pager early is done with the rest, which is no failure.
    signal(SIGPIPE, SIG_IGN);
    output->pager = child;
    output->screen.out = out;
}

void output_open(struct output *output, const struct options *options)
{
    bool is_terminal = isatty(STDOUT_FILENO);
    const char *pager = getenv("PAGER");
    *output = (struct output){.screen = {.out = stdout}, .pager = -1};
    output->screen.width = width_of(is_terminal);
    output->screen.has_color = !options->json && wants_color(options, is_terminal);
    bool has_pager = !pager || (*pager && strcmp(pager, "cat") != 0);
    if (is_terminal && !options->json && has_pager)
        start_pager(output);
}

struct error *output_close(struct output *output)
{
    if (output->pager > 0) {
        fclose(output->screen.out);
        while (waitpid(output->pager, NULL, 0) < 0 && errno == EINTR)
            continue;
        return NULL;
    }
    if (fflush(output->screen.out) != 0 || ferror(output->screen.out))
        return error_create("the answer could not be written: %s",
                            errno ? strerror(errno) : "output error");
    return NULL;
}
