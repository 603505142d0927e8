/*
 * facts.h: what the analyses find out, as plain data; the reports read nothing else than this and
 * program.h. Arrays named after functions are parallel to program.functions.
 */
#ifndef DWELL_PROGRAM_FACTS_H
#define DWELL_PROGRAM_FACTS_H

#include "program/program.h"

/* ---- Global memory --------------------------------------------------------------------------- */

enum memory {
    MEMORY_CODE,
    MEMORY_READ_ONLY,
    MEMORY_RELRO,
    MEMORY_DATA,
    MEMORY_BSS,
    MEMORY_TLS_DATA, /* per thread */
    MEMORY_TLS_BSS,  /* per thread */
};

enum owner_kind {
    OWNER_FUNCTION,
    OWNER_STATIC,    /* a variable with a name */
    OWNER_CONSTANT,  /* a read-only object with a name */
    OWNER_ANONYMOUS, /* an object without a name that code or a relocation refers to */
    OWNER_STRING,    /* string literals */
    OWNER_VTABLE,
    OWNER_TYPE_INFO, /* C++ RTTI: type descriptions and names */
    OWNER_JUMP_TABLE,
    OWNER_TLS_TEMPLATE, /* initial values of thread-locals, copied for each thread */
    OWNER_PLT,
    OWNER_GOT,
    OWNER_FUNCTION_LIST, /* constructors and destructors to run */
    OWNER_UNWIND,
    OWNER_RELOCATIONS,
    OWNER_DYNAMIC, /* symbols, strings, hashes for the dynamic loader */
    OWNER_HEADERS,
    OWNER_NOTE,
    OWNER_DEAD,    /* replaced by a binary rewriter; never used */
    OWNER_SECTION, /* a whole section of a purpose of its own, named after it */
    OWNER_PADDING,
    OWNER_UNKNOWN,
    OWNER_KIND_COUNT
};

/** Where a function or object comes from; what text output folds away. */
enum origin {
    ORIGIN_USER,       /* the program's own code and what is not known to be anything else */
    ORIGIN_DEPENDENCY, /* what others wrote and the program was built with: crates, headers */
    ORIGIN_LIBRARY,    /* the language's standard library and what comes with the compiler */
    ORIGIN_RUNTIME,    /* start-up code, compiler support, tables */
};

/** One owner of bytes: a byte of a loadable segment, or of the thread-local block, has exactly one.
 */
struct owner {
    uint64_t address, bytes;  /* of TLS_DATA and TLS_BSS: offset in the thread-local block */
    int64_t zero_bytes;       /* that are zero when the program starts; -1: not counted */
    const char *linkage_name; /* symbol, or NULL */
    const char *name;         /* readable; NULL: demangle linkage_name; never both NULL */
    const char *type;         /* NULL if not known */
    const char *crate;        /* Rust crate, NULL if not known or not Rust */
    uint32_t image_section;   /* index in image.sections, NONE: headers or between sections */
    uint32_t segment;         /* NONE for thread-locals, which are in no segment */
    uint32_t function;        /* OWNER_FUNCTION and OWNER_PLT: the function, else NONE */
    uint32_t symbol;          /* first of the symbols at the address, NONE */
    uint32_t variable;        /* in debug_info.variables, NONE */
    uint32_t initializer;     /* start-up function that writes it before main, NONE */
    uint32_t first_user, user_count; /* in facts.owner_users: functions whose code uses it */
    uint32_t references;             /* how many addresses of it are stored in data (relocations) */
    uint8_t memory;                  /* enum memory */
    uint8_t kind;                    /* enum owner_kind */
    uint8_t origin;                  /* enum origin */
    bool is_writable;                /* while the program runs */
};

/* ---- Stack ----------------------------------------------------------------------------------- */

enum frame_kind { FRAME_FIXED, FRAME_DYNAMIC, FRAME_UNKNOWN };

/** The stack of one activation, return address included where the machine puts it there. */
struct frame {
    int64_t bytes; /* lowest stack pointer; of dynamic frames the fixed part; -1 unknown */
    uint64_t dynamic_address; /* the instruction that makes it dynamic or unknown, 0 */
    uint32_t red_zone_bytes;  /* used below the stack pointer by a leaf, not part of bytes */
    uint8_t kind;             /* enum frame_kind */
    bool keeps_all : 1;       /* it stores arguments and constants there, as code does that was not
                                 optimized */
    bool keeps_return : 1;    /* it keeps its return address and the stack pointer, as setjmp does:
                                 a call of it may return twice */
    bool keeps_label : 1;     /* it takes the address of a place in its own code, as code with
                                 __builtin_setjmp does: control may come back there */
    bool may_map : 1;         /* a system call in it may give or take memory */
    bool strays : 1;          /* it may return elsewhere than behind the call */
    uint8_t taken;            /* the arguments that the code reads, as in PASSED_ON_STACK */
};

enum unbounded_kind { UNBOUNDED_RECURSION, UNBOUNDED_DYNAMIC_FRAME, UNBOUNDED_UNRESOLVED_CALL };

