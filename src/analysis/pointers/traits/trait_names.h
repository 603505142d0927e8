/*
 * trait_names.h: what names of Rust functions, vtables and types say of traits.
 */
#ifndef DWELL_ANALYSIS_POINTERS_TRAIT_NAMES_H
#define DWELL_ANALYSIS_POINTERS_TRAIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/** A piece of a longer text. */
struct span {
    const char *text;
    size_t bytes;
};

enum { MAX_TRAIT_NAME = 512 };

/**
 * Writes the trait of a vtable named "<T as Trait>::{vtable}", with its arguments as in
 * "core::ops::function::Fn<(u32)>". False if it is not known, or too long.
 */
bool trait_of_table(const char *name, char ret[MAX_TRAIT_NAME]);

/**
 * Writes the trait of what a pointer of type @p name points to: "&dyn Trait",
 * "alloc::boxed::Box<(dyn Trait + core::marker::Send), alloc::alloc::Global>",
 * "*const alloc::sync::ArcInner<dyn Trait>". Arguments are written as trait_of_table() does:
 * without associated types; a trait with such that is not the standard library's is not known.
 * False if it is not known, or too long.
 */
bool trait_of_pointer(const char *name, char ret[MAX_TRAIT_NAME]);

/** What a readable name of a function says of it. */
enum method_kind {
    METHOD_UNKNOWN,
    METHOD_NAMED,   /* it can only be a method of the trait `ret_trait`, or of none */
    METHOD_CLOSURE, /* the body of a closure or an async block */
};

/**
 * Reads the path of the trait, without arguments, from "<T as Trait>::method",
 * "module::<impl Trait for T>::method" or "Trait::method"; of functions that are no methods of
 * traits it is a path that no trait has.
 */
enum method_kind trait_of_method(const char *name, struct span *ret_trait);

/** The first part of a path. */
struct span crate_of_path(struct span path);

/** Whether the two are the same text. */
bool span_equals(struct span span, const char *text);

#endif
