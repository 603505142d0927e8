/*
 * allocators.h: the functions that hand out and take back heap memory, and those that map pages.
 */
#ifndef DWELL_ANALYSIS_HEAP_ALLOCATORS_H
#define DWELL_ANALYSIS_HEAP_ALLOCATORS_H

#include "base/map.h"
#include "program/facts.h"

/** A row of the table: what a function does and which of its arguments (from 0) say how much. */
struct allocator {
    const char *name;
    uint8_t role; /* enum allocator_role */
    struct allocator_arguments arguments;
};

/** A function that the user counts as an allocator, by its linkage or readable name. */
struct allocator_rule {
    struct allocator allocator;
    const char *place; /* "FILE:LINE" of the configuration; NULL: the command line */
};

/** The table, made ready for many questions. */
struct allocator_names {
    struct string_map family, others;
};
void allocator_names_init(struct allocator_names *names);
void allocator_names_deinit(struct allocator_names *names);

/** Returns the row for @p linkage_name, or NULL; the mangled names of Rust's shims included. */
const struct allocator *allocator_named(const struct allocator_names *names,
                                        const char *linkage_name);

/** The same for one question. */
const struct allocator *allocator_find(const char *linkage_name);

/**
 * Fills facts.allocator_roles, facts.map_roles and facts.allocator_arguments: by each function's
 * own name, by the names of other symbols at its address, and by the user's rules; and asks for the
 * constants among these arguments. Before program_decode(), which notes them.
 */
void allocators_mark(struct program *program, const struct allocator_rule *rules,
                     size_t rule_count);

/** Sets what @p function is, forgetting what it was (rules.c). */
void allocator_set(struct facts *facts, uint32_t function, const struct allocator *allocator);

/** Marks the functions that the rules name; a rule that names none becomes a diagnostic. */
void allocator_rules_apply(struct program *program, const struct allocator_rule *rules,
                           size_t rule_count);

#endif
