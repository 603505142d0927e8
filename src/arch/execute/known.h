/*
 * known.h: arithmetic on values of which only some bits are known. Private to the executors.
 * @p bytes is the width of an operation: 1, 2, 4 or 8; results are zero-extended.
 */
#ifndef DWELL_ARCH_EXECUTE_KNOWN_H
#define DWELL_ARCH_EXECUTE_KNOWN_H

#include "arch/execute/execute.h"

static inline struct known known_nothing(void)
{
    return (struct known){0};
}

static inline struct known known_number(uint64_t number)
{
    return (struct known){.number = number, .mask = UINT64_MAX};
}

static inline uint64_t width_mask(unsigned bytes)
{
    return bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * bytes)) - 1;
}

static inline bool known_is_address(struct known value)
{
    return value.base != BASE_NUMBER;
}

/** Whether all bits of a number of this width are known. */
static inline bool known_is_number(struct known value, unsigned bytes)
{
    return value.base == BASE_NUMBER && !(~value.mask & width_mask(bytes));
}

static inline bool known_equal(struct known a, struct known b)
{
    return a.number == b.number && a.mask == b.mask && a.base == b.base;
}

/** The low bytes, zero-extended; of an address that is cut, nothing. */
struct known known_cut(struct known value, unsigned bytes);
/** The low bytes, sign-extended to 8. */
struct known known_extend(struct known value, unsigned bytes);
/** What is true of both. */
struct known known_meet(struct known a, struct known b);

struct known known_and(struct known a, struct known b);
struct known known_or(struct known a, struct known b);
struct known known_xor(struct known a, struct known b);
struct known known_add(struct known a, struct known b, unsigned bytes);
struct known known_subtract(struct known a, struct known b, unsigned bytes);
struct known known_multiply(struct known a, struct known b, unsigned bytes);

/** Yes, no, or not known. */
enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };

enum truth known_is_equal(struct known a, struct known b, unsigned bytes);
/** Unsigned order. */
enum truth known_is_below(struct known a, struct known b, unsigned bytes);

#endif
