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
    [0x00 ... 0x3f] = REG | RM, /* but for the forms with an immediate */
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

/** Size of the operand that ModRM.rm names: only whether it is 1 matters. */
static unsigned rm_bytes(const struct encoding *e)
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

uint32_t x86_64_consumed(const struct encoding *e)
{
    uint8_t operands = e->is_0f ? two_byte[e->opcode] : one_byte[e->opcode];
    if (!e->is_0f && e->opcode < 0x40 && (e->opcode & 7) >= 4)
        operands = IN_RAX;
    uint32_t set = 0;
    if (!e->is_0f && e->opcode == 0x8d) {
        set |= e->base != REGISTER_NONE ? REGISTER_BIT(e->base) : 0;
        set |= e->index != REGISTER_NONE ? REGISTER_BIT(e->index) : 0;
    }
    if (operands & REG)
        set |= REGISTER_BIT(operand_register(e, e->reg, rm_bytes(e)));
    if (operands & RM && !(e->has_modrm && is_memory(e)))
        set |= REGISTER_BIT(operand_register(e, e->rm, rm_bytes(e)));
    if (operands & IN_RAX)
        set |= REGISTER_BIT(RAX);
    if (operands & IN_RCX)
        set |= REGISTER_BIT(RCX);
    return set;
}
