/*
 * x86_64_effect_0f.c: the effect of the common instructions whose opcode is in the map behind the
 * escape byte 0f: conditional jumps, extending moves, bit operations, and vector instructions,
 * of which only memory and general registers matter.
 */
#include "arch/x86_64_operand.h"

/** Loads, stores and arithmetic of vector registers: opcodes that write no general register. */
static bool vector_effect(const struct encoding *e, uint64_t address, struct effect *ret)
{
    static const bool stores[256] = {
        [0x11] = 1, [0x13] = 1, [0x17] = 1, [0x29] = 1,
        [0x2b] = 1, [0x7f] = 1, [0xd6] = 1, [0xe7] = 1,
    };
    // The size of the operand depends on the opcode and on the prefix; Zydis knows it, and is asked
    // where the operand may be a variable.
    if (is_memory(e)) {
        if (e->is_rip_relative || e->base == REGISTER_NONE ||
            (e->displacement_bytes == 4 && e->base != RSP))
            return false;
        set_memory(e, address, stores[e->opcode] ? WRITES : READS, 0, ret);
    }
    ret->changes_flags = e->opcode == 0x2e || e->opcode == 0x2f;
    return true;
}

static bool set_condition(const struct encoding *e, uint64_t address, struct effect *ret)
{
    ret->operand_bytes = 1;
    if (is_memory(e))
        set_memory(e, address, WRITES, 1, ret);
    else
        set_value(ret, VALUE_UNKNOWN, byte_register(e, e->rm), REGISTER_NONE, 0);
    return true;
}

/** An operation with an unfollowed result in reg (bsf, popcnt) and a source in rm. */
static bool unknown_in_reg(const struct encoding *e, uint64_t address, bool changes_flags,
                           struct effect *ret)
{
    ret->operand_bytes = e->operand_bytes;
    ret->changes_flags = changes_flags;
    if (is_memory(e))
        set_memory(e, address, READS, e->operand_bytes, ret);
    set_value(ret, VALUE_UNKNOWN, e->reg, REGISTER_NONE, 0);
    return true;
}

static bool conditional_move(const struct encoding *e, uint64_t address, struct effect *ret)
{
    if (is_memory(e) || e->operand_bytes != 8)
        return unknown_in_reg(e, address, false, ret);
    ret->operand_bytes = e->operand_bytes;
    set_value(ret, VALUE_CHOOSE, e->reg, e->rm, 0);
    return true;
}

/** An operation that reads and writes rm: bts, shld, xadd, cmpxchg. */
static bool unknown_in_rm(const struct encoding *e, uint64_t address, unsigned bytes,
                          bool is_bit_string, struct effect *ret)
{
    ret->operand_bytes = bytes;
    ret->changes_flags = true;
    // A bit offset in a register reaches beyond the operand: its size is not known.
    if (is_memory(e))
        set_memory(e, address, READS | WRITES, is_bit_string ? 0 : bytes, ret);
    else
        set_value(ret, VALUE_UNKNOWN, operand_register(e, e->rm, bytes), REGISTER_NONE, 0);
    return true;
}

static bool bit_test(const struct encoding *e, uint64_t address, bool is_bit_string,
                     struct effect *ret)
{
    ret->changes_flags = true;
    if (is_memory(e))
        set_memory(e, address, READS, is_bit_string ? 0 : e->operand_bytes, ret);
    return true;
}

/** endbr64 and the wide nops share opcodes with instructions of the shadow stack. */
static bool hint(const struct encoding *e, struct effect *ret)
{
    if (e->opcode == 0x1f) {
        ret->is_padding = true;
        return (e->reg & 7) == 0;
    }
    ret->is_landing = true;
    return e->has_f3 && e->mod == 3 && e->reg == 7 && e->rm == 2;
}

/** movd and movq between a vector register and a general register or memory. */
static bool move_vector(const struct encoding *e, uint64_t address, struct effect *ret)
{
    if (e->opcode == 0x7e && !e->has_f3 && !is_memory(e)) {
        set_value(ret, VALUE_UNKNOWN, e->rm, REGISTER_NONE, 0);
        return true;
    }
    if (!is_memory(e))
        return true;
    bool is_store = e->opcode == 0x7e && !e->has_f3;
    unsigned bytes = e->is_wide || (e->opcode == 0x7e && e->has_f3) ? 8 : 4;
    set_memory(e, address, is_store ? WRITES : READS, bytes, ret);
    return true;
}

bool x86_64_two_byte_effect(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    switch (e->opcode) {
    case 0x0b:
        ret->control = CONTROL_TRAP;
        return true;
    case 0x1e:
    case 0x1f:
        return hint(e, ret);
    case 0x40 ... 0x4f:
        return conditional_move(e, address, ret);
    case 0x2c:
    case 0x2d:
    case 0x50:
    case 0xc5:
    case 0xd7:
        return false;
    case 0x6e:
    case 0x7e:
        return move_vector(e, address, ret);
    case 0x80 ... 0x8f:
        return x86_64_jump(e, address, CONTROL_BRANCH, ret);
    case 0x90 ... 0x9f:
        return set_condition(e, address, ret);
    case 0xa3:
        return bit_test(e, address, true, ret);
    case 0xab:
    case 0xb3:
    case 0xbb:
        return unknown_in_rm(e, address, e->operand_bytes, true, ret);
    case 0xba:
        if ((e->reg & 7) < 4)
            return false;
        return (e->reg & 7) == 4 ? bit_test(e, address, false, ret)
                                 : unknown_in_rm(e, address, e->operand_bytes, false, ret);
    case 0xa4:
    case 0xa5:
    case 0xac:
    case 0xad:
        return unknown_in_rm(e, address, e->operand_bytes, false, ret);
    case 0xaf:
        return x86_64_multiply(e, address, false, ret);
    case 0xb0:
    case 0xb1:
        ret->clobbered = REGISTER_BIT(RAX);
        return unknown_in_rm(e, address, bytes, false, ret);
    case 0xb6:
    case 0xb7:
        return x86_64_move_extended(e, address, e->opcode & 1 ? 2 : 1, false, ret);
    case 0xbe:
    case 0xbf:
        return x86_64_move_extended(e, address, e->opcode & 1 ? 2 : 1, true, ret);
    case 0xb8:
        return e->has_f3 && unknown_in_reg(e, address, true, ret);
    case 0xbc:
    case 0xbd:
        return unknown_in_reg(e, address, true, ret);
    case 0xc0:
    case 0xc1:
        ret->clobbered = REGISTER_BIT(operand_register(e, e->reg, bytes));
        return unknown_in_rm(e, address, bytes, false, ret);
    case 0xc8 ... 0xcf:
        ret->operand_bytes = e->operand_bytes;
        set_value(ret, VALUE_UNKNOWN, e->rm, REGISTER_NONE, 0);
        return true;
    default:
        return vector_effect(e, address, ret);
    }
}

void x86_64_vector_effect(const struct encoding *e, uint64_t address, struct effect *ret)
{
    x86_64_clear_effect(ret);
    ret->length = e->length;
    ret->changes_flags = true;
    // Which operands are general registers is not known: none keeps its value, but no such
    // instruction writes the stack pointer.
    ret->clobbered = REGISTER_BIT(e->reg) | REGISTER_BIT(e->vector_register);
    if (is_memory(e))
        set_memory(e, address, READS | WRITES, 0, ret);
    else
        ret->clobbered |= REGISTER_BIT(e->rm);
    ret->consumed = ret->clobbered;
    ret->clobbered &= ~REGISTER_BIT(RSP);
}
