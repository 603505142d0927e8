/*
 * outside.c: a shared library or an object file is one part of programs that are not known. A
 * program is known if all libraries that it needs are; what it opens at run time (dlopen) is left
 * out on purpose.
 */
#include "analysis/pointers/outside.h"

#include <string.h>

static bool is_part(const struct program *program)
{
    const struct image *image = program->images[0];
    return image->type == IMAGE_OBJECT || image->type == IMAGE_SHARED;
}

/** Whether a library of this name is C only. */
static bool is_c_library(const char *name)
{
    static const char *const names[] = {
        "libc.",     "libm.",      "ld-linux", "ld-musl", "libpthread.", "libdl.", "librt.",
        "libgcc_s.", "libresolv.", "libutil.", "libanl.", "libcrypt.",   "libz.",  "linux-vdso."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_missing(const struct program *program, bool objects_only)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        for (uint32_t k = 0; k < image->needed_count; k++)
            if (image->needed[k].image == NONE &&
                !(objects_only && is_c_library(image->needed[k].name)))
                return true;
    }
    return false;
}

bool outside_may_call(const struct program *program)
{
    return is_part(program) || is_missing(program, false);
}

bool outside_may_have_objects(const struct program *program)
{
    return is_part(program) || is_missing(program, true);
}
