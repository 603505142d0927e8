/*
 * limits.c: how much stack a thread usually has on Linux. In: images, functions, crates.
 * Out: struct limits.
 *
 * The main thread has what `ulimit -s` says, 8 MiB unless somebody changed it; so have the threads
 * of glibc. musl gives them 128 KiB (its pthread_create, DEFAULT_STACK_SIZE), Rust's std 2 MiB
 * (std::thread::Builder::stack_size). The C library shows in the interpreter, in the libraries, and
 * in static programs in functions that only one of the two has. These are defaults of today, not
 * promises: the environment, attributes and system limits change them (--stack-limit).
 */
#include "analysis/entries/entries.h"

#include <string.h>

enum {
    MAIN_BYTES = 8 << 20,
    GLIBC_THREAD_BYTES = 8 << 20,
    MUSL_THREAD_BYTES = 128 << 10,
    RUST_THREAD_BYTES = 2 << 20,
};

enum c_library { C_LIBRARY_UNKNOWN, C_LIBRARY_GLIBC, C_LIBRARY_MUSL };

/** A C library by the name of its file. */
static enum c_library library_named(const char *name)
{
    if (!name)
        return C_LIBRARY_UNKNOWN;
    if (strstr(name, "ld-musl") || strncmp(name, "libc.musl", strlen("libc.musl")) == 0)
        return C_LIBRARY_MUSL;
    if (strstr(name, "ld-linux") || strcmp(name, "libc.so.6") == 0)
        return C_LIBRARY_GLIBC;
    return C_LIBRARY_UNKNOWN;
}

static enum c_library library_inside(const struct program *program)
{
    for (uint32_t i = program->image_functions[0]; i < program->image_functions[1]; i++) {
        const char *name = program->functions[i].linkage_name;
        if (strcmp(name, "__init_libc") == 0)
            return C_LIBRARY_MUSL;
        if (strcmp(name, "__libc_setup_tls") == 0)
            return C_LIBRARY_GLIBC;
    }
    return C_LIBRARY_UNKNOWN;
}

static enum c_library find_c_library(const struct program *program)
{
    const struct image *image = program->images[0];
    enum c_library library = library_named(image->interpreter);
    for (uint32_t i = 0; !library && i < image->needed_count; i++)
        library = library_named(image->needed[i].name);
    return library || !image->is_static ? library : library_inside(program);
}

static bool is_text_in(const struct section *section, const char *text)
{
    return section->data && memmem(section->data, section->bytes, text, strlen(text));
}

/** Whether Rust's compiler had a part in the file. */
static bool is_rust(const struct program *program)
{
    const struct image *image = program->images[0];
    for (uint32_t i = 0; i < image->section_count; i++)
        if (strcmp(image->sections[i].name, ".comment") == 0)
            if (is_text_in(&image->sections[i], "rustc version"))
                return true;
    for (uint32_t i = program->image_functions[0]; i < program->image_functions[1]; i++) {
        const char *crate = program->facts->crates[i];
        if (crate && strcmp(crate, "std") == 0)
            return true;
    }
    return false;
}

static int64_t thread_bytes(enum c_library library)
{
    return library == C_LIBRARY_MUSL    ? MUSL_THREAD_BYTES
           : library == C_LIBRARY_GLIBC ? GLIBC_THREAD_BYTES
                                        : -1;
}

void limits_find(const struct program *program, struct limits *ret)
{
    *ret = (struct limits){.main_bytes = MAIN_BYTES,
                           .c_thread_bytes = thread_bytes(find_c_library(program)),
                           .is_rust = is_rust(program)};
}

int64_t limit_of_threads(const struct limits *limits)
{
    return limits->is_rust ? RUST_THREAD_BYTES : limits->c_thread_bytes;
}

int64_t limit_of_thread(const struct program *program, const struct limits *limits,
                        uint32_t function)
{
    const char *crate = program->facts->crates[function];
    if (crate && strcmp(crate, "std") == 0)
        return RUST_THREAD_BYTES;
    // Without symbols a thread of a Rust program may be std's or a C library's.
    if (limits->is_rust && !*program->functions[function].linkage_name)
        return -1;
    return limits->c_thread_bytes;
}
