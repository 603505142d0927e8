/*
 * Bytes in, effects out: hand-assembled instructions with the effect that the SDM gives them, and
 * the fast decoder against Zydis over many generated encodings.
 */
#include "arch/x86_64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ADDRESS = 0x401000 };

static struct effect decode_bytes(const char *bytes, size_t count)
{
    struct effect effect;
    arch_x86_64.decode((const uint8_t *)bytes, count, ADDRESS, &effect);
    assert_int_equal(effect.length, count);
    return effect;
}

/** Decodes a string literal that holds exactly one instruction. */
#define DECODE(literal) decode_bytes(literal, sizeof(literal) - 1)

static void assert_value(struct effect effect, enum value_effect kind, register_number destination,
                         register_number source, int64_t value)
{
    assert_int_equal(effect.value_kind, kind);
    assert_int_equal(effect.destination, destination);
    assert_int_equal(effect.source, source);
    assert_int_equal(effect.value, value);
}

static void assert_operand(struct effect effect, register_number base, register_number index,
                           unsigned scale, int64_t displacement)
{
    assert_int_equal(effect.base, base);
    assert_int_equal(effect.index, index);
    assert_int_equal(effect.scale, scale);
    assert_int_equal(effect.displacement, displacement);
}

static void assert_stack(struct effect effect, enum stack_effect kind, register_number reg,
                         int64_t value)
{
    assert_int_equal(effect.stack, kind);
    assert_int_equal(effect.stack_register, reg);
    assert_int_equal(effect.stack_value, value);
    assert_int_equal(effect.destination == RSP, 0);
    assert_int_equal(effect.clobbered & REGISTER_BIT(RSP), 0);
}

static void assert_control(struct effect effect, enum control control, enum target_kind kind,
                           uint64_t target)
{
    assert_int_equal(effect.control, control);
    assert_int_equal(effect.target_kind, kind);
    assert_int_equal(effect.target, target);
}

static void test_stack_pointer(void **state)
{
    (void)state;
    assert_stack(DECODE("\x55"), STACK_ADD, REGISTER_NONE, -8);                 // push %rbp
    assert_value(DECODE("\x41\x57"), VALUE_PUSH, REGISTER_NONE, R15, 0);        // push %r15
    assert_stack(DECODE("\x68\x34\x12\x00\x00"), STACK_ADD, REGISTER_NONE, -8); // push $0x1234
    assert_stack(DECODE("\x6a\xff"), STACK_ADD, REGISTER_NONE, -8);             // push $-1
    assert_stack(DECODE("\xff\x75\x08"), STACK_ADD, REGISTER_NONE, -8);         // push 8(%rbp)
    assert_stack(DECODE("\x9c"), STACK_ADD, REGISTER_NONE, -8);                 // pushf
    assert_stack(DECODE("\x9d"), STACK_ADD, REGISTER_NONE, 8);                  // popf
    assert_stack(DECODE("\x66\x50"), STACK_ADD, REGISTER_NONE, -2);             // push %ax
    assert_stack(DECODE("\x8f\x00"), STACK_ADD, REGISTER_NONE, 8);              // pop (%rax)
    assert_stack(DECODE("\x5d"), STACK_ADD, REGISTER_NONE, 8);                  // pop %rbp
    assert_value(DECODE("\x5d"), VALUE_POP, RBP, REGISTER_NONE, 0);
    assert_stack(DECODE("\x5c"), STACK_FROM_SLOT, REGISTER_NONE, 0);         // pop %rsp
    assert_stack(DECODE("\x48\x83\xec\x18"), STACK_ADD, REGISTER_NONE, -24); // sub $24,%rsp
    assert_stack(DECODE("\x48\x83\xec\x80"), STACK_ADD, REGISTER_NONE, 128); // sub $-128,%rsp
    assert_stack(DECODE("\x48\x81\xc4\x00\x10\x00\x00"), STACK_ADD, REGISTER_NONE, 4096);
    assert_stack(DECODE("\x48\x8d\x64\x24\xf8"), STACK_ADD, REGISTER_NONE, -8); // lea -8(%rsp),%rsp
    assert_stack(DECODE("\x48\x8d\x65\xd8"), STACK_FROM_REGISTER, RBP, -40); // lea -40(%rbp),%rsp
    assert_stack(DECODE("\x49\x8d\x62\xf8"), STACK_FROM_REGISTER, R10, -8);  // lea -8(%r10),%rsp
    assert_stack(DECODE("\x48\x89\xec"), STACK_FROM_REGISTER, RBP, 0);       // mov %rbp,%rsp
    assert_stack(DECODE("\xc9"), STACK_FROM_REGISTER, RBP, 8);               // leave
    assert_int_equal(DECODE("\xc9").destination, RBP);
    assert_stack(DECODE("\x48\x83\xe4\xe0"), STACK_ALIGN, REGISTER_NONE, 32);  // and $-32,%rsp
    assert_stack(DECODE("\x48\x83\xe4\xe8"), STACK_UNKNOWN, REGISTER_NONE, 0); // and $-24,%rsp
    assert_stack(DECODE("\x48\x29\xc4"), STACK_SUBTRACT_REGISTER, RAX, 0);     // sub %rax,%rsp
    assert_stack(DECODE("\x48\x01\xc4"), STACK_ADD_REGISTER, RAX, 0);          // add %rax,%rsp
    assert_stack(DECODE("\x48\x8b\x65\x98"), STACK_FROM_SLOT, REGISTER_NONE,
                 0);                                                   // mov -104(%rbp),%rsp
    assert_stack(DECODE("\x48\x94"), STACK_UNKNOWN, REGISTER_NONE, 0); // xchg %rax,%rsp
    assert_int_equal(DECODE("\x48\x94").clobbered, REGISTER_BIT(RAX));
    assert_stack(DECODE("\x83\xec\x18"), STACK_UNKNOWN, REGISTER_NONE, 0); // sub $24,%esp
}

