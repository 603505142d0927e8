/*
 * program.h: what a program is, as plain data, in the order in which it comes to be known.
 * Read this file first.
 *
 *   load      fills images: sections, symbols, relocations, unwind entries, debug information
 *   decode    fills functions, calls and references from the machine code
 *   analysis  fills facts (facts.h): who owns each byte, frames, bounds, verdicts
 *
 * No library's type and no machine's detail appears here. Everything hangs below one
 * `struct program` and is freed with it. Tables are flat arrays; records name each other by index,
 * and NONE is "no such record". Addresses are those of the image's own link-time address space;
 * sizes are bytes.
 */
#ifndef DWELL_PROGRAM_PROGRAM_H
#define DWELL_PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "base/error.h"
#include "base/file_state.h"
#include "program/pointers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The index of nothing. */
#define NONE UINT32_MAX

struct arch;
struct debug_info;
struct load_state;

/* ---- Images ---------------------------------------------------------------------------------- */

enum image_type { IMAGE_EXECUTABLE, IMAGE_PIE, IMAGE_SHARED, IMAGE_OBJECT };

enum { MEMORY_READ = 4, MEMORY_WRITE = 2, MEMORY_EXECUTE = 1 };

/** A loadable piece of the file (PT_LOAD); of an object file, one per allocated section. */
struct segment {
    uint64_t address, bytes;     /* in memory */
    uint64_t offset, file_bytes; /* in the file; file_bytes <= bytes, the rest is zeroed */
    unsigned flags;              /* MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE */
};

/** What the bytes of a section are for; decided by type, flags and name when it is loaded. */
enum section_role {
    SECTION_OTHER,
    SECTION_CODE,          /* functions */
    SECTION_DEAD_CODE,     /* text that a binary rewriter (BOLT) replaced; never runs */
    SECTION_DEAD_DATA,     /* tables and constants that a binary rewriter replaced */
    SECTION_PLT,           /* stubs that jump through the GOT */
    SECTION_GOT,           /* addresses filled in by the dynamic loader */
    SECTION_READ_ONLY,     /* constants */
    SECTION_RELRO,         /* constants with addresses, read-only once relocated */
    SECTION_DATA,          /* writable, with initial values */
    SECTION_BSS,           /* writable, zeroed, not in the file */
    SECTION_TLS_DATA,      /* initial values of thread-locals */
    SECTION_TLS_BSS,       /* zeroed thread-locals; has no address in memory of its own */
    SECTION_UNWIND,        /* .eh_frame, .eh_frame_hdr, .gcc_except_table */
    SECTION_RELOCATIONS,   /* .rela.dyn and its like */
    SECTION_DYNAMIC,       /* dynamic section, symbols, strings, hashes, versions */
    SECTION_FUNCTION_LIST, /* .init_array and its like */
    SECTION_NOTE,          /* notes, interpreter name */
};

struct section {
    const char *name;
    uint64_t address, bytes;
    const uint8_t *data;  /* `bytes` bytes, NULL if the file holds none (or too few) */
    uint64_t offset;      /* in the file */
    uint64_t alignment;   /* at least 1 */
    uint64_t entry_bytes; /* size of one table entry, 0 if it is no table */
    uint64_t tls_offset;  /* of thread-local sections: in the thread's block */
    uint32_t index;       /* number in the file's section header table */
    enum section_role role;
    bool is_allocated; /* occupies memory at run time */
    bool is_writable, is_executable, is_tls;
    bool is_string_table; /* of mergeable NUL-terminated strings */
};

enum symbol_type {
    SYMBOL_NONE,
    SYMBOL_FUNCTION,
    SYMBOL_IFUNC, /* the address is that of a resolver, which returns the function */
    SYMBOL_OBJECT,
    SYMBOL_TLS, /* the address is an offset in the thread-local block, not in the file */
};

enum symbol_binding { BINDING_LOCAL, BINDING_WEAK, BINDING_GLOBAL };

