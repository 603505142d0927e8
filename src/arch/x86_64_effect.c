/*
 * x86_64_effect.c: the effect of the common x86-64 instructions. In: an encoding that
 * x86_64_scan.c took apart. Out: the effect. What an opcode does is from the Intel SDM, volume 2.
 *
 * The rule that everything else rests on: a general-purpose register that an instruction writes is
 * its destination or in `clobbered`. False means "rare after all": Zydis decides.
 */
#include "arch/x86_64_operand.h"

/** Operations of the arithmetic opcodes, in the order of their encoding. */
enum { OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP };

void x86_64_clear_effect(struct effect *ret)
{
    *ret = (struct effect){
        .target_register = REGISTER_NONE,
        .stack_register = REGISTER_NONE,
        .destination = REGISTER_NONE,
        .source = REGISTER_NONE,
        .base = REGISTER_NONE,
        .index = REGISTER_NONE,
        .scale = 1,
    };
}

static int64_t truncate_constant(int64_t value, unsigned bytes)
{
    return bytes == 4 ? (int64_t)(uint32_t)value : value;
}

static void set_constant(struct effect *ret, register_number destination, int64_t value)
{
    value = truncate_constant(value, ret->operand_bytes);
    set_value(ret, ret->operand_bytes < 4 ? VALUE_UNKNOWN : VALUE_CONSTANT, destination,
              REGISTER_NONE, value);
}

/** destination = destination op source. */
static void operate_registers(struct effect *ret, unsigned op, register_number destination,
                              register_number source)
{
    set_value(ret, VALUE_UNKNOWN, destination, REGISTER_NONE, 0);
    if (ret->operand_bytes < 4)
        return;
    if (destination == source && (op == OP_XOR || op == OP_SUB)) {
        set_constant(ret, destination, 0);
    } else if (destination == source && (op == OP_AND || op == OP_OR)) {
        set_value(ret, VALUE_COPY, destination, destination, 0);
    } else if (op == OP_ADD) {
        set_value(ret, VALUE_ADD_REGISTERS, destination, destination, 0);
        ret->index = source;
    } else if (op == OP_SUB) {
        set_value(ret, VALUE_SUBTRACT, destination, destination, 0);
        ret->index = source;
    }
}

/** destination = destination op immediate. */
static void operate_immediate(struct effect *ret, unsigned op, register_number destination,
                              int64_t immediate)
{
    set_value(ret, VALUE_UNKNOWN, destination, REGISTER_NONE, immediate);
    if (op == OP_CMP) {
        set_value(ret, VALUE_COMPARE, REGISTER_NONE, destination, immediate);
        return;
    }
    if (ret->operand_bytes < 4)
        return;
    if (op == OP_ADD)
        set_value(ret, VALUE_ADD, destination, destination, immediate);
    else if (op == OP_SUB)
        set_value(ret, VALUE_ADD, destination, destination, -immediate);
    else if (op == OP_AND)
        set_value(ret, VALUE_AND, destination, destination, immediate);
    else if (op == OP_OR && immediate == -1)
        set_constant(ret, destination, -1);
}

static inline bool is_wide_immediate(const struct encoding *e)
{
    return e->immediate_bytes >= 4;
}

/** Opcodes 00 to 3d: the op is in the middle bits, the form in the low ones. */
static bool arithmetic(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned op = e->opcode >> 3, form = e->opcode & 7;
    unsigned bytes = form & 1 ? e->operand_bytes : 1;
    ret->operand_bytes = bytes;
    ret->changes_flags = true;
    if (form >= 4) {
        operate_immediate(ret, op, RAX, e->immediate);
        ret->value_may_be_address = is_wide_immediate(e);
        return true;
    }
    register_number reg = operand_register(e, e->reg, bytes);
    if (is_memory(e)) {
        unsigned access = form < 2 && op != OP_CMP ? READS | WRITES : READS;
        set_memory(e, address, access, bytes, ret);
        if (form >= 2 && op != OP_CMP)
            set_value(ret, VALUE_UNKNOWN, reg, REGISTER_NONE, 0);
        return true;
    }
    register_number rm = operand_register(e, e->rm, bytes);
    register_number first = form < 2 ? rm : reg, second = form < 2 ? reg : rm;
    if (op != OP_CMP) {
        operate_registers(ret, op, first, second);
    } else if (bytes >= 4) {
        set_value(ret, VALUE_COMPARE_REGISTERS, REGISTER_NONE, first, 0);
        ret->index = second;
    }
    return true;
}

