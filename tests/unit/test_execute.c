/*
 * Instructions on a machine of which only parts are known, against the processor itself: random
 * instructions with random operands are run here and executed there, and each bit that the executor
 * says to know must be what the processor made of it. And a few that must be known, worked out by
 * hand from the SDM.
 */
#include "arch/x86_64.h"

#include "arch/execute/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { ROUNDS = 200000, ADDRESS = 0x1000, FLAGS = 16 };

/* ---- A memory that is not known -------------------------------------------------------------- */

static struct known load(struct machine *machine, struct known address, unsigned bytes)
{
    (void)machine, (void)address, (void)bytes;
    return known_nothing();
}

static void store(struct machine *machine, struct known address, unsigned bytes, struct known value)
{
    (void)machine, (void)address, (void)bytes, (void)value;
}

static void touch(struct machine *machine, struct known address, unsigned bytes, bool is_written)
{
    (void)machine, (void)address, (void)bytes, (void)is_written;
}

static struct machine make_machine(void)
{
    struct machine machine = {.load = load, .store = store, .touch = touch};
    machine.registers[RSP] = (struct known){.mask = UINT64_MAX, .base = BASE_STACK};
    return machine;
}

/* ---- Against the processor ------------------------------------------------------------------- */

#if defined __x86_64__

struct code {
    uint8_t bytes[512];
    size_t count;
};

static void add(struct code *code, const char *bytes, size_t count)
{
    memcpy(code->bytes + code->count, bytes, count);
    code->count += count;
}

#define ADD(code, literal) add(code, literal, sizeof(literal) - 1)

/** Moves a register from or to its place behind r15. */
static void add_move(struct code *code, uint8_t opcode, unsigned number)
{
    uint8_t bytes[] = {(uint8_t)(0x49 | number >> 3 << 2),
                       opcode,
                       (uint8_t)(0x87 | (number & 7) << 3),
                       (uint8_t)(8 * number),
                       0,
                       0,
                       0};
    add(code, (const char *)bytes, sizeof bytes);
}

/** Wraps an instruction: loads all registers but rsp and r15, and stores them behind it. */
static void wrap(struct code *code, const uint8_t *instruction, size_t count)
{
    code->count = 0;
    ADD(code, "\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57\x49\x89\xff"); // push ...; mov %rdi,%r15
    ADD(code, "\x41\xff\xb7\x80\x00\x00\x00\x9d");                     // push 128(%r15); popf
    for (unsigned i = 0; i < R15; i++)
        if (i != RSP)
            add_move(code, 0x8b, i);
    add(code, (const char *)instruction, count);
    for (unsigned i = 0; i < R15; i++)
        if (i != RSP)
            add_move(code, 0x89, i);
    ADD(code, "\x9c\x41\x8f\x87\x80\x00\x00\x00"); // pushf; pop 128(%r15)
    ADD(code, "\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3");
}

static uint64_t any(void)
{
    return (uint64_t)mrand48() << 32 ^ (uint64_t)mrand48();
}

/** Numbers near the ends of their ranges are where carries and signs are. */
static uint64_t any_number(void)
{
    static const unsigned shifts[] = {0, 7, 8, 15, 31, 32, 63};
    uint64_t power = UINT64_C(1) << shifts[any() % 7];
    switch (any() % 4) {
    case 0:
        return any();
    case 1:
        return power - any() % 3;
    case 2:
        return any() % 4;
    default:
        return -(any() % 4);
    }
}

static uint64_t any_mask(void)
{
    switch (any() % 5) {
    case 0:
        return any();
    case 1:
        return 0;
    case 2:
        return any() | any();
    default:
        return UINT64_MAX;
    }
}

/** Opcodes whose operands are registers; of groups the digits that are meant. */
static const struct form {
    uint16_t opcode; /* 0x100: behind 0f */
    uint16_t last;
    uint8_t digits;   /* a bit each; 0: ModRM has a register */
    int8_t immediate; /* bytes; -1: by operand size, at most 4 */
    bool has_modrm;
} forms[] = {
    {0x00, 0x03, 0, 0, 1},    {0x08, 0x0b, 0, 0, 1},     {0x10, 0x13, 0, 0, 1},
    {0x18, 0x1b, 0, 0, 1},    {0x20, 0x23, 0, 0, 1},     {0x28, 0x2b, 0, 0, 1},
    {0x30, 0x33, 0, 0, 1},    {0x38, 0x3b, 0, 0, 1},     {0x04, 0x04, 0, 1, 0},
    {0x05, 0x05, 0, -1, 0},   {0x24, 0x24, 0, 1, 0},     {0x3d, 0x3d, 0, -1, 0},
    {0x63, 0x63, 0, 0, 1},    {0x69, 0x69, 0, -1, 1},    {0x6b, 0x6b, 0, 1, 1},
    {0x80, 0x80, 0xff, 1, 1}, {0x81, 0x81, 0xff, -1, 1}, {0x83, 0x83, 0xff, 1, 1},
    {0x84, 0x8b, 0, 0, 1},    {0x98, 0x99, 0, 0, 0},     {0xa8, 0xa8, 0, 1, 0},
    {0xa9, 0xa9, 0, -1, 0},   {0xc0, 0xc1, 0xff, 1, 1},  {0xc6, 0xc6, 1, 1, 1},
    {0xc7, 0xc7, 1, -1, 1},   {0xd0, 0xd3, 0xff, 0, 1},  {0xf6, 0xf6, 1, 1, 1},
    {0xf7, 0xf7, 1, -1, 1},   {0xf6, 0xf7, 0x3c, 0, 1},  {0xfe, 0xff, 3, 0, 1},
    {0x140, 0x14f, 0, 0, 1},  {0x190, 0x19f, 0, 0, 1},   {0x1a3, 0x1a3, 0, 0, 1},
    {0x1af, 0x1af, 0, 0, 1},  {0x1b6, 0x1b7, 0, 0, 1},   {0x1be, 0x1bf, 0, 0, 1},
    {0x1c8, 0x1c8, 0, 0, 0},
};