struct symbol {
    uint64_t address;    /* 0 when undefined; for SYMBOL_TLS an offset in the TLS block */
    uint64_t bytes;      /* repaired where the symbol table said 0 and the end is known, else 0 */
    const char *name;    /* linkage name without version, never NULL */
    const char *version; /* of dynamic symbols, or NULL */
    uint32_t section;    /* index in image.sections, NONE if undefined or absolute */
    uint32_t number;     /* in its table; what a compiler emitted together has close numbers */
    uint8_t type;        /* enum symbol_type */
    uint8_t binding;     /* enum symbol_binding */
    bool is_defined;
    bool is_dynamic; /* from the dynamic symbol table: part of the image's interface */
    bool is_default_version;
    bool is_hidden; /* visibility hidden or internal */
};

/** What a relocation stores, independent of the machine. */
enum relocation_kind {
    RELOCATION_OTHER,
    RELOCATION_ABSOLUTE, /* address of the symbol + addend (also: word-sized PC32 etc. in objects)
                          */
    RELOCATION_RELATIVE, /* load address + addend: an address in this image */
    RELOCATION_GOT,      /* GLOB_DAT: address of the symbol in a GOT slot */
    RELOCATION_PLT,      /* JUMP_SLOT: the same, perhaps bound at the first call */
    RELOCATION_IFUNC,    /* IRELATIVE: what the resolver at the addend returns */
    RELOCATION_COPY,     /* a library's variable copied into this image's bss */
    RELOCATION_TLS,      /* module number or offset of a thread-local */
};

struct relocation {
    uint64_t address;  /* of the place that is changed */
    int64_t addend;    /* RELATIVE, IFUNC: an address of this image */
    uint32_t symbol;   /* index in image.symbols, NONE for RELATIVE and IFUNC */
    uint32_t function; /* the place will hold the address of this function, perhaps of another
                          image or an external one; NONE if it is no function's */
    uint8_t kind;      /* enum relocation_kind */
};

/** One frame description entry of the unwind tables: a range of code with one entry. */
struct unwind_entry {
    uint64_t address, bytes;
    uint64_t lsda;            /* address of the exception table of the range, 0 if it has none,
                                 UINT64_MAX if it has one that cannot be found */
    int32_t entry_cfa_offset; /* stack below the caller's frame at the first instruction; larger
                                 than the machine's own for the cold part of a split function;
                                 -1 when not known */
};

/** A library that the image needs (DT_NEEDED). */
struct needed_library {
    const char *name;
    const char *path; /* where the loader would find it, NULL if nowhere */
    uint32_t image;   /* index in program.images if it was loaded, else NONE */
    bool is_lost;     /* the name says nothing; stands for all that are left out */
};

struct image {
    const char *path;
    const char *name;        /* DT_SONAME or the last part of the path */
    const struct arch *arch; /* NULL when the machine is not supported: no code is read */
    const char *machine;     /* "x86-64", "aarch64", "arm", "riscv32", "riscv64", or "unknown" */
    enum image_type type;
    unsigned pointer_bytes; /* 4 or 8 */
    bool is_placed;         /* false for object files: addresses are made up by the loader */
    bool is_static;         /* an executable without a dynamic section or interpreter */
    bool is_stripped;       /* no symbol table beyond the dynamic one */
    bool is_rewritten;      /* by BOLT: an old text is still there, dead */
    bool binds_now;         /* no lazy binding through the PLT */
    bool has_no_code;       /* its code is not in the file: nothing is known of its functions */
    bool is_mixed;          /* without section headers, and with constants among the code: what is
                               not known as a table counts as code, and may hold any address */
    const uint8_t *file;    /* the whole file, mapped */
    uint64_t file_bytes;
    bool is_file_unchanged; /* `file` is mapped and has what is on disk, so that pages may be given
                               back and come again */
    struct file_state file_state;    /* when it was mapped */
    uint64_t entry;                  /* address of the first instruction, 0 if none */
    uint64_t initializer, finalizer; /* functions that the loader calls: DT_INIT, DT_FINI; 0 if
                                        none */
    const char *build_id;            /* hexadecimal, NULL if none */
    const char *interpreter;         /* path of the dynamic loader, NULL if none */
    const char *debug_path;          /* where the debug information came from, NULL if nowhere */