/** Opcodes 80, 81, 83: the op is in ModRM. */
static bool arithmetic_immediate(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned op = e->reg & 7, bytes = e->opcode == 0x80 ? 1 : e->operand_bytes;
    ret->operand_bytes = bytes;
    ret->changes_flags = true;
    ret->value_may_be_address = is_wide_immediate(e);
    // `lock or $0,(%rsp)` is a barrier: what is there stays.
    bool is_barrier =
        !e->immediate && (op == OP_ADD || op == OP_OR || op == OP_SUB || op == OP_XOR);
    if (is_memory(e)) {
        set_memory(e, address, op == OP_CMP || is_barrier ? READS : READS | WRITES, bytes, ret);
        if (op == OP_CMP)
            set_value(ret, VALUE_COMPARE, REGISTER_NONE, REGISTER_NONE, e->immediate);
        else
            ret->value = e->immediate;
        return true;
    }
    operate_immediate(ret, op, operand_register(e, e->rm, bytes), e->immediate);
    if (op == OP_CMP && is_high_byte(e, e->rm, bytes))
        set_value(ret, VALUE_NONE, REGISTER_NONE, REGISTER_NONE, 0);
    return true;
}

/** Opcodes 88 to 8b. */
static bool move(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    bool is_store = e->opcode < 0x8a;
    register_number reg = operand_register(e, e->reg, bytes);
    ret->operand_bytes = bytes;
    if (is_memory(e)) {
        set_memory(e, address, is_store ? WRITES : READS, bytes, ret);
        if (is_store)
            set_value(ret, is_high_byte(e, e->reg, bytes) ? VALUE_NONE : VALUE_STORE, REGISTER_NONE,
                      reg, 0);
        else
            set_value(ret, bytes < 4 ? VALUE_UNKNOWN : VALUE_LOAD, reg, REGISTER_NONE, 0);
        return true;
    }
    register_number rm = operand_register(e, e->rm, bytes);
    set_value(ret, bytes < 4 ? VALUE_UNKNOWN : VALUE_COPY, is_store ? rm : reg, is_store ? reg : rm,
              0);
    return true;
}

/** Opcodes c6 and c7: an immediate to a register or to memory. */
static bool move_immediate(const struct encoding *e, uint64_t address, struct effect *ret)
{
    if (e->reg & 7)
        return false;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    ret->operand_bytes = bytes;
    ret->value_may_be_address = is_wide_immediate(e);
    if (is_memory(e)) {
        set_memory(e, address, WRITES, bytes, ret);
        set_value(ret, VALUE_STORE, REGISTER_NONE, REGISTER_NONE, e->immediate);
    } else {
        set_constant(ret, operand_register(e, e->rm, bytes), e->immediate);
    }
    return true;
}

static bool load_address(const struct encoding *e, uint64_t address, struct effect *ret)
{
    if (!is_memory(e))
        return false;
    set_operand(e, address, ret);
    ret->is_thread_local = ret->displacement_is_address = ret->displacement_may_be_address = false;
    ret->operand_bytes = e->operand_bytes;
    int64_t offset = ret->displacement;
    ret->value_may_be_address = !e->is_rip_relative && e->displacement_bytes == 4 && e->base != RSP;
    if (e->operand_bytes < 4) {
        set_value(ret, VALUE_UNKNOWN, e->reg, REGISTER_NONE, offset);
    } else if (e->is_rip_relative) {
        ret->value_is_address = true;
        set_value(ret, VALUE_ADDRESS, e->reg, REGISTER_NONE, offset);
    } else if (e->index != REGISTER_NONE) {
        set_value(ret, VALUE_ADD_REGISTERS, e->reg, e->base, offset);
    } else if (e->base != REGISTER_NONE) {
        set_value(ret, VALUE_ADD, e->reg, e->base, offset);
    } else {
        set_constant(ret, e->reg, offset);
    }
    ret->displacement = 0;
    ret->base = REGISTER_NONE;
    return true;
}

