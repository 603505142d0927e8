/*
 * known.c: a small table of names.
 *
 * In: function names. Out: flags. Where a function's code is at hand, its code is the truth and the
 * table is not asked: only for imports that no loaded image defines. The exception are jumps out
 * of a function and back into another (longjmp, setjmp, resuming the unwinder): their code ends
 * in a jump through a register or in a return on a stack that they have exchanged, which no
 * analysis of the function itself can tell from returning. Their names are reserved by ISO C 7.1.3
 * and by the Itanium C++ ABI. That functions do not touch the heap is taken from POSIX's list of
 * async-signal-safe functions (2.4.3) and from what compilers require of a freestanding
 * environment; a library that answered these from the heap would break programs.
 */
#include "analysis/calls/known.h"

#include "base/map.h"
#include "base/memory.h"
#include "program/facts.h"

#include <string.h>

enum {
    STOP = KNOWN_NEVER_RETURNS | KNOWN_ENDS,
    STOP_QUIETLY = KNOWN_NEVER_RETURNS | KNOWN_NO_HEAP | KNOWN_ENDS,
    JUMP_AWAY = KNOWN_NEVER_RETURNS | KNOWN_NO_HEAP | KNOWN_EVERYWHERE,
    MARK_PLACE = KNOWN_RETURNS_TWICE | KNOWN_NO_HEAP | KNOWN_EVERYWHERE,
    /* frees the exception object if nobody catches it */
    RESUME = KNOWN_NEVER_RETURNS | KNOWN_EVERYWHERE | KNOWN_ENDS | KNOWN_UNWINDS,
    /* keeps its return address to begin the search there; what it enters is in exception tables */
    UNWIND = KNOWN_UNWINDS | KNOWN_EVERYWHERE,
    QUIET = KNOWN_NO_HEAP,
};

