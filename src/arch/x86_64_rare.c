/*
 * x86_64_rare.c: the effect of any x86-64 instruction, by way of Zydis. In: bytes. Out: the effect:
 * what is written according to the list of operands, and the few rare ones that move control or the
 * stack pointer. Values are not followed through rare instructions.
 */
#include "arch/x86_64.h"

#include <Zydis/Zydis.h>

#include <stdio.h>

/* What ZydisDecoderInit() would set up for 64-bit mode, without a run-time step. */
static const ZydisDecoder decoder = {
    .machine_mode = ZYDIS_MACHINE_MODE_LONG_64,
    .stack_width = ZYDIS_STACK_WIDTH_64,
    .decoder_mode =
        {
            [ZYDIS_DECODER_MODE_MPX] = ZYAN_TRUE,
            [ZYDIS_DECODER_MODE_CET] = ZYAN_TRUE,
            [ZYDIS_DECODER_MODE_LZCNT] = ZYAN_TRUE,
            [ZYDIS_DECODER_MODE_TZCNT] = ZYAN_TRUE,
            [ZYDIS_DECODER_MODE_WBNOINVD] = ZYAN_TRUE,
            [ZYDIS_DECODER_MODE_CLDEMOTE] = ZYAN_TRUE,
        },
};

/** Returns the general-purpose register that @p reg is or is a part of, or REGISTER_NONE. */
static register_number general_register(ZydisRegister reg)
{
    ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (ZydisRegisterGetClass(whole) != ZYDIS_REGCLASS_GPR64)
        return REGISTER_NONE;
    return ZydisRegisterGetId(whole);
}

static void add_memory(const ZydisDecodedOperand *operand, uint64_t next, struct effect *ret)
{
    bool is_rip_relative = operand->mem.base == ZYDIS_REGISTER_RIP;
    ret->base = is_rip_relative ? REGISTER_NONE : general_register(operand->mem.base);
    ret->index = general_register(operand->mem.index);
    ret->scale = operand->mem.scale ? operand->mem.scale : 1;
    ret->displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
    ret->is_thread_local =
        operand->mem.segment == ZYDIS_REGISTER_FS || operand->mem.segment == ZYDIS_REGISTER_GS;
    if (is_rip_relative && !ret->is_thread_local) {
        ret->displacement += next;
        ret->displacement_is_address = true;
    } else if (!ret->is_thread_local && ret->base != RSP) {
        ret->displacement_may_be_address =
            ret->displacement > INT16_MAX || ret->displacement < INT16_MIN;
    }
    if (operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN) {
        ret->consumed |= ret->base != REGISTER_NONE ? REGISTER_BIT(ret->base) : 0;
        ret->consumed |= ret->index != REGISTER_NONE ? REGISTER_BIT(ret->index) : 0;
    }
    if (operand->mem.type != ZYDIS_MEMOP_TYPE_MEM)
        return;
    ret->reads_memory = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    ret->writes_memory = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    unsigned bytes = operand->size / 8;
    ret->access_bytes = bytes <= UINT8_MAX ? bytes : 0;
}

static void add_register(const ZydisDecodedOperand *operand, struct effect *ret)
{
    register_number reg = general_register(operand->reg.value);
    if (reg == REGISTER_NONE)
        return;
    if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
        ret->clobbered |= REGISTER_BIT(reg);
    if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ &&
        operand->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
        ret->consumed |= REGISTER_BIT(reg);
}

static void add_operands(const ZydisDecodedInstruction *instruction,
                         const ZydisDecodedOperand *operands, uint64_t next, struct effect *ret)
{
    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
            operand->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
            add_memory(operand, next, ret);
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
            add_register(operand, ret);
    }
}

/** The size of what an instruction pushes or pops: its hidden operand at the stack pointer. */
static unsigned stack_operand_bytes(const ZydisDecodedInstruction *instruction,
                                    const ZydisDecodedOperand *operands)
{
    for (unsigned i = 0; i < instruction->operand_count; i++)
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
            operands[i].mem.base == ZYDIS_REGISTER_RSP)
            return operands[i].size / 8;
    return 0;
}

/** A push or pop with an odd operand: flags, segment registers, memory, 16 bits. */
static void set_stack_move(int sign, unsigned bytes, struct effect *ret)
{
    bool is_overwritten = sign > 0 && ret->destination == RSP;
    ret->clobbered &= ~REGISTER_BIT(RSP);
    ret->stack = bytes && !is_overwritten ? STACK_ADD : STACK_UNKNOWN;
    ret->stack_value = sign * (int)bytes;
}

/** enter: push rbp; mov rsp, rbp; sub bytes, rsp. Nested frames are not followed. */
static void set_enter(const ZydisDecodedOperand *operands, struct effect *ret)
{
    ret->clobbered &= ~REGISTER_BIT(RSP);
    if (operands[1].imm.value.u & 31) {
        ret->stack = STACK_UNKNOWN;
        return;
    }
    ret->clobbered &= ~REGISTER_BIT(RBP);
    ret->stack = STACK_ADD;
    ret->stack_value = -8 - (int)(operands[0].imm.value.u & 0xffff);
    ret->operand_bytes = 8;
    ret->value_kind = VALUE_ADD;
    ret->destination = RBP;
    ret->source = RSP;
    ret->value = -8;
}