/** A sign- or zero-extending move of `bytes` bytes. */
bool x86_64_move_extended(const struct encoding *e, uint64_t address, unsigned bytes,
                          bool is_signed, struct effect *ret)
{
    ret->operand_bytes = e->operand_bytes;
    if (is_memory(e)) {
        set_memory(e, address, READS, bytes, ret);
        set_value(ret, e->operand_bytes < 4 ? VALUE_UNKNOWN : VALUE_LOAD, e->reg, REGISTER_NONE, 0);
        ret->sign_extend = is_signed;
    } else if (e->operand_bytes < 4 || is_high_byte(e, e->rm, bytes)) {
        set_value(ret, VALUE_UNKNOWN, e->reg, REGISTER_NONE, 0);
    } else if (is_signed) {
        set_value(ret, VALUE_SIGN_EXTEND, e->reg, e->rm, bytes);
    } else {
        set_value(ret, VALUE_AND, e->reg, e->rm, bytes == 1 ? 0xff : 0xffff);
    }
    return true;
}

/** Group 2: shifts and rotations by `count`, or by cl if it is negative. */
static bool shift(const struct encoding *e, uint64_t address, int64_t count, struct effect *ret)
{
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1, op = e->reg & 7;
    ret->operand_bytes = bytes;
    ret->changes_flags = true;
    if (is_memory(e)) {
        set_memory(e, address, READS | WRITES, bytes, ret);
        return true;
    }
    register_number rm = operand_register(e, e->rm, bytes);
    bool is_followed = bytes >= 4 && count >= 0 && (op == 4 || op == 5);
    count &= bytes == 8 ? 63 : 31;
    if (is_followed)
        set_value(ret, op == 4 ? VALUE_SHIFT_LEFT : VALUE_SHIFT_RIGHT, rm, rm, count);
    else
        set_value(ret, VALUE_UNKNOWN, rm, REGISTER_NONE, 0);
    return true;
}

/** flags = rm & rm, or rm & something else. */
static void test_registers(const struct encoding *e, unsigned bytes, struct effect *ret)
{
    ret->operand_bytes = bytes;
    ret->changes_flags = true;
    if (!is_memory(e) && e->reg == e->rm && !is_high_byte(e, e->rm, bytes))
        set_value(ret, VALUE_COMPARE, REGISTER_NONE, e->rm, 0);
}

/** Group 3: test, not, neg, mul, imul, div, idiv. */
static bool group_3(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1, op = e->reg & 7;
    ret->operand_bytes = bytes;
    ret->changes_flags = op != 2;
    if (is_memory(e))
        set_memory(e, address, op == 2 || op == 3 ? READS | WRITES : READS, bytes, ret);
    else if (op == 2 || op == 3)
        set_value(ret, VALUE_UNKNOWN, operand_register(e, e->rm, bytes), REGISTER_NONE, 0);
    if (op >= 4)
        ret->clobbered = REGISTER_BIT(RAX) | (bytes > 1 ? REGISTER_BIT(RDX) : 0);
    return true;
}

/** An indirect jump or call; the memory operand or the register holds the target. */
static void set_indirect_target(const struct encoding *e, uint64_t address, struct effect *ret)
{
    if (!is_memory(e)) {
        ret->target_kind = TARGET_REGISTER;
        ret->target_register = e->rm;
        return;
    }
    set_memory(e, address, READS, 8, ret);
    ret->target_kind = TARGET_MEMORY;
    if (e->base == REGISTER_NONE && e->index == REGISTER_NONE && !e->has_segment) {
        ret->target_kind = TARGET_SLOT;
        ret->target = ret->displacement;
    }
}

static void push(struct effect *ret, register_number source, int64_t value)
{
    ret->stack = STACK_ADD;
    ret->stack_value = -8;
    ret->operand_bytes = 8;
    set_value(ret, VALUE_PUSH, REGISTER_NONE, source, value);
}

/** Opcodes fe and ff: inc, dec, call, jmp, push. */
static bool group_5(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned op = e->reg & 7, bytes = e->opcode & 1 ? e->operand_bytes : 1;
    if (op < 2) {
        ret->operand_bytes = bytes;
        ret->changes_flags = true;
        if (is_memory(e))
            set_memory(e, address, READS | WRITES, bytes, ret);
        else
            operate_immediate(ret, OP_ADD, operand_register(e, e->rm, bytes), op ? -1 : 1);
        return true;
    }
    if (e->opcode == 0xfe || e->has_66 || op == 3 || op == 5 || op == 7)
        return false;
    if (op == 6) {
        if (!is_memory(e))
            return false;
        push(ret, REGISTER_NONE, 0);
        ret->value_kind = VALUE_NONE;
        set_memory(e, address, READS, 8, ret);
        return true;
    }
    ret->control = op == 2 ? CONTROL_CALL : CONTROL_JUMP;
    set_indirect_target(e, address, ret);
    return true;
}

