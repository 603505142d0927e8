/*
 * arch.h: one instruction at a time, told as its effect. This is all that the rest of the program
 * knows about a machine; a new machine is one file and one row of the table in arch.c.
 */
#ifndef DWELL_ARCH_ARCH_H
#define DWELL_ARCH_ARCH_H

#include "program/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where control goes after an instruction. */
enum control {
    CONTROL_NEXT,   /* to the next instruction */
    CONTROL_JUMP,   /* to the target only */
    CONTROL_BRANCH, /* to the target or the next instruction */
    CONTROL_CALL,   /* to the target and, if that returns, to the next instruction */
    CONTROL_RETURN,
    CONTROL_TRAP,   /* nowhere: ud2, hlt, int3, a failed assertion */
};

/** How a jump, branch or call names its target. */
enum target_kind {
    TARGET_NONE,     /* control goes to the next instruction, returns or traps */
    TARGET_ADDRESS,  /* `target` is the address */
    TARGET_SLOT,     /* the address is in memory at `target` (a GOT slot, a pointer variable) */
    TARGET_REGISTER, /* the address is in `target_register` */
    TARGET_MEMORY,   /* the address is in memory at base + index * scale + displacement */
};

/** What an instruction does to the stack pointer. The stack grows down on every machine here. */
enum stack_effect {
    STACK_NONE,
    STACK_ADD,           /* sp += stack_value (negative: grows) */
    STACK_ALIGN,         /* sp &= -stack_value */
    STACK_FROM_REGISTER, /* sp = stack_register + stack_value (leave: rbp, with the pop counted) */
    STACK_FROM_SLOT,     /* sp = a value loaded from memory */
    STACK_UNKNOWN,       /* sp = something else: alloca, stack switch; `stack_register` is the
                            subtrahend of `sub reg, sp`, or REGISTER_NONE */
};

/** What an instruction does to one register, as far as values are followed. */
enum value_effect {
    VALUE_NONE,      /* no register that matters changes, beyond `clobbered` */
    VALUE_CONSTANT,  /* destination = value */
    VALUE_ADDRESS,   /* destination = address of `value` in the image (lea rip-relative) */
    VALUE_LOAD,      /* destination = load_bytes at memory operand (below), sign_extend or zero */
    VALUE_LOAD_SLOT, /* destination = load_bytes from the absolute address `value` */
    VALUE_COPY,      /* destination = source */
    VALUE_ADD,       /* destination = source + value */
    VALUE_ADD_REGISTERS, /* destination = source + index * scale + value */
    VALUE_AND,       /* destination = source & value */
    VALUE_SHIFT_LEFT, /* destination = source << value */
    VALUE_COMPARE,   /* flags = source compared with the constant `value` */
    VALUE_STORE,     /* the memory operand = source (REGISTER_NONE: the constant `value`) */
    VALUE_PUSH,      /* the new top of the stack = source */
    VALUE_POP,       /* destination = top of the stack */
    VALUE_UNKNOWN,   /* destination = something that is not followed */
};

/** Conditions of branches that bound a jump-table index, after VALUE_COMPARE. */
enum condition {
    CONDITION_OTHER,
    CONDITION_ABOVE,          /* unsigned > : to the target when the index is out of range */
    CONDITION_ABOVE_EQUAL,    /* unsigned >= */
    CONDITION_BELOW,          /* unsigned < : to the target when in range */
    CONDITION_BELOW_EQUAL,    /* unsigned <= */
    CONDITION_EQUAL,
    CONDITION_NOT_EQUAL,
};

/** A general-purpose register's number; machines have at most 32. */
typedef uint8_t register_number;
#define REGISTER_NONE 0xff

/** Everything that survives of an instruction. */
struct effect {
    uint8_t length;              /* bytes; 0 if the bytes are no instruction */
    uint8_t control;             /* enum control */
    uint8_t target_kind;         /* enum target_kind */
    uint8_t condition;           /* enum condition, of CONTROL_BRANCH */
    register_number target_register;
    uint8_t stack;               /* enum stack_effect */
    register_number stack_register;
    uint8_t value_kind;          /* enum value_effect */
    register_number destination, source;
    register_number base, index; /* of the memory operand; base REGISTER_NONE: absolute */
    uint8_t scale;               /* of index: 1, 2, 4, 8 */
    uint8_t load_bytes;          /* size of the memory access, 0 if none */
    bool sign_extend;            /* of VALUE_LOAD */
    bool is_narrow;              /* a 32-bit (or smaller) operation on a 64-bit register */
    bool is_padding;             /* nop, int3 and other filling between functions */
    bool reads_memory, writes_memory; /* through the memory operand */
    uint32_t clobbered;          /* set of further registers whose value changes in ways not told */
    int64_t stack_value;
    int64_t value;
    int64_t displacement;        /* of the memory operand */
    uint64_t target;
    /* Addresses that the instruction mentions and that may lie in the image: a rip-relative or
       absolute memory operand (with reads/writes_memory), an address computed by lea, or an
       immediate that could be an address in a non-relocatable image. */
    uint64_t mention;            /* valid if mentions */
    uint64_t mention_immediate;  /* valid if mentions_immediate */
    bool mentions, mentions_immediate;
};

struct arch {
    const char *name;              /* "x86-64", as in JSON */
    uint16_t elf_machine;          /* e_machine of the ELF header */
    unsigned pointer_bytes;
    unsigned return_address_bytes; /* pushed by a call: part of the callee's frame; 0 if in a register */
    unsigned max_instruction_bytes;
    unsigned red_zone_bytes;       /* below sp, usable by leaf functions; 0 if none */
    register_number stack_pointer, frame_pointer;
    uint32_t callee_saved;         /* registers that a call preserves, a bit each (psABI) */
    const register_number *arguments; /* integer argument registers in order (psABI) */
    unsigned argument_count;
    register_number return_register;

    /**
     * Decodes the instruction at @p bytes, @p count of which may be read, that lies at @p address.
     * Never fails: `ret->length` is 0 for what is no instruction. Thread-safe.
     */
    void (*decode)(const uint8_t *bytes, size_t count, uint64_t address, struct effect *ret);

    /** Says what a relocation of ELF type @p type does; RELOCATION_OTHER if it does not matter. */
    enum relocation_kind (*relocation_kind)(uint32_t type);

    /**
     * Applies a static relocation of an object file: @p place points to the bytes at @p address.
     * @p symbol is S + A is computed inside; @p got is the address of a GOT slot for the symbol (made
     * by the caller for types for which needs_got_slot() is true). Returns false if the type is not known or the
     * place is too short (@p room bytes are there).
     */
    bool (*relocate)(uint32_t type, uint8_t *place, size_t room, uint64_t address,
                     uint64_t symbol, int64_t addend, uint64_t got);
    bool (*needs_got_slot)(uint32_t type);

    /** Formats the instruction as assembly text (AT&T), for people. */
    void (*format)(const uint8_t *bytes, size_t count, uint64_t address, char *ret, size_t size);
};

/** Returns the machine for an ELF e_machine number, or NULL if it is not supported. */
const struct arch *arch_for_elf(uint16_t elf_machine, unsigned pointer_bytes);

/** Returns the name for an ELF e_machine number even where it is not supported ("unknown"). */
const char *arch_machine_name(uint16_t elf_machine, unsigned pointer_bytes);

#endif
