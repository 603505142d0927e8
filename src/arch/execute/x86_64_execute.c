/*
 * x86_64_execute.c: x86-64 instructions executed on registers, flags and memory of which only parts
 * are known. In: bytes, a machine. Out: the machine behind the instruction; of a branch, which way.
 *
 * What an opcode computes is from the Intel SDM, volume 2; parity and auxiliary flags are not
 * followed. Here are moves, stack operations and dispatch; arithmetic is next door. What is not
 * here is executed by its effect: what it writes is not known any more, and an address in the stack
 * that it reads has leaked. Of instructions that only Zydis knows that holds for all of memory.
 */
#include "arch/execute/x86_64_step.h"

enum { VECTOR_BYTES = 64 }; /* the widest access of one instruction */

/* ---- Operands -------------------------------------------------------------------------------- */

struct known x86_64_result(struct step *step, struct known a, struct known b, struct known result)
{
    bool was_stack = a.base == BASE_STACK || b.base == BASE_STACK;
    if (was_stack && result.base != BASE_STACK && !known_is_number(result, 8))
        step->machine->has_leaked = true;
    return result;
}

struct known x86_64_operand_address(struct step *step)
{
    const struct encoding *e = step->encoding;
    const struct known *registers = step->machine->registers;
    if (e->has_segment)
        return known_nothing();
    if (e->is_rip_relative)
        return (struct known){.number = step->next + (uint64_t)e->displacement,
                              .mask = UINT64_MAX,
                              .base = BASE_IMAGE};
    struct known address = known_number((uint64_t)e->displacement);
    if (e->base != REGISTER_NONE)
        address = x86_64_result(step, registers[e->base], address,
                                known_add(registers[e->base], address, 8));
    if (e->index == REGISTER_NONE)
        return address;
    struct known index = registers[e->index];
    struct known scaled =
        e->scale == 1
            ? index
            : x86_64_result(step, index, index, known_multiply(index, known_number(e->scale), 8));
    return x86_64_result(step, address, scaled, known_add(address, scaled, 8));
}

struct known x86_64_read_register(struct step *step, uint8_t number, unsigned bytes)
{
    struct known value = step->machine->registers[operand_register(step->encoding, number, bytes)];
    if (bytes < 8 && value.base == BASE_STACK)
        step->machine->has_leaked = true;
    if (is_high_byte(step->encoding, number, bytes) && !known_is_address(value)) {
        value.number >>= 8;
        value.mask >>= 8;
    }
    return known_cut(value, bytes);
}

void x86_64_write_register(struct step *step, uint8_t number, unsigned bytes, struct known value)
{
    struct known *place =
        &step->machine->registers[operand_register(step->encoding, number, bytes)];
    value = known_cut(value, bytes);
    if (bytes >= 4) {
        *place = value;
        return;
    }
    unsigned shift = is_high_byte(step->encoding, number, bytes) ? 8 : 0;
    uint64_t width = width_mask(bytes) << shift;
    struct known old = known_is_address(*place) ? known_nothing() : *place;
    place->base = BASE_NUMBER;
    place->number = (old.number & ~width) | ((value.number << shift) & width);
    place->mask = (old.mask & ~width) | ((value.mask << shift) & width);
}

struct known x86_64_read_operand(struct step *step, unsigned bytes)
{
    if (!is_memory(step->encoding))
        return x86_64_read_register(step, step->encoding->rm, bytes);
    return step->machine->load(step->machine, x86_64_operand_address(step), bytes);
}

void x86_64_write_operand(struct step *step, unsigned bytes, struct known value)
{
    if (is_memory(step->encoding))
        step->machine->store(step->machine, x86_64_operand_address(step), bytes, value);
    else
        x86_64_write_register(step, step->encoding->rm, bytes, value);
}

/* ---- Moves and the stack --------------------------------------------------------------------- */

static void push(struct step *step, struct known value)
{
    struct machine *machine = step->machine;
    machine->registers[RSP] = known_subtract(machine->registers[RSP], known_number(8), 8);
    machine->store(machine, machine->registers[RSP], 8, value);
}

static struct known pop(struct step *step)
{
    struct machine *machine = step->machine;
    struct known value = machine->load(machine, machine->registers[RSP], 8);
    machine->registers[RSP] = known_add(machine->registers[RSP], known_number(8), 8);
    return value;
}

