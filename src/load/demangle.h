/*
 * demangle.h: from linkage names to names that people wrote.
 */
#ifndef DWELL_LOAD_DEMANGLE_H
#define DWELL_LOAD_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Returns the demangled form (C++ Itanium, Rust legacy without its hash, Rust v0 without
 * disambiguators' hashes), malloced, or NULL if @p linkage_name is not mangled. What compilers
 * append to tell a piece or copy of a function stays as " [.cold]"; what only makes a name unique
 * (".llvm.123", "@@VERSION") goes, also from names that are not mangled. Thread-safe.
 */
char *demangle(const char *linkage_name);

/**
 * Writes the crate that the Rust symbol @p linkage_name belongs to, cheaply and without demangling
 * it. Of a trait's method for a type it is the crate of the impl where the mangling says it (v0),
 * else the type's, else the trait's. Returns false, and writes nothing, if the symbol is not Rust's
 * or the crate does not fit into @p size bytes.
 */
bool symbol_crate(const char *linkage_name, char *ret, size_t size);

#endif
