/*
 * execute.h: running instructions of which only some operands are known.
 *
 * A machine holds what is known of its registers and flags, bit by bit; its memory belongs to the
 * caller. An instruction that is executed leaves in all of them nothing but what is true whatever
 * the unknown bits are. Control stays with the caller: it decodes (arch.h), follows jumps, calls
 * and returns, and has all other instructions, and the questions of branches, executed here.
 */
#ifndef DWELL_ARCH_EXECUTE_EXECUTE_H
#define DWELL_ARCH_EXECUTE_EXECUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a known value counts from. */
enum known_base {
    BASE_NUMBER, /* it is a number */
    BASE_STACK,  /* an address: bytes from where the stack pointer was at the start */
    BASE_IMAGE,  /* an address of the image, as in the file; where it is loaded is not known */
};

/** What is known of a value of up to 8 bytes. */
struct known {
    uint64_t number; /* bits that are not known are 0 */
    uint64_t mask;   /* the bits that are known; of addresses all */
    uint8_t base;    /* enum known_base */
};

enum { MACHINE_REGISTERS = 32 };

struct machine {
    struct known registers[MACHINE_REGISTERS];
    uint8_t flags, known_flags; /* sets of flags, in the machine's own numbering */
    bool has_leaked; /* an address in the stack has gone where it is not followed: from now on
                        pointers that are not known may lead there */

    void *memory; /* handed to the functions below */
    /** Returns @p bytes (at most 8) at @p address, zero-extended. */
    struct known (*load)(struct machine *machine, struct known address, unsigned bytes);
    /** Stores the low @p bytes of @p value (at most 8). */
    void (*store)(struct machine *machine, struct known address, unsigned bytes,
                  struct known value);
    /** Something is done to @p bytes at @p address: they are read, and if asked for, written. */
    void (*touch)(struct machine *machine, struct known address, unsigned bytes, bool is_written);
};

enum outcome {
    OUTCOME_NEXT, /* it is executed; control goes on behind it */
    OUTCOME_TAKEN,
    OUTCOME_NOT_TAKEN,
    OUTCOME_EITHER, /* of a branch: not known */
    OUTCOME_LOST,   /* what the instruction does to the stack pointer is not followed */
};

#endif
