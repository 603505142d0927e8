/*
 * Machine code in, what unresolved calls could enter out. Function 0 makes the calls; 1, 2 and 3
 * have their addresses taken.
 */
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/registers.h"
#include "machine_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ONE = 0x1100, TWO = 0x1110, THREE = 0x1120 };

#define NOTHING "\xc3"
#define RETURNS_ZERO "\x31\xc0\xc3"              /* xor %eax,%eax */
#define RETURNS_FIRST "\x48\x89\xf8\xc3"         /* mov %rdi,%rax */
#define RETURNS_SECOND "\x48\x89\xf0\xc3"        /* mov %rsi,%rax */
#define RETURNS_STACK "\x48\x8b\x44\x24\x08\xc3" /* mov 8(%rsp),%rax */
#define SAVES_ALL                                                                                  \
    "\x84\xc0"             /* test %al,%al: the function takes as many as there are */             \
    "\x48\x89\x74\x24\xf0" /* mov %rsi,-0x10(%rsp) */                                              \
    "\x48\x89\xf8\xc3"     /* mov %rdi,%rax */

struct code {
    const char *bytes;
    size_t count;
};

#define CODE_OF(text) ((struct code){(text), sizeof(text) - 1})

static void read_code(struct machine_code *code, struct code caller, struct code one,
                      struct code two, struct code three)
{
    static const uint64_t addresses[] = {CODE, ONE, TWO, THREE};
    struct code functions[] = {caller, one, two, three};
    code_init(code);
    code->image.type = IMAGE_EXECUTABLE;
    for (unsigned i = 0; i < 4; i++) {
        code_function(code, addresses[i], functions[i].bytes, functions[i].count);
        code->functions[i].is_address_taken = i > 0;
    }
    code_read(code);
    indirect_resolve(&code->program);
    registers_resolve(&code->program);
}

/** Whether loose call number @p index of function 0 has just these candidates. */
static bool could_enter(const struct machine_code *code, uint32_t index, enum call_kind kind,
                        const uint32_t *targets, uint32_t count)
{
    const struct program *program = &code->program;
    assert_true(index < program->loose_call_count);
    const struct loose_call *call = &program->loose_calls[index];
    assert_int_equal(program->calls[call->call].kind, CALL_UNRESOLVED);
    return call->kind == kind && call->target_count == count &&
           !memcmp(program->call_targets + call->first_target, targets, 4 * count);
}

#define COULD_ENTER(code, index, kind, ...)                                                        \
    could_enter(&(code), (index), (kind), (const uint32_t[]){__VA_ARGS__},                         \
                sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void arguments_are_handed_on(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code, CODE_OF("\xff\x27"), // jmp *(%rdi)
              CODE_OF(NOTHING), CODE_OF(RETURNS_SECOND), CODE_OF(RETURNS_STACK));
    assert_true(COULD_ENTER(code, 0, CALL_PROTOTYPE, 1, 2));
    code_deinit(&code);
}

/** A call may leave anything in the registers, so the second one passes what was written since. */
static void a_call_takes_all_away(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code,
              CODE_OF("\x53"         // push %rbx
                      "\x48\x89\xfb" // mov %rdi,%rbx
                      "\xff\x17"     // call *(%rdi)
                      "\x48\x89\xdf" // mov %rbx,%rdi
                      "\xff\x53\x08" // call *8(%rbx)
                      "\x5b\xc3"),
              CODE_OF(RETURNS_FIRST), CODE_OF(RETURNS_SECOND), CODE_OF(SAVES_ALL));
    assert_true(COULD_ENTER(code, 0, CALL_ADDRESS_TAKEN, 1, 2, 3));
    assert_true(COULD_ENTER(code, 1, CALL_PROTOTYPE, 1, 3));
    code_deinit(&code);
}

