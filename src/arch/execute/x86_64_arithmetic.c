/*
 * x86_64_arithmetic.c: arithmetic, comparisons and shifts of x86-64, with the flags that they
 * leave. In: a step whose operands are partly known. Out: the machine behind it.
 *
 * Divisions, bit scans and rotations are left out on purpose: no allocation hangs on them.
 */
#include "arch/execute/x86_64_step.h"

enum { OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP };

/* ---- Flags ----------------------------------------------------------------------------------- */

static void set_flag(struct machine *machine, enum x86_64_flag flag, enum truth truth)
{
    machine->known_flags &= ~flag;
    machine->flags &= ~flag;
    if (truth == TRUTH_UNKNOWN)
        return;
    machine->known_flags |= flag;
    if (truth == TRUTH_YES)
        machine->flags |= flag;
}

static enum truth flag(const struct machine *machine, enum x86_64_flag flag)
{
    if (!(machine->known_flags & flag))
        return TRUTH_UNKNOWN;
    return machine->flags & flag ? TRUTH_YES : TRUTH_NO;
}

static enum truth either(enum truth a, enum truth b)
{
    if (a == TRUTH_YES || b == TRUTH_YES)
        return TRUTH_YES;
    return a == TRUTH_NO && b == TRUTH_NO ? TRUTH_NO : TRUTH_UNKNOWN;
}

