/*
 * x86_64.h: how the pieces of the x86-64 decoder fit together; private to arch/.
 *
 *   bytes --x86_64_scan--> encoding --x86_64_common_effect--> effect     (common instructions)
 *   bytes --Zydis, x86_64_rare_effect---------------------> effect     (all the others)
 */
#ifndef DWELL_ARCH_X86_64_H
#define DWELL_ARCH_X86_64_H

#include "arch/arch.h"

/** Numbers of the general-purpose registers, as encoded. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

#define REGISTER_BIT(number) (UINT32_C(1) << (number))

/** The fields of a common instruction (Intel SDM volume 2, chapter 2). */
struct encoding {
    uint8_t length;
    uint8_t opcode;
    bool is_0f; /* opcode of the map behind the escape byte 0f */
    bool has_rex;
    bool has_66, has_f2, has_f3, has_segment; /* prefixes; segment: fs or gs */
    bool is_wide;                             /* REX.W */
    bool has_modrm;
    uint8_t mod;           /* 3: rm is a register, else the memory operand */
    uint8_t reg, rm;       /* REX bits included; rm also of opcodes that hold a register */
    uint8_t operand_bytes; /* 2, 4 or 8; for 1-byte forms the opcode tells */
    uint8_t immediate_bytes;
    uint8_t displacement_bytes;
    bool is_rip_relative;
    register_number base, index;
    uint8_t scale;
    int64_t displacement;
    int64_t immediate;       /* sign-extended */
    uint8_t vector_register; /* the third operand of vector encodings (VEX.vvvv) */
};

/** Takes a common instruction apart; false for all that is not in its tables. */
bool x86_64_scan(const uint8_t *bytes, size_t count, struct encoding *ret);

/**
 * Takes any instruction with a VEX or EVEX prefix apart: their lengths follow one rule, also for
 * those that are newer than the disassembler.
 */
bool x86_64_scan_vector(const uint8_t *bytes, size_t count, struct encoding *ret);

/** Tells the effect of a scanned instruction; false if it is one of the rare ones after all. */
bool x86_64_common_effect(const struct encoding *encoding, uint64_t address, struct effect *ret);

/** Returns the set of general registers whose values a common instruction takes as operands. */
uint32_t x86_64_consumed(const struct encoding *encoding);

/** Tells the most that an unknown vector instruction may do. */
void x86_64_vector_effect(const struct encoding *encoding, uint64_t address, struct effect *ret);

/** Decodes any instruction, slowly. */
void x86_64_rare_effect(const uint8_t *bytes, size_t count, uint64_t address, struct effect *ret);

/** Executes an instruction on a machine that is partly known. */
enum outcome x86_64_execute(const uint8_t *bytes, size_t count, uint64_t address,
                            struct machine *machine);

/** Sets @p ret to the effect of doing nothing. */
void x86_64_clear_effect(struct effect *ret);

/** Turns what was told about rsp as a value into a stack effect. */
void x86_64_settle_stack_pointer(struct effect *effect);

/** Formats the instruction at @p bytes in AT&T syntax; "(bad)" if it is none. */
void x86_64_format(const uint8_t *bytes, size_t count, uint64_t address, char *ret, size_t size);

extern const struct arch arch_x86_64;

#endif