static void set_relative_target(const ZydisDecodedInstruction *instruction, uint64_t address,
                                const ZydisDecodedOperand *operands, enum control control,
                                struct effect *ret)
{
    ZyanU64 target;
    ret->control = control;
    ret->target_kind = TARGET_MEMORY; // far: nobody follows it
    ret->clobbered &= ~REGISTER_BIT(RSP);
    if (operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
        ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(instruction, &operands[0], address, &target))) {
        ret->target_kind = TARGET_ADDRESS;
        ret->target = target;
    } else if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER) {
        ret->target_kind = TARGET_REGISTER;
        ret->target_register = general_register(operands[0].reg.value);
    } else if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY && ret->displacement_is_address &&
               ret->access_bytes == 8) {
        ret->target_kind = TARGET_SLOT;
        ret->target = ret->displacement;
    }
}

static void set_return(struct effect *ret)
{
    ret->control = CONTROL_RETURN;
    ret->clobbered &= ~REGISTER_BIT(RSP);
}

static void set_interrupt(const ZydisDecodedOperand *operands, struct effect *ret)
{
    if (operands[0].imm.value.u == 0x29) // Windows' __fastfail
        ret->control = CONTROL_TRAP;
    else
        ret->clobbered |= REGISTER_BIT(RAX); // a system call's result
    // The numbers of int $0x80 are those of another machine.
    ret->is_system_call = operands[0].imm.value.u == 0x80;
    ret->operand_bytes = 4;
    ret->clobbered &= ~REGISTER_BIT(RSP);
}

/** Whether the instruction is one whose control flow Zydis's operands do not tell. */
static void set_control(const ZydisDecodedInstruction *instruction, uint64_t address,
                        const ZydisDecodedOperand *operands, struct effect *ret)
{
    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
        ret->is_system_call = true;
        ret->clobbered |= REGISTER_BIT(RAX);
        ret->clobbered &= ~REGISTER_BIT(RSP);
        return;
    case ZYDIS_MNEMONIC_INT:
        set_interrupt(operands, ret);
        return;
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
        ret->control = CONTROL_TRAP;
        ret->clobbered &= ~REGISTER_BIT(RSP);
        return;
    case ZYDIS_MNEMONIC_ENTER:
        set_enter(operands, ret);
        return;
    case ZYDIS_MNEMONIC_XBEGIN:
        set_relative_target(instruction, address, operands, CONTROL_BRANCH, ret);
        ret->clobbered |= REGISTER_BIT(RAX);
        return;
    case ZYDIS_MNEMONIC_XABORT: // goes to where the xbegin says, or nowhere without one
        return;
    default:
        break;
    }
    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_PUSH:
        set_stack_move(-1, stack_operand_bytes(instruction, operands), ret);
        break;
    case ZYDIS_CATEGORY_POP:
        if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            operands[0].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT) // not of popf
            ret->destination = general_register(operands[0].reg.value);
        set_stack_move(1, stack_operand_bytes(instruction, operands), ret);
        ret->destination = REGISTER_NONE;
        break;
    case ZYDIS_CATEGORY_CALL:
        set_relative_target(instruction, address, operands, CONTROL_CALL, ret);
        break;
    case ZYDIS_CATEGORY_UNCOND_BR:
        set_relative_target(instruction, address, operands, CONTROL_JUMP, ret);
        break;
    case ZYDIS_CATEGORY_COND_BR:
        set_relative_target(instruction, address, operands, CONTROL_BRANCH, ret);
        break;
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSRET:
        set_return(ret);
        break;
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_WIDENOP:
        ret->is_padding = true;
        ret->consumed = 0;
        ret->reads_memory = ret->displacement_may_be_address = false;
        break;
    default:
        break;
    }
}

void x86_64_rare_effect(const uint8_t *bytes, size_t count, uint64_t address, struct effect *ret)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    struct encoding encoding;
    x86_64_clear_effect(ret);
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, count, &instruction, operands))) {
        if (x86_64_scan_vector(bytes, count, &encoding))
            x86_64_vector_effect(&encoding, address, ret);
        return;
    }
    ret->length = instruction.length;
    ret->changes_flags =
        instruction.cpu_flags && (instruction.cpu_flags->modified | instruction.cpu_flags->set_0 |
                                  instruction.cpu_flags->set_1 | instruction.cpu_flags->undefined);
    add_operands(&instruction, operands, address + instruction.length, ret);
    set_control(&instruction, address, operands, ret);
    x86_64_settle_stack_pointer(ret);
}

void x86_64_format(const uint8_t *bytes, size_t count, uint64_t address, char *ret, size_t size)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisFormatter formatter;
    if (ZYAN_FAILED(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT)) ||
        ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, count, &instruction, operands)) ||
        ZYAN_FAILED(ZydisFormatterFormatInstruction(&formatter, &instruction, operands,
                                                    instruction.operand_count_visible, ret, size,
                                                    address, ZYAN_NULL)))
        snprintf(ret, size, "(bad)");
}
