/*
 * Machine code in, calls, blocks and references out: small hand-assembled functions, each
 * with the answer worked out by hand, and made-up bytes that must not break anything. The image is
 * that of machine_code.h.
 */
#include "code_asserts.h"

/* ---- Blocks and calls ------------------------------------------------------------------------ */

static const char switch_bounded[] =
    "\x83\xff\x02"                 // 1000: cmp $0x2,%edi
    "\x77\x24"                     // 1003: ja 1029
    "\x89\xf8"                     // 1005: mov %edi,%eax
    "\x48\x8d\x15\xf2\x1f\x00\x00" // 1007: lea 0x1ff2(%rip),%rdx (3000)
    "\x48\x63\x04\x82"             // 100e: movslq (%rdx,%rax,4),%rax
    "\x48\x01\xd0"                 // 1012: add %rdx,%rax
    "\xff\xe0"                     // 1015: jmp *%rax
    "\xe8\xe4\x00\x00\x00"         // 1017: call 1100
    "\xc3"                         // 101c: ret
    "\xe8\xee\x00\x00\x00"         // 101d: call 1110
    "\xc3"                         // 1022: ret
    "\xe8\xf8\x00\x00\x00"         // 1023: call 1120
    "\xc3"                         // 1028: ret
    "\xc3";                        // 1029: ret