static void leave(struct step *step)
{
    step->machine->registers[RSP] = step->machine->registers[RBP];
    step->machine->registers[RBP] = pop(step);
}

static void move(struct step *step, unsigned bytes)
{
    const struct encoding *e = step->encoding;
    if (e->opcode < 0x8a)
        x86_64_write_operand(step, bytes, x86_64_read_register(step, e->reg, bytes));
    else
        x86_64_write_register(step, e->reg, bytes, x86_64_read_operand(step, bytes));
}

static void move_extended(struct step *step, unsigned bytes, bool is_signed)
{
    const struct encoding *e = step->encoding;
    struct known value = x86_64_read_operand(step, bytes);
    if (is_signed)
        value = known_extend(value, bytes);
    x86_64_write_register(step, e->reg, e->operand_bytes, value);
}

static void load_address(struct step *step)
{
    const struct encoding *e = step->encoding;
    struct known address = x86_64_operand_address(step);
    if (e->operand_bytes < 8)
        address = x86_64_result(step, address, address, known_cut(address, e->operand_bytes));
    x86_64_write_register(step, e->reg, e->operand_bytes, address);
}

/** cwtl, cltq and their like. */
static void extend_rax(struct step *step)
{
    unsigned bytes = step->encoding->operand_bytes;
    struct known value = x86_64_read_register(step, RAX, bytes / 2);
    x86_64_write_register(step, RAX, bytes, known_extend(value, bytes / 2));
}

static void set_condition(struct step *step)
{
    enum truth truth = x86_64_condition(step->machine, step->encoding->opcode & 15);
    struct known value = {.mask = ~UINT64_C(1)};
    if (truth != TRUTH_UNKNOWN)
        value = known_number(truth == TRUTH_YES);
    x86_64_write_operand(step, 1, value);
}

static void move_if(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->operand_bytes;
    enum truth truth = x86_64_condition(step->machine, e->opcode & 15);
    struct known yes = x86_64_read_operand(step, bytes);
    struct known no = x86_64_read_register(step, e->reg, bytes);
    struct known value = truth == TRUTH_YES ? yes : no;
    if (truth == TRUTH_UNKNOWN)
        value = x86_64_result(step, yes, no, known_meet(yes, no));
    x86_64_write_register(step, e->reg, bytes, value);
}

/* ---- By effect ------------------------------------------------------------------------------- */

/** Forgets what the effect says that is written. */
static void apply_effect(struct machine *machine, const struct effect *effect)
{
    if (effect->destination != REGISTER_NONE)
        machine->registers[effect->destination] = known_nothing();
    for (uint32_t set = effect->clobbered; set; set &= set - 1)
        machine->registers[__builtin_ctz(set)] = known_nothing();
    if (effect->stack != STACK_NONE)
        machine->registers[RSP] = known_nothing();
    if (effect->changes_flags || effect->value_kind == VALUE_COMPARE ||
        effect->value_kind == VALUE_COMPARE_REGISTERS)
        machine->known_flags = 0;
}

static void note_leak(struct machine *machine, register_number number)
{
    machine->has_leaked |= machine->registers[number & 15].base == BASE_STACK;
}

/** A bit whose number is in a register may be far from the operand. */
static bool is_bit_string(const struct encoding *e)
{
    return e->is_0f && is_memory(e) &&
           (e->opcode == 0xa3 || e->opcode == 0xab || e->opcode == 0xb3 || e->opcode == 0xbb);
}

static bool execute_by_effect(struct step *step, uint64_t address)
{
    const struct encoding *e = step->encoding;
    struct effect effect;
    if (!x86_64_common_effect(e, address, &effect) || effect.control != CONTROL_NEXT ||
        is_bit_string(e))
        return false;
    note_leak(step->machine, RAX);
    note_leak(step->machine, e->reg);
    if (e->has_modrm && is_memory(e))
        step->machine->touch(step->machine, x86_64_operand_address(step), VECTOR_BYTES,
                             effect.writes_memory);
    else
        note_leak(step->machine, e->rm);
    apply_effect(step->machine, &effect);
    return true;
}

