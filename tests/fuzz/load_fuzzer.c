/*
 * load_fuzzer.c: a libFuzzer target. In: any bytes, taken for a file. Out: nothing; the load stage
 * must neither crash, nor leak, nor read outside the file, nor take long, whatever is in it.
 */
#include "base/error.h"
#include "load/load.h"
#include "program/program.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    // A copy of exactly this size, so that the sanitizer sees the first byte behind it.
    uint8_t *file = malloc(count ? count : 1);
    memcpy(file, bytes, count);

    struct program program;
    struct load_options options = {.no_libs = true, .with_layouts = true};
    program_init(&program);
    error_destroy(program_load_memory(&program, "input", file, count, &options));
    program_unload(&program);
    free(file);
    return 0;
}
