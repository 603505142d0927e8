/*
 * x86_64_scan.c: takes the common x86-64 instructions apart. In: bytes. Out: prefixes, opcode,
 * operands as encoded (Intel SDM volume 2, chapter 2 and appendix A).
 *
 * A general disassembler reads about 50 MB of code a second. Compilers emit nearly always the same
 * few hundred encodings, and for these two table look-ups do. What is not in the tables (VEX, EVEX,
 * three-byte opcodes, address-size prefixes, privileged and string instructions) is refused here
 * and goes to Zydis; tests/unit/test_x86_64.c checks that both agree.
 */
#include "arch/x86_64.h"

#include <string.h>

enum {
    K = 1,        /* in the tables: no operands behind the opcode */
    M = 2 | K,    /* ModRM byte */
    IB = 4 | K,   /* 1-byte immediate */
    IZ = 8 | K,   /* 2- or 4-byte immediate, by operand size */
    IV = 16 | K,  /* 2-, 4- or 8-byte immediate */
    R32 = 32 | K, /* 4-byte relative address */
    IU = 64 | K,  /* ModRM; immediate only for /0 and /1 (group 3) */
};

/* Opcodes of one byte: arithmetic has the same six forms every eight opcodes. */
#define ARITHMETIC(first) [first... first + 3] = M, [first + 4] = IB, [first + 5] = IZ

static const uint8_t one_byte[256] = {
    ARITHMETIC(0x00),
    ARITHMETIC(0x08),
    ARITHMETIC(0x10),
    ARITHMETIC(0x18),
    ARITHMETIC(0x20),
    ARITHMETIC(0x28),
    ARITHMETIC(0x30),
    ARITHMETIC(0x38),
    [0x50 ... 0x5f] = K,
    [0x63] = M,
    [0x68] = IZ,
    [0x69] = M | IZ,
    [0x6a] = IB,
    [0x6b] = M | IB,
    [0x70 ... 0x7f] = IB,
    [0x80] = M | IB,
    [0x81] = M | IZ,
    [0x83] = M | IB,
    [0x84 ... 0x8b] = M,
    [0x8d] = M,
    [0x90] = K,
    [0x98 ... 0x99] = K,
    [0xa8] = IB,
    [0xa9] = IZ,
    [0xb0 ... 0xb7] = IB,
    [0xb8 ... 0xbf] = IV,
    [0xc0 ... 0xc1] = M | IB,
    [0xc3] = K,
    [0xc6] = M | IB,
    [0xc7] = M | IZ,
    [0xc9] = K,
    [0xcc] = K,
    [0xd0 ... 0xd3] = M,
    [0xe8 ... 0xe9] = R32,
    [0xeb] = IB,
    [0xf6 ... 0xf7] = M | IU,
    [0xfe ... 0xff] = M,
};

/* Opcodes behind 0f. */
static const uint8_t two_byte[256] = {
    [0x0b] = K,
    [0x10 ... 0x17] = M,
    [0x1e ... 0x1f] = M,
    [0x28 ... 0x29] = M,
    [0x2a] = M,
    [0x2c ... 0x2f] = M,
    [0x40 ... 0x4f] = M,
    [0x50 ... 0x6f] = M,
    [0x70 ... 0x73] = M | IB,
    [0x74 ... 0x76] = M,
    [0x7e ... 0x7f] = M,
    [0x80 ... 0x8f] = R32,
    [0x90 ... 0x9f] = M,
    [0xa3] = M,
    [0xa4] = M | IB,
    [0xa5] = M,
    [0xab] = M,
    [0xac] = M | IB,
    [0xad] = M,
    [0xaf] = M,
    [0xb0 ... 0xb1] = M,
    [0xb3] = M,
    [0xb6 ... 0xb8] = M,
    [0xba] = M | IB,
    [0xbb ... 0xbf] = M,
    [0xc0 ... 0xc1] = M,
    [0xc2] = M | IB,
    [0xc4 ... 0xc6] = M | IB,
    [0xc8 ... 0xcf] = K,
    [0xd1 ... 0xdf] = M,
    [0xe0 ... 0xef] = M,
    [0xf1 ... 0xf6] = M,
    [0xf8 ... 0xfe] = M,
};

