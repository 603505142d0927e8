/*
 * elf_file.h: what the files of load/ share about an ELF file that is being read. Each of the
 * functions below fills one part of struct image; all check every offset and count they follow.
 */
#ifndef DWELL_LOAD_ELF_FILE_H
#define DWELL_LOAD_ELF_FILE_H

#include "arch/arch.h"
#include "base/file_state.h"
#include "load/load.h"
#include "program/program.h"

#include <gelf.h>

/** A file in memory. */
struct mapping {
    uint8_t *data;
    size_t bytes;
    struct file_state state; /* when it was mapped */
    bool is_mapped;          /* by mmap, not by the caller */
};

struct load_state {
    struct mapping mapping;
    Elf *elf;
    uint32_t *section_map; /* ELF section number -> image.sections, NONE; by file order */
    uint32_t section_map_count;
    uint32_t *static_symbols;  /* number in .symtab -> image.symbols, NONE */
    uint32_t *dynamic_symbols; /* number in .dynsym -> image.symbols, NONE */
    uint32_t static_symbol_count, dynamic_symbol_count;
    const char *run_path;      /* DT_RUNPATH, NULL */
    const char *rpath;         /* DT_RPATH, NULL; counts only without DT_RUNPATH */
    uint32_t common_section;   /* object files: holds common symbols, NONE */
    uint64_t common_next;      /* address of the next one */
    uint32_t external_section; /* object files: one entry for each imported symbol, NONE */
    uint32_t loaded_by;        /* the image that needed this one first, NONE for the main file */
    uint64_t name_budget;      /* bytes that names may still take; see take_name() */
    bool has_lost_names;
    const char *symbol_file; /* separate file that symbols were read from, NULL */
    struct file_state symbol_file_state;
};

/** What is being loaded, passed down instead of globals. */
struct loader {
    struct program *program;
    const struct load_options *options;
};

/** Maps a regular file; @p writable gives a private copy that may be changed. */
struct error *map_file(const char *path, bool writable, struct mapping *ret);
void unmap_file(struct mapping *mapping);

/**
 * Notes in the program that what was read of the file at @p path is worth nothing, if it changed
 * since it was in the state @p before.
 */
void note_change(struct program *program, const struct file_state *before, const char *path);

/** Makes an image of @p mapping, which it then owns (also when it fails). */
struct error *image_load(struct loader *loader, const char *path, struct mapping mapping,
                         struct image **ret);

/** Gives a file without section headers a table of them, in a private copy. After segments. */
struct error *image_rebuild_sections(struct loader *loader, struct image *image);

void image_load_segments(struct loader *loader, struct image *image);
void image_load_sections(struct loader *loader, struct image *image);
void image_load_dynamic(struct loader *loader, struct image *image);
void image_load_symbols(struct loader *loader, struct image *image);
void image_load_relocations(struct loader *loader, struct image *image);
void image_load_unwind(struct loader *loader, struct image *image);

/** Entries of an unwind table; the memory is malloced. */
struct unwind_list {
    struct unwind_entry *data;
    size_t count, capacity;
};

/**
 * Reads the unwind table at @p address, of which there are at most @p room bytes, before there are
 * sections; says where it ends, and returns whether all of it can be read.
 */
bool unwind_measure(struct image *image, uint64_t address, uint64_t room, struct unwind_list *ret,
                    uint64_t *ret_bytes);

/** Gives the sections of an object file addresses, one behind the other. Before symbols. */
void object_place(struct loader *loader, struct image *image);
/** Gives a common symbol its place in the section that object_place() made for them. */
void object_place_common(struct image *image, uint64_t bytes, uint64_t alignment,
                         struct symbol *ret);
/** Applies an object file's relocations to its private copy, as a linker would. After symbols. */
void object_relocate(struct loader *loader, struct image *image);

/** Loads the libraries that the images need, and those that these need, in the loader's order. */
void load_libraries(struct loader *loader);

/** Finds the functions of all images and fills program.functions. */
void find_functions(struct loader *loader);

/** Binds symbols across images: fills relocation.function, adds external functions. */
void bind_symbols(struct loader *loader);

/** Returns the section header @p index of the file, false if it cannot be read. */
bool section_header(const struct image *image, size_t index, GElf_Shdr *ret);

/**
 * Returns the file's bytes [offset, offset + bytes), or NULL if they are not all there.
 */
const uint8_t *file_range(const struct image *image, uint64_t offset, uint64_t bytes);

/** A table of NUL-terminated strings. */
struct string_table {
    const char *data;
    uint64_t bytes; /* up to the end of the last string that ends in it */
};

/** Makes a table of @p bytes at @p data, NULL for none. */
struct string_table string_table_make(const void *data, uint64_t bytes);

/** Returns the string at @p offset, "" if it does not end within the table. In constant time. */
const char *string_at(const struct string_table *table, uint64_t offset);

/** What stands for a name that take_name() refuses. */
#define LOST_NAME "(name too long)"

/**
 * The same for a name that the program keeps or prints. Strings of a table may overlap, so that n
 * names of n bytes fit into a file of n bytes; no linker makes such files. So the names of a file
 * may take NAMES_PER_BYTE times its size: then this leaves a diagnostic and returns NULL.
 */
const char *take_name(struct loader *loader, struct image *image, const struct string_table *table,
                      uint64_t offset);
enum { NAMES_PER_BYTE = 8 };

/** The string table in ELF section @p index; empty if it is none. */
struct string_table string_table_of(const struct image *image, size_t index);

#endif
