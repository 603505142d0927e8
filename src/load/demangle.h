/*
 * demangle.h: from linkage names to names that people wrote.
 */
#ifndef DWELL_LOAD_DEMANGLE_H
#define DWELL_LOAD_DEMANGLE_H

#include <stdbool.h>

/**
 * Returns the demangled form (C++ Itanium, Rust legacy without its hash, Rust v0 without
 * disambiguators' hashes), malloced, or NULL if @p linkage_name is not mangled. Thread-safe.
 */
char *demangle(const char *linkage_name);

#endif