static enum truth differs(enum truth a, enum truth b)
{
    if (a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    return a != b ? TRUTH_YES : TRUTH_NO;
}

enum truth x86_64_condition(const struct machine *machine, unsigned code)
{
    enum truth carry = flag(machine, FLAG_CARRY), zero = flag(machine, FLAG_ZERO);
    enum truth sign = flag(machine, FLAG_SIGN), overflow = flag(machine, FLAG_OVERFLOW);
    enum truth less = differs(sign, overflow);
    const enum truth truths[] = {overflow, carry,         zero, either(carry, zero),
                                 sign,     TRUTH_UNKNOWN, less, either(less, zero)};
    enum truth truth = truths[code >> 1];
    return code & 1 && truth != TRUTH_UNKNOWN ? (enum truth) !truth : truth;
}

static enum truth bit(struct known value, unsigned bytes)
{
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    if (known_is_address(value) || !(value.mask & sign))
        return TRUTH_UNKNOWN;
    return value.number & sign ? TRUTH_YES : TRUTH_NO;
}

/** Zero and sign of a result; carry and overflow as of an operation on bits. */
static void set_logic_flags(struct machine *machine, struct known result, unsigned bytes)
{
    set_flag(machine, FLAG_CARRY, TRUTH_NO);
    set_flag(machine, FLAG_OVERFLOW, TRUTH_NO);
    set_flag(machine, FLAG_ZERO, known_is_equal(result, known_number(0), bytes));
    set_flag(machine, FLAG_SIGN, bit(result, bytes));
}

/** Overflow of a + b, where @p b may have been negated: the result's sign is not that of both. */
static enum truth overflow_of(struct known a, struct known b, struct known result, unsigned bytes,
                              bool is_subtraction)
{
    enum truth a_sign = bit(a, bytes), b_sign = bit(b, bytes), sign = bit(result, bytes);
    if (a_sign == TRUTH_UNKNOWN || b_sign == TRUTH_UNKNOWN || sign == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    bool may_overflow = is_subtraction ? a_sign != b_sign : a_sign == b_sign;
    return may_overflow && sign != a_sign ? TRUTH_YES : TRUTH_NO;
}

static void set_add_flags(struct machine *machine, struct known a, struct known b,
                          struct known result, unsigned bytes)
{
    bool is_known = known_is_number(a, bytes) && known_is_number(b, bytes);
    set_logic_flags(machine, result, bytes);
    set_flag(machine, FLAG_CARRY, is_known ? known_is_below(result, a, bytes) : TRUTH_UNKNOWN);
    set_flag(machine, FLAG_OVERFLOW, overflow_of(a, b, result, bytes, false));
}

static void set_subtract_flags(struct machine *machine, struct known a, struct known b,
                               unsigned bytes)
{
    struct known result = known_subtract(a, b, bytes);
    set_flag(machine, FLAG_CARRY, known_is_below(a, b, bytes));
    set_flag(machine, FLAG_ZERO, known_is_equal(a, b, bytes));
    set_flag(machine, FLAG_SIGN, bit(result, bytes));
    set_flag(machine, FLAG_OVERFLOW, overflow_of(a, b, result, bytes, true));
}

/* ---- Operations ------------------------------------------------------------------------------ */

/** sbb of a register and itself spreads the carry; other sums with it are not followed. */
static struct known add_carry(struct step *step, unsigned op, bool is_same)
{
    enum truth carry = flag(step->machine, FLAG_CARRY);
    step->machine->known_flags = 0;
    if (op != OP_SBB || !is_same || carry == TRUTH_UNKNOWN)
        return known_nothing();
    return known_number(carry == TRUTH_YES ? UINT64_MAX : 0);
}

/** Returns a op b and sets the flags; @p is_same: they are one register. */
static struct known operate(struct step *step, unsigned op, struct known a, struct known b,
                            unsigned bytes, bool is_same)
{
    struct machine *machine = step->machine;
    struct known result;
    switch (op) {
    case OP_ADC:
    case OP_SBB:
        return x86_64_result(step, a, b, add_carry(step, op, is_same));
    case OP_ADD:
        result = known_add(a, b, bytes);
        set_add_flags(machine, a, b, result, bytes);
        break;
    case OP_SUB:
    case OP_CMP:
        if (is_same)
            a = b = known_number(0);
        result = known_subtract(a, b, bytes);
        set_subtract_flags(machine, a, b, bytes);
        break;
    case OP_AND:
        result = is_same ? a : known_and(a, b);
        set_logic_flags(machine, result, bytes);
        break;
    case OP_OR:
        result = is_same ? a : known_or(a, b);
        set_logic_flags(machine, result, bytes);
        break;
    default:
        result = is_same ? known_number(0) : known_xor(a, b);
        set_logic_flags(machine, result, bytes);
    }
    return result;
}

/** Opcodes 00 to 3d: the op is in the middle bits, the form in the low ones. */
static void two_operands(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned op = e->opcode >> 3, form = e->opcode & 7;
    unsigned bytes = form & 1 ? e->operand_bytes : 1;
    bool is_same = form < 4 && !is_memory(e) && e->reg == e->rm;
    if (form >= 4) {
        struct known a = x86_64_read_register(step, RAX, bytes);
        struct known b = known_number((uint64_t)e->immediate);
        struct known result = operate(step, op, a, known_cut(b, bytes), bytes, false);
        if (op != OP_CMP)
            x86_64_write_register(step, RAX, bytes, x86_64_result(step, a, b, result));
        return;
    }
    struct known rm = x86_64_read_operand(step, bytes);
    struct known reg = x86_64_read_register(step, e->reg, bytes);
    struct known a = form < 2 ? rm : reg, b = form < 2 ? reg : rm;
    struct known result = operate(step, op, a, b, bytes, is_same);
    if (op == OP_CMP)
        return;
    result = x86_64_result(step, a, b, result);
    if (form < 2)
        x86_64_write_operand(step, bytes, result);
    else
        x86_64_write_register(step, e->reg, bytes, result);
}

/** Opcodes 80, 81, 83: the op is in ModRM. */
static void with_immediate(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned op = e->reg & 7, bytes = e->opcode == 0x80 ? 1 : e->operand_bytes;
    struct known a = x86_64_read_operand(step, bytes);
    struct known b = known_cut(known_number((uint64_t)e->immediate), bytes);
    struct known result = operate(step, op, a, b, bytes, false);
    if (op != OP_CMP)
        x86_64_write_operand(step, bytes, x86_64_result(step, a, b, result));
}

static void test(struct step *step, struct known other, unsigned bytes, bool is_same)
{
    struct known value = x86_64_read_operand(step, bytes);
    set_logic_flags(step->machine, is_same ? value : known_and(value, known_cut(other, bytes)),
                    bytes);
}

static void test_registers(struct step *step, unsigned bytes)
{
    const struct encoding *e = step->encoding;
    test(step, x86_64_read_register(step, e->reg, bytes), bytes, !is_memory(e) && e->reg == e->rm);
}

static struct known shifted(struct known value, unsigned op, unsigned count, unsigned bytes)
{
    if (known_is_address(value))
        return known_nothing();
    struct known result = {0};
    if (op == 4) {
        result.number = value.number << count;
        result.mask = value.mask << count | ((UINT64_C(1) << count) - 1);
        return result;
    }
    if (op == 7)
        value = known_extend(value, bytes);
    result.number = op == 5 ? value.number >> count : (uint64_t)((int64_t)value.number >> count);
    result.mask = (uint64_t)((int64_t)value.mask >> count);
    if (op == 5)
        result.mask = ~(~value.mask >> count);
    return result;
}

/** Group 2: shifts by a count, or by cl if it is negative; rotations are not followed. */
static bool shift(struct step *step, int64_t count)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1, op = e->reg & 7;
    struct known by = known_cut(step->machine->registers[RCX], 1);
    if (count < 0 && known_is_number(by, 1))
        count = (int64_t)by.number;
    if (op < 4 || op == 6 || count < 0)
        return false;
    count &= bytes == 8 ? 63 : 31;
    if (!count)
        return false;
    struct known value = x86_64_read_operand(step, bytes);
    struct known result = known_cut(shifted(value, op, (unsigned)count, bytes), bytes);
    set_logic_flags(step->machine, result, bytes);
    step->machine->known_flags &= ~(FLAG_CARRY | FLAG_OVERFLOW);
    x86_64_write_operand(step, bytes, x86_64_result(step, value, value, result));
    return true;
}

/** rdx:rax = rax * operand; both halves only of numbers that are known. */
static void multiply_wide(struct step *step, unsigned bytes)
{
    struct known a = x86_64_read_register(step, RAX, bytes);
    struct known b = x86_64_read_operand(step, bytes), low = {0}, high = {0};
    step->machine->known_flags = 0;
    if (known_is_number(a, bytes) && known_is_number(b, bytes)) {
        unsigned __int128 product = (unsigned __int128)a.number * b.number;
        low = known_number((uint64_t)product);
        high = known_number((uint64_t)(product >> (8 * bytes)));
        enum truth is_wide = high.number & width_mask(bytes) ? TRUTH_YES : TRUTH_NO;
        set_flag(step->machine, FLAG_CARRY, is_wide);
        set_flag(step->machine, FLAG_OVERFLOW, is_wide);
    }
    x86_64_write_register(step, RAX, bytes, x86_64_result(step, a, b, low));
    x86_64_write_register(step, RDX, bytes, high);
}

void x86_64_multiply_into(struct step *step, struct known factor)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->operand_bytes;
    struct known a = x86_64_read_operand(step, bytes);
    struct known result = known_multiply(a, factor, bytes);
    step->machine->known_flags = 0;
    if (known_is_number(a, bytes) && known_is_number(factor, bytes)) {
        int64_t product;
        bool is_wide =
            __builtin_mul_overflow((int64_t)known_extend(a, bytes).number,
                                   (int64_t)known_extend(factor, bytes).number, &product) ||
            product != (int64_t)known_extend(result, bytes).number;
        set_flag(step->machine, FLAG_CARRY, is_wide ? TRUTH_YES : TRUTH_NO);
        set_flag(step->machine, FLAG_OVERFLOW, is_wide ? TRUTH_YES : TRUTH_NO);
    }
    x86_64_write_register(step, e->reg, bytes, x86_64_result(step, a, factor, result));
}