static const uint8_t conditions[16] = {
    [2] = CONDITION_BELOW,     [3] = CONDITION_ABOVE_EQUAL, [4] = CONDITION_EQUAL,
    [5] = CONDITION_NOT_EQUAL, [6] = CONDITION_BELOW_EQUAL, [7] = CONDITION_ABOVE,
};

bool x86_64_jump(const struct encoding *e, uint64_t address, enum control control,
                 struct effect *ret)
{
    if (e->has_66)
        return false;
    ret->control = control;
    ret->target_kind = TARGET_ADDRESS;
    ret->target = address + e->length + e->immediate;
    if (control == CONTROL_BRANCH)
        ret->condition = conditions[e->opcode & 15];
    return true;
}

bool x86_64_multiply(const struct encoding *e, uint64_t address, bool has_immediate,
                     struct effect *ret)
{
    ret->operand_bytes = e->operand_bytes;
    ret->changes_flags = true;
    if (is_memory(e))
        set_memory(e, address, READS, e->operand_bytes, ret);
    if (has_immediate && !is_memory(e) && e->operand_bytes >= 4)
        set_value(ret, VALUE_MULTIPLY, e->reg, e->rm, e->immediate);
    else
        set_value(ret, VALUE_UNKNOWN, e->reg, REGISTER_NONE, 0);
    return true;
}

static bool leave(struct effect *ret)
{
    ret->stack = STACK_FROM_REGISTER;
    ret->stack_register = RBP;
    ret->stack_value = 8;
    set_value(ret, VALUE_UNKNOWN, RBP, REGISTER_NONE, 0);
    return true;
}

static bool pop(const struct encoding *e, struct effect *ret)
{
    ret->stack = STACK_ADD;
    ret->stack_value = 8;
    ret->operand_bytes = 8;
    set_value(ret, VALUE_POP, e->rm, REGISTER_NONE, 0);
    return true;
}

/** cltq, cwtl: sign extension within rax. */
static bool extend_rax(const struct encoding *e, struct effect *ret)
{
    ret->operand_bytes = e->operand_bytes;
    set_value(ret, e->operand_bytes < 4 ? VALUE_UNKNOWN : VALUE_SIGN_EXTEND, RAX, RAX,
              e->operand_bytes / 2);
    return true;
}

/** The smaller families of opcodes of one byte; jumps, moves and arithmetic are done. */
static bool one_byte_effect(const struct encoding *e, uint64_t address, struct effect *ret)
{
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    switch (e->opcode) {
    case 0x50 ... 0x57:
        push(ret, e->rm, 0);
        return !e->has_66;
    case 0x58 ... 0x5f:
        return !e->has_66 && pop(e, ret);
    case 0x63:
        return x86_64_move_extended(e, address, 4, true, ret);
    case 0x68:
    case 0x6a:
        push(ret, REGISTER_NONE, e->immediate);
        ret->value_may_be_address = e->opcode == 0x68;
        return !e->has_66;
    case 0x69:
    case 0x6b:
        return x86_64_multiply(e, address, true, ret);
    case 0x84:
    case 0x85:
        if (is_memory(e))
            set_memory(e, address, READS, bytes, ret);
        test_registers(e, bytes, ret);
        return true;
    case 0x86:
    case 0x87:
        if (is_memory(e))
            set_memory(e, address, READS | WRITES, bytes, ret);
        else
            ret->clobbered = REGISTER_BIT(operand_register(e, e->rm, bytes));
        set_value(ret, VALUE_UNKNOWN, operand_register(e, e->reg, bytes), REGISTER_NONE, 0);
        return true;
    case 0x8d:
        return load_address(e, address, ret);
    case 0x90:
        ret->is_padding = !e->has_f3;
        return e->rm == RAX && !e->is_wide;
    case 0x98:
        return extend_rax(e, ret);
    case 0x99:
        ret->clobbered = REGISTER_BIT(RDX);
        return true;
    case 0xa8:
    case 0xa9:
        ret->changes_flags = true;
        return true;
    case 0xb0 ... 0xb7:
        ret->operand_bytes = 1;
        set_constant(ret, byte_register(e, e->rm), e->immediate);
        return true;
    case 0xb8 ... 0xbf:
        ret->operand_bytes = e->operand_bytes;
        ret->value_may_be_address = e->immediate_bytes >= 4;
        ret->value_may_be_distance = e->immediate_bytes == 8;
        set_constant(ret, e->rm, e->immediate);
        return true;
    case 0xc0:
    case 0xc1:
        return shift(e, address, e->immediate & 0x3f, ret);
    case 0xc3:
        ret->control = CONTROL_RETURN;
        return true;
    case 0xc6:
    case 0xc7:
        return move_immediate(e, address, ret);
    case 0xc9:
        return !e->has_66 && leave(ret);
    case 0xcc:
        ret->control = CONTROL_TRAP;
        ret->is_padding = true;
        return true;
    case 0xd0 ... 0xd3:
        return shift(e, address, e->opcode < 0xd2 ? 1 : -1, ret);
    case 0xf6:
    case 0xf7:
        return group_3(e, address, ret);
    case 0xfe:
    case 0xff:
        return group_5(e, address, ret);
    default:
        return false;
    }
}

