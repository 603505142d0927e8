/*
 * x86_64_operand.h: what an encoding's operands are, put into an effect. Private to the files that
 * tell the effects of common instructions.
 */
#ifndef DWELL_ARCH_X86_64_OPERAND_H
#define DWELL_ARCH_X86_64_OPERAND_H

#include "arch/x86_64.h"

static inline bool is_memory(const struct encoding *e)
{
    return e->mod != 3;
}

static inline void set_value(struct effect *ret, enum value_effect kind,
                             register_number destination, register_number source, int64_t value)
{
    ret->value_kind = kind;
    ret->destination = destination;
    ret->source = source;
    ret->value = value;
}

/** The registers and the displacement of the memory operand. */
static inline void set_operand(const struct encoding *e, uint64_t address, struct effect *ret)
{
    ret->base = e->base;
    ret->index = e->index;
    ret->scale = e->scale;
    ret->displacement = e->displacement;
    if (e->has_segment) {
        ret->is_thread_local = true;
    } else if (e->is_rip_relative) {
        ret->displacement = address + e->length + e->displacement;
        ret->displacement_is_address = true;
    } else if (e->displacement_bytes == 4 && e->base != RSP) {
        ret->displacement_may_be_address = true;
    }
}

enum { READS = 1, WRITES = 2 };

static inline void set_memory(const struct encoding *e, uint64_t address, unsigned access,
                              unsigned bytes, struct effect *ret)
{
    set_operand(e, address, ret);
    ret->reads_memory = access & READS;
    ret->writes_memory = access & WRITES;
    ret->access_bytes = bytes;
}

/** A register of a 1-byte operand: without REX, 4 to 7 are ah, ch, dh and bh. */
static inline register_number byte_register(const struct encoding *e, uint8_t number)
{
    return !e->has_rex && number >= 4 && number < 8 ? number - 4 : number;
}

static inline register_number operand_register(const struct encoding *e, uint8_t number,
                                               unsigned bytes)
{
    return bytes == 1 ? byte_register(e, number) : number;
}

/** Whether the register is one of ah, ch, dh and bh, whose values are not followed. */
static inline bool is_high_byte(const struct encoding *e, uint8_t number, unsigned bytes)
{
    return bytes == 1 && !e->has_rex && number >= 4 && number < 8;
}

/** The families that have opcodes in both maps. */
bool x86_64_jump(const struct encoding *e, uint64_t address, enum control control,
                 struct effect *ret);
bool x86_64_multiply(const struct encoding *e, uint64_t address, bool has_immediate,
                     struct effect *ret);
bool x86_64_move_extended(const struct encoding *e, uint64_t address, unsigned bytes,
                          bool is_signed, struct effect *ret);

/** The effect of an instruction whose opcode is in the map behind 0f. */
bool x86_64_two_byte_effect(const struct encoding *e, uint64_t address, struct effect *ret);

#endif
