/*
 * x86_64.c: the row of the machine table for x86-64: registers and relocations of the System V ABI
 * (AMD64 psABI, chapters 3.2 and 4.4), and the decoder's front door.
 */
#include "arch/x86_64.h"

#include <elf.h>
#include <string.h>

static void decode(const uint8_t *bytes, size_t count, uint64_t address, struct effect *ret)
{
    struct encoding encoding;
    if (!x86_64_scan(bytes, count, &encoding) || !x86_64_common_effect(&encoding, address, ret))
        x86_64_rare_effect(bytes, count, address, ret);
}

static enum relocation_kind relocation_kind(uint32_t type)
{
    switch (type) {
    case R_X86_64_64:
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_PC32:
    case R_X86_64_PC64:
    case R_X86_64_PLT32:
        return RELOCATION_ABSOLUTE;
    case R_X86_64_RELATIVE:
    case R_X86_64_RELATIVE64:
        return RELOCATION_RELATIVE;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        return RELOCATION_GOT;
    case R_X86_64_JUMP_SLOT:
        return RELOCATION_PLT;
    case R_X86_64_IRELATIVE:
        return RELOCATION_IFUNC;
    case R_X86_64_COPY:
        return RELOCATION_COPY;
    case R_X86_64_DTPMOD64:
    case R_X86_64_DTPOFF64:
    case R_X86_64_TPOFF64:
    case R_X86_64_TLSGD:
    case R_X86_64_TLSLD:
    case R_X86_64_DTPOFF32:
    case R_X86_64_GOTTPOFF:
    case R_X86_64_TPOFF32:
    case R_X86_64_GOTPC32_TLSDESC:
    case R_X86_64_TLSDESC_CALL:
    case R_X86_64_TLSDESC:
        return RELOCATION_TLS;
    default:
        return RELOCATION_OTHER;
    }
}

static bool needs_got_slot(uint32_t type)
{
    return type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX ||
           type == R_X86_64_REX_GOTPCRELX || type == R_X86_64_GOTPCREL64;
}

/** Stores the low @p bytes of @p value; the host is little-endian as the machine is. */
static bool store(uint8_t *place, size_t room, unsigned bytes, uint64_t value)
{
    if (room < bytes)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        place[i] = value >> (8 * i);
    return true;
}

static bool relocate(uint32_t type, uint8_t *place, size_t room, uint64_t address, uint64_t symbol,
                     int64_t addend, uint64_t got)
{
    uint64_t absolute = symbol + (uint64_t)addend;
    switch (type) {
    case R_X86_64_64:
        return store(place, room, 8, absolute);
    case R_X86_64_32:
    case R_X86_64_32S:
        return store(place, room, 4, absolute);
    case R_X86_64_16:
        return store(place, room, 2, absolute);
    case R_X86_64_8:
        return store(place, room, 1, absolute);
    case R_X86_64_PC64:
        return store(place, room, 8, absolute - address);
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
        return store(place, room, 4, absolute - address);
    case R_X86_64_PC16:
        return store(place, room, 2, absolute - address);
    case R_X86_64_PC8:
        return store(place, room, 1, absolute - address);
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        return store(place, room, 4, got + (uint64_t)addend - address);
    case R_X86_64_GOTPCREL64:
        return store(place, room, 8, got + (uint64_t)addend - address);
    case R_X86_64_NONE:
        return true;
    default:
        return relocation_kind(type) == RELOCATION_TLS;
    }
}

/**
 * Numbers of x86-64; those that int $0x80 takes are others and not told apart. x32 programs mark
 * theirs (Linux, arch/x86/include/uapi/asm/unistd.h).
 */
static bool maps_memory(int64_t number)
{
    const int64_t x32_mark = 0x40000000;
    enum { MMAP = 9, MUNMAP = 11, BRK = 12, MREMAP = 25, MADVISE = 28, SHMAT = 30, SHMDT = 67 };
    switch (number & ~x32_mark) {
    case MMAP:
    case MUNMAP:
    case BRK:
    case MREMAP:
    case MADVISE:
    case SHMAT:
    case SHMDT:
        return true;
    default:
        return false;
    }
}

static const register_number arguments[] = {RDI, RSI, RDX, RCX, R8, R9};

const struct arch arch_x86_64 = {
    .name = "x86-64",
    .elf_machine = EM_X86_64,
    .pointer_bytes = 8,
    .return_address_bytes = 8,
    .max_instruction_bytes = 15,
    .stack_alignment = 8,
    .red_zone_bytes = 128,
    .register_count = 16,
    .stack_pointer = RSP,
    .frame_pointer = RBP,
    .callee_saved = REGISTER_BIT(RBX) | REGISTER_BIT(RSP) | REGISTER_BIT(RBP) | REGISTER_BIT(R12) |
                    REGISTER_BIT(R13) | REGISTER_BIT(R14) | REGISTER_BIT(R15),
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .return_register = RAX,
    .second_return_register = RDX,
    .system_call_number = RAX,
    .signal_return = 15,
    .maps_memory = maps_memory,
    .decode = decode,
    .execute = x86_64_execute,
    .relocation_kind = relocation_kind,
    .relocate = relocate,
    .needs_got_slot = needs_got_slot,
    .format = x86_64_format,
};