/** Where the scan is; reading behind the end sets `is_short`. */
struct cursor {
    const uint8_t *next, *end;
    bool is_short;
};

static inline uint8_t next_byte(struct cursor *cursor)
{
    if (cursor->next < cursor->end)
        return *cursor->next++;
    cursor->is_short = true;
    return 0;
}

/** Reads a sign-extended little-endian number of 0, 1, 2, 4 or 8 bytes. */
static inline int64_t next_number(struct cursor *cursor, unsigned bytes)
{
    if ((size_t)(cursor->end - cursor->next) < bytes) {
        cursor->is_short = true;
        return 0;
    }
    int64_t number = 0;
    if (bytes == 1) {
        number = (int8_t)*cursor->next;
    } else if (bytes == 4) {
        int32_t value;
        memcpy(&value, cursor->next, 4);
        number = value;
    } else if (bytes == 8) {
        memcpy(&number, cursor->next, 8);
    } else if (bytes == 2) {
        int16_t value;
        memcpy(&value, cursor->next, 2);
        number = value;
    }
    cursor->next += bytes;
    return number;
}

/** Reads legacy prefixes and REX; returns the byte behind them. */
static inline uint8_t scan_prefixes(struct cursor *cursor, struct encoding *ret, uint8_t *ret_rex)
{
    for (unsigned i = 0; i < 14; i++) {
        uint8_t byte = next_byte(cursor);
        if ((byte & 0xf0) == 0x40) {
            ret->has_rex = true;
            *ret_rex = byte;
            return next_byte(cursor);
        }
        switch (byte) {
        case 0x66:
            ret->has_66 = true;
            break;
        case 0xf2:
            ret->has_f2 = true;
            break;
        case 0xf3:
            ret->has_f3 = true;
            break;
        case 0x64:
        case 0x65:
            ret->has_segment = true;
            break;
        case 0x26: /* without a meaning in 64-bit code; 3e: notrack */
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0xf0:
            break;
        default:
            return byte;
        }
    }
    cursor->is_short = true;
    return 0;
}

/** Reads the SIB byte; returns whether a 4-byte displacement without a base follows. */
static inline bool scan_sib(struct cursor *cursor, uint8_t rex, struct encoding *ret)
{
    uint8_t sib = next_byte(cursor);
    uint8_t index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    ret->scale = 1 << (sib >> 6);
    ret->index = index == RSP ? REGISTER_NONE : index;
    bool has_no_base = ret->mod == 0 && (sib & 7) == RBP;
    ret->base = has_no_base ? REGISTER_NONE : (sib & 7) | ((rex & 1) << 3);
    return has_no_base;
}

static inline void scan_modrm(struct cursor *cursor, uint8_t rex, struct encoding *ret)
{
    uint8_t modrm = next_byte(cursor);
    ret->has_modrm = true;
    ret->mod = modrm >> 6;
    ret->reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
    ret->rm = (modrm & 7) | ((rex & 1) << 3);
    if (ret->mod == 3)
        return;
    ret->displacement_bytes = ret->mod == 1 ? 1 : ret->mod == 2 ? 4 : 0;
    if ((modrm & 7) == RSP) {
        if (scan_sib(cursor, rex, ret))
            ret->displacement_bytes = 4;
    } else if (ret->mod == 0 && (modrm & 7) == RBP) {
        ret->is_rip_relative = true;
        ret->displacement_bytes = 4;
    } else {
        ret->base = ret->rm;
    }
    ret->displacement = next_number(cursor, ret->displacement_bytes);
}

