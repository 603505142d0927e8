/* path.c: goes through the parts of a path and takes the last one back where ".." follows. */
#include "base/path.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

char *path_without_parents(const char *path)
{
    char *ret = xmalloc(strlen(path) + 1), *to = ret;
    while (*path) {
        size_t length = strcspn(path, "/");
        bool is_parent = length == 2 && memcmp(path, "..", 2) == 0;
        const char *last = to - ret > 1 ? memrchr(ret, '/', (size_t)(to - ret - 1)) : NULL;
        const char *part = last ? last + 1 : ret;
        bool has_part = to - part > 1 && strncmp(part, "../", 3) != 0;
        if (is_parent && has_part) {
            to = ret + (part - ret);
        } else {
            memcpy(to, path, length);
            to += length;
            if (path[length])
                *to++ = '/';
        }
        path += length + (path[length] == '/');
    }
    *to = 0;
    return ret;
}
