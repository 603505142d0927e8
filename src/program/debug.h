/*
 * debug.h: debug information as plain data: what DWARF 2 to 5 say of an image's code and variables.
 * Filled by load/debug/, once per image and only when a command needs it. Strings live in the
 * program's arena; file names are absolute where the compilation directory is known.
 */
#ifndef DWELL_PROGRAM_DEBUG_H
#define DWELL_PROGRAM_DEBUG_H

#include "program/layouts.h"
#include "program/types.h"

#include <stdbool.h>
#include <stdint.h>

enum language {
    LANGUAGE_UNKNOWN,
    LANGUAGE_C,
    LANGUAGE_CPP,
    LANGUAGE_RUST,
    LANGUAGE_ASSEMBLER,
    LANGUAGE_OTHER
};

/** A compilation unit. */
struct debug_unit {
    const char *name; /* source file as the compiler was given it (rustc: file/@/codegen unit) */
    const char *directory; /* compilation directory, NULL if not said */
    const char *producer;  /* "" if not said */
    enum language language;
    bool has_folded;       /* C, C++: some function has the code of an equal one, of other types */
    bool has_details;      /* Rust: it describes types or variables, not just lines */
    bool keeps_parameters; /* Rust: each parameter of each function that is a number or a pointer
                              lives in one place of the frame, as if nothing was optimized */
};

/** A function with code of its own (inlined ones are debug_inlined). */
struct debug_function {
    uint64_t address, bytes;  /* of its first range; hot part */
    const char *name;         /* qualified: "std::vec::Vec<T>::push", "ns::f"; never NULL */
    const char *linkage_name; /* NULL if not said */
    uint32_t unit;
    uint32_t file;       /* index in files, NONE (UINT32_MAX) if not said */
    uint32_t line;       /* 0 if not said */
    uint64_t type_key;   /* of its type in types; 0 if not known */
    uint64_t result_key; /* Rust: of what it returns, if that leads to a trait object; 0 */
    bool is_external;
    bool is_noreturn;
};

/** One range of code that came from a call that the compiler inlined. */
struct debug_inlined {
    uint64_t address, bytes;
    const char *name;   /* of the inlined function, qualified */
    uint32_t call_file; /* where the call stood; UINT32_MAX if not said */
    uint32_t call_line; /* 0 if not said */
    uint32_t depth;     /* 0 directly in the function, 1 inside such a call, ... */
    uint32_t parent;    /* the nearest earlier range that holds this one's start, or NONE */
};

/** From `address` up to the next row, code comes from this line. */
struct debug_line {
    uint64_t address;
    uint32_t file; /* UINT32_MAX: no code of a source line here (end of sequence) */
    uint32_t line; /* 0: the compiler made it up */
};

enum debug_variable_kind {
    DEBUG_STATIC, /* fixed address in the image */
    DEBUG_TLS,    /* `address` is an offset in the thread-local block */
    DEBUG_VTABLE, /* a Rust vtable: name is "<T as Trait>::{vtable}" */
};

/** A variable that lives as long as the program or the thread. */
struct debug_variable {
    uint64_t address;
    uint64_t bytes;           /* UINT64_MAX if the type's size is not known */
    const char *name;         /* qualified: "crate::module::NAME", "function::counter" */
    const char *linkage_name; /* NULL if not said */
    const char *type;         /* "u32", "[u8; 16]", "const char *"; NULL if not said */
    uint64_t type_key;        /* of its type in types; 0 if not known */
    uint32_t unit;
    uint32_t file; /* UINT32_MAX if not said */
    uint32_t line; /* 0 if not said */
    uint8_t kind;  /* enum debug_variable_kind */
};

/**
 * A variable in the frame of a function, of a type that has to do with pointers; in Rust, with
 * pointers to trait objects.
 */
struct debug_local {
    uint64_t address;  /* of the function's first range */
    int64_t offset;    /* from the caller's stack pointer (the frame's canonical address) */
    uint64_t type_key; /* in types */
    bool is_from_stack_pointer; /* offset is from the stack pointer, as it is behind the prologue */
};

struct debug_info {
    struct debug_unit *units;
    struct debug_function *functions; /* by address */
    struct debug_inlined *inlined;    /* by address, outer before inner */
    struct debug_line *lines;         /* by address */
    struct debug_variable *variables; /* by kind, then address */
    struct debug_local *locals;       /* by address, then offset */
    const char **files;
    struct layout_table layouts; /* if they were asked for */
    struct type_table types; /* of C and C++ units; of Rust's those that lead to trait objects */
    uint32_t local_count;
    uint32_t unit_count, function_count, inlined_count, line_count, variable_count, file_count;
};

/** Returns the row that covers @p address, or NULL; its file is never UINT32_MAX. */
const struct debug_line *debug_line_at(const struct debug_info *debug, uint64_t address);

/**
 * Writes to @p ret the indexes (into inlined) of the inlined calls around @p address, innermost
 * first, at most @p limit; returns how many. @p debug may be NULL.
 */
uint32_t debug_inlined_at(const struct debug_info *debug, uint64_t address, uint32_t limit,
                          uint32_t *ret);

/** Returns the index of the function that starts at @p address, or UINT32_MAX. */
uint32_t debug_function_at(const struct debug_info *debug, uint64_t address);

/**
 * Returns which part of which type a local of the function at @p address has at the place @p offset
 * of its frame: equal numbers for equal parts, 0 if there is none. The stack pointer is
 * @p stack_pointer; both are counted from the caller's.
 */
uint64_t debug_local_part(const struct debug_info *debug, uint64_t address, int64_t offset,
                          int64_t stack_pointer);

#endif
