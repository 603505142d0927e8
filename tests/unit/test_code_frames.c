/*
 * Machine code in, frames and the stack below calls out: small hand-assembled functions, each with
 * the answer worked out by hand. The image is that of machine_code.h.
 */
#include "code_asserts.h"

static const char calls_g[] = "\x55"                  // 1000: push %rbp
                              "\x48\x83\xec\x18"      // 1001: sub $0x18,%rsp
                              "\xe8\xf6\x00\x00\x00"  // 1005: call 1100
                              "\x48\x83\xc4\x18"      // 100a: add $0x18,%rsp
                              "\x5d"                  // 100e: pop %rbp
                              "\xe9\xec\x00\x00\x00"; // 100f: jmp 1100

static void test_fixed_frame(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, calls_g);
    assert_frame(&code, FRAME_FIXED, 40);
    assert_int_equal(call_count(&code), 2);
    assert_call(&code, 0, CALL_DIRECT, 1, 40, false);
    assert_call(&code, 1, CALL_DIRECT, 1, 0, true);
    code_deinit(&code);
}

static const char probe[] = "\x4c\x8d\x9c\x24\x00\xb0\xff\xff" // 1000: lea -0x5000(%rsp),%r11
                            "\x48\x81\xec\x00\x10\x00\x00"     // 1008: sub $0x1000,%rsp
                            "\x48\x83\x0c\x24\x00"             // 100f: orq $0x0,(%rsp)
                            "\x4c\x39\xdc"                     // 1014: cmp %r11,%rsp
                            "\x75\xef"                         // 1017: jne 1008
                            "\x48\x83\xec\x18"                 // 1019: sub $0x18,%rsp
                            "\x48\x81\xc4\x18\x50\x00\x00"     // 101d: add $0x5018,%rsp
                            "\xc3";                            // 1024: ret

static const char old_probe[] = "\x53"                         // 1000: push %rbx
                                "\xb8\x10\x20\x00\x00"         // 1001: mov $0x2010,%eax
                                "\xe8\xf5\x00\x00\x00"         // 1006: call 1100
                                "\x48\x29\xc4"                 // 100b: sub %rax,%rsp
                                "\xe8\xed\x00\x00\x00"         // 100e: call 1100
                                "\x48\x81\xc4\x10\x20\x00\x00" // 1013: add $0x2010,%rsp
                                "\x5b"                         // 101a: pop %rbx
                                "\xc3";                        // 101b: ret

static void test_probed_frames(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, probe);
    assert_frame(&code, FRAME_FIXED, 8 + 0x5000 + 0x18);
    code_deinit(&code);
    READ_ONE(code, old_probe);
    assert_frame(&code, FRAME_FIXED, 16 + 0x2010);
    assert_call(&code, 1, CALL_DIRECT, 1, 16 + 0x2010, false);
    code_deinit(&code);
}

static const char allocas[] = "\x55"                 // 1000: push %rbp
                              "\x48\x89\xe5"         // 1001: mov %rsp,%rbp
                              "\x48\x83\xec\x10"     // 1004: sub $0x10,%rsp
                              "\x48\x29\xfc"         // 1008: sub %rdi,%rsp
                              "\xe8\xf0\x00\x00\x00" // 100b: call 1100
                              "\xc9"                 // 1010: leave
                              "\xc3";                // 1011: ret

static void test_dynamic_frame(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, allocas);
    assert_frame(&code, FRAME_DYNAMIC, 32);
    assert_int_equal(code.facts.frames[0].dynamic_address, 0x1008);
    code_deinit(&code);
}

static const char realign[] = "\x55"                 // 1000: push %rbp
                              "\x48\x89\xe5"         // 1001: mov %rsp,%rbp
                              "\x48\x83\xe4\xc0"     // 1004: and $0xffffffffffffffc0,%rsp
                              "\x48\x83\xec\x40"     // 1008: sub $0x40,%rsp
                              "\xe8\xef\x00\x00\x00" // 100c: call 1100
                              "\xc9"                 // 1011: leave
                              "\xc3";                // 1012: ret

