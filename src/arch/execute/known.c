/*
 * known.c: arithmetic on values of which only some bits are known. In: two values. Out: what is
 * known of the result: the bits that are the same whatever the unknown bits of the operands are.
 *
 * The lattice is that of known bits, as in LLVM's KnownBits, with addresses of an unknown base
 * beside the numbers. Sums are followed from the lowest bit up to the first one that is not known.
 * An address plus or minus a number is an address, and the difference of two with the same base is
 * a number. No address is null; nothing else is assumed of where stack and image lie.
 */
#include "arch/execute/known.h"

struct known known_cut(struct known value, unsigned bytes)
{
    if (bytes >= 8)
        return value;
    if (known_is_address(value))
        return (struct known){.mask = ~width_mask(bytes)};
    value.number &= width_mask(bytes);
    value.mask |= ~width_mask(bytes);
    return value;
}

struct known known_extend(struct known value, unsigned bytes)
{
    if (bytes >= 8)
        return value;
    value = known_cut(value, bytes);
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1), above = ~width_mask(bytes);
    if (!(value.mask & sign))
        value.mask &= ~above;
    else if (value.number & sign)
        value.number |= above;
    return value;
}

struct known known_meet(struct known a, struct known b)
{
    if (known_equal(a, b))
        return a;
    if (known_is_address(a) || known_is_address(b))
        return known_nothing();
    uint64_t mask = a.mask & b.mask & ~(a.number ^ b.number);
    return (struct known){.number = a.number & mask, .mask = mask};
}

struct known known_and(struct known a, struct known b)
{
    if (known_is_address(a))
        a = known_nothing();
    if (known_is_address(b))
        b = known_nothing();
    uint64_t ones = a.number & b.number;
    uint64_t zeros = (a.mask & ~a.number) | (b.mask & ~b.number);
    return (struct known){.number = ones, .mask = ones | zeros};
}

struct known known_or(struct known a, struct known b)
{
    if (known_is_address(a))
        a = known_nothing();
    if (known_is_address(b))
        b = known_nothing();
    uint64_t ones = a.number | b.number;
    uint64_t zeros = (a.mask & ~a.number) & (b.mask & ~b.number);
    return (struct known){.number = ones, .mask = ones | zeros};
}

struct known known_xor(struct known a, struct known b)
{
    if (known_is_address(a) || known_is_address(b))
        return known_nothing();
    uint64_t mask = a.mask & b.mask;
    return (struct known){.number = (a.number ^ b.number) & mask, .mask = mask};
}

/** The bits below the first one that is not known in both. */
static uint64_t common_low_bits(struct known a, struct known b)
{
    uint64_t unknown = ~(a.mask & b.mask);
    return unknown ? (unknown & -unknown) - 1 : UINT64_MAX;
}

static struct known low_bits(uint64_t number, uint64_t mask, unsigned bytes)
{
    return known_cut((struct known){.number = number & mask, .mask = mask}, bytes);
}

struct known known_add(struct known a, struct known b, unsigned bytes)
{
    if (known_is_address(b)) {
        struct known swap = a;
        a = b;
        b = swap;
    }
    if (known_is_address(b))
        return known_nothing();
    if (!known_is_address(a))
        return low_bits(a.number + b.number, common_low_bits(a, b), bytes);
    if (bytes < 8 || !known_is_number(b, 8))
        return known_cut(known_nothing(), bytes);
    a.number += b.number;
    return a;
}

struct known known_subtract(struct known a, struct known b, unsigned bytes)
{
    if (known_is_address(a) && a.base == b.base)
        return low_bits(a.number - b.number, UINT64_MAX, bytes);
    if (known_is_address(b))
        return known_cut(known_nothing(), bytes);
    if (!known_is_address(a))
        return low_bits(a.number - b.number, common_low_bits(a, b), bytes);
    if (bytes < 8 || !known_is_number(b, 8))
        return known_cut(known_nothing(), bytes);
    a.number -= b.number;
    return a;
}

struct known known_multiply(struct known a, struct known b, unsigned bytes)
{
    if (known_is_address(a) || known_is_address(b))
        return known_cut(known_nothing(), bytes);
    if ((known_is_number(a, bytes) && !(a.number & width_mask(bytes))) ||
        (known_is_number(b, bytes) && !(b.number & width_mask(bytes))))
        return known_number(0);
    return low_bits(a.number * b.number, common_low_bits(a, b), bytes);
}

enum truth known_is_equal(struct known a, struct known b, unsigned bytes)
{
    if (known_is_address(a) || known_is_address(b)) {
        bool is_null = (known_is_number(a, 8) && !a.number) || (known_is_number(b, 8) && !b.number);
        if (bytes == 8 && a.base == b.base)
            return a.number == b.number ? TRUTH_YES : TRUTH_NO;
        return bytes == 8 && is_null ? TRUTH_NO : TRUTH_UNKNOWN;
    }
    uint64_t width = width_mask(bytes);
    if ((a.number ^ b.number) & a.mask & b.mask & width)
        return TRUTH_NO;
    return known_is_number(a, bytes) && known_is_number(b, bytes) ? TRUTH_YES : TRUTH_UNKNOWN;
}

enum truth known_is_below(struct known a, struct known b, unsigned bytes)
{
    uint64_t width = width_mask(bytes);
    if (known_is_address(a) || known_is_address(b)) {
        bool is_zero = known_is_number(b, 8) && !b.number;
        return bytes == 8 && is_zero ? TRUTH_NO : TRUTH_UNKNOWN;
    }
    uint64_t a_low = a.number & width, a_high = (a.number | ~a.mask) & width;
    uint64_t b_low = b.number & width, b_high = (b.number | ~b.mask) & width;
    if (a_high < b_low)
        return TRUTH_YES;
    return a_low >= b_high ? TRUTH_NO : TRUTH_UNKNOWN;
}
