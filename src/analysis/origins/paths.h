/*
 * paths.h: whose code something is, by the path of its source or by its crate. Private to the
 * origins.
 */
#ifndef DWELL_ANALYSIS_ORIGINS_PATHS_H
#define DWELL_ANALYSIS_ORIGINS_PATHS_H

#include "analysis/origins/origins.h"

/** Whose code stands in a source file; ORIGIN_USER if the path tells nothing. */
enum origin origin_of_path(const char *path);

/** Whether a pattern of the user's matches @p crate or @p path; either may be NULL. */
bool own_matches(const struct own_patterns *own, const char *crate, const char *path);

#endif