/** Why there is no bound. */
struct unbounded {
    uint64_t address;  /* of the call or the instruction, 0 when not one place */
    uint32_t function; /* where */
    uint8_t kind;      /* enum unbounded_kind */
};

/** One step of a path over calls; path.h follows them. */
struct step {
    uint32_t call;   /* NONE: the path ends here */
    uint32_t target; /* the target it takes; NONE: the call itself is not resolved */
};

/**
 * The stack that a call of a function can take. A function without normal paths has the same
 * figures for normal paths as for all.
 */
struct bound {
    int64_t bytes;            /* over normal paths; -1: none */
    int64_t with_panic_bytes; /* over all paths; -1: none */
    int64_t at_least_bytes;   /* the deepest known stack, all paths; equals with_panic if bounded */
    int64_t normal_at_least_bytes; /* the same over normal paths; equals bytes if bounded */
    uint32_t deepest_call;   /* the call on the deepest path, NONE: the frame itself is deepest */
    uint32_t deepest_target; /* the target of it that is on the path, or NONE */
    uint32_t normal_call, normal_target; /* the same over normal paths */
    uint32_t first_reason, reason_count; /* in facts.unbounded; the nearest ones, see MAX_REASONS;
                                            of normal paths if `bytes` is -1, else of all */
    bool is_recursive; /* a known call path leads back to it: on the stack twice */
};

enum { MAX_REASONS = 8 };

/* ---- Heap ------------------------------------------------------------------------------------ */

enum verdict { VERDICT_NEVER, VERDICT_ON_PANIC, VERDICT_MAYBE, VERDICT_ALWAYS, VERDICT_UNKNOWN };
enum { VERDICT_COUNT = 5 };

enum allocator_role {
    ALLOCATOR_NONE,
    ALLOCATOR_ALLOCATE,
    ALLOCATOR_FREE,
    ALLOCATOR_REALLOCATE,
    ALLOCATOR_MAP,   /* hands out whole pages, not heap memory: only in facts.map_roles */
    ALLOCATOR_UNMAP, /* takes them back */
};

struct verdicts {
    uint8_t allocates, frees;   /* enum verdict */
    bool returns;               /* false: it never returns; true also if only a catch does */
    bool has_normal_paths;      /* false: where it returns at all, only a catch does */
    bool lingers;               /* a normal path stays in a loop without end, here or in a callee */
    bool is_marked_place;       /* it calls setjmp: calls that do not return may come back to it */
    uint32_t witness_call;      /* first call of the shortest path to the allocator (allocates);
                                   for VERDICT_UNKNOWN to the unresolved call; NONE */
    uint32_t free_witness_call; /* the same for frees */
};

/** Which arguments of an allocator (from 0) say how much it hands out; -1: none does. */
struct allocator_arguments {
    int8_t size, alignment, count; /* it hands out size * count bytes if there is a count */
};

/** The two questions that verdicts answer, with one and the same machinery. */
enum heap_role { HEAP_ALLOCATES, HEAP_FREES, HEAP_ROLE_COUNT };

/** Shortest ways from each function, as the first step; more than one call may be the shortest. */
enum heap_way {
    WAY_NORMAL,     /* to the allocator over normal paths: verdicts maybe and always */
    WAY_ANY,        /* to the allocator over any paths: on_panic */
    WAY_UNRESOLVED, /* to a call that could not be resolved: unknown */
    WAY_COUNT
};

/** Which paths of its function lead through a call or a block; the first that holds. */
enum call_path {
    CALL_PATH_DIVERGING, /* none of them is normal, but not only the unwinder leads there */
    CALL_PATH_NORMAL,
    CALL_PATH_DEAD,    /* none: it stands behind a call that never returns */
    CALL_PATH_LANDING, /* only such as begin where the unwinder, or nobody knows what, enters */
};

enum site_kind { SITE_ALLOCATE, SITE_REALLOCATE, SITE_MAP };

/** A call that enters an allocator which allocates (or reallocates), or maps pages. */
struct site {
    uint32_t call;                   /* in program.calls */
    uint32_t allocator;              /* function */
    int64_t bytes, alignment, count; /* constant arguments, -1: decided at run time or not known */
    int64_t element_bytes;           /* constant, where it hands out count of them; -1 */
    const struct argument *amount;   /* what decides how much, where that is not a constant; NULL */
    uint32_t first_free, free_count; /* in facts.site_frees */
    uint8_t kind;                    /* enum site_kind; SITE_MAP counts for no verdict */
    bool is_on_panic;
    bool is_before_main; /* what runs before main reaches it on normal paths, over
                            calls up to CALL_CONSTANT */
};

enum line_kind { LINE_ALLOCATE, LINE_REALLOCATE, LINE_FREE };

/**
 * A line of own code at which the heap is entered: by a call of an allocator, or of somebody else's
 * code (the language's, a dependency's, a library's) that gets to one without coming back to own
 * code on its way. The line is that of the nearest own frame, inlined or not.
 */
