/* array.c: growth by half, so that appending is linear overall and little is wasted. */
#include "base/array.h"

#include "base/memory.h"

void *array_grow(void *data, size_t element_bytes, size_t needed, size_t *capacity)
{
    size_t wanted = *capacity + *capacity / 2;
    if (wanted < needed)
        wanted = needed;
    if (wanted < 8)
        wanted = 8;
    size_t bytes;
    if (__builtin_mul_overflow(wanted, element_bytes, &bytes))
        out_of_memory();
    *capacity = wanted;
    return xrealloc(data, bytes);
}