static const struct {
    const char *name;
    uint8_t flags;
} known_names[] = {
    {"abort", STOP_QUIETLY},
    {"_exit", STOP_QUIETLY | KNOWN_EXITS},
    {"_Exit", STOP_QUIETLY | KNOWN_EXITS},
    {"exit", STOP | KNOWN_EXITS},
    {"quick_exit", STOP | KNOWN_EXITS},
    {"thrd_exit", STOP},
    {"pthread_exit", STOP},
    {"err", STOP},
    {"errx", STOP},
    {"verr", STOP},
    {"verrx", STOP},
    {"__assert", STOP},
    {"__assert_fail", STOP},
    {"__assert_func", STOP},
    {"__assert_rtn", STOP},
    {"__assert_perror_fail", STOP},
    {"__stack_chk_fail", STOP},
    {"__stack_chk_fail_local", STOP},
    {"__fortify_fail", STOP},
    {"__chk_fail", STOP},
    {"__libc_fatal", STOP},
    {"__libc_message", KNOWN_ENDS},
    {"__run_exit_handlers", KNOWN_ENDS},
    {"__assert_fail_base", KNOWN_ENDS},
    {"rust_begin_unwind", KNOWN_ENDS},
    {"rust_panic", KNOWN_ENDS},
    {"__libc_start_main", STOP},
    {"__longjmp_chk", JUMP_AWAY},
    {"longjmp", JUMP_AWAY},
    {"_longjmp", JUMP_AWAY},
    {"siglongjmp", JUMP_AWAY},
    {"__libc_longjmp", JUMP_AWAY},
    {"__libc_siglongjmp", JUMP_AWAY},
    {"__longjmp", JUMP_AWAY},
    {"setcontext", JUMP_AWAY},
    {"setjmp", MARK_PLACE},
    {"_setjmp", MARK_PLACE},
    {"sigsetjmp", MARK_PLACE},
    {"__setjmp", MARK_PLACE},
    {"__sigsetjmp", MARK_PLACE},
    {"getcontext", MARK_PLACE},
    {"vfork", MARK_PLACE},
    {"__vfork", MARK_PLACE},
    {"_Unwind_Resume", RESUME},
    {"_Unwind_Backtrace", UNWIND},
    {"_Unwind_ForcedUnwind", UNWIND},
    {"_Unwind_RaiseException", UNWIND},
    {"_Unwind_Resume_or_Rethrow", UNWIND},
    {"__cxa_throw", STOP},
    {"__cxa_rethrow", STOP},
    {"__cxa_bad_cast", STOP},
    {"__cxa_bad_typeid", STOP},
    {"__cxa_pure_virtual", STOP},
    {"__cxa_deleted_virtual", STOP},
    {"__cxa_call_unexpected", STOP},
    {"__cxa_call_terminate", STOP},
    {"__cxa_throw_bad_array_new_length", STOP},
    {"_ZSt9terminatev", STOP},
    {"_ZSt17__throw_bad_allocv", STOP},
    {"_ZSt28__throw_bad_array_new_lengthv", STOP},
    {"_ZSt20__throw_length_errorPKc", STOP},
    {"_ZSt19__throw_logic_errorPKc", STOP},
    {"_ZSt20__throw_out_of_rangePKc", STOP},
    {"_ZSt24__throw_out_of_range_fmtPKcz", STOP},
    {"_ZSt24__throw_invalid_argumentPKc", STOP},
    {"_ZSt16__throw_bad_castv", STOP},
    {"_ZSt25__throw_bad_function_callv", STOP},
    {"_ZSt20__throw_system_errori", STOP},
    {"__vdso_clock_getres", QUIET},
    {"__vdso_clock_gettime", QUIET},
    {"__vdso_getcpu", QUIET},
    {"__vdso_gettimeofday", QUIET},
    {"__vdso_time", QUIET},
    {"clock_gettime", QUIET},
    {"__clock_gettime", QUIET},
    {"gettimeofday", QUIET},
    {"time", QUIET},
    {"memchr", QUIET},
    {"memcmp", QUIET},
    {"memcpy", QUIET},
    {"memmove", QUIET},
    {"memset", QUIET},
    {"bcmp", QUIET},
    {"stpcpy", QUIET},
    {"stpncpy", QUIET},
    {"strcat", QUIET},
    {"strchr", QUIET},
    {"strcmp", QUIET},
    {"strcpy", QUIET},
    {"strcspn", QUIET},
    {"strlen", QUIET},
    {"strncat", QUIET},
    {"strncmp", QUIET},
    {"strncpy", QUIET},
    {"strnlen", QUIET},
    {"strpbrk", QUIET},
    {"strrchr", QUIET},
    {"strspn", QUIET},
    {"strstr", QUIET},
};

enum { KNOWN_COUNT = sizeof known_names / sizeof *known_names, LONGEST_NAME = 40 };

static uint8_t flags_of(const struct string_map *names, const struct function *function)
{
    // Mangled names are long; reading each to its end would cost more than all the rest here.
    if (strnlen(function->linkage_name, LONGEST_NAME) == LONGEST_NAME)
        return 0;
    uint32_t index = string_map_get(names, function->linkage_name);
    if (index == MAP_NONE)
        return 0;
    uint8_t flags = known_names[index].flags;
    if (function->source == FUNCTION_EXTERNAL || flags & KNOWN_EVERYWHERE)
        return flags;
    return flags & (KNOWN_ENDS | KNOWN_EXITS);
}

uint8_t *known_functions(const struct program *program)
{
    struct string_map names;
    string_map_init(&names);
    for (uint32_t i = 0; i < KNOWN_COUNT; i++)
        string_map_set(&names, known_names[i].name, i);
    uint8_t *flags = xcalloc((size_t)program->function_count + 1, sizeof *flags);
    for (uint32_t i = 0; i < program->function_count; i++)
        flags[i] = flags_of(&names, &program->functions[i]);
    string_map_deinit(&names);
    return flags;
}

void known_settle_frames(struct program *program)
{
    CLEANUP_FREE uint8_t *flags = known_functions(program);
    for (uint32_t i = 0; i < program->function_count; i++)
        if (flags[i] & KNOWN_UNWINDS)
            program->facts->frames[i].keeps_return = program->facts->frames[i].strays = false;
}
