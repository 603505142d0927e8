/*
 * config.h: what a project tells of itself in a file: --config FILE, or .dwell in the working
 * folder; docs/config.md has the format.
 */
#ifndef DWELL_COMMANDS_CONFIG_H
#define DWELL_COMMANDS_CONFIG_H

#include "analysis/heap/allocators/allocators.h"
#include "base/array.h"
#include "commands/options.h"

struct config {
    ARRAY(struct allocator_rule) allocators; /* those of --allocator too, first */
    ARRAY(const char *) own;                 /* patterns; those of --own too, first */
    struct arena strings;
};

/** Reads the file, if there is one; the error tells its line. @p ret needs config_deinit() only
 *  after success. */
struct error *config_read(const struct options *options, struct config *ret);
void config_deinit(struct config *config);

#endif