/** What the common tables do not know may read all registers and write all memory. */
static void execute_rare(const uint8_t *bytes, size_t count, uint64_t address,
                         struct machine *machine)
{
    struct effect effect;
    x86_64_rare_effect(bytes, count, address, &effect);
    machine->has_leaked = true;
    machine->touch(machine, known_nothing(), VECTOR_BYTES, true);
    apply_effect(machine, &effect);
    machine->known_flags = 0;
    if (!effect.length || effect.control != CONTROL_NEXT)
        machine->registers[RSP] = known_nothing();
}

/* ---- Dispatch -------------------------------------------------------------------------------- */

static bool execute_two_byte(struct step *step)
{
    const struct encoding *e = step->encoding;
    switch (e->opcode) {
    case 0x1f:
        return (e->reg & 7) == 0;
    case 0x40 ... 0x4f:
        move_if(step);
        return true;
    case 0x90 ... 0x9f:
        set_condition(step);
        return true;
    case 0xaf:
        x86_64_multiply_into(step, x86_64_read_register(step, e->reg, e->operand_bytes));
        return true;
    case 0xb6 ... 0xb7:
    case 0xbe ... 0xbf:
        move_extended(step, e->opcode & 1 ? 2 : 1, e->opcode & 8);
        return true;
    default:
        return false;
    }
}

static bool execute_one_byte(struct step *step)
{
    const struct encoding *e = step->encoding;
    unsigned bytes = e->opcode & 1 ? e->operand_bytes : 1;
    struct known immediate = known_number((uint64_t)e->immediate);
    if (e->has_66 && ((e->opcode & 0xf0) == 0x50 || e->opcode == 0xc9))
        return false;
    switch (e->opcode) {
    case 0x50 ... 0x57:
        push(step, step->machine->registers[e->rm]);
        return true;
    case 0x58 ... 0x5f:
        step->machine->registers[e->rm] = pop(step);
        return true;
    case 0x63:
        move_extended(step, 4, true);
        return true;
    case 0x68:
    case 0x6a:
        push(step, immediate);
        return !e->has_66;
    case 0x69:
    case 0x6b:
        x86_64_multiply_into(step, immediate);
        return true;
    case 0x88 ... 0x8b:
        move(step, bytes);
        return true;
    case 0x8d:
        load_address(step);
        return is_memory(e);
    case 0x90:
        return e->rm == RAX && !e->is_wide;
    case 0x98:
        extend_rax(step);
        return true;
    case 0xb0 ... 0xb7:
        x86_64_write_register(step, e->rm, 1, immediate);
        return true;
    case 0xb8 ... 0xbf:
        x86_64_write_register(step, e->rm, e->operand_bytes, immediate);
        return true;
    case 0xc6 ... 0xc7:
        if (e->reg & 7)
            return false;
        x86_64_write_operand(step, bytes, immediate);
        return true;
    case 0xc9:
        leave(step);
        return true;
    case 0xff:
        if ((e->reg & 7) != 6 || e->has_66)
            return x86_64_arithmetic(step);
        push(step, x86_64_read_operand(step, 8));
        return true;
    default:
        return x86_64_arithmetic(step);
    }
}

static bool is_branch(const struct encoding *e)
{
    return (e->opcode & 0xf0) == (e->is_0f ? 0x80 : 0x70);
}

enum outcome x86_64_execute(const uint8_t *bytes, size_t count, uint64_t address,
                            struct machine *machine)
{
    static const enum outcome outcomes[] = {[TRUTH_NO] = OUTCOME_NOT_TAKEN,
                                            [TRUTH_YES] = OUTCOME_TAKEN,
                                            [TRUTH_UNKNOWN] = OUTCOME_EITHER};
    struct encoding encoding;
    if (!x86_64_scan(bytes, count, &encoding)) {
        execute_rare(bytes, count, address, machine);
    } else if (is_branch(&encoding)) {
        return outcomes[x86_64_condition(machine, encoding.opcode & 15)];
    } else {
        // A refusal comes before anything is changed, or with a stack pointer that is lost.
        struct step step = {&encoding, machine, address + encoding.length};
        bool is_done = encoding.is_0f ? execute_two_byte(&step) : execute_one_byte(&step);
        if (!is_done && !execute_by_effect(&step, address))
            execute_rare(bytes, count, address, machine);
    }
    return machine->registers[RSP].base == BASE_STACK ? OUTCOME_NEXT : OUTCOME_LOST;
}
