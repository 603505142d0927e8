/*
 * output.h: where answers go: stdout, through a pager if that is a terminal.
 */
#ifndef DWELL_COMMANDS_OUTPUT_H
#define DWELL_COMMANDS_OUTPUT_H

#include "base/error.h"
#include "commands/options.h"
#include "report/format/screen.h"

#include <sys/types.h>

struct output {
    struct screen screen;
    pid_t pager; /* -1: none */
};

/** Chooses width, colour and pager; starts the pager. */
void output_open(struct output *output, const struct options *options);

/** Waits for the pager; the error tells that not everything could be written. */
struct error *output_close(struct output *output);

#endif
