/*
 * arch.h: one instruction at a time, told as its effect. This is all that the rest of the program
 * knows about a machine; a new machine is one file and one row of the table in arch.c.
 *
 * An effect tells five things: how long the instruction is; where control goes; what happens to
 * the stack pointer; what happens to the registers whose values are worth following; which memory
 * is touched and which addresses are mentioned. All registers that an instruction reads in these
 * fields are meant as they were before it.
 */
#ifndef DWELL_ARCH_ARCH_H
#define DWELL_ARCH_ARCH_H

#include "arch/execute/execute.h"
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
    CONTROL_RETURN, /* to the caller */
    CONTROL_TRAP,   /* nowhere: ud2, hlt, int3, a failed assertion */
};

/** How a jump, branch or call names its target. */
enum target_kind {
    TARGET_NONE,     /* control goes to the next instruction, returns or traps */
    TARGET_ADDRESS,  /* `target` is the address */
    TARGET_SLOT,     /* the address is in memory at `target` (a GOT slot, a pointer variable) */
    TARGET_REGISTER, /* the address is in `target_register` */
    TARGET_MEMORY,   /* the address is in the memory operand */
};

/** What an instruction does to the stack pointer. The stack grows down on every machine here. */
enum stack_effect {
    STACK_NONE,
    STACK_ADD,               /* sp += stack_value (negative: grows) */
    STACK_ALIGN,             /* sp &= -stack_value, a power of two */
    STACK_FROM_REGISTER,     /* sp = stack_register + stack_value (leave: rbp, the pop counted) */
    STACK_ADD_REGISTER,      /* sp += stack_register */
    STACK_SUBTRACT_REGISTER, /* sp -= stack_register: alloca, or a constant too large otherwise */
    STACK_FROM_SLOT,         /* sp = the memory operand, or the top of the stack */
    STACK_UNKNOWN,           /* sp = something else: stack switch, computed size */
};

/**
 * What an instruction does to one register, as far as values are followed. operand_bytes is the
 * width of the operation; a result of 4 bytes is zero-extended, and narrower results are
 * VALUE_UNKNOWN, because the rest of the register stays.
 */
enum value_effect {
    VALUE_NONE,     /* no register that matters changes, beyond `clobbered` */
    VALUE_UNKNOWN,  /* destination = something that is not followed */
    VALUE_CONSTANT, /* destination = value */
    VALUE_ADDRESS,  /* destination = the address `value` of the image */
    VALUE_LOAD,     /* destination = the memory operand, access_bytes wide; sign_extend or zero */
    VALUE_COPY,     /* destination = source */
    VALUE_SIGN_EXTEND,   /* destination = the low `value` bytes of source, sign-extended */
    VALUE_ADD,           /* destination = source + value */
    VALUE_ADD_REGISTERS, /* destination = source + index * scale + value; source may be none */
    VALUE_SUBTRACT,      /* destination = source - index */
    VALUE_MULTIPLY,      /* destination = source * value */
    VALUE_AND,           /* destination = source & value */
    VALUE_SHIFT_LEFT,    /* destination = source << value */
    VALUE_SHIFT_RIGHT,   /* destination = source >> value, unsigned */
    VALUE_COMPARE,       /* flags = source (REGISTER_NONE: the memory operand) against `value` */
    VALUE_COMPARE_REGISTERS, /* flags = source against index */
    VALUE_STORE,             /* the memory operand = source (REGISTER_NONE: the constant `value`) */
    VALUE_PUSH,              /* the new top of the stack = source (REGISTER_NONE: `value`) */
    VALUE_POP,               /* destination = the old top of the stack */
    VALUE_CHOOSE,            /* destination = source, or it stays as it was */
};

/** Conditions of branches after a comparison; the order is unsigned. */
enum condition {
    CONDITION_OTHER,
    CONDITION_ABOVE,
    CONDITION_ABOVE_EQUAL,
    CONDITION_BELOW,
    CONDITION_BELOW_EQUAL,
    CONDITION_EQUAL,
    CONDITION_NOT_EQUAL,
};

/** A general-purpose register's number; machines have at most 32. */
typedef uint8_t register_number;
#define REGISTER_NONE 0xff

/**
 * Everything that survives of an instruction. The memory operand is at
 * base + index * scale + displacement; with neither register, displacement is the address.
 */
