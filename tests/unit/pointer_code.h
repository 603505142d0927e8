/*
 * pointer_code.h: what tests of calls through pointers have in common: an executable with a fixed
 * place, so that words of data are addresses without relocations, and what a function calls.
 */
#ifndef TESTS_UNIT_POINTER_CODE_H
#define TESTS_UNIT_POINTER_CODE_H

#include "machine_code.h"

#include <stddef.h>
#include <string.h>

enum {
    ONE = 0x1100,
    TWO = 0x1110,
    THREE = 0x1120,
    FOUR = 0x1130,
    FIRST_TABLE = CONSTANTS + 0x10,
    SECOND_TABLE = CONSTANTS + 0x110,
    LISTED = CONSTANTS + 0x400, // where the addresses of the tables are stored
    VARIABLE = VARIABLES,
};

enum language { C, CPP, RUST };

#define TWO_ARGUMENTS "\xff\x66\x18" /* jmp *0x18(%rsi) */

static const char *const all_rust[] = {"made", "made", "made", "made", "made", "made"};

static inline void word(struct machine_code *code, uint64_t address, uint64_t value)
{
    memcpy(code->file + address, &value, sizeof value);
}

static inline void init(struct machine_code *code, enum language language)
{
    code_init(code);
    code->image.type = IMAGE_EXECUTABLE;
    if (language == RUST)
        memcpy(code->crates, all_rust, sizeof all_rust);
}

/** Whether the last call of @p function is of @p kind and has just these targets. */
static inline bool enters(const struct machine_code *code, uint32_t function, enum call_kind kind,
                          const uint32_t *targets, uint32_t count)
{
    const struct program *program = &code->program;
    uint32_t first = program->function_calls[function], end = program->function_calls[function + 1];
    if (first == end)
        return false;
    const struct call *call = &program->calls[end - 1];
    return call->kind == kind && call->target_count == count &&
           (!count || !memcmp(program->call_targets + call->first_target, targets, 4 * count));
}

#define ENTERS(code, function, kind, ...)                                                          \
    enters(&(code), (function), (kind), (const uint32_t[]){__VA_ARGS__},                           \
           sizeof((const uint32_t[]){__VA_ARGS__}) / 4)
#define IS_UNRESOLVED(code, function) enters(&(code), (function), CALL_UNRESOLVED, NULL, 0)

#endif
