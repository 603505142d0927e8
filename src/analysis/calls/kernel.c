/*
 * kernel.c: a small table of names.
 *
 * Linux maps a library of its own into every process, whose functions tell the time and the
 * processor without a system call (vdso(7)). A C library looks them up when it starts and keeps
 * their addresses in memory of its own, or chooses them as IFUNCs. The program's file has no more
 * of them than that; load/ makes external functions of their names.
 *
 * That in these functions of a C library a pointer of unknown value leads to the kernel is taken
 * from glibc (sysdeps/unix/sysv/linux/dl-vdso-setup.c) and musl (src/time/clock_gettime.c).
 */
#include "analysis/calls/kernel.h"

#include <string.h>

static const struct {
    const char *library, *kernel;
} names[] = {
    {"clock_getres", "__vdso_clock_getres"},
    {"__clock_getres", "__vdso_clock_getres"},
    {"clock_gettime", "__vdso_clock_gettime"},
    {"__clock_gettime", "__vdso_clock_gettime"},
    {"getcpu", "__vdso_getcpu"},
    {"sched_getcpu", "__vdso_getcpu"},
    {"gettimeofday", "__vdso_gettimeofday"},
    {"__gettimeofday", "__vdso_gettimeofday"},
    {"time", "__vdso_time"},
};

static const char *kernel_name(const struct image *image, const struct function *function)
{
    if (function->symbol == NONE)
        return NULL;
    for (uint32_t i = image_first_alias(image, function);
         i < image->symbol_count && image->symbols[i].address == function->address; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (image->symbols[i].is_defined &&
                strcmp(image->symbols[i].name, names[k].library) == 0)
                return names[k].kernel;
    return NULL;
}

uint32_t kernel_function_behind(const struct program *program, uint32_t function)
{
    uint32_t image = program->functions[function].image;
    const char *name =
        image == NONE ? NULL : kernel_name(program->images[image], &program->functions[function]);
    if (!name || !image_is_c_library(program->images[image]))
        return NONE;
    // External functions are behind all others.
    for (uint32_t i = program->function_count;
         i-- > 0 && program->functions[i].source == FUNCTION_EXTERNAL;)
        if (strcmp(program->functions[i].linkage_name, name) == 0)
            return i;
    return NONE;
}
