/*
 * rebuild.h: what is being made of a file without a section header table (rebuild.c).
 */
#ifndef DWELL_LOAD_REBUILD_REBUILD_H
#define DWELL_LOAD_REBUILD_REBUILD_H

#include "base/array.h"
#include "load/elf_file.h"

/** A piece of memory that becomes a section, as its header will have it. */
struct piece {
    uint64_t address, bytes;
    const char *name;
    uint64_t flags; /* beyond what the segment says */
    uint64_t entry_bytes;
    uint32_t type;  /* SHT_NULL: belongs to no section */
    bool is_open;   /* reaches at least so far, and to the next piece or the end of what is there */
    bool is_zeroed; /* thread-locals without a place */
    bool is_minor;  /* gives way to others at its place */
};

/** Bytes that belong together. */
struct span {
    uint64_t address, bytes;
};

typedef ARRAY(struct span) span_list;

/** A word that the dynamic loader fills with the address of a function or variable. */
struct slot {
    uint64_t address;
    bool is_of_got; /* surely; else it may be a variable, too */
};

struct rebuild {
    struct loader *loader;
    struct image *image;
    ARRAY(struct piece) pieces;
    ARRAY(struct slot) slots; /* sorted */
    span_list frames;         /* code that an unwind table describes, sorted */
    uint64_t got;             /* DT_PLTGOT, 0 if there is none */
    uint64_t dynamic;         /* address of the dynamic section, 0 if there is none */
    uint64_t notes_left;      /* there are no more notes than this; headers may name them often */
};

/** Adds a piece, cut to what the file has of it; says so if that is not all. */
void rebuild_add(struct rebuild *rebuild, struct piece piece);

/** Returns how many bytes of the file there are from @p address to the end of its segment. */
uint64_t rebuild_room(const struct image *image, uint64_t address);

/** Adds what the dynamic section at rebuild.dynamic names, and fills slots and got. */
void rebuild_add_dynamic(struct rebuild *rebuild);

/** Adds the relocations of a file without a dynamic section, if there are any. After the headers.
 */
void rebuild_add_own_relocations(struct rebuild *rebuild);

/** Adds the GOT, as far as slots and got tell. */
void rebuild_add_got(struct rebuild *rebuild);

/** Adds the unwind table that the header at @p header names, or one that is found without. */
void rebuild_add_frames(struct rebuild *rebuild, uint64_t header);

/** Adds the stubs that jump through slots. After the frames. */
void rebuild_add_stubs(struct rebuild *rebuild);

#endif