static void test_bounded_switch(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_entry(&code, CONSTANTS, 0, 0x1017);
    code_entry(&code, CONSTANTS, 1, 0x101d);
    code_entry(&code, CONSTANTS, 2, 0x1023);
    code_entry(&code, CONSTANTS, 3, 0x1029); // not the table's: the comparison says so
    code_read_one(&code, switch_bounded, sizeof switch_bounded - 1);
    assert_int_equal(call_count(&code), 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_call(&code, i, CALL_DIRECT, i + 1, 8, false);
    assert_int_equal(find_reference(&code, CONSTANTS, REFERENCE_JUMP_TABLE)->bytes, 12);
    for (uint32_t i = 0; i < block_count(&code); i++)
        assert_int_equal(code.program.blocks[i].flags & ~(uint32_t)BLOCK_RETURNS, 0);
    code_deinit(&code);
}

static const char switch_loose[] =
    "\x0f\xb6\x07"                 // 1000: movzbl (%rdi),%eax
    "\x48\x8d\x15\xf6\x1f\x00\x00" // 1003: lea 0x1ff6(%rip),%rdx (3000)
    "\x48\x63\x04\x82"             // 100a: movslq (%rdx,%rax,4),%rax
    "\x48\x01\xd0"                 // 100e: add %rdx,%rax
    "\xff\xe0"                     // 1011: jmp *%rax
    "\xe8\xe8\x00\x00\x00"         // 1013: call 1100
    "\xc3"                         // 1018: ret
    "\xe8\xf2\x00\x00\x00"         // 1019: call 1110
    "\xc3";                        // 101e: ret

static const char mentions[] =     // for address 0x1200
    "\x48\x8d\x05\x01\x1e\x00\x00" // 1200: lea 0x1e01(%rip),%rax (3008)
    "\xc3";                        // 1207: ret

static void test_switch_without_comparison(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_entry(&code, CONSTANTS, 0, 0x1013);
    code_entry(&code, CONSTANTS, 1, 0x1019);
    code_entry(&code, CONSTANTS, 2, 0x1013); // another function's constant begins here
    code_function(&code, CODE, switch_loose, sizeof switch_loose - 1);
    code_function(&code, 0x1100, "\xc3", 1);
    code_function(&code, 0x1110, "\xc3", 1);
    code_function(&code, 0x1200, mentions, sizeof mentions - 1);
    code_read(&code);
    assert_int_equal(find_reference(&code, CONSTANTS, REFERENCE_JUMP_TABLE)->bytes, 8);
    assert_int_equal(call_count(&code), 2);
    assert_call(&code, 0, CALL_DIRECT, 1, 8, false);
    assert_call(&code, 1, CALL_DIRECT, 2, 8, false);
    code_deinit(&code);
}

static const char machine[] = "\x31\xc0"                     // 1000: xor %eax,%eax
                              "\x48\x8d\x0d\xf7\x1f\x00\x00" // 1002: lea 0x1ff7(%rip),%rcx (3000)
                              "\x89\xc2"                     // 1009: mov %eax,%edx
                              "\x48\x63\x14\x91"             // 100b: movslq (%rcx,%rdx,4),%rdx
                              "\x48\x01\xca"                 // 100f: add %rcx,%rdx
                              "\xff\xe2"                     // 1012: jmp *%rdx
                              "\xb8\x01\x00\x00\x00"         // 1014: mov $0x1,%eax
                              "\xeb\xee"                     // 1019: jmp 1009
                              "\xb8\x02\x00\x00\x00"         // 101b: mov $0x2,%eax
                              "\xeb\xe7"                     // 1020: jmp 1009
                              "\xc3";                        // 1022: ret

/* The state is 0 at first; only the table tells that there are others. */
static void test_state_machine(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_entry(&code, CONSTANTS, 0, 0x1014);
    code_entry(&code, CONSTANTS, 1, 0x101b);
    code_entry(&code, CONSTANTS, 2, 0x1022);
    code_read_one(&code, machine, sizeof machine - 1);
    assert_int_equal(find_reference(&code, CONSTANTS, REFERENCE_JUMP_TABLE)->bytes, 12);
    assert_int_equal(call_count(&code), 0);
    uint32_t returns = 0;
    for (uint32_t i = 0; i < block_count(&code); i++) {
        assert_int_equal(code.program.blocks[i].flags & ~(uint32_t)BLOCK_RETURNS, 0);
        returns += code.program.blocks[i].flags;
    }
    assert_int_equal(returns, 1);
    code_deinit(&code);
}

static const char hoisted[] = "\x53"                         // 1000: push %rbx
                              "\x48\x83\xec\x10"             // 1001: sub $0x10,%rsp
                              "\x48\x8b\x1d\xf4\x2f\x00\x00" // 1005: mov 0x2ff4(%rip),%rbx (4000)
                              "\x85\xff"                     // 100c: test %edi,%edi
                              "\x74\x02"                     // 100e: je 1012
                              "\xff\xd3"                     // 1010: call *%rbx
                              "\xff\xd3"                     // 1012: call *%rbx
                              "\x48\x83\xc4\x10"             // 1014: add $0x10,%rsp
                              "\x5b"                         // 1018: pop %rbx
                              "\xc3";                        // 1019: ret

static void test_hoisted_slot(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code.relocation = (struct relocation){
        .address = SLOTS, .symbol = NONE, .function = 2, .kind = RELOCATION_GOT};
    code.image.relocation_count = 1;
    code_read_one(&code, hoisted, sizeof hoisted - 1);
    assert_call(&code, 0, CALL_GOT, 2, 32, false);
    assert_call(&code, 1, CALL_GOT, 2, 32, false);
    assert_non_null(find_reference(&code, SLOTS, REFERENCE_READ));
    assert_true(code.functions[2].is_address_taken);
    code_deinit(&code);
}

static const char writable_slot[] = "\x48\x83\xec\x08"         // 1000: sub $0x8,%rsp
                                    "\xff\x15\xf6\x3f\x00\x00" // 1004: call *0x3ff6(%rip) (5000)
                                    "\x48\x83\xc4\x08"         // 100a: add $0x8,%rsp
                                    "\xc3";                    // 100e: ret

static void test_writable_slot(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, writable_slot);
    assert_call(&code, 0, CALL_UNRESOLVED, NONE, 16, false);
    assert_int_equal(find_reference(&code, VARIABLES, REFERENCE_READ)->bytes, 8);
    code_deinit(&code);
}

static const char noreturn[] = "\x48\x83\xec\x18"     // 1000: sub $0x18,%rsp
                               "\x85\xff"             // 1004: test %edi,%edi
                               "\x74\x06"             // 1006: je 100e
                               "\x48\x83\xc4\x18"     // 1008: add $0x18,%rsp
                               "\xeb\x05"             // 100c: jmp 1013
                               "\xe8\xed\x00\x00\x00" // 100e: call 1100
                               "\x50"                 // 1013: push %rax
                               "\xe8\xf7\x00\x00\x00" // 1014: call 1110
                               "\x58"                 // 1019: pop %rax
                               "\xc3";                // 101a: ret