static void test_enter(void **state)
{
    (void)state;
    struct effect enter = DECODE("\xc8\x20\x00\x00"); // enter $32,$0
    assert_stack(enter, STACK_ADD, REGISTER_NONE, -40);
    assert_value(enter, VALUE_ADD, RBP, RSP, -8);
    assert_stack(DECODE("\xc8\x20\x00\x01"), STACK_UNKNOWN, REGISTER_NONE, 0);
}

static void test_control(void **state)
{
    (void)state;
    assert_control(DECODE("\xe8\x0b\x00\x00\x00"), CONTROL_CALL, TARGET_ADDRESS, 0x401010);
    assert_control(DECODE("\xe9\xfb\xff\xff\xff"), CONTROL_JUMP, TARGET_ADDRESS, 0x401000);
    assert_control(DECODE("\xeb\xfe"), CONTROL_JUMP, TARGET_ADDRESS, 0x401000);
    assert_control(DECODE("\x77\x0e"), CONTROL_BRANCH, TARGET_ADDRESS, 0x401010);
    assert_int_equal(DECODE("\x77\x0e").condition, CONDITION_ABOVE);
    assert_int_equal(DECODE("\x0f\x86\x00\x00\x00\x00").condition, CONDITION_BELOW_EQUAL);
    assert_int_equal(DECODE("\x7f\x0e").condition, CONDITION_OTHER);
    assert_control(DECODE("\xe3\x0e"), CONTROL_BRANCH, TARGET_ADDRESS, 0x401010); // jrcxz
    assert_control(DECODE("\xe2\xfe"), CONTROL_BRANCH, TARGET_ADDRESS, 0x401000); // loop
    assert_int_equal(DECODE("\xe2\xfe").clobbered, REGISTER_BIT(RCX));
    assert_control(DECODE("\xff\x15\xfa\x0f\x00\x00"), CONTROL_CALL, TARGET_SLOT, 0x402000);
    assert_control(DECODE("\xff\x25\xfa\x0f\x00\x00"), CONTROL_JUMP, TARGET_SLOT, 0x402000);
    assert_control(DECODE("\xf2\xff\x25\xf9\x0f\x00\x00"), CONTROL_JUMP, TARGET_SLOT, 0x402000);
    assert_control(DECODE("\xff\x14\x25\x00\x20\x40\x00"), CONTROL_CALL, TARGET_SLOT, 0x402000);
    assert_control(DECODE("\xff\xd0"), CONTROL_CALL, TARGET_REGISTER, 0);
    assert_int_equal(DECODE("\x41\xff\xd3").target_register, R11);
    assert_control(DECODE("\x3e\xff\xe0"), CONTROL_JUMP, TARGET_REGISTER, 0); // notrack jmp *%rax
    assert_control(DECODE("\xff\x50\x18"), CONTROL_CALL, TARGET_MEMORY, 0);   // call *24(%rax)
    assert_operand(DECODE("\xff\x50\x18"), RAX, REGISTER_NONE, 1, 24);
    struct effect table = DECODE("\xff\x24\xc5\x00\x20\x40\x00"); // jmp *0x402000(,%rax,8)
    assert_control(table, CONTROL_JUMP, TARGET_MEMORY, 0);
    assert_operand(table, REGISTER_NONE, RAX, 8, 0x402000);
    assert_int_equal(DECODE("\xc3").control, CONTROL_RETURN);
    assert_int_equal(DECODE("\xf3\xc3").control, CONTROL_RETURN);
    assert_int_equal(DECODE("\xc2\x08\x00").control, CONTROL_RETURN);
    assert_int_equal(DECODE("\x48\xcf").control, CONTROL_RETURN); // iretq
    assert_int_equal(DECODE("\x0f\x0b").control, CONTROL_TRAP);
    assert_int_equal(DECODE("\xcc").control, CONTROL_TRAP);
    assert_int_equal(DECODE("\xf4").control, CONTROL_TRAP);
    assert_int_equal(DECODE("\xcd\x29").control, CONTROL_TRAP);
    assert_int_equal(DECODE("\xcd\x80").clobbered, REGISTER_BIT(RAX));
    assert_control(DECODE("\xc7\xf8\x0a\x00\x00\x00"), CONTROL_BRANCH, TARGET_ADDRESS, 0x401010);
    uint32_t clobbered = REGISTER_BIT(RAX) | REGISTER_BIT(RCX) | REGISTER_BIT(R11);
    assert_int_equal(DECODE("\x0f\x05").clobbered, clobbered); // syscall
}