/** Makes an instruction that touches neither rsp nor r15; returns its length. */
static size_t any_instruction(uint8_t *ret)
{
    const struct form *form = &forms[any() % (sizeof forms / sizeof *forms)];
    unsigned opcode = form->opcode + (unsigned)(any() % (form->last - form->opcode + 1U));
    bool is_narrow = any() % 6 == 0, has_rex = any() % 3 != 0, is_wide = has_rex && any() % 2;
    bool swaps = opcode == 0x1c8;
    size_t count = 0;
    if (is_narrow && !swaps)
        ret[count++] = 0x66;
    uint8_t rex = (uint8_t)(0x40 | is_wide << 3 | (any() & 5));
    if (has_rex)
        ret[count++] = swaps ? rex & ~1 : rex;
    if (opcode >= 0x100)
        ret[count++] = 0x0f;
    ret[count++] = (uint8_t)opcode;
    if (form->has_modrm) {
        unsigned digit = (unsigned)any() & 7;
        while (form->digits && !(form->digits & (1U << digit)))
            digit = (unsigned)any() & 7;
        ret[count++] = (uint8_t)(0xc0 | digit << 3 | (any() & 7));
    }
    int bytes = form->immediate;
    if (bytes < 0)
        bytes = is_narrow && !is_wide ? 2 : 4;
    for (int i = 0; i < bytes; i++)
        ret[count++] = any() % 2 ? (uint8_t)any() : (any() % 2 ? 0xff : 0);
    return count;
}

/** Whether the instruction leaves rsp and r15 alone, reading included. */
static bool is_harmless(const uint8_t *bytes, size_t count)
{
    struct encoding e;
    if (!x86_64_scan(bytes, count, &e) || e.length != count)
        return false;
    bool is_byte_form = !e.has_rex;
    bool is_modrm_digit = !e.is_0f && e.opcode >= 0x80 && e.opcode != 0x84 && e.opcode != 0x85 &&
                          !(e.opcode >= 0x86 && e.opcode <= 0x8b);
    if (e.has_modrm && (e.rm == R15 || (e.rm == RSP && !is_byte_form)))
        return false;
    if (e.has_modrm && e.rm == RSP)
        return false;
    return !e.has_modrm || is_modrm_digit || (e.reg != R15 && e.reg != RSP);
}

static uint8_t real_flags(uint64_t flags)
{
    return (uint8_t)((flags & 1) | (flags >> 6 & 1) << 1 | (flags >> 7 & 1) << 2 |
                     (flags >> 11 & 1) << 3);
}

static void check_one(uint8_t *place, const uint8_t *bytes, size_t count)
{
    struct code code;
    struct machine machine = make_machine();
    uint64_t registers[FLAGS + 1];
    wrap(&code, bytes, count);
    memcpy(place, code.bytes, code.count);
    for (unsigned i = 0; i < FLAGS; i++) {
        registers[i] = any_number();
        uint64_t mask = any_mask();
        if (i != RSP)
            machine.registers[i] = (struct known){registers[i] & mask, mask, BASE_NUMBER};
    }
    registers[FLAGS] = (any() & 0x8c1) | 2;
    machine.known_flags = any() & 15;
    machine.flags = real_flags(registers[FLAGS]) & machine.known_flags;
    enum outcome outcome = x86_64_execute(bytes, count, ADDRESS, &machine);
    assert_int_equal(outcome, OUTCOME_NEXT);
    ((void (*)(uint64_t *))(uintptr_t)place)(registers);
    for (unsigned i = 0; i < R15; i++) {
        const struct known *known = &machine.registers[i];
        bool is_right =
            i == RSP || (known->base == BASE_NUMBER && !(known->number & ~known->mask) &&
                         !((registers[i] ^ known->number) & known->mask));
        if (!is_right)
            print_error("register %u after %02x %02x %02x %02x %02x: %lx, known %lx of %lx\n", i,
                        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], registers[i],
                        known->number, known->mask);
        assert_true(is_right);
    }
    uint8_t wrong = (real_flags(registers[FLAGS]) ^ machine.flags) & machine.known_flags;
    if (wrong)
        print_error("flags %x after %02x %02x %02x %02x\n", wrong, bytes[0], bytes[1], bytes[2],
                    bytes[3]);
    assert_int_equal(wrong, 0);
}

