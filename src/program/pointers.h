/*
 * pointers.h: how functions are passed around as values: which calls go through a pointer, where
 * the pointer came from, and where code puts the addresses of functions. Filled by decode; the
 * resolution of indirect calls (analysis/pointers/) reads nothing else of the machine code.
 *
 * A path says where a value came from within its function, not which value it is: two loads with
 * equal paths may give different values, since memory changes in between.
 *
 * All of this is cached on disk. A field that names a function, call or block, or is one of a few
 * values, must be listed in analysis/cache/records.c.
 */
#ifndef DWELL_PROGRAM_POINTERS_H
#define DWELL_PROGRAM_POINTERS_H

#include <stdbool.h>
#include <stdint.h>

/** Where a path begins. */
enum path_root {
    ROOT_UNKNOWN,  /* nothing is known, or different things on different ways */
    ROOT_ARGUMENT, /* what integer argument `index` (from 0) held when the function was entered */
    ROOT_RESULT,   /* what call `call` returned (`index` 0: first result register, 1: second) */
    ROOT_ADDRESS,  /* `address` in the function's image (a number if it lies in no segment) */
    ROOT_FRAME,    /* the address of a place in the function's own frame: `address`, as a signed
                      number, is its distance from the caller's stack pointer */
    ROOT_VALUE,    /* something that cannot be followed further; an equal `address` in the same
                      function means the same value; `index` is PATH_VALUE_PLACE or 0 */
};

enum { PATH_VALUE_PLACE = 1 /* an address made of two registers */ };

enum { MAX_PATH_LOADS = 5 };

/**
 * A value: the root, plus offsets[0]; what is loaded from there, plus offsets[1]; and so on over
 * `load_count` loads. So offsets[load_count] was added last, and `p->ops->read`, loaded from the
 * first argument p, is ROOT_ARGUMENT 0 with two loads and offsets {of ops, of read, 0}.
 */
struct access_path {
    uint8_t root; /* enum path_root */
    uint8_t index;
    uint8_t load_count;
    bool is_indexed; /* not surely this value: an index was added too on the way, or it was kept in
                        a place that may have been written through pointers */
    uint32_t call;   /* in program.calls: ROOT_RESULT, and of ROOT_FRAME a call at which the stack
                        pointer is where the frame's variables are counted from; NONE */
    uint64_t address;
    int32_t offsets[MAX_PATH_LOADS + 1];
};

/**
 * What functions take and calls pass, as far as registers show it: a bit for each integer argument
 * register, and these.
 */
enum {
    PASSED_NO_RESULT = 1 << 6, /* the function surely returns nothing; the call does not look */
    PASSED_ON_STACK = 1 << 7,  /* arguments on the stack */
    PASSED_REGISTERS = PASSED_NO_RESULT - 1,
};

/**
 * A call or tail call through a pointer that the code of its function alone does not resolve. It
 * has several records, one after the other, if different pointers come to it on different ways;
 * what it can enter is what any of them can.
 */
struct pointer_call {
    uint32_t call;                   /* in program.calls */
    struct access_path callee;       /* the address that is called */
    struct access_path arguments[2]; /* what the first two integer arguments hold */
    struct access_path receiver;     /* Rust: where the table that the callee was loaded from is
                                        kept, in a variable that debug information describes: a path
                                        from ROOT_FRAME or ROOT_ADDRESS, not followed through such
                                        variables; else ROOT_UNKNOWN */
    uint8_t passed;                  /* what it seems to pass, PASSED_ON_STACK and so on */
    bool reads_layout; /* arguments[0] was rounded to an alignment, and the callee was loaded from a
                          table whose third word is read, too */
};

/** What is known of a value that may be the address of a function. */
enum pointed_kind {
    POINTED_FUNCTION, /* the address of `function` */
    POINTED_ARGUMENT, /* what integer argument `index` held when the function was entered */
    POINTED_TABLE,    /* the address `table` of constant data in the caller's image */
    POINTED_NOTHING,  /* a null pointer */
    POINTED_ANYTHING, /* not known */
};

/**
 * Code of `from` puts a value into memory: into variables of the image (constant places in writable
 * memory) all values of a pointer's size, elsewhere the addresses of functions, and its own
 * arguments where the image has debug information that tells what the memory is; the latter never
 * if it is the function's own frame.
 */
struct pointer_store {
    uint32_t from;            /* function, never a part */
    uint32_t function;        /* POINTED_FUNCTION; never a part; NONE */
    uint8_t kind;             /* enum pointed_kind, never POINTED_TABLE */
    uint8_t index;            /* POINTED_ARGUMENT */
    struct access_path place; /* where it is put: the address of the memory, its last offset is
                                 the store's own; ROOT_UNKNOWN: the address of the function is
                                 taken, and what happens to it was not followed */
};

/**
 * A call passes a value that may be the address of a function. Of an argument that has no record
 * here nothing is known; of one that a condition chose there are several.
 */
struct pointer_argument {
    uint64_t table;    /* POINTED_TABLE */
    uint32_t call;     /* in program.calls */
    uint32_t function; /* POINTED_FUNCTION; never a part; NONE */
    uint8_t kind;      /* enum pointed_kind */
    uint8_t argument;  /* which integer argument of the callee, from 0 */
    uint8_t index;     /* POINTED_ARGUMENT: which one of the caller's own it hands on */
};

#endif