static void test_heights_behind_calls_count_less(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, noreturn);
    assert_frame(&code, FRAME_FIXED, 32);
    assert_call(&code, 0, CALL_DIRECT, 1, 32, false);
    assert_call(&code, 1, CALL_DIRECT, 2, 16, false);
    code_deinit(&code);
}

static const char landing[] = "\x53"                  // 1000: push %rbx
                              "\x48\x83\xec\x20"      // 1001: sub $0x20,%rsp
                              "\xe8\xf6\x00\x00\x00"  // 1005: call 1100
                              "\x48\x83\xc4\x20"      // 100a: add $0x20,%rsp
                              "\x5b"                  // 100e: pop %rbx
                              "\xc3"                  // 100f: ret
                              "\x48\x89\xc3"          // 1010: mov %rax,%rbx
                              "\xe8\xf8\x00\x00\x00"  // 1013: call 1110
                              "\x48\x89\xdf"          // 1018: mov %rbx,%rdi
                              "\xe8\x00\x01\x00\x00"; // 101b: call 1120

static void check_landing(struct machine_code *code, uint32_t flags, uint32_t first_flags)
{
    code_read_one(code, landing, sizeof landing - 1);
    assert_frame(code, FRAME_FIXED, 48);
    assert_int_equal(call_count(code), 3);
    assert_call(code, 1, CALL_DIRECT, 2, 48, false);
    assert_call(code, 2, CALL_DIRECT, 3, 48, false);
    assert_int_equal(block_count(code), 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(code->program.blocks[i].flags & ~BLOCK_RETURNS,
                         i == 0                              ? first_flags
                         : code->program.blocks[i].call == 1 ? flags
                                                             : 0);
    code_deinit(code);
}

static void test_landing_pad(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_exceptions(&code, "\xff\xff\x01\x04\x05\x05\x10\x01\x01\x00", 10);
    check_landing(&code, BLOCK_LANDING_PAD | BLOCK_CATCHES, 0);
    // A pad for a place where nobody calls, and one outside the function.
    code_init(&code);
    code_exceptions(&code, "\xff\xff\x01\x04\x00\x05\x10\x00", 8);
    check_landing(&code, BLOCK_GAP, 0);
    code_init(&code);
    code_exceptions(&code, "\xff\xff\x01\x04\x05\x05\x40\x00", 8);
    check_landing(&code, BLOCK_GAP, BLOCK_HIDES_PADS);
}

static const char landings[] = "\x53"                 // 1000: push %rbx
                               "\xe8\xfa\x00\x00\x00" // 1001: call 1100
                               "\x48\x83\xec\x20"     // 1006: sub $0x20,%rsp
                               "\xe8\x01\x01\x00\x00" // 100a: call 1110
                               "\x48\x83\xc4\x20"     // 100f: add $0x20,%rsp
                               "\x5b"                 // 1013: pop %rbx
                               "\xc3"                 // 1014: ret
                               "\xe8\x06\x01\x00\x00" // 1015: call 1120
                               "\x0f\x0b"             // 101a: ud2
                               "\xe8\xff\x00\x00\x00" // 101c: call 1120
                               "\x0f\x0b";            // 1021: ud2

static void test_calls_land_where_the_table_says(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_exceptions(&code, "\xff\xff\x01\x08\x01\x05\x15\x00\x0a\x05\x1c\x00", 12);
    code_read_one(&code, landings, sizeof landings - 1);
    assert_int_equal(call_count(&code), 4);
    assert_call(&code, 2, CALL_DIRECT, 3, 16, false);
    assert_call(&code, 3, CALL_DIRECT, 3, 48, false);
    code_deinit(&code);
}

static const char diamond[] = "\x48\x83\xec\x08"     // 1000: sub $0x8,%rsp
                              "\x85\xff"             // 1004: test %edi,%edi
                              "\x74\x02"             // 1006: je 100a
                              "\xff\xc0"             // 1008: inc %eax
                              "\x85\xf6"             // 100a: test %esi,%esi
                              "\x74\x02"             // 100c: je 1010
                              "\xff\xc1"             // 100e: inc %ecx
                              "\xe8\xeb\x00\x00\x00" // 1010: call 1100
                              "\xff\xcf"             // 1015: dec %edi
                              "\x75\xfc"             // 1017: jne 1015
                              "\x48\x83\xc4\x08"     // 1019: add $0x8,%rsp
                              "\xc3";                // 101d: ret

static void test_ifs_without_calls_dissolve(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, diamond);
    const struct block *blocks = code.program.blocks;
    assert_int_equal(block_count(&code), 4); // entry, call, loop, return
    assert_int_equal(blocks[0].call, NONE);
    assert_int_equal(blocks[0].next[0], 1);
    assert_int_equal(blocks[0].next[1], NONE);
    assert_int_equal(blocks[1].call, 0);
    assert_int_equal(blocks[1].next[0], 2);
    assert_int_equal(blocks[2].next[0], 2);
    assert_int_equal(blocks[2].next[1], 3);
    assert_int_equal(blocks[3].flags, BLOCK_RETURNS);
    code_deinit(&code);
}