static void test_against_processor(void **state)
{
    (void)state;
    uint8_t *place =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        skip();
    srand48(1);
    unsigned tried = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t bytes[16] = {0};
        size_t count = any_instruction(bytes);
        if (!is_harmless(bytes, count))
            continue;
        check_one(place, bytes, count);
        tried++;
    }
    munmap(place, 4096);
    assert_true(tried > ROUNDS / 2);
}

#else

static void test_against_processor(void **state)
{
    (void)state;
    skip();
}

#endif

/* ---- By hand --------------------------------------------------------------------------------- */

static enum outcome execute(struct machine *machine, const char *bytes, size_t count)
{
    return x86_64_execute((const uint8_t *)bytes, count, ADDRESS, machine);
}

#define EXECUTE(machine, literal) execute(machine, literal, sizeof(literal) - 1)

static void assert_known(const struct machine *machine, unsigned number, uint64_t value)
{
    assert_int_equal(machine->registers[number].base, BASE_NUMBER);
    assert_int_equal(machine->registers[number].mask, UINT64_MAX);
    assert_int_equal(machine->registers[number].number, value);
}

static void test_what_is_known(void **state)
{
    (void)state;
    struct machine machine = make_machine();
    EXECUTE(&machine, "\xb8\x0a\x00\x00\x00"); // mov $10,%eax
    EXECUTE(&machine, "\xb9\x04\x00\x00\x00"); // mov $4,%ecx
    EXECUTE(&machine, "\x48\xf7\xe1");         // mul %rcx
    assert_known(&machine, RAX, 40);
    assert_known(&machine, RDX, 0);
    EXECUTE(&machine, "\x0f\x90\xc2"); // seto %dl
    assert_known(&machine, RDX, 0);
    EXECUTE(&machine, "\x48\x85\xc0"); // test %rax,%rax
    assert_int_equal(EXECUTE(&machine, "\x74\x00"), OUTCOME_NOT_TAKEN);
    assert_int_equal(EXECUTE(&machine, "\x75\x00"), OUTCOME_TAKEN);
    EXECUTE(&machine, "\x48\x39\xde"); // cmp %rbx,%rsi
    assert_int_equal(EXECUTE(&machine, "\x74\x00"), OUTCOME_EITHER);
    EXECUTE(&machine, "\x83\xe6\x01"); // and $1,%esi: of an unknown number one bit is left
    assert_int_equal(machine.registers[RSI].mask, ~UINT64_C(1));
    EXECUTE(&machine, "\x48\x83\xfe\x02"); // cmp $2,%rsi
    assert_int_equal(EXECUTE(&machine, "\x72\x00"), OUTCOME_TAKEN);
}

static void test_stack_addresses(void **state)
{
    (void)state;
    struct machine machine = make_machine();
    EXECUTE(&machine, "\x48\x83\xec\x18");     // sub $24,%rsp
    EXECUTE(&machine, "\x48\x8d\x7c\x24\x08"); // lea 8(%rsp),%rdi
    assert_int_equal(machine.registers[RDI].base, BASE_STACK);
    assert_int_equal(machine.registers[RDI].number, (uint64_t)-16);
    EXECUTE(&machine, "\x48\x85\xff"); // test %rdi,%rdi: no address is null
    assert_false(machine.has_leaked);
    EXECUTE(&machine, "\x48\x01\xf7"); // add %rsi,%rdi: somewhere in the stack
    assert_int_equal(machine.registers[RDI].base, BASE_NUMBER);
    assert_int_equal(machine.registers[RDI].mask, 0);
    assert_true(machine.has_leaked);
    assert_int_equal(EXECUTE(&machine, "\x48\x83\xe4\xe0"), OUTCOME_LOST); // and $-32,%rsp
}

static void test_leaks(void **state)
{
    (void)state;
    struct machine machine = make_machine();
    machine.registers[RDI] = (struct known){8, UINT64_MAX, BASE_STACK};
    EXECUTE(&machine, "\x66\x48\x0f\x6e\xc7"); // movq %rdi,%xmm0
    assert_true(machine.has_leaked);
    machine.has_leaked = false;
    EXECUTE(&machine, "\x89\xf8"); // mov %edi,%eax
    assert_true(machine.has_leaked);
    machine.has_leaked = false;
    EXECUTE(&machine, "\xf3\x48\xa5"); // rep movsq
    assert_true(machine.has_leaked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_processor),
        cmocka_unit_test(test_what_is_known),
        cmocka_unit_test(test_stack_addresses),
        cmocka_unit_test(test_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