static void test_constants_and_addresses(void **state)
{
    (void)state;
    struct effect move = DECODE("\xbf\x00\x20\x40\x00"); // mov $0x402000,%edi
    assert_value(move, VALUE_CONSTANT, RDI, REGISTER_NONE, 0x402000);
    assert_true(move.value_may_be_address);
    assert_value(DECODE("\xb8\xff\xff\xff\xff"), VALUE_CONSTANT, RAX, REGISTER_NONE, 0xffffffff);
    assert_value(DECODE("\x48\xc7\xc0\xff\xff\xff\xff"), VALUE_CONSTANT, RAX, REGISTER_NONE, -1);
    assert_value(DECODE("\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08"), VALUE_CONSTANT, RAX,
                 REGISTER_NONE, 0x0807060504030201);
    assert_value(DECODE("\x31\xc0"), VALUE_CONSTANT, RAX, REGISTER_NONE, 0);
    assert_value(DECODE("\x29\xc0"), VALUE_CONSTANT, RAX, REGISTER_NONE, 0); // sub %eax,%eax
    assert_value(DECODE("\x83\xc8\xff"), VALUE_CONSTANT, RAX, REGISTER_NONE, 0xffffffff);
    assert_value(DECODE("\x83\xc8\x01"), VALUE_UNKNOWN, RAX, REGISTER_NONE, 1); // or $1,%eax
    assert_value(DECODE("\xb0\x01"), VALUE_UNKNOWN, RAX, REGISTER_NONE, 1);
    struct effect lea = DECODE("\x48\x8d\x05\xf9\x0f\x00\x00"); // lea 0xff9(%rip),%rax
    assert_value(lea, VALUE_ADDRESS, RAX, REGISTER_NONE, 0x402000);
    assert_true(lea.value_is_address);
    assert_false(lea.reads_memory);
    assert_value(DECODE("\x48\x8d\x7f\x10"), VALUE_ADD, RDI, RDI, 16);
    struct effect sum = DECODE("\x48\x8d\x44\x8f\x01"); // lea 1(%rdi,%rcx,4),%rax
    assert_value(sum, VALUE_ADD_REGISTERS, RAX, RDI, 1);
    assert_int_equal(sum.index, RCX);
    assert_int_equal(sum.scale, 4);
    struct effect scaled = DECODE("\x48\x8d\x14\x85\x00\x00\x00\x00"); // lea 0(,%rax,4),%rdx
    assert_value(scaled, VALUE_ADD_REGISTERS, RDX, REGISTER_NONE, 0);
}

