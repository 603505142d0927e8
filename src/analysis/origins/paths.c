/*
 * paths.c: what the path of a source tells of whose code it is, and what the user says.
 *
 * Compilers and package managers keep what they bring along in folders of known names. Those of the
 * user's own machine differ from those that the program was built on, so a pattern that does not
 * begin with a slash may match anywhere in a path.
 */
#include "analysis/origins/paths.h"

#include "base/memory.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

/** rustc's own sources, the C++ headers, and what cargo keeps for the toolchain. */
static bool is_of_language(const char *path)
{
    if (begins(path, "/rustc/"))
        return strstr(path, "/library/") || strstr(path, "/vendor/");
    return begins(path, "/usr/include/c++/") || begins(path, "/usr/lib/gcc/") ||
           (begins(path, "/usr/include/") && strstr(path, "/c++/")) ||
           strstr(path, "/rustlib/src/rust/library/") || strstr(path, "/rust/deps/");
}

/** Headers of the system, and what cargo fetched. */
static bool is_of_others(const char *path)
{
    return begins(path, "/usr/include/") || begins(path, "/usr/local/include/") ||
           strstr(path, "/registry/src/") || strstr(path, "/git/checkouts/");
}

enum origin origin_of_path(const char *path)
{
    if (is_of_language(path))
        return ORIGIN_LIBRARY;
    return is_of_others(path) ? ORIGIN_DEPENDENCY : ORIGIN_USER;
}

static bool matches_path(const char *pattern, const char *path)
{
    size_t length = strlen(pattern);
    while (length && pattern[length - 1] == '/')
        length--;
    const char *start = pattern[0] == '/' ? "" : "*/";
    CLEANUP_FREE char *file = xmalloc(length + sizeof "*//*");
    sprintf(file, "%s%.*s", start, (int)length, pattern);
    if (fnmatch(file, path, 0) == 0)
        return true;
    return fnmatch(strcat(file, "/*"), path, 0) == 0;
}

bool own_matches(const struct own_patterns *own, const char *crate, const char *path)
{
    for (size_t i = 0; i < own->count; i++)
        if ((crate && fnmatch(own->patterns[i], crate, 0) == 0) ||
            (path && matches_path(own->patterns[i], path)))
            return true;
    return false;
}
