/*
 * sort.h: lists of numbers in order.
 */
#ifndef DWELL_BASE_SORT_H
#define DWELL_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

/** Sorts @p numbers, drops equal ones, and returns how many are left. May be NULL if @p count is 0.
 */
size_t sort_numbers(uint32_t *numbers, size_t count);

#endif
