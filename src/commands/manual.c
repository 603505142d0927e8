/*
 * manual.c: the manual page, in the macros of man(7), from the same tables as the help. The page in
 * docs/ is this output; a test compares them.
 */
#include "commands/help.h"

#include <string.h>

/* Writes text for roff: no dash becomes a hyphen, no dot at a line's start a request. */
static void put(const char *text, FILE *out)
{
    bool is_line_start = true;
    for (; *text; text++) {
        if (is_line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            fputc(*text, out);
        is_line_start = *text == '\n';
    }
}

/* Paragraphs are separated by empty lines; indented lines are shown as they are. */
static void put_paragraphs(const char *text, FILE *out)
{
    bool is_verbatim = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        bool is_indented = strncmp(line, "  ", 2) == 0;
        if (is_indented != is_verbatim)
            fputs(is_indented ? ".nf\n" : ".fi\n", out);
        is_verbatim = is_indented;
        if (length == 0)
            fputs(".PP\n", out);
        else
            put(line, out), fputc('\n', out);
        text += length + (text[length] == '\n');
    }
    if (is_verbatim)
        fputs(".fi\n", out);
}

static void put_option(const struct option_row *option, FILE *out)
{
    fputs(".TP\n", out);
    if (option->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", out);
    put(option->name, out);
    fputs("\\fR", out);
    if (option->argument)
        fprintf(out, " \\fI%s\\fR", option->argument);
    fputc('\n', out);
    put(option->help, out);
    fputs(".\n", out);
    if (option->command)
        fprintf(out, "Only with \\fB%s\\fR.\n", option->command);
}

void manual_print(const struct grammar *grammar, FILE *out)
{
    fprintf(out,
            ".TH DWELL 1 \"\" \"dwell %s\" \"User Commands\"\n.SH NAME\n"
            "dwell \\- show where every byte of a compiled program lives\n.SH SYNOPSIS\n"
            ".B dwell\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR] \\fIFILE\\fR...\n.SH DESCRIPTION\n"
            "Reads a compiled ELF program and says for each function and variable which memory\n"
            "it uses \\- global, stack or heap \\- how much and why, with proof from the machine\n"
            "code. Debug information makes answers richer; without it they stay right.\n"
            ".SH COMMANDS\n",
            DWELL_VERSION);
    for (size_t i = 0; i < grammar->command_count; i++) {
        fprintf(out, ".SS %s\n", grammar->commands[i].name);
        put(grammar->commands[i].summary, out);
        fputs(i == 0 ? ". This is what is done when no command is named.\n.PP\n" : ".\n.PP\n", out);
        put_paragraphs(grammar->commands[i].details, out);
    }
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < grammar->option_count; i++)
        put_option(&grammar->options[i], out);
    fputs(
        ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\n"
        "A limit, contract or verification failed.\n.TP\n.B 2\n"
        "Wrong usage, or input that cannot be read.\n.SH ENVIRONMENT\n"
        ".TP\n.B NO_COLOR\nIf set and not empty, no colour unless \\fB\\-\\-color\\fR asks for "
        "it.\n.TP\n.B PAGER\nShows answers on a terminal; \\fBless \\-FRX\\fR if not set, none if "
        "empty.\n.TP\n.B COLUMNS\nThe width to write for.\n"
        ".TP\n.B XDG_CACHE_HOME\nWhere the folder \\fBdwell\\fR is that keeps what was found in "
        "libraries;\n\\fI$HOME/.cache\\fR if not set.\n",
        out);
}