/** Whether the value effect is plain arithmetic on rsp, and which stack effect that is. */
static enum stack_effect stack_effect_of(const struct effect *effect)
{
    if (effect->operand_bytes != 8)
        return STACK_UNKNOWN;
    switch (effect->value_kind) {
    case VALUE_COPY:
        return STACK_FROM_REGISTER;
    case VALUE_ADD:
        if (effect->value < INT32_MIN || effect->value > INT32_MAX)
            return STACK_UNKNOWN;
        return effect->source == RSP ? STACK_ADD : STACK_FROM_REGISTER;
    case VALUE_ADD_REGISTERS:
        return effect->source == RSP && effect->index != RSP && effect->scale == 1 && !effect->value
                   ? STACK_ADD_REGISTER
                   : STACK_UNKNOWN;
    case VALUE_SUBTRACT:
        return effect->index != RSP ? STACK_SUBTRACT_REGISTER : STACK_UNKNOWN;
    case VALUE_AND:
        return effect->source == RSP && effect->value < 0 && effect->value >= INT32_MIN / 2 &&
                       !(-effect->value & (-effect->value - 1))
                   ? STACK_ALIGN
                   : STACK_UNKNOWN;
    case VALUE_LOAD:
    case VALUE_POP:
        return STACK_FROM_SLOT;
    default:
        return STACK_UNKNOWN;
    }
}

void x86_64_settle_stack_pointer(struct effect *effect)
{
    if (effect->destination == RSP) {
        effect->stack = stack_effect_of(effect);
        effect->stack_value = effect->stack == STACK_ALIGN ? -effect->value
                              : effect->stack == STACK_ADD || effect->stack == STACK_FROM_REGISTER
                                  ? effect->value
                                  : 0;
        effect->stack_register =
            effect->stack == STACK_FROM_REGISTER ? effect->source
            : effect->stack == STACK_ADD_REGISTER || effect->stack == STACK_SUBTRACT_REGISTER
                ? effect->index
                : REGISTER_NONE;
        effect->value_kind = VALUE_NONE;
        effect->destination = REGISTER_NONE;
    }
    if (effect->clobbered & REGISTER_BIT(RSP)) {
        effect->stack = STACK_UNKNOWN;
        effect->clobbered &= ~REGISTER_BIT(RSP);
    }
}

bool x86_64_common_effect(const struct encoding *e, uint64_t address, struct effect *ret)
{
    x86_64_clear_effect(ret);
    ret->length = e->length;
    bool is_common;
    if (e->is_0f)
        is_common = x86_64_two_byte_effect(e, address, ret);
    else if (e->opcode >= 0x88 && e->opcode <= 0x8b)
        is_common = move(e, address, ret);
    else if (e->opcode < 0x40)
        is_common = arithmetic(e, address, ret);
    else if ((e->opcode & 0xf0) == 0x70)
        is_common = x86_64_jump(e, address, CONTROL_BRANCH, ret);
    else if (e->opcode >= 0x80 && e->opcode <= 0x83)
        is_common = arithmetic_immediate(e, address, ret);
    else if (e->opcode >= 0xe8)
        is_common =
            e->opcode <= 0xeb
                ? x86_64_jump(e, address, e->opcode == 0xe8 ? CONTROL_CALL : CONTROL_JUMP, ret)
                : one_byte_effect(e, address, ret);
    else
        is_common = one_byte_effect(e, address, ret);
    x86_64_settle_stack_pointer(ret);
    ret->consumed = x86_64_consumed(e);
    return is_common;
}