    uint64_t headers_bytes; /* ELF header and program header table at the file's start */
    uint64_t program_headers_offset, program_headers_bytes;
    uint64_t relro_address, relro_bytes; /* PT_GNU_RELRO, 0 if none */
    uint64_t tls_address;                /* of the template (PT_TLS) in the image */
    uint64_t tls_data_bytes, tls_bytes;  /* initialized part, whole block per thread */

    struct segment *segments;
    struct section *sections;       /* the placed ones in address order, then the others */
    struct symbol *symbols;         /* by address; then type, binding, name; undefined ones last */
    struct relocation *relocations; /* by address */
    struct unwind_entry *unwind_entries; /* by address */
    struct needed_library *needed;
    uint32_t segment_count, section_count, symbol_count, relocation_count, unwind_count;
    uint32_t placed_count; /* sections that occupy memory, do not overlap and are not empty;
                              zeroed thread-locals have no place */
    uint32_t needed_count;

    struct debug_info *debug; /* debug.h; NULL when there is none or it was not asked for */
    struct load_state *load;  /* private to load/ */
};

/* ---- Functions ------------------------------------------------------------------------------- */

/*
 * What decode fills is cached on disk. A field that names a function, call or block, or is one of a
 * few values, must be listed in analysis/cache/records.c.
 */

/** How a function was found; the first that applies. */
enum function_source {
    FUNCTION_SYMBOL,
    FUNCTION_DEBUG,
    FUNCTION_UNWIND,   /* a frame description without a symbol */
    FUNCTION_ENTRY,    /* the image's entry point, initializers, call targets */
    FUNCTION_PLT,      /* a stub: forwards to what its GOT slot names */
    FUNCTION_EXTERNAL, /* no code here: an import that no loaded image defines */
};

/** A function, or a piece of one that the compiler put elsewhere (`part_of` tells). */
struct function {
    uint64_t address, bytes;
    const char *linkage_name; /* symbol; "" when there is none */
    uint32_t image;           /* index in program.images; NONE for FUNCTION_EXTERNAL */
    uint32_t section;         /* index in the image's sections, NONE if outside all */
    uint32_t symbol;          /* the chosen one in image.symbols, NONE if it has none */
    uint32_t debug_function;  /* index in debug_info.functions, NONE if it has none */
    uint32_t part_of;         /* the function whose cold part this is: one frame, one flow graph */
    uint32_t first_part;      /* list of the parts of a function, linked by next_part; NONE */
    uint32_t next_part;
    uint8_t source;        /* enum function_source */
    bool is_ifunc;         /* a resolver: calling the symbol calls what it returns */
    bool is_exported;      /* in the dynamic symbol table: others may call it */
    bool is_absent;        /* external: a weak import that nobody defines; its address is null,
                              so nothing calls it */
    bool is_address_taken; /* its address is stored or computed somewhere */
};

enum call_kind {
    CALL_DIRECT,   /* the target is in the instruction */
    CALL_PLT,      /* through a stub */
    CALL_GOT,      /* through a GOT slot */
    CALL_CONSTANT, /* through memory or a register whose value is known */
    CALL_VTABLE,
    CALL_FIELD,
    CALL_PROTOTYPE,
    CALL_ADDRESS_TAKEN,
    CALL_UNRESOLVED, /* the callee is not known; targets is empty */
};

/** A call instruction, or a jump that leaves the function (tail call). */
struct call {
    uint64_t address;
    uint32_t from;         /* function, never a part */
    uint32_t first_target; /* in program.call_targets */
    uint32_t target_count; /* 0 only for CALL_UNRESOLVED */
    int32_t depth_bytes;   /* stack that the caller takes below its own caller's when the callee
                              begins, without the callee's return address; that of a tail call is
                              the caller's own. So a path through the call takes depth_bytes + what
                              the callee takes. In a dynamic frame at least; -1 unknown */
    uint8_t kind;          /* enum call_kind */
    bool is_tail;
    bool is_partial;         /* enters the callee behind its start: it does at most what it does */
    bool leaves_deep;        /* if it returns, the stack is deeper behind it than the frame says */
    bool falls_off;          /* if it returns, control goes on behind the function's end */
    bool passes_constants;   /* an argument register surely or perhaps holds a constant */
    uint16_t straight_bytes; /* of the code before it that has no jumps and is entered only at its
                                start; 0 also if that is not known */
};

