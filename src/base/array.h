/*
 * array.h: growable arrays of any element type, by macros over one untyped function.
 *
 *     ARRAY(struct call) calls = {0};
 *     array_push(&calls, (struct call){...});
 *     for (size_t i = 0; i < calls.count; i++) use(calls.data[i]);
 *     array_deinit(&calls);
 */
#ifndef DWELL_BASE_ARRAY_H
#define DWELL_BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY(type)                                                                                \
    struct {                                                                                       \
        type *data;                                                                                \
        size_t count, capacity;                                                                    \
    }

/** Grows `data` so that it holds at least @p needed elements; aborts on overflow or no memory. */
void *array_grow(void *data, size_t element_bytes, size_t needed, size_t *capacity);

#define array_reserve(array, needed)                                                               \
    ((needed) > (array)->capacity                                                                  \
         ? (void)((array)->data = array_grow((array)->data, sizeof *(array)->data, (needed),       \
                                             &(array)->capacity))                                  \
         : (void)0)

#define array_push(array, ...)                                                                     \
    (array_reserve(array, (array)->count + 1), (array)->data[(array)->count++] = (__VA_ARGS__))

#define array_deinit(array)                                                                        \
    (free((array)->data), (array)->data = NULL, (array)->count = (array)->capacity = 0)

#endif
