/*
 * names.h: whose code something is, by its name. Private to the origins.
 */
#ifndef DWELL_ANALYSIS_ORIGINS_NAMES_H
#define DWELL_ANALYSIS_ORIGINS_NAMES_H

#include <stdbool.h>

/** Crates that every Rust program gets: the standard library and what it is built from. */
bool is_standard_crate(const char *crate);

/** Functions, and data, that start-up code and compilers add to every program. */
bool is_start_up(const char *name);
bool is_start_up_data(const char *name);

/** Names in std::, __gnu_cxx:: and __cxxabiv1:: as the Itanium C++ ABI mangles them. */
bool is_standard_cpp(const char *name);
/** The same names as people read them. */
bool is_standard_cpp_type(const char *name);

#endif
