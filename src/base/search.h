/*
 * search.h: binary search in tables that are sorted by a 64-bit address.
 */
#ifndef DWELL_BASE_SEARCH_H
#define DWELL_BASE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/**
 * Returns how many of the @p count records, @p stride bytes apart, have a key of at most @p key;
 * each holds its key, a uint64_t, at @p offset, and they are sorted by it.
 */
size_t search_up_to(const void *records, size_t stride, size_t offset, size_t count, uint64_t key);

/** The same for an array of structs with a field `address`. */
#define COUNT_UP_TO(records, count, key)                                                           \
    search_up_to((records), sizeof *(records), offsetof(__typeof__(*(records)), address), (count), \
                 (key))

/** How many have an address below @p key: the index of the first at or behind it. */
#define COUNT_BELOW(records, count, key) ((key) ? COUNT_UP_TO((records), (count), (key)-1) : 0)

#endif