/**
 * An unresolved call through a pointer, with what it could enter as far as registers tell
 * (analysis/pointers/registers.c). That shows what can be reached, and proves nothing: for the
 * analyses of what must or cannot happen the call stays unresolved.
 */
struct loose_call {
    uint32_t call;                       /* in program.calls, where it is CALL_UNRESOLVED */
    uint32_t first_target, target_count; /* in program.call_targets; equal lists share a place */
    uint8_t kind;                        /* CALL_PROTOTYPE or CALL_ADDRESS_TAKEN */
};

enum argument_kind {
    ARGUMENT_CONSTANT, /* `number`, the whole register */
    ARGUMENT_FRAME,    /* a place in the caller's own frame: its distance from the stack pointer
                          before the caller was called */
    ARGUMENT_OWN,      /* number `number` of the caller's own arguments, as it was passed */
    ARGUMENT_RESULT,   /* what the call at the address `number` returned */
    ARGUMENT_LOADED,   /* something from memory */
    ARGUMENT_OTHER,    /* something else that is decided at run time */
};

/**
 * What a call passes, of the arguments that facts.wanted_arguments asks for: what `kind` says, of
 * all but constants and places times `factor` plus `addend`.
 */
struct argument {
    int64_t number;
    uint32_t call;
    uint32_t factor;
    int32_t addend;
    uint8_t index; /* from 0 */
    uint8_t kind;  /* enum argument_kind */
};

enum {
    BLOCK_RETURNS = 1,     /* ends in a return to the caller */
    BLOCK_LANDING_PAD = 2, /* entered by the unwinder */
    BLOCK_UNRESOLVED = 4,  /* ends in a jump with unknown targets; it is a call without targets */
    BLOCK_GAP = 8,         /* no way to it was found, which need not mean that there is none */
    BLOCK_CATCHES = 16,    /* a landing pad that may keep the exception, so that control goes on
                              as if nothing had happened; the others only clean up */
    BLOCK_WORKS = 64,      /* reads or writes memory that others may see; told only of blocks from
                              which no return can be reached */
    BLOCK_HIDES_PADS = 32, /* of a function's first block: any place behind a call may be a
                              landing pad, because its exception table is not known */
};

/**
 * A straight piece of code, reduced to what the analyses of paths need. A block ends at a call,
 * at a join or where control splits; pieces without a call, a join or a split are merged away.
 * A jump with many targets is a chain of empty blocks. A tail call ends a block without
 * successors.
 */
struct block {
    uint32_t call;    /* the call that ends it, in program.calls; NONE */
    uint32_t next[2]; /* successors, in program.blocks; NONE */
    uint32_t flags;
};

/** What an instruction does with an address that it mentions. */
enum reference_kind { REFERENCE_READ, REFERENCE_WRITE, REFERENCE_ADDRESS, REFERENCE_JUMP_TABLE };

/** Code of `from` mentions `target`. Sorted by (image of from, target); equal ones appear once. */
struct reference {
    uint64_t target; /* an address in the image of `from` */
    uint32_t from;   /* function, never a part */
    uint32_t bytes;  /* accessed there; of a jump table its whole size; of an address 0, or
                        what is written where it and registers lead */
    uint8_t kind;    /* enum reference_kind */
};

/* ---- The program ----------------------------------------------------------------------------- */

struct program {
    struct arena arena;
    struct diagnostics diagnostics;
    unsigned workers; /* threads to use */

    struct image **images; /* [0] is the file that was asked about */
    uint32_t image_count;
    const char *changed_file; /* a separate file that changed while it was read, NULL */

    struct function *functions; /* by image, then address; external ones last */
    uint32_t function_count;
    uint32_t *image_functions; /* image_count + 1 indexes: functions of image i are
                                  [image_functions[i], image_functions[i + 1]) */

