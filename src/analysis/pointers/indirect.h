/*
 * indirect.h: which functions a call through a pointer can enter. A pass that finds all of them for
 * a way says so, and leaves those alone that it cannot answer completely.
 */
#ifndef DWELL_ANALYSIS_CALLS_INDIRECT_H
#define DWELL_ANALYSIS_CALLS_INDIRECT_H

#include "analysis/pointers/arrivals.h"
#include "base/array.h"
#include "program/facts.h"

#include <string.h>

/** What one record of program.pointer_calls can enter: targets [first, first + count). */
struct way {
    uint32_t first, count; /* in target_pool.targets */
    uint8_t kind;          /* enum call_kind */
    bool is_null;          /* surely nothing: no function is ever there; without targets and this,
                              what it can enter is not known */
};

/** Lists of targets in the making; ways that share a list share its place. */
struct target_pool {
    struct program *program;
    ARRAY(uint32_t) targets; /* begins with all of program.call_targets */
    struct way *ways;        /* of each pointer call */
};

/** Returns the place of the next target that is pushed. */
static inline uint32_t target_pool_mark(const struct target_pool *pool)
{
    return (uint32_t)pool->targets.count;
}

/** Sorts the targets from @p first on, drops equal ones, and returns how many are left. */
uint32_t target_pool_close(struct target_pool *pool, uint32_t first);

/** The pointer from which a callee was loaded; @p callee has a load. */
static inline struct access_path access_path_parent(const struct access_path *callee)
{
    struct access_path parent = *callee;
    parent.load_count--;
    parent.offsets[parent.load_count] = 0;
    parent.offsets[parent.load_count + 1] = 0;
    return parent;
}

/** Whether the function is Rust's, as its name says. */
static inline bool is_rust_function(const struct program *program, uint32_t function)
{
    return program->facts->crates[function] != NULL;
}

/** Whether the function is C++'s, as its name says. */
static inline bool is_cpp_function(const struct program *program, uint32_t function)
{
    return !is_rust_function(program, function) &&
           strncmp(program->functions[function].linkage_name, "_Z", 2) == 0;
}

/** All passes, in order. Needs calls, references and pointers; facts.crates and entries. */
void indirect_resolve(struct program *program);

/* The passes; each looks at the ways that have no targets yet. */

/** Methods of trait objects and virtual functions (objects/). */
void virtual_resolve(struct program *program, struct target_pool *pool);

/** What the callers pass as an argument (callbacks.c). */
void callbacks_resolve(struct program *program, struct target_pool *pool,
                       struct arrivals *arrivals);

/** What is ever stored into a variable (variables.c). */
void variables_resolve(struct program *program, struct target_pool *pool,
                       struct arrivals *arrivals);

/** What the C library asks the kernel's own code for (kernel_calls.c). */
void kernel_calls_resolve(struct program *program, struct target_pool *pool);

/** Functions of glibc's streams (objects/streams.c). */
void streams_resolve(struct program *program, struct target_pool *pool);

#endif