static void test_arithmetic(void **state)
{
    (void)state;
    assert_value(DECODE("\x48\x83\xc0\x08"), VALUE_ADD, RAX, RAX, 8);
    assert_value(DECODE("\x83\xe9\x03"), VALUE_ADD, RCX, RCX, -3);
    assert_value(DECODE("\xff\xc0"), VALUE_ADD, RAX, RAX, 1);
    assert_value(DECODE("\x83\xe0\x07"), VALUE_AND, RAX, RAX, 7);
    assert_value(DECODE("\x0f\xb6\xc1"), VALUE_AND, RAX, RCX, 0xff);
    assert_value(DECODE("\x0f\xb7\xc1"), VALUE_AND, RAX, RCX, 0xffff);
    assert_value(DECODE("\x0f\xb6\xc5"), VALUE_UNKNOWN, RAX, REGISTER_NONE, 0); // movzbl %ch,%eax
    assert_value(DECODE("\x48\x63\xc1"), VALUE_SIGN_EXTEND, RAX, RCX, 4);
    assert_value(DECODE("\x48\x98"), VALUE_SIGN_EXTEND, RAX, RAX, 4);
    assert_value(DECODE("\x48\x01\xd0"), VALUE_ADD_REGISTERS, RAX, RAX, 0);
    assert_value(DECODE("\x48\x29\xd0"), VALUE_SUBTRACT, RAX, RAX, 0);
    assert_value(DECODE("\xc1\xe0\x04"), VALUE_SHIFT_LEFT, RAX, RAX, 4);
    assert_value(DECODE("\xd1\xe8"), VALUE_SHIFT_RIGHT, RAX, RAX, 1);
    assert_value(DECODE("\x48\x6b\xc1\x18"), VALUE_MULTIPLY, RAX, RCX, 24);
    assert_value(DECODE("\x83\xff\x05"), VALUE_COMPARE, REGISTER_NONE, RDI, 5);
    assert_value(DECODE("\x85\xff"), VALUE_COMPARE, REGISTER_NONE, RDI, 0);
    assert_int_equal(DECODE("\x85\xcf").value_kind, VALUE_NONE); // test %ecx,%edi
    assert_int_equal(DECODE("\x84\xe4").value_kind, VALUE_NONE); // test %ah,%ah
    struct effect memory = DECODE("\x83\x7d\xec\x05");           // cmpl $5,-20(%rbp)
    assert_value(memory, VALUE_COMPARE, REGISTER_NONE, REGISTER_NONE, 5);
    assert_operand(memory, RBP, REGISTER_NONE, 1, -20);
    assert_int_equal(memory.access_bytes, 4);
    struct effect registers = DECODE("\x4c\x39\xdc"); // cmp %r11,%rsp
    assert_value(registers, VALUE_COMPARE_REGISTERS, REGISTER_NONE, RSP, 0);
    assert_int_equal(registers.index, R11);
    assert_int_equal(DECODE("\xf7\xf1").clobbered, REGISTER_BIT(RAX) | REGISTER_BIT(RDX));
    assert_int_equal(DECODE("\x66\x0f\x7e\xc0").destination, RAX); // movd %xmm0,%eax
    assert_int_equal(DECODE("\xf2\x48\x0f\x2c\xc0").clobbered, REGISTER_BIT(RAX)); // cvttsd2si
    assert_int_equal(DECODE("\xc5\xf9\xd7\xc0").clobbered, REGISTER_BIT(RAX));     // vpmovmskb
    assert_int_equal(DECODE("\xf0\x0f\xb1\x0f").clobbered, REGISTER_BIT(RAX));     // lock cmpxchg
    uint32_t strings = REGISTER_BIT(RDI) | REGISTER_BIT(RSI) | REGISTER_BIT(RCX);
    assert_int_equal(DECODE("\xf3\x48\xa5").clobbered, strings); // rep movsq
}

