/*
 * x86_64_step.h: one x86-64 instruction on its way through a machine; private to the executor.
 */
#ifndef DWELL_ARCH_EXECUTE_X86_64_STEP_H
#define DWELL_ARCH_EXECUTE_X86_64_STEP_H

#include "arch/execute/known.h"
#include "arch/x86_64_operand.h"

enum x86_64_flag { FLAG_CARRY = 1, FLAG_ZERO = 2, FLAG_SIGN = 4, FLAG_OVERFLOW = 8 };

struct step {
    const struct encoding *encoding;
    struct machine *machine;
    uint64_t next; /* address of the instruction behind it */
};

/** Returns @p result of @p a and @p b; notes if an address in the stack was lost on the way. */
struct known x86_64_result(struct step *step, struct known a, struct known b, struct known result);

struct known x86_64_operand_address(struct step *step);
struct known x86_64_read_register(struct step *step, uint8_t number, unsigned bytes);
void x86_64_write_register(struct step *step, uint8_t number, unsigned bytes, struct known value);

/** The operand that ModRM names: a register or memory. */
struct known x86_64_read_operand(struct step *step, unsigned bytes);
void x86_64_write_operand(struct step *step, unsigned bytes, struct known value);

/** Whether the condition @p code of jcc, setcc and cmovcc holds. */
enum truth x86_64_condition(const struct machine *machine, unsigned code);

/** reg = the operand * @p factor */
void x86_64_multiply_into(struct step *step, struct known factor);

/** Executes arithmetic, comparisons and shifts; false if it is none of these: nothing is done. */
bool x86_64_arithmetic(struct step *step);

#endif
