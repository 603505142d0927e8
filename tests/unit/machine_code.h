/*
 * machine_code.h: an image made by hand, for tests of what is read from machine code.
 *
 * Code is from 0x1000 on, the function under test first and little functions at 0x1100, 0x1110 and
 * 0x1120 for it to call; constants at 0x3000, an exception table at 0x3800, GOT slots at 0x4000,
 * variables at 0x5000.
 */
#ifndef TESTS_UNIT_MACHINE_CODE_H
#define TESTS_UNIT_MACHINE_CODE_H

#include "program/facts.h"

enum {
    CODE = 0x1000,
    CONSTANTS = 0x3000,
    EXCEPTIONS = 0x3800,
    SLOTS = 0x4000,
    VARIABLES = 0x5000,
    END = 0x6000,
    MAX_FUNCTIONS = 300,
};

struct machine_code {
    struct program program;
    struct facts facts;
    struct image image, *images[1];
    struct segment segment;
    struct section sections[4];
    struct relocation relocation;
    struct function functions[MAX_FUNCTIONS + 1];
    struct unwind_entry unwind_entries[MAX_FUNCTIONS + 1];
    uint32_t image_functions[2];
    const char *crates[MAX_FUNCTIONS + 1]; /* none, unless the test sets some */
    uint8_t file[END];
};

void code_init(struct machine_code *code);
void code_deinit(struct machine_code *code);

/** Adds a function of @p count bytes; addresses must ascend. Returns its index. */
uint32_t code_function(struct machine_code *code, uint64_t address, const char *bytes,
                       size_t count);

/** Sets a 4-byte entry of a relative jump table. */
void code_entry(struct machine_code *code, uint64_t table, unsigned index, uint64_t target);

/** Gives function 0 an exception table, which begins with its header. */
void code_exceptions(struct machine_code *code, const char *bytes, size_t count);

void code_read(struct machine_code *code);

/** Reads @p bytes as the code of function 0; functions 1 to 3 are there to be called. */
void code_read_one(struct machine_code *code, const char *bytes, size_t count);

#define READ_ONE(code, bytes)                                                                      \
    (code_init(&(code)), code_read_one(&(code), (bytes), sizeof(bytes) - 1))

#endif