struct effect {
    uint8_t length;      /* bytes; 0 if the bytes are no instruction */
    uint8_t control;     /* enum control */
    uint8_t target_kind; /* enum target_kind */
    uint8_t condition;   /* enum condition, of CONTROL_BRANCH */
    register_number target_register;
    uint8_t stack; /* enum stack_effect */
    register_number stack_register;
    uint8_t value_kind; /* enum value_effect */
    register_number destination, source;
    register_number base, index;
    uint8_t scale;         /* 1, 2, 4, 8 */
    uint8_t access_bytes;  /* size of the memory access; 0: none or not known */
    uint8_t operand_bytes; /* width of the operation: 1, 2, 4, 8; 0 if it does not matter */
    bool sign_extend : 1;  /* of VALUE_LOAD */
    bool reads_memory : 1, writes_memory : 1; /* through the memory operand */
    bool is_thread_local : 1; /* the memory operand is relative to the thread pointer */
    bool changes_flags : 1;   /* the result of an earlier VALUE_COMPARE is gone */
    bool is_padding : 1;      /* nop, int3 and other filling between functions and blocks */
    bool is_system_call : 1;  /* enters the kernel; arch.maps_memory() says what for */
    bool is_landing : 1;      /* a mark that says that indirect control may arrive here: endbr64 */
    /* Whether `displacement` or `value` is an address of the image: surely, because it was
       computed from the program counter, or perhaps, if the image has a fixed place (a wide
       absolute displacement or an immediate). Registers may be added to such a displacement, and
       compilers fold constants into it, so it need not lie in the object that is accessed.
       Validity is the caller's to check. */
    bool displacement_is_address : 1, displacement_may_be_address : 1;
    bool value_is_address : 1, value_may_be_address : 1;
    bool value_is_negated : 1;      /* an address is subtracted: `value` is minus that */
    bool value_may_be_distance : 1; /* `value` is an immediate of 8 bytes: in code of the large
                                       model a distance from the GOT */
    uint32_t clobbered; /* set of further registers whose value changes in ways not told */
    uint32_t consumed;  /* set of registers whose value is an operand, told here or not; those of
                           the memory operand and of calls are not in it */
    int32_t stack_value;
    int64_t value;
    int64_t displacement;
    uint64_t target;
};

struct arch {
    const char *name;     /* "x86-64", as in JSON */
    uint16_t elf_machine; /* e_machine of the ELF header */
    unsigned pointer_bytes;
    unsigned
        return_address_bytes; /* pushed by a call, part of the callee's frame; 0: in a register */
    unsigned max_instruction_bytes;
    unsigned stack_alignment; /* of the stack pointer before a call, at least: not what the psABI
                                 says, if compilers do without it between local functions */
    unsigned red_zone_bytes;  /* below sp, usable by leaf functions; 0 if none */
    unsigned register_count;  /* register numbers are below this */
    register_number stack_pointer, frame_pointer;
    uint32_t callee_saved;            /* registers that a call preserves, a bit each (psABI) */
    const register_number *arguments; /* integer argument registers in order (psABI) */
    unsigned argument_count;
    register_number return_register, second_return_register;
    register_number system_call_number; /* the register that says which (psABI, A.2) */
    int64_t signal_return;              /* the one of Linux that loads all registers from memory */

    /** Whether system call @p number of Linux gives or takes memory: mmap, brk and their like. */
    bool (*maps_memory)(int64_t number);

    /**
     * Decodes the instruction at @p bytes, @p count of which may be read, that lies at @p address.
     * Never fails: `ret->length` is 0 for what is no instruction. Thread-safe.
     */
    void (*decode)(const uint8_t *bytes, size_t count, uint64_t address, struct effect *ret);

    /**
     * Executes the instruction at @p bytes, as decode() has them, on what @p machine knows; of a
     * branch, says only whether it is taken. Calls, jumps and returns are not to be executed.
     */
    enum outcome (*execute)(const uint8_t *bytes, size_t count, uint64_t address,
                            struct machine *machine);

    /** Says what a relocation of ELF type @p type does; RELOCATION_OTHER if it does not matter. */
    enum relocation_kind (*relocation_kind)(uint32_t type);

    /**
     * Applies a static relocation of an object file. @p place points to the bytes at @p address,
     * @p room of which are there; @p symbol is the symbol's address; @p got is the address of a GOT
     * slot for it, made by the caller if needs_got_slot(type). Thread-local offsets are accepted
     * and leave the place as it is. Returns false if the type is not known or the room too small.
     */
    bool (*relocate)(uint32_t type, uint8_t *place, size_t room, uint64_t address, uint64_t symbol,
                     int64_t addend, uint64_t got);
    bool (*needs_got_slot)(uint32_t type);

    /** Formats the instruction as assembly text (AT&T), for people. */
    void (*format)(const uint8_t *bytes, size_t count, uint64_t address, char *ret, size_t size);
};

/** Returns the machine for an ELF e_machine number, or NULL if it is not supported. */
const struct arch *arch_for_elf(uint16_t elf_machine, unsigned pointer_bytes);

/** Returns the name for an ELF e_machine number even where it is not supported ("unknown"). */
const char *arch_machine_name(uint16_t elf_machine, unsigned pointer_bytes);

#endif
