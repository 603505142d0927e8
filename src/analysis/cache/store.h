/*
 * store.h: files in a folder, used by many processes at the same time: nobody ever sees a part of
 * one, and the least recently used ones go when they are too many. Nothing here is an error: what
 * cannot be read is not there, what cannot be written is not kept.
 */
#ifndef DWELL_ANALYSIS_CACHE_STORE_H
#define DWELL_ANALYSIS_CACHE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { STORE_NAME_BYTES = 128 }; /* of a file's name, its end included */

struct store {
    const char *path; /* of the folder */
    int folder;       /* -1: it is not there, or not ours */
};

/** Opens the folder, if it is there and is marked as a store's; @p path must outlive the store. */
void store_init(struct store *store, const char *path);
void store_deinit(struct store *store);

/**
 * Makes the folder and those above it, if they are not there, and marks it if it is empty; false if
 * that cannot be, or somebody keeps other things in it.
 */
bool store_create(struct store *store);

/** A file in memory. */
struct store_file {
    uint8_t *data;
    size_t bytes;
};

/** Reads a file of this user and marks it as used; false if there is none. */
bool store_open(const struct store *store, const char *name, struct store_file *ret);
void store_close(struct store_file *file);

/** Removes a file. */
void store_remove(const struct store *store, const char *name);

/** A file that is being written, under another name. */
struct store_draft {
    FILE *out;
    char name[STORE_NAME_BYTES];
};

/** Begins a file of @p bytes; false if it cannot be. The store must have been created. */
bool store_begin(const struct store *store, uint64_t bytes, struct store_draft *ret);

/** Ends a file and gives it its name; if it is not @p is_good or not all was written, removes it.
 */
void store_end(const struct store *store, struct store_draft *draft, const char *name,
               bool is_good);

/**
 * Removes the least recently used of the files whose name ends in '-' and a key of 32 hexadecimal
 * digits, until the others of them have at most @p limit bytes.
 */
void store_trim(const struct store *store, uint64_t limit);

#endif
