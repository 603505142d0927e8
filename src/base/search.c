/* search.c: one binary search for all tables. */
#include "base/search.h"

#include <string.h>

size_t search_up_to(const void *records, size_t stride, size_t offset, size_t count, uint64_t key)
{
    const char *keys = (const char *)records + offset;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t value;
        memcpy(&value, keys + middle * stride, sizeof value);
        if (value <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