/** Group 3: test, not, neg, mul; divisions and signed wide products are not followed. */
static bool group_3(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1, op = e->reg & 7;
    if (op < 2) {
        test(step, known_number((uint64_t)e->immediate), bytes, false);
        return true;
    }
    if (op == 4 && bytes >= 4) {
        multiply_wide(step, bytes);
        return true;
    }
    if (op != 2 && op != 3)
        return false;
    struct known value = x86_64_read_operand(step, bytes), result;
    if (op == 2)
        result = known_cut(known_xor(value, known_number(UINT64_MAX)), bytes);
    else
        result = operate(step, OP_SUB, known_number(0), value, bytes, false);
    x86_64_write_operand(step, bytes, x86_64_result(step, value, value, result));
    return true;
}

/** inc and dec, which leave the carry as it was. */
static bool step_by_one(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1, op = e->reg & 7;
    if (op > 1)
        return false;
    enum truth carry = flag(step->machine, FLAG_CARRY);
    struct known value = x86_64_read_operand(step, bytes);
    struct known result = operate(step, op ? OP_SUB : OP_ADD, value, known_number(1), bytes, false);
    set_flag(step->machine, FLAG_CARRY, carry);
    x86_64_write_operand(step, bytes, x86_64_result(step, value, value, result));
    return true;
}

/** cwtd, cltd, cqto: the sign of rax in all bits of rdx. */
static void spread_sign(struct step *step)
{
    unsigned bytes = step->encoding->operand_bytes;
    enum truth sign = bit(x86_64_read_register(step, RAX, bytes), bytes);
    struct known value = known_nothing();
    if (sign != TRUTH_UNKNOWN)
        value = known_number(sign == TRUTH_YES ? UINT64_MAX : 0);
    x86_64_write_register(step, RDX, bytes, value);
}

bool x86_64_arithmetic(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    switch (e->opcode) {
    case 0x00 ... 0x3f:
        two_operands(step);
        return true;
    case 0x80 ... 0x83:
        with_immediate(step);
        return true;
    case 0x84 ... 0x85:
        test_registers(step, bytes);
        return true;
    case 0x99:
        spread_sign(step);
        return true;
    case 0xa8 ... 0xa9: {
        struct known value = x86_64_read_register(step, RAX, bytes);
        struct known other = known_cut(known_number((uint64_t)e->immediate), bytes);
        set_logic_flags(step->machine, known_and(value, other), bytes);
        return true;
    }
    case 0xc0 ... 0xc1:
        return shift(step, e->immediate & 0x3f);
    case 0xd0 ... 0xd1:
        return shift(step, 1);
    case 0xd2 ... 0xd3:
        return shift(step, -1);
    case 0xf6 ... 0xf7:
        return group_3(step);
    case 0xfe ... 0xff:
        return step_by_one(step);
    default:
        return false;
    }
}