    struct call *calls; /* by from, then address */
    uint32_t call_count;
    uint32_t *function_calls; /* function_count + 1 indexes into calls */
    uint32_t *call_targets;   /* functions; see struct call */
    uint32_t call_target_count;
    struct loose_call *loose_calls; /* by call */
    uint32_t loose_call_count;
    struct argument *arguments; /* by call, then index */
    uint32_t argument_count;

    struct pointer_call *pointer_calls;         /* by call */
    struct pointer_store *pointer_stores;       /* by from */
    struct pointer_argument *pointer_arguments; /* by call, then argument */
    uint32_t pointer_call_count, pointer_store_count, pointer_argument_count;

    struct block *blocks; /* by function; the first of a function is its entry */
    uint32_t block_count;
    uint32_t *function_blocks; /* function_count + 1 indexes into blocks; parts, PLT stubs and
                                  external functions have none */

    struct reference *references;
    uint32_t reference_count;

    struct facts *facts; /* facts.h; NULL before analysis */

    const char **names;      /* readable, of functions; use program_function_name() */
    uint64_t readable_bytes; /* of all readable names so far */
    bool has_too_many_names; /* no further ones are made */

    /** From a linkage name to a malloced readable one, NULL if it is not mangled; thread-safe. */
    char *(*demangle)(const char *linkage_name);
    /** Writes the crate of a Rust symbol to @p ret; false if it is none; thread-safe. */
    bool (*symbol_crate)(const char *linkage_name, char *ret, size_t size);
};

void program_init(struct program *program);

/** Frees everything but what load/ holds: use program_unload() of load.h. */
void program_deinit(struct program *program);

/** Returns the index of the section of @p image that holds @p address in memory, or NONE. */
uint32_t image_section_at(const struct image *image, uint64_t address);

/** Whether @p address is in a section that is executed. */
bool image_is_code(const struct image *image, uint64_t address);

/** Gets where the image's code begins and where it ends; false if there is none. */
bool image_code_range(const struct image *image, uint64_t *ret_begin, uint64_t *ret_end);

/** Returns the index of the segment of @p image that holds @p address, or NONE. */
uint32_t image_segment_at(const struct image *image, uint64_t address);

/**
 * Returns the file's bytes for addresses [address, address + bytes), before relocation, or NULL
 * if any of them is not in the file (zeroed memory counts as not in the file).
 */
const uint8_t *image_bytes(const struct image *image, uint64_t address, uint64_t bytes);

/** Returns the first of the symbols at the address of a function of the image that has some. */
uint32_t image_first_alias(const struct image *image, const struct function *function);

/** Whether it is, or has in it, a C library: what main is called from. */
bool image_is_c_library(const struct image *image);

/** Whether the file is still the one that was mapped, as far as its size and time tell. */
bool image_is_current(const struct image *image);

/** Tells the system that most of the image's file is not needed for some time. */
void image_rest(const struct image *image);

/** Reads a little-endian unsigned integer of 1, 2, 4 or 8 bytes; false as image_bytes's NULL. */
bool image_read(const struct image *image, uint64_t address, unsigned bytes, uint64_t *ret);

/** Returns the index of the first relocation at or after @p address. */
uint32_t image_relocation_from(const struct image *image, uint64_t address);

/** Returns the relocation exactly at @p address, or NULL. */
const struct relocation *image_relocation_at(const struct image *image, uint64_t address);

/** Returns the function of @p image that covers @p address (part or whole), or NONE. */
uint32_t program_function_at(const struct program *program, uint32_t image, uint64_t address);

/** Returns the record of an unresolved call, or NULL if it has none. */
const struct loose_call *program_loose_call(const struct program *program, uint32_t call);

/** Gets a constant argument of a call; false if it is not known. */
bool program_call_argument(const struct program *program, uint32_t call, unsigned index,
                           int64_t *ret);

/** The same of the address of a place in the caller's own frame, as in struct argument. */
bool program_call_place(const struct program *program, uint32_t call, unsigned index, int64_t *ret);

/** Returns what is known of an argument, or NULL. */
const struct argument *program_argument(const struct program *program, uint32_t call,
                                        unsigned index);

/** Returns the function that a part belongs to; a whole function is its own. */
uint32_t program_whole(const struct program *program, uint32_t function);

#endif