static const char branch_out[] = "\x48\x83\xec\x08"         // 1000: sub $0x8,%rsp
                                 "\x85\xff"                 // 1004: test %edi,%edi
                                 "\x48\x83\xc4\x08"         // 1006: add $0x8,%rsp
                                 "\x85\xff"                 // 100a: test %edi,%edi
                                 "\x0f\x85\xee\x00\x00\x00" // 100c: jne 1100
                                 "\xc3";                    // 1012: ret

static void test_branch_to_other_function(void **state)
{
    (void)state;
    struct machine_code code;
    READ_ONE(code, branch_out);
    assert_int_equal(call_count(&code), 1);
    assert_call(&code, 0, CALL_DIRECT, 1, 0, true);
    const struct block *blocks = code.program.blocks;
    assert_int_equal(block_count(&code), 3);
    assert_int_equal(blocks[0].call, NONE);
    assert_int_equal(blocks[1].flags, BLOCK_RETURNS);
    assert_int_equal(blocks[2].call, 0);
    assert_int_equal(blocks[2].next[0], NONE);
    code_deinit(&code);
}

static const char falls[] = "\x90"      // 1000: nop
                            "\xff\xc0"; // 1001: inc %eax

static void test_fall_into_next_function(void **state)
{
    (void)state;
    struct machine_code code;
    code_init(&code);
    code_function(&code, CODE, falls, sizeof falls - 1);
    code_function(&code, CODE + sizeof falls - 1, "\xc3", 1);
    code_read(&code);
    assert_call(&code, 0, CALL_DIRECT, 1, 0, true);
    code_deinit(&code);
}

/* ---- Made-up bytes --------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/** Half of the bytes are the start of something that matters: jumps, calls, the stack pointer. */
static void fill_with_code(uint8_t *bytes, size_t count, uint32_t *random)
{
    static const char *const pieces[] = {
        "\xeb\x10",     "\x75\xf0",     "\xe8\x20\x00\x00\x00", "\x48\x83\xec\x18", "\xc3",
        "\xff\xd0",     "\xff\xe0",     "\x48\x63\x04\x82",     "\x48\x01\xd0",     "\x48\x8d\x15",
        "\x48\x89\xe5", "\x48\x29\xc4", "\x83\xff\x05\x77",     "\x48\x83\xe4\xe0", "\x5d\x55",
        "\xc9",
    };
    for (size_t at = 0; at < count;) {
        const char *piece = pieces[next_random(random) % (sizeof pieces / sizeof *pieces)];
        if (next_random(random) & 1)
            bytes[at++] = (uint8_t)(next_random(random) >> 24);
        else
            for (; *piece && at < count; piece++)
                bytes[at++] = (uint8_t)*piece;
    }
}

static void make_random_code(struct machine_code *code, uint32_t seed)
{
    static uint8_t wanted[MAX_FUNCTIONS];
    memset(wanted, 0xff, sizeof wanted);
    uint32_t random = seed;
    code_init(code);
    code->facts.wanted_arguments = wanted;
    fill_with_code(code->file + CODE, END - CODE, &random);
    uint64_t address = CODE;
    while (address < CONSTANTS - 200 && code->program.function_count < MAX_FUNCTIONS) {
        char bytes[128];
        size_t count = 1 + next_random(&random) % sizeof bytes;
        memcpy(bytes, code->file + address, count);
        uint32_t index = code_function(code, address, bytes, count);
        if (index && next_random(&random) % 8 == 0) {
            code->functions[index].part_of = 0;
            code->functions[index].next_part = code->functions[0].first_part;
            code->functions[0].first_part = index;
        }
        address += count + next_random(&random) % 8;
    }
}