struct heap_line {
    const char *function; /* readable name of the own function; NULL: that which `call` stands in */
    const char *file;     /* NULL if not known */
    uint32_t line;        /* 0 if not known */
    uint32_t call;        /* in program.calls; if there are several like it, the first */
    uint32_t target;      /* what it enters: the allocator, or where facts.apart_steps lead on */
    uint32_t first_site, site_count; /* in facts.line_sites: indexes of facts.sites that may be got
                                        to; none of LINE_FREE */
    bool has_more_sites;             /* they are too many, or not known: none is listed */
    uint8_t kind;                    /* enum line_kind */
    bool is_on_panic;
    bool is_certain; /* whenever the call is made, the heap is entered */
};

enum startup_kind {
    STARTUP_CONSTRUCTOR, /* the loader or the C library runs it before main */
    STARTUP_RUNTIME,     /* a call that the code between the entry point and main makes */
    STARTUP_DESTRUCTOR,  /* run when the program exits */
};

/** Something that runs before main or after it, and may allocate. */
struct startup_part {
    uint32_t function; /* the constructor or destructor; of a call, the function it is in */
    uint32_t call;     /* NONE for constructors and destructors */
    uint32_t target;   /* of the call: the one that the verdict is about; NONE: not resolved */
    uint8_t kind;      /* enum startup_kind */
    uint8_t verdict;   /* enum verdict, on allocates */
    bool is_after;     /* after main has returned */
};

/**
 * What the program does apart from main. The dynamic linker itself is no part of it, nor what was
 * registered to run at exit.
 */
struct startup {
    struct startup_part *parts; /* those that are not `never`: constructors, calls, destructors */
    uint32_t part_count;
    uint8_t before, after; /* enum verdict of all of it together */
    bool is_known;         /* false: no program with a start of its own, or main was not found */
};

/* ---- All of it ------------------------------------------------------------------------------- */

struct entry {
    uint32_t function;
    uint8_t kind;        /* enum entry_kind */
    int64_t limit_bytes; /* the stack that it usually has, -1: not known */
};

enum entry_kind {
    ENTRY_MAIN,
    ENTRY_START,
    ENTRY_THREAD,
    ENTRY_SIGNAL,
    ENTRY_CONSTRUCTOR,
    ENTRY_INTERRUPT,
    ENTRY_EXIT, /* called when the program ends */
};

struct facts {
    bool has_unnamed_allocators; /* the file has no names, so its allocators are not known: it may
                                    be that whatever reaches frame.may_map allocates or frees */
    uint8_t *origins;            /* enum origin of each function */
    uint8_t *file_origins;       /* the same of each of debug->files of images[0] */
    uint8_t *type_origins;       /* by type in images[0]'s layouts: enum origin */
    const char **crates;         /* of each function, NULL if not Rust */

    struct owner *owners; /* of images[0]: by address, then the thread-locals by offset */
    uint32_t owner_count;
    uint32_t tls_owner_first; /* index of the first thread-local */
    uint32_t *owner_users;
    uint32_t owner_user_count;

    struct frame *frames; /* of each function; parts are counted in their whole */
    struct bound *bounds;
    struct unbounded *unbounded;
    uint32_t unbounded_count;
    uint32_t *recursion_functions; /* functions of all cycles, cycle after cycle */
    uint32_t *recursions;          /* recursion_count + 1 indexes into recursion_functions */
    uint32_t recursion_count;

    uint8_t *wanted_arguments; /* of each function: a bit for each argument whose constants are
                                  noted where it is called (program.arguments); NULL: none */
    uint8_t *allocator_roles;  /* enum allocator_role of each function */
    uint8_t *map_roles;        /* the same of what maps pages; verdicts do not look at them */
    struct allocator_arguments *allocator_arguments; /* of each function */
    struct verdicts *verdicts;
    struct step *steps[HEAP_ROLE_COUNT][WAY_COUNT]; /* of each function; path.h */
    uint8_t *call_paths;                            /* enum call_path of each call */
    uint8_t *block_paths;                           /* enum call_path of each block */
    bool *call_on_panic; /* of each call: no normal path leads through it */
    struct site *sites;  /* of images[0], by address */
    uint32_t site_count;
    uint32_t *site_frees;    /* calls that take back what a site of the same function handed out */
    struct heap_line *lines; /* by file, line, function; NULL if they were not asked for */
    uint32_t line_count;
    uint32_t *line_sites;
    uint32_t *call_lines[HEAP_ROLE_COUNT];                /* of each call: its line, NONE */
    struct step *apart_steps[HEAP_ROLE_COUNT][WAY_COUNT]; /* of each function, as `steps`, over
                                                            calls that have no own frame */
    struct startup startup;

    struct entry *entries;
    uint32_t entry_count;
    uint32_t main_function;     /* the user's main, NONE if not known */
    int64_t main_limit_bytes;   /* the stack that the main thread usually has, -1 not known */
    int64_t thread_limit_bytes; /* the same of another thread of this program */
};

/** The readable form of a symbol's name, or @p linkage_name itself if it has none. */
const char *program_readable_name(struct program *program, const char *linkage_name);

/** Readable name of a function: demangled, or "function at 0x..."; cached, never NULL. */
const char *program_function_name(struct program *program, uint32_t function);

/** Readable name of an owner, cached, never NULL. */
const char *program_owner_name(struct program *program, struct owner *owner);

#endif
