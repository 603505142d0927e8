/*
 * x86_64_consumed.c: the general registers whose values a common x86-64 instruction takes as
 * operands. In: an encoding that x86_64_scan.c took apart. Out: a set. The registers of a memory
 * operand are not in it, but for lea, which takes them as numbers; hidden operands are not, either.
 */
#include "arch/x86_64_operand.h"

enum {
    REG = 1,
    RM = 2, /* where it is a register */
    IN_RAX = 4,
    IN_RCX = 8,
};

static const uint8_t one_byte[256] = {
    [0x00 ... 0x03] = REG | RM,
    [0x04 ... 0x07] = IN_RAX,
    [0x08 ... 0x0b] = REG | RM,
    [0x0c ... 0x0f] = IN_RAX,
    [0x10 ... 0x13] = REG | RM,
    [0x14 ... 0x17] = IN_RAX,
    [0x18 ... 0x1b] = REG | RM,
    [0x1c ... 0x1f] = IN_RAX,
    [0x20 ... 0x23] = REG | RM,
    [0x24 ... 0x27] = IN_RAX,
    [0x28 ... 0x2b] = REG | RM,
    [0x2c ... 0x2f] = IN_RAX,
    [0x30 ... 0x33] = REG | RM,
    [0x34 ... 0x37] = IN_RAX,
    [0x38 ... 0x3b] = REG | RM,
    [0x3c ... 0x3f] = IN_RAX,
    [0x50 ... 0x57] = RM,
    [0x63] = RM,
    [0x69] = RM,
    [0x6b] = RM,
    [0x80 ... 0x83] = RM,
    [0x84 ... 0x87] = REG | RM,
    [0x88 ... 0x89] = REG,
    [0x8a ... 0x8b] = RM,
    [0xa8 ... 0xa9] = IN_RAX,
    [0xc0 ... 0xc1] = RM,
    [0xd0 ... 0xd1] = RM,
    [0xd2 ... 0xd3] = RM | IN_RCX,
    [0xf6 ... 0xf7] = RM,
    [0xfe ... 0xff] = RM,
};

static const uint8_t two_byte[256] = {
    [0x2a] = RM, /* cvtsi2sd */
    [0x40 ... 0x4f] = REG | RM,
    [0x6e] = RM,
    [0xa3 ... 0xa4] = REG | RM,
    [0xa5] = REG | RM | IN_RCX,
    [0xab ... 0xac] = REG | RM,
    [0xad] = REG | RM | IN_RCX,
    [0xaf] = REG | RM,
    [0xb0 ... 0xb1] = REG | RM,
    [0xb3] = REG | RM,
    [0xb6 ... 0xb8] = RM,
    [0xba] = RM,
    [0xbb] = REG | RM,
    [0xbc ... 0xbd] = REG | RM,
    [0xbe ... 0xbf] = RM,
    [0xc0 ... 0xc1] = REG | RM,
    [0xc4] = RM,
    [0xc8 ... 0xcf] = RM,
};

/** Size of an operand: only whether it is 1 matters. */
static unsigned bytes_of(const struct encoding *e)
{
    bool is_extension = e->is_0f && (e->opcode & 0xf6) == 0xb6;
    bool is_of_two_sizes =
        e->is_0f
            ? (e->opcode & 0xfe) == 0xb0 || (e->opcode & 0xfe) == 0xc0
            : e->opcode < 0x40 || (e->opcode >= 0x80 && e->opcode <= 0x8b) || e->opcode >= 0xc0;
    if (!is_extension && !is_of_two_sizes)
        return 8;
    bool is_immediate_of_one = !e->is_0f && (e->opcode == 0x82 || e->opcode == 0x83);
    return e->opcode & 1 || is_immediate_of_one ? 8 : 1;
}

static uint32_t bit_of(const struct encoding *e, uint8_t number)
{
    bool may_be_high_byte = !e->has_rex && number >= 4;
    return REGISTER_BIT(may_be_high_byte ? operand_register(e, number, bytes_of(e)) : number);
}

/** lea takes the registers of its memory operand as numbers. */
static uint32_t summands(const struct encoding *e)
{
    return (e->base != REGISTER_NONE ? REGISTER_BIT(e->base) : 0) |
           (e->index != REGISTER_NONE ? REGISTER_BIT(e->index) : 0);
}

uint32_t x86_64_consumed(const struct encoding *e)
{
    uint8_t operands = e->is_0f ? two_byte[e->opcode] : one_byte[e->opcode];
    if (!operands)
        return !e->is_0f && e->opcode == 0x8d ? summands(e) : 0;
    uint32_t set = 0;
    if (operands & REG)
        set |= bit_of(e, e->reg);
    if (operands & RM && !(e->has_modrm && is_memory(e)))
        set |= bit_of(e, e->rm);
    if (operands & IN_RAX)
        set |= REGISTER_BIT(RAX);
    if (operands & IN_RCX)
        set |= REGISTER_BIT(RCX);
    return set;
}
