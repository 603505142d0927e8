/*
 * code_asserts.h: what tests of reading machine code (machine_code.h) assert of its answers.
 */
#ifndef DWELL_TESTS_CODE_ASSERTS_H
#define DWELL_TESTS_CODE_ASSERTS_H

#include "analysis/decode.h"
#include "arch/arch.h"
#include "machine_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static inline void assert_frame(const struct machine_code *code, enum frame_kind kind,
                                int64_t bytes)
{
    assert_int_equal(code->facts.frames[0].kind, kind);
    assert_int_equal(code->facts.frames[0].bytes, bytes);
}

static inline uint32_t call_count(const struct machine_code *code)
{
    return code->program.function_calls[1];
}

static inline uint32_t block_count(const struct machine_code *code)
{
    return code->program.function_blocks[1];
}

/** Call @p index of function 0 enters @p target (NONE: nobody knows) with that depth. */
static inline void assert_call(const struct machine_code *code, uint32_t index, enum call_kind kind,
                               uint32_t target, int32_t depth, bool is_tail)
{
    assert_true(index < call_count(code));
    const struct call *call = &code->program.calls[index];
    assert_int_equal(call->kind, kind);
    assert_int_equal(call->target_count, target != NONE);
    if (target != NONE)
        assert_int_equal(code->program.call_targets[call->first_target], target);
    assert_int_equal(call->depth_bytes, depth);
    assert_int_equal(call->is_tail, is_tail);
}

static inline const struct reference *find_reference(const struct machine_code *code,
                                                     uint64_t target, enum reference_kind kind)
{
    for (uint32_t i = 0; i < code->program.reference_count; i++) {
        const struct reference *reference = &code->program.references[i];
        if (reference->target == target && reference->kind == kind && reference->from == 0)
            return reference;
    }
    return NULL;
}

#endif
