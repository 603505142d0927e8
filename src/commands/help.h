/*
 * help.h: what the tables of commands and options say to people and to their shells.
 */
#ifndef DWELL_COMMANDS_HELP_H
#define DWELL_COMMANDS_HELP_H

#include "commands/options.h"

#include <stdio.h>

/** Prints the help of @p command, or of the whole if it is NULL. */
void help_print(const struct grammar *grammar, const struct command_row *command, FILE *out);

/** Prints the completion of bash. */
void completion_print(const struct grammar *grammar, FILE *out);

/** Prints the manual page in the man(7) macros. */
void manual_print(const struct grammar *grammar, FILE *out);

#endif
