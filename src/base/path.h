/*
 * path.h: paths as text.
 */
#ifndef DWELL_BASE_PATH_H
#define DWELL_BASE_PATH_H

/**
 * Returns @p path without "a/.." in it, to be freed: what it means if no folder is a link. Parts
 * that are empty or "." are kept.
 */
char *path_without_parents(const char *path);

#endif