/** But gcc knows what a function that it compiled as well leaves alone (-fipa-ra). */
static void known_functions_leave_arguments(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code,
              CODE_OF("\x53"                 // push %rbx
                      "\xe8\xfa\x00\x00\x00" // call ONE
                      "\xff\x13"             // call *(%rbx)
                      "\x5b\xc3"),
              CODE_OF(NOTHING), CODE_OF(RETURNS_FIRST), CODE_OF(RETURNS_SECOND));
    assert_true(COULD_ENTER(code, 0, CALL_ADDRESS_TAKEN, 1, 2, 3));
    code_deinit(&code);
}

/** Who passes the second argument passes the first one; only one of two ways is no way. */
static void ways_agree(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code,
              CODE_OF("\x53"         // push %rbx
                      "\x48\x89\xfb" // mov %rdi,%rbx
                      "\xff\x17"     // call *(%rdi)
                      "\x48\x89\xdf" // mov %rbx,%rdi
                      "\x83\x3b\x00" // cmpl $0,(%rbx)
                      "\x74\x03"     // je over the next
                      "\x48\x89\xde" // mov %rbx,%rsi
                      "\xff\x53\x08" // call *8(%rbx)
                      "\x48\x89\xde" // mov %rbx,%rsi
                      "\xff\x53\x10" // call *16(%rbx)
                      "\x5b\xc3"),
              CODE_OF(RETURNS_FIRST), CODE_OF(RETURNS_SECOND), CODE_OF(NOTHING));
    assert_true(COULD_ENTER(code, 1, CALL_PROTOTYPE, 1, 3));
    assert_true(COULD_ENTER(code, 2, CALL_ADDRESS_TAKEN, 1, 2, 3));
    code_deinit(&code);
}

static void results_that_are_looked_at(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code,
              CODE_OF("\x50"         // push %rax
                      "\xff\x17"     // call *(%rdi)
                      "\x83\xc0\x01" // add $1,%eax
                      "\x5a\xc3"),
              CODE_OF(NOTHING), CODE_OF(RETURNS_ZERO), CODE_OF(RETURNS_SECOND));
    assert_true(COULD_ENTER(code, 0, CALL_PROTOTYPE, 2, 3));
    code_deinit(&code);
}

static void arguments_on_the_stack(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code,
              CODE_OF("\x48\x83\xec\x18"                 // sub $24,%rsp
                      "\xff\x17"                         // call *(%rdi)
                      "\x48\xc7\x04\x24\x01\x00\x00\x00" // movq $1,(%rsp)
                      "\xff\x13"                         // call *(%rbx)
                      "\x48\x83\xc4\x18\xc3"),
              CODE_OF(NOTHING), CODE_OF(RETURNS_ZERO), CODE_OF(RETURNS_STACK));
    assert_true(COULD_ENTER(code, 0, CALL_PROTOTYPE, 1, 2));
    assert_true(COULD_ENTER(code, 1, CALL_ADDRESS_TAKEN, 1, 2, 3));
    code_deinit(&code);
}

/** Other programs call a library's functions with pointers of their own. */
static void not_in_libraries(void **state)
{
    (void)state;
    struct machine_code code;
    read_code(&code, CODE_OF("\xff\x27"), CODE_OF(NOTHING), CODE_OF(NOTHING), CODE_OF(NOTHING));
    assert_int_equal(code.program.loose_call_count, 1);
    assert_null(program_loose_call(&code.program, 1));
    assert_non_null(program_loose_call(&code.program, 0));
    code.program.loose_call_count = 0;
    code.image.type = IMAGE_SHARED;
    registers_resolve(&code.program);
    assert_int_equal(code.program.loose_call_count, 0);
    code_deinit(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_handed_on),
        cmocka_unit_test(a_call_takes_all_away),
        cmocka_unit_test(known_functions_leave_arguments),
        cmocka_unit_test(ways_agree),
        cmocka_unit_test(results_that_are_looked_at),
        cmocka_unit_test(arguments_on_the_stack),
        cmocka_unit_test(not_in_libraries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
