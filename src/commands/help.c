/* help.c: --help and --completion from the tables of main.c; manual.c makes the manual page. */
#include "commands/help.h"

#include <string.h>

enum { OPTION_WIDTH = 24 };

static void print_option(const struct option_row *option, FILE *out)
{
    char text[96];
    int length = option->letter ? snprintf(text, sizeof text, "-%c, ", option->letter)
                                : snprintf(text, sizeof text, "    ");
    snprintf(text + length, sizeof text - (size_t)length, "--%s%s%s", option->name,
             option->argument ? " " : "", option->argument ? option->argument : "");
    fprintf(out, "  %-*s  %s\n", OPTION_WIDTH, text, option->help);
}

static void print_options(const struct grammar *grammar, const char *command, FILE *out)
{
    for (size_t i = 0; i < grammar->option_count; i++) {
        const struct option_row *option = &grammar->options[i];
        bool belongs =
            option->command ? command && strcmp(option->command, command) == 0 : !command;
        if (belongs)
            print_option(option, out);
    }
}

static bool has_own_options(const struct grammar *grammar, const char *command)
{
    for (size_t i = 0; i < grammar->option_count; i++)
        if (grammar->options[i].command && strcmp(grammar->options[i].command, command) == 0)
            return true;
    return false;
}

static void print_command_help(const struct grammar *grammar, const struct command_row *command,
                               FILE *out)
{
    fprintf(out, "usage: dwell %s [OPTIONS] FILE", command->name);
    if (command->argument)
        fprintf(out, " [%s]", command->argument);
    else
        fputs("...", out);
    fprintf(out, "\n\n%s.\n\n%s\n", command->summary, command->details);
    if (has_own_options(grammar, command->name)) {
        fprintf(out, "\nOptions of %s:\n", command->name);
        print_options(grammar, command->name, out);
    }
    fputs("\nOptions:\n", out);
    print_options(grammar, NULL, out);
}

static void print_general_help(const struct grammar *grammar, FILE *out)
{
    fputs("usage: dwell [COMMAND] [OPTIONS] FILE...\n\n"
          "Shows where every byte of a compiled program lives - global memory, stack, heap -\n"
          "and how much of that is known before the program starts.\n\nCommands:\n",
          out);
    for (size_t i = 0; i < grammar->command_count; i++)
        fprintf(out, "  %-9s %s%s\n", grammar->commands[i].name, grammar->commands[i].summary,
                i == 0 ? " (the usual one)" : "");
    fputs("\nOptions:\n", out);
    print_options(grammar, NULL, out);
    for (size_t i = 0; i < grammar->command_count; i++) {
        if (!has_own_options(grammar, grammar->commands[i].name))
            continue;
        fprintf(out, "\nOptions of %s:\n", grammar->commands[i].name);
        print_options(grammar, grammar->commands[i].name, out);
    }
    fputs("\nExit status: 0 done; 1 a limit, contract or verification failed; 2 usage or input\n"
          "that cannot be read. 'dwell COMMAND --help' tells more of one command.\n",
          out);
}

void help_print(const struct grammar *grammar, const struct command_row *command, FILE *out)
{
    if (command)
        print_command_help(grammar, command, out);
    else
        print_general_help(grammar, out);
}

static void print_words(const struct grammar *grammar, FILE *out)
{
    fputs("    local commands=\"", out);
    for (size_t i = 0; i < grammar->command_count; i++)
        fprintf(out, "%s%s", i ? " " : "", grammar->commands[i].name);
    fputs("\"\n    local options=\"", out);
    for (size_t i = 0; i < grammar->option_count; i++)
        fprintf(out, "%s--%s", i ? " " : "", grammar->options[i].name);
    fputs("\"\n", out);
}

/* Values of options: a choice's words, files, or nothing. */
static void print_values(const struct grammar *grammar, FILE *out)
{
    fputs("    case \"$previous\" in\n", out);
    for (size_t i = 0; i < grammar->option_count; i++) {
        const struct option_row *option = &grammar->options[i];
        if (!option->argument)
            continue;
        fprintf(out, "    --%s) ", option->name);
        if (option->choices) {
            fputs("COMPREPLY=($(compgen -W \"", out);
            for (const char *at = option->choices; *at; at++)
                fputc(*at == '|' ? ' ' : *at, out);
            fputs("\" -- \"$word\")) ;;\n", out);
        } else if (strcmp(option->argument, "DIR") == 0) {
            fputs("COMPREPLY=($(compgen -d -- \"$word\")) ;;\n", out);
        } else if (strcmp(option->argument, "FILE") == 0) {
            fputs("COMPREPLY=($(compgen -f -- \"$word\")) ;;\n", out);
        } else {
            fputs("COMPREPLY=() ;;\n", out);
        }
    }
}

void completion_print(const struct grammar *grammar, FILE *out)
{
    fputs("# bash completion of dwell; made by 'dwell --completion bash'\n_dwell()\n{\n"
          "    local word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
          "    local previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n",
          out);
    print_words(grammar, out);
    print_values(grammar, out);
    fputs("    *)\n"
          "        if [[ \"$word\" == -* ]]; then\n"
          "            COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
          "        elif [[ $COMP_CWORD -eq 1 ]]; then\n"
          "            COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")"
          " $(compgen -f -- \"$word\"))\n"
          "        else\n"
          "            COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "        fi ;;\n"
          "    esac\n}\ncomplete -o filenames -F _dwell dwell\n",
          out);
}