static inline unsigned immediate_bytes(const struct encoding *encoding, uint8_t operands)
{
    unsigned wide = encoding->has_66 && !encoding->is_wide ? 2 : 4;
    if ((operands & IU) == IU) {
        if ((encoding->reg & 7) > 1)
            return 0;
        return encoding->opcode & 1 ? wide : 1;
    }
    if ((operands & IB) == IB)
        return 1;
    if ((operands & IZ) == IZ)
        return wide;
    if ((operands & IV) == IV)
        return encoding->is_wide ? 8 : wide;
    return (operands & R32) == R32 ? 4 : 0;
}

bool x86_64_scan(const uint8_t *bytes, size_t count, struct encoding *ret)
{
    struct cursor cursor = {bytes, bytes + (count < 15 ? count : 15), false};
    uint8_t rex = 0;
    memset(ret, 0, sizeof *ret);
    ret->base = ret->index = REGISTER_NONE;
    ret->scale = 1;
    ret->opcode = scan_prefixes(&cursor, ret, &rex);
    if (ret->opcode == 0x0f) {
        ret->is_0f = true;
        ret->opcode = next_byte(&cursor);
    }
    uint8_t operands = ret->is_0f ? two_byte[ret->opcode] : one_byte[ret->opcode];
    if (!operands || cursor.is_short)
        return false;
    ret->is_wide = rex & 8;
    ret->operand_bytes = ret->is_wide ? 8 : ret->has_66 ? 2 : 4;
    if (operands & (M & ~K))
        scan_modrm(&cursor, rex, ret);
    else
        ret->rm = (ret->opcode & 7) | ((rex & 1) << 3);
    ret->immediate_bytes = immediate_bytes(ret, operands);
    ret->immediate = next_number(&cursor, ret->immediate_bytes);
    ret->length = cursor.next - bytes;
    return !cursor.is_short;
}

/* ---- Vector encodings ------------------------------------------------------------------------ */

/** Reads the bytes behind c4, c5 or 62 up to the opcode; returns the opcode map, 0 if invalid. */
static unsigned scan_vector_prefix(struct cursor *cursor, uint8_t first, uint8_t *ret_rex,
                                   uint8_t *ret_second)
{
    uint8_t bits = (uint8_t)~next_byte(cursor); // R, X and B are stored inverted
    *ret_rex = bits >> 5;
    if (first == 0xc5) {
        *ret_rex = (bits >> 7) << 2;
        *ret_second = (uint8_t)~bits;
        return 1;
    }
    *ret_second = next_byte(cursor);
    if (first == 0xc4)
        return ~bits & 0x1f;
    next_byte(cursor);
    return ~bits & 7;
}

/** Whether an opcode of vector map 1 is followed by an immediate; in map 3, all are. */
static bool has_vector_immediate(unsigned map, uint8_t opcode)
{
    if (map != 1)
        return map == 3;
    return (opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
           (opcode >= 0xc4 && opcode <= 0xc6);
}

bool x86_64_scan_vector(const uint8_t *bytes, size_t count, struct encoding *ret)
{
    struct cursor cursor = {bytes, bytes + (count < 15 ? count : 15), false};
    uint8_t rex = 0, second = 0, first = next_byte(&cursor);
    memset(ret, 0, sizeof *ret);
    ret->base = ret->index = REGISTER_NONE;
    ret->scale = 1;
    if (first == 0x64 || first == 0x65) {
        ret->has_segment = true;
        first = next_byte(&cursor);
    }
    if (first != 0xc4 && first != 0xc5 && first != 0x62)
        return false;
    unsigned map = scan_vector_prefix(&cursor, first, &rex, &second);
    ret->opcode = next_byte(&cursor);
    if (!map || map > 7)
        return false;
    scan_modrm(&cursor, rex, ret);
    ret->vector_register = (~second >> 3) & 15;
    ret->immediate_bytes = has_vector_immediate(map, ret->opcode);
    ret->immediate = next_number(&cursor, ret->immediate_bytes);
    ret->length = (uint8_t)(cursor.next - bytes);
    return !cursor.is_short;
}