static void assert_arguments_sorted(const struct program *program)
{
    for (uint32_t i = 0; i < program->argument_count; i++) {
        const struct argument *argument = &program->arguments[i];
        assert_true(argument->call < program->call_count);
        assert_int_equal(program->calls[argument->call].target_count, 1);
        assert_true(i == 0 || argument[-1].call < argument->call ||
                    (argument[-1].call == argument->call && argument[-1].index < argument->index));
    }
}

static void assert_consistent(const struct program *program)
{
    assert_arguments_sorted(program);
    for (uint32_t i = 0; i < program->function_count; i++) {
        uint32_t first = program->function_blocks[i], end = program->function_blocks[i + 1];
        assert_int_equal(first == end, program->functions[i].part_of != NONE);
        for (uint32_t k = first; k < end; k++) {
            const struct block *block = &program->blocks[k];
            for (unsigned s = 0; s < 2; s++)
                assert_true(block->next[s] == NONE ||
                            (block->next[s] >= first && block->next[s] < end));
            assert_true(block->call == NONE || (block->call >= program->function_calls[i] &&
                                                block->call < program->function_calls[i + 1]));
        }
        for (uint32_t k = program->function_calls[i]; k < program->function_calls[i + 1]; k++) {
            const struct call *call = &program->calls[k];
            assert_int_equal(call->from, i);
            assert_int_equal(call->target_count == 0, call->kind == CALL_UNRESOLVED);
            assert_true(k == program->function_calls[i] || call[-1].address <= call->address);
        }
    }
    for (uint32_t i = 1; i < program->reference_count; i++)
        assert_true(program->references[i - 1].target <= program->references[i].target);
}

static void test_made_up_code(void **state)
{
    (void)state;
    static struct machine_code code;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        make_random_code(&code, seed * 2654435761U);
        code_read(&code);
        assert_consistent(&code.program);
        code_deinit(&code);
    }
}

/** Whoever reads which function, the result is the same. */
static void test_workers_do_not_matter(void **state)
{
    (void)state;
    static struct machine_code one, three;
    for (uint32_t seed = 1; seed <= 30; seed++) {
        make_random_code(&one, seed * 40503U);
        make_random_code(&three, seed * 40503U);
        one.program.workers = 1;
        three.program.workers = 3;
        program_decode(&one.program);
        program_decode(&three.program);
        const struct program *a = &one.program, *b = &three.program;
        assert_int_equal(a->call_count, b->call_count);
        assert_int_equal(a->block_count, b->block_count);
        assert_int_equal(a->reference_count, b->reference_count);
        assert_int_equal(a->argument_count, b->argument_count);
        assert_memory_equal(a->blocks, b->blocks, a->block_count * sizeof *a->blocks);
        for (uint32_t i = 0; i < a->call_count; i++) {
            assert_int_equal(a->calls[i].address, b->calls[i].address);
            assert_int_equal(a->calls[i].first_target, b->calls[i].first_target);
            assert_int_equal(a->calls[i].depth_bytes, b->calls[i].depth_bytes);
        }
        for (uint32_t i = 0; i < a->argument_count; i++) {
            assert_int_equal(a->arguments[i].call, b->arguments[i].call);
            assert_int_equal(a->arguments[i].number, b->arguments[i].number);
        }
        code_deinit(&one);
        code_deinit(&three);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded_switch),
        cmocka_unit_test(test_switch_without_comparison),
        cmocka_unit_test(test_state_machine),
        cmocka_unit_test(test_hoisted_slot),
        cmocka_unit_test(test_writable_slot),
        cmocka_unit_test(test_heights_behind_calls_count_less),
        cmocka_unit_test(test_landing_pad),
        cmocka_unit_test(test_calls_land_where_the_table_says),
        cmocka_unit_test(test_ifs_without_calls_dissolve),
        cmocka_unit_test(test_branch_to_other_function),
        cmocka_unit_test(test_fall_into_next_function),
        cmocka_unit_test(test_made_up_code),
        cmocka_unit_test(test_workers_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
