/*
 * owners.h: what the files here share. The owners are built in address order by
 * appending; each file knows one way of finding them.
 */
#ifndef DWELL_ANALYSIS_GLOBALS_OWNERS_H
#define DWELL_ANALYSIS_GLOBALS_OWNERS_H

#include "base/array.h"
#include "program/debug.h"
#include "program/facts.h"

/** Where an object begins, or is said or seen to begin. */
struct mark {
    uint64_t address;
    uint64_t bytes;    /* as declared; of a reference the largest access; 0 if not known */
    uint32_t symbol;   /* NONE if it is no symbol's */
    uint32_t variable; /* in debug_info.variables, NONE */
    bool is_named;     /* declared by a symbol or debug information, not just referred to */
    bool is_address;   /* code takes the address, or it is stored somewhere */
    bool is_read;      /* code reads or writes it in place */
    bool is_jump_table;
};

struct marks {
    struct mark *data;
    size_t count, capacity;
};

struct owner_list {
    struct program *program;
    const struct image *image;
    struct owner *data;
    size_t count, capacity;
    uint32_t segment; /* the one being walked */
    uint64_t next;    /* first address that has no owner yet */
    uint64_t rested;  /* up to here the file's pages were given back */
};

/** An owner of [address, address + bytes) with everything else unknown. */
struct owner owner_make(const struct owner_list *list, enum owner_kind kind, uint64_t address,
                        uint64_t bytes);

/**
 * Appends @p owner, cut to what begins at list->next; where it begins later, the bytes between go
 * to padding or to nobody (OWNER_UNKNOWN). Owners come in address order.
 */
void owner_append(struct owner_list *list, struct owner owner);

/** Gives the bytes up to @p end to padding or to nobody. */
void owner_fill(struct owner_list *list, uint64_t end);

/** Collects the marks of the image, sorted by address, one for each address. */
void marks_collect(struct program *program, struct marks *ret);

/** Cuts a section with data into owners by the @p marks. */
void globals_cut_section(struct owner_list *list, const struct marks *marks,
                         const struct section *section);

/** The thread-local block, by symbols and debug information. */
void globals_thread_locals(struct owner_list *list, const struct marks *thread_marks);

/** The marks of thread-locals; addresses are offsets in the block. */
void marks_collect_thread(struct program *program, struct marks *ret);

/** Who uses each owner, and who writes it before main. */
void globals_find_users(struct program *program);

/** Fills owner.zero_bytes. */
void globals_count_zeroes(struct program *program);

/* ---- What the bytes look like (shape.c) ---------------------------------------------- */

/** Length of the text at @p data including its NUL, 0 if it is no text ended by NUL. */
uint64_t shape_c_string(const uint8_t *data, uint64_t bytes);

/** Whether all bytes are printable UTF-8 text. */
bool shape_is_text(const uint8_t *data, uint64_t bytes);

/** Bytes of the Rust vtable at @p address (drop, size, align, methods), 0 if there is none. */
uint64_t shape_rust_vtable(const struct program *program, uint32_t image, uint64_t address,
                           uint64_t bytes);

/** Whether the bytes are filling: zeros, or in code what the machine pads with. */
bool shape_is_padding(const struct image *image, uint64_t address, uint64_t bytes, bool is_code);

#endif