static const char drap[] = "\x4c\x8d\x54\x24\x08" // 1000: lea 0x8(%rsp),%r10
                           "\x48\x83\xe4\xe0"     // 1005: and $0xffffffffffffffe0,%rsp
                           "\x41\xff\x72\xf8"     // 1009: push -0x8(%r10)
                           "\x55"                 // 100d: push %rbp
                           "\x48\x89\xe5"         // 100e: mov %rsp,%rbp
                           "\x41\x52"             // 1011: push %r10
                           "\x48\x83\xec\x08"     // 1013: sub $0x8,%rsp
                           "\xe8\xe4\x00\x00\x00" // 1017: call 1100
                           "\x4c\x8b\x55\xf8"     // 101c: mov -0x8(%rbp),%r10
                           "\xc9"                 // 1020: leave
                           "\x49\x8d\x62\xf8"     // 1021: lea -0x8(%r10),%rsp
                           "\xc3";                // 1025: ret

static void test_realigned_frames(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, realign);
    assert_frame(&code, FRAME_FIXED, 16 + 48 + 64 + 8); // called at a multiple of 8
    code_deinit(&code);
    READ_ONE(code, drap);
    assert_frame(&code, FRAME_FIXED, 64);
    assert_call(&code, 0, CALL_DIRECT, 1, 64, false);
    code_deinit(&code);
}

static const char leaf[] = "\x48\x89\x7c\x24\xd8" // 1000: mov %rdi,-0x28(%rsp)
                           "\x48\x8b\x44\x24\xd8" // 1005: mov -0x28(%rsp),%rax
                           "\xc3";                // 100a: ret

static void test_leaf(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, leaf);
    assert_frame(&code, FRAME_FIXED, 8);
    assert_int_equal(code.facts.frames[0].red_zone_bytes, 40);
    code_deinit(&code);
}

static const char get_pc[] = "\xe8\x00\x00\x00\x00" // 1000: call 1005
                             "\x58"                 // 1005: pop %rax
                             "\xc3";                // 1006: ret

static void test_get_pc(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, get_pc);
    assert_frame(&code, FRAME_FIXED, 16);
    assert_int_equal(call_count(&code), 0);
    code_deinit(&code);
}

// The distance from the GOT, at 0x4000, to 0x1010: large code takes addresses so.
static const char label[] = "\x48\xb9\x10\xd0\xff\xff\xff\xff\xff\xff" // 1000: movabs $-0x2ff0,%rcx
                            "\x48\x01\xc8"                             // 100a: add %rcx,%rax
                            "\x74\x01"                                 // 100d: je 1010
                            "\x90"                                     // 100f: nop
                            "\xc3";                                    // 1010: ret

static void test_label_by_distance(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, label);
    assert_true(code.facts.frames[0].keeps_label);
    code_deinit(&code);
    char number[sizeof label];
    memcpy(number, label, sizeof label);
    number[2]++; // into the middle of nothing
    READ_ONE(code, number);
    assert_false(code.facts.frames[0].keeps_label);
    code_deinit(&code);
}

static const char overwrites[] = "\x55"                         // 1000: push %rbp
                                 "\x48\x83\xec\x20"             // 1001: sub $0x20,%rsp
                                 "\x48\x8d\x05\xf4\x00\x00\x00" // 1005: lea 1100(%rip),%rax
                                 "\x48\x89\x44\x24\x08"         // 100c: mov %rax,8(%rsp)
                                 "\x48\x8d\x2c\xfc"             // 1011: lea (%rsp,%rdi,8),%rbp
                                 "\x48\x89\x75\x00"             // 1015: mov %rsi,(%rbp)
                                 "\x48\x8b\x44\x24\x08"         // 1019: mov 8(%rsp),%rax
                                 "\xff\xd0"                     // 101e: call *%rax
                                 "\x48\x83\xc4\x20\x5d\xc3";    // 1020: add $0x20,%rsp; pop; ret

/** A frame pointer that leads to an unknown place of the frame may write all of it. */
static void test_index_into_frame(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, overwrites);
    assert_int_equal(call_count(&code), 1);
    assert_int_equal(code.program.calls[0].kind, CALL_UNRESOLVED);
    code_deinit(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_frame),
        cmocka_unit_test(test_probed_frames),
        cmocka_unit_test(test_dynamic_frame),
        cmocka_unit_test(test_realigned_frames),
        cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_get_pc),
        cmocka_unit_test(test_label_by_distance),
        cmocka_unit_test(test_index_into_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