static void test_memory(void **state)
{
    (void)state;
    struct effect load = DECODE("\x48\x8b\x05\xf9\x0f\x00\x00"); // mov 0xff9(%rip),%rax
    assert_value(load, VALUE_LOAD, RAX, REGISTER_NONE, 0);
    assert_operand(load, REGISTER_NONE, REGISTER_NONE, 1, 0x402000);
    assert_true(load.displacement_is_address && load.reads_memory && !load.writes_memory);
    assert_int_equal(load.access_bytes, 8);
    struct effect entry = DECODE("\x48\x63\x04\x82"); // movslq (%rdx,%rax,4),%rax
    assert_value(entry, VALUE_LOAD, RAX, REGISTER_NONE, 0);
    assert_operand(entry, RDX, RAX, 4, 0);
    assert_true(entry.sign_extend);
    struct effect byte = DECODE("\x0f\xb6\x07"); // movzbl (%rdi),%eax
    assert_value(byte, VALUE_LOAD, RAX, REGISTER_NONE, 0);
    assert_int_equal(byte.access_bytes, 1);
    struct effect guard = DECODE("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"); // mov %fs:40,%rax
    assert_true(guard.is_thread_local);
    assert_false(guard.displacement_is_address || guard.displacement_may_be_address);
    struct effect absolute = DECODE("\x8b\x04\x85\x00\x20\x40\x00"); // mov 0x402000(,%rax,4),%eax
    assert_true(absolute.displacement_may_be_address);
    assert_operand(absolute, REGISTER_NONE, RAX, 4, 0x402000);
    struct effect store = DECODE("\xc7\x05\xf6\x0f\x00\x00\x01\x00\x00\x00"); // movl $1,..(%rip)
    assert_value(store, VALUE_STORE, REGISTER_NONE, REGISTER_NONE, 1);
    assert_int_equal(store.displacement, 0x402000);
    assert_true(store.writes_memory && !store.reads_memory);
    struct effect add = DECODE("\x83\x05\xf9\x0f\x00\x00\x01"); // addl $1,0xff9(%rip)
    assert_true(add.writes_memory && add.reads_memory);
    struct effect bits = DECODE("\x48\x0f\xab\x07"); // bts %rax,(%rdi): any bit from there on
    assert_true(bits.writes_memory && bits.reads_memory);
    assert_int_equal(bits.access_bytes, 0);
    struct effect vector = DECODE("\x66\x0f\x6f\x05\xf8\x0f\x00\x00"); // movdqa 0xff8(%rip),%xmm0
    assert_int_equal(vector.displacement, 0x402000);
    assert_int_equal(vector.access_bytes, 16);
    struct effect moffs =
        DECODE("\x48\xa1\x00\x20\x40\x00\x00\x00\x00\x00"); // movabs 0x402000,%rax
    assert_int_equal(moffs.displacement, 0x402000);
    assert_true(moffs.reads_memory);
}

static void test_padding(void **state)
{
    (void)state;
    assert_true(DECODE("\x90").is_padding);
    assert_true(DECODE("\x66\x90").is_padding);
    assert_true(DECODE("\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00").is_padding);
    assert_true(DECODE("\xcc").is_padding);
    assert_false(DECODE("\xf3\x90").is_padding);
    assert_true(DECODE("\xf3\x0f\x1e\xfa").is_landing);
}

static void test_newer_than_disassembler(void **state)
{
    (void)state;
    // vpmadd52luq 0x20(%rsi),%ymm2,%ymm3 with a VEX prefix (AVX-IFMA, 2022)
    struct effect effect = DECODE("\xc4\xe2\xed\xb4\x5e\x20");
    assert_int_equal(effect.control, CONTROL_NEXT);
    assert_int_equal(effect.stack, STACK_NONE);
    assert_operand(effect, RSI, REGISTER_NONE, 1, 0x20);
    // cmpbexadd %eax,%ecx,(%rdi): writes ecx
    assert_true(DECODE("\xc4\xe2\x79\xe6\x0f").clobbered & REGISTER_BIT(RCX));
}

static void test_no_instruction(void **state)
{
    (void)state;
    struct effect effect;
    arch_x86_64.decode((const uint8_t *)"\x06", 1, ADDRESS, &effect);
    assert_int_equal(effect.length, 0);
    arch_x86_64.decode((const uint8_t *)"\xe8\x01\x02", 3, ADDRESS, &effect);
    assert_int_equal(effect.length, 0);
    arch_x86_64.decode((const uint8_t *)"", 0, ADDRESS, &effect);
    assert_int_equal(effect.length, 0);
}

/** A generator of the xorshift family: the same encodings in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

static uint32_t written_registers(const struct effect *effect)
{
    uint32_t set = effect->clobbered;
    if (effect->destination != REGISTER_NONE)
        set |= REGISTER_BIT(effect->destination);
    return set;
}

/** Whether memory stays as it is: add, or, sub, xor of the constant 0. */
static bool is_barrier(const struct encoding *e)
{
    unsigned op = e->reg & 7;
    return !e->is_0f && e->opcode >= 0x80 && e->opcode <= 0x83 && e->mod != 3 && !e->immediate &&
           (op == 0 || op == 1 || op == 5 || op == 6);
}

static void compare_with_zydis(const uint8_t *bytes)
{
    struct encoding encoding;
    struct effect fast, slow;
    if (!x86_64_scan(bytes, 15, &encoding) || !x86_64_common_effect(&encoding, ADDRESS, &fast))
        return;
    x86_64_rare_effect(bytes, 15, ADDRESS, &slow);
    if (slow.length == 0)
        return; // combinations of prefix and opcode that Zydis knows to be reserved
    assert_int_equal(fast.length, slow.length);
    assert_int_equal(fast.control, slow.control);
    assert_int_equal(fast.target_kind, slow.target_kind);
    assert_int_equal(fast.target, slow.target);
    assert_int_equal(fast.target_register, slow.target_register);
    assert_int_equal(written_registers(&slow) & ~written_registers(&fast), 0);
    assert_int_equal(slow.consumed & ~fast.consumed, 0);
    assert_int_equal(fast.stack != STACK_NONE, slow.stack != STACK_NONE);
    if (slow.changes_flags && slow.control == CONTROL_NEXT)
        assert_true(fast.changes_flags || fast.value_kind == VALUE_COMPARE);
    if (!slow.reads_memory && !slow.writes_memory)
        return;
    assert_int_equal(fast.displacement, slow.displacement);
    assert_int_equal(fast.is_thread_local, slow.is_thread_local);
    assert_int_equal(fast.displacement_is_address, slow.displacement_is_address);
    if (slow.writes_memory)
        assert_int_equal(fast.writes_memory, !is_barrier(&encoding));
    if (slow.reads_memory)
        assert_true(fast.reads_memory);
    if (fast.access_bytes)
        assert_int_equal(fast.access_bytes, slow.access_bytes);
    assert_int_equal(fast.base, slow.base);
    assert_int_equal(fast.index, slow.index);
}

static void test_against_zydis(void **state)
{
    static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0x64, 0x3e, 0x48, 0x44, 0x41, 0x4f, 0x40};
    (void)state;
    uint32_t random = 2463534242;
    for (unsigned round = 0; round < 400000; round++) {
        uint8_t bytes[15];
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = next_random(&random) >> 24;
        unsigned at = 0;
        if (round & 1)
            bytes[at++] = prefixes[next_random(&random) % sizeof prefixes];
        if (round & 2)
            bytes[at++] = prefixes[next_random(&random) % sizeof prefixes];
        if (round & 4)
            bytes[at++] = 0x0f;
        bytes[at] = round >> 3;
        compare_with_zydis(bytes);
    }
}

static void test_relocate(void **state)
{
    (void)state;
    uint8_t place[8] = {0};
    assert_true(arch_x86_64.relocate(2, place, 8, 0x1000, 0x2000, -4, 0)); // PC32
    assert_int_equal(place[0] | place[1] << 8, 0xffc);
    assert_true(arch_x86_64.relocate(1, place, 8, 0x1000, 0x2000, 8, 0)); // 64
    assert_int_equal(place[0] | place[1] << 8, 0x2008);
    assert_true(arch_x86_64.relocate(42, place, 4, 0x1000, 0x2000, -4, 0x3000)); // REX_GOTPCRELX
    assert_int_equal(place[0] | place[1] << 8, 0x1ffc);
    assert_true(arch_x86_64.needs_got_slot(42));
    assert_false(arch_x86_64.needs_got_slot(2));
    assert_false(arch_x86_64.relocate(2, place, 3, 0x1000, 0x2000, -4, 0));
    assert_false(arch_x86_64.relocate(200, place, 8, 0x1000, 0x2000, -4, 0));
    assert_true(arch_x86_64.relocate(23, place, 4, 0x1000, 0, 0, 0)); // TPOFF32
}

static void test_machines(void **state)
{
    (void)state;
    assert_ptr_equal(arch_for_elf(62, 8), &arch_x86_64);
    assert_null(arch_for_elf(183, 8));
    assert_string_equal(arch_machine_name(183, 8), "aarch64");
    assert_string_equal(arch_machine_name(243, 4), "riscv32");
    assert_string_equal(arch_machine_name(3, 4), "i386");
    assert_string_equal(arch_machine_name(0x1234, 4), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stack_pointer),  cmocka_unit_test(test_enter),
        cmocka_unit_test(test_control),        cmocka_unit_test(test_constants_and_addresses),
        cmocka_unit_test(test_arithmetic),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_padding),        cmocka_unit_test(test_newer_than_disassembler),
        cmocka_unit_test(test_no_instruction), cmocka_unit_test(test_against_zydis),
        cmocka_unit_test(test_relocate),       cmocka_unit_test(test_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
