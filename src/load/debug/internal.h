/*
 * internal.h: what the files that read DWARF share. The order of work, and of this header:
 *
 *   units   headers of all units, found without libdw                  units.c
 *   walk    one pass over each unit's entries: scopes, raw records     walk.c
 *   finish  names, types, files and lines of the raw records           finish.c
 *   merge   the units' records become struct debug_info                merge.c
 *
 * Units are the items that workers take. libdw is not thread-safe, so each worker opens its own
 * handles; all handles see the same bytes in the same place, so a position in those bytes names an
 * entry (DIE) for every worker.
 */
#ifndef DWELL_LOAD_DEBUG_INTERNAL_H
#define DWELL_LOAD_DEBUG_INTERNAL_H

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "load/debug/file.h"
#include "load/debug/types/raw.h"
#include "program/debug.h"
#include "program/layouts.h"

#include <dwarf.h>

/** No offset. */
#define NO_OFFSET UINT64_MAX

/* ---- Units ----------------------------------------------------------------------------------- */

/** An entry that others are inside of: a name space, type or function. */
struct scope {
    uint32_t offset, end; /* from the unit's start: its own entry, and behind its last child */
    uint32_t parent;      /* index in the unit's scopes, NONE */
};

/** Rows of the line table for one piece of code without gaps. */
struct sequence {
    uint64_t address, end;
    size_t first, count; /* in the unit's lines */
};

/** Rows and records of one unit; of entries they only hold the position until they are finished. */
struct unit_records {
    ARRAY(struct debug_function) functions;
    ARRAY(const uint8_t *) function_entries;
    ARRAY(struct debug_inlined) inlined;
    ARRAY(const uint8_t *) inlined_entries; /* of what was inlined, or of the call */
    ARRAY(struct debug_variable) variables;
    ARRAY(const uint8_t *) variable_entries;
    ARRAY(struct debug_line) lines;
    ARRAY(struct sequence) sequences;
};

/** An entry that may be a type with fields, and the innermost scope around it. */
struct layout_entry {
    const uint8_t *at;
    uint32_t scope; /* index in the unit's scopes, NONE */
};

struct unit {
    const struct debug_file *file; /* holds its entries */
    const struct debug_file *base; /* holds its addresses and lines: of split units, not `file` */
    const uint8_t *start, *root, *end;
    uint64_t root_offset; /* of `root` in its section */
    uint64_t id;          /* of split units and their skeletons, else 0 */
    uint64_t abbrev_offset;
    uint32_t number; /* in the session's units, or among those of a .dwo file */
    uint8_t version, address_bytes, offset_bytes;
    uint8_t type;  /* DW_UT_*; compile and partial units are told apart by their root */
    bool in_types; /* in .debug_types */

    const char *name, *directory, *producer, *split_name; /* NULL if not said */
    enum language language;
    uint64_t low_address, line_offset; /* NO_OFFSET if not said */
    uint64_t address_base, string_base, ranges_base, rnglists_base;
    bool owns_lines;     /* others that name the same line table leave it to this one */
    struct unit *split;  /* of a skeleton: its other half in the package */
    const char *problem; /* why it could not be read, or not all of it; NULL */
    bool is_closed;      /* none of its entries may be read; fixed once roots are read */

    ARRAY(struct scope) scopes;
    struct raw_types types;
    ARRAY(struct layout_entry) layout_entries;
    struct unit_records records;
    struct debug_unit result; /* strings in the worker's arena; name NULL: has none */
    uint32_t worker;          /* that numbered the files in `records` */
};

/** Units in the order of their positions. */
struct unit_list {
    ARRAY(struct unit) units;
    uint32_t *by_start; /* indexes into units */
};

/** Finds the headers of all units in @p file and appends the units. */
void units_scan(const struct debug_file *file, struct unit_list *list, const char **ret_problem);
/** Closes units with a problem and sorts for units_find(). */
void units_complete(struct unit_list *list);
void units_deinit(struct unit_list *list);
struct unit *units_find(const struct unit_list *list, const uint8_t *entry);

/* ---- Sessions and workers -------------------------------------------------------------------- */

struct range {
    uint64_t address, bytes;
};

/** All that is shared by the workers; read-only while they run, but for their own units. */
struct session {
    struct program *program;
    struct image *image;
    const struct load_options *options;
    struct debug_file *files[DEBUG_FILE_ROLES];
    struct unit_list list;
    size_t package_first;     /* number of the first unit of the package */
    ARRAY(struct range) code; /* executable sections, merged, by address */
    bool code_at_zero;        /* there is a function at address 0 */
    struct worker *workers;
    unsigned worker_count;
    uint32_t missing_split;   /* split units whose file was not found */
    const char *missing_name; /* one of them */
};

/** Types with fields, of the units that one worker read; each once. */
struct layout_output {
    ARRAY(struct layout) layouts;
    ARRAY(struct layout_field) fields;
    ARRAY(struct layout_variant) variants;
    struct int_map by_hash; /* the hashes of those that are there */
};

struct line_table;
enum { LINE_TABLES = 32 };

struct worker {
    struct session *session;
    uint32_t index;
    struct {
        Elf *elf;
        Dwarf *dwarf;
    } handles[DEBUG_FILE_ROLES];
    struct Dwarf_CU **cus;    /* libdw's idea of each of the session's units, NULL */
    size_t read_bytes;        /* since the handles were opened */
    struct debug_file *split; /* the .dwo file that is open, NULL */
    struct unit_list split_list;
    struct Dwarf_CU **split_cus;
    struct arena arena;         /* of everything that the program will keep */
    struct string_map file_ids; /* file name -> index in files */
    ARRAY(const char *) files;
    struct int_map names; /* position of an entry -> index in name_texts; of one unit */
    ARRAY(const char *) name_texts;
    size_t name_budget;         /* bytes that names of the present unit may still take */
    size_t name_grant;          /* that it has of spare_names */
    size_t spare_names;         /* for units whose names are long for their size */
    size_t attribute_budget;    /* attributes that may still be read for the present unit */
    size_t table_budget;        /* bytes of line tables that may still be read */
    ARRAY(struct range) ranges; /* scratch of ranges_read() */
    size_t range_budget;
    struct type_output types;
    struct layout_output layouts;
    struct line_table *line_tables[LINE_TABLES];
    const char *changed_split; /* a .dwo file that changed while it was read, in `arena`; NULL */
    uint32_t missing_split;
    const char *missing_name;
    uint32_t missing_number; /* of the unit that missing_name is of */
};

/** Opens what @p worker needs for @p unit; false if it is closed or libdw refuses. */
bool worker_begin(struct worker *worker, struct unit *unit);
void worker_init(struct worker *worker, struct session *session, uint32_t index);
void worker_deinit(struct worker *worker);
/** Closes the handles of the .dwo file. */
void worker_close_split(struct worker *worker);
struct unit *worker_find_unit(struct worker *worker, const uint8_t *entry);

/** Whether [address, address + bytes) is code of the image; bytes may be 0. */
bool session_has_code(const struct session *session, uint64_t address, uint64_t bytes);

/* ---- Entries --------------------------------------------------------------------------------- */

/** The attributes that are looked at. */
enum attribute {
    ATTRIBUTE_NONE,
    ATTRIBUTE_NAME,
    ATTRIBUTE_LINKAGE_NAME,
    ATTRIBUTE_LOW_PC,
    ATTRIBUTE_HIGH_PC,
    ATTRIBUTE_ENTRY_PC,
    ATTRIBUTE_RANGES,
    ATTRIBUTE_ORIGIN,
    ATTRIBUTE_SPECIFICATION,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_LOCATION,
    ATTRIBUTE_CALL_FILE,
    ATTRIBUTE_CALL_LINE,
    ATTRIBUTE_DECL_FILE,
    ATTRIBUTE_DECL_LINE,
    ATTRIBUTE_EXTERNAL,
    ATTRIBUTE_NORETURN,
    ATTRIBUTE_BYTE_SIZE,
    ATTRIBUTE_COUNT,
    ATTRIBUTE_UPPER_BOUND,
    ATTRIBUTE_LOWER_BOUND,
    ATTRIBUTE_CONTAINING_TYPE,
    ATTRIBUTE_STMT_LIST,
    ATTRIBUTE_COMP_DIR,
    ATTRIBUTE_PRODUCER,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_ADDR_BASE,
    ATTRIBUTE_STR_OFFSETS_BASE,
    ATTRIBUTE_RNGLISTS_BASE,
    ATTRIBUTE_GNU_RANGES_BASE,
    ATTRIBUTE_DWO_NAME,
    ATTRIBUTE_DWO_ID,
    ATTRIBUTE_SIGNATURE,
    ATTRIBUTE_MEMBER_LOCATION,
    ATTRIBUTE_BIT_SIZE,
    ATTRIBUTE_DECLARATION,
    ATTRIBUTE_INLINE,
    ATTRIBUTE_ARTIFICIAL,
    ATTRIBUTE_ENCODING,
    ATTRIBUTE_CALLING_CONVENTION,
    ATTRIBUTE_FRAME_BASE,
    ATTRIBUTE_SIBLING,
    ATTRIBUTE_ALIGNMENT,
    ATTRIBUTE_BIT_OFFSET,
    ATTRIBUTE_DATA_BIT_OFFSET,
    ATTRIBUTE_CONST_VALUE,
    ATTRIBUTE_DISCR,
    ATTRIBUTE_DISCR_VALUE,
    ATTRIBUTE_GNU_VECTOR,
    ATTRIBUTES
};

/** An entry with its attributes; `values[a]` is valid if bit a of `present` is set. */
struct entry_data {
    struct unit *unit;
    const uint8_t *at, *end; /* the entry itself; its end is the start of the next one */
    Dwarf_Die die;
    unsigned tag;
    bool has_children;
    uint64_t present;
    Dwarf_Attribute values[ATTRIBUTES];
};

static inline bool has(const struct entry_data *entry, enum attribute attribute)
{
    return entry->present >> attribute & 1;
}

/** The problem of a unit whose attribute_budget is used up. */
#define TOO_MANY_ATTRIBUTES "has more attributes than its size allows and was read in part only"

/** Reads the entry at @p at in @p unit; false if it is malformed. */
bool entry_read(struct worker *worker, struct unit *unit, const uint8_t *at,
                struct entry_data *ret);

/** Values of attributes; false (or NULL) if there is none of the wanted kind. */
bool entry_uint(const struct entry_data *entry, enum attribute attribute, uint64_t *ret);
/** A number that may be below zero, which it then is the two's complement of. */
bool entry_int(const struct entry_data *entry, enum attribute attribute, uint64_t *ret,
               bool *ret_is_negative);
bool entry_address(const struct entry_data *entry, enum attribute attribute, uint64_t *ret);
bool entry_flag(const struct entry_data *entry, enum attribute attribute);
bool entry_expression(const struct entry_data *entry, enum attribute attribute, struct bytes *ret);
const char *entry_string(struct worker *worker, const struct entry_data *entry,
                         enum attribute attribute);
/** The position and the unit of the entry that an attribute refers to. */
bool entry_reference(struct worker *worker, const struct entry_data *entry,
                     enum attribute attribute, struct unit **ret_unit, const uint8_t **ret_at);
/** Reads entry number @p index of the unit's part of .debug_addr. */
bool unit_address(const struct unit *unit, uint64_t index, uint64_t *ret);

/** Fills what the unit's root entry says of the whole unit; closes a unit without one. */
bool unit_read_root(struct worker *worker, struct unit *unit);

/** Fills worker->ranges with the code that @p entry covers, as listed; false if malformed. */
bool ranges_read(struct worker *worker, const struct entry_data *entry);

/* ---- Walk and finish ------------------------------------------------------------------------- */

/** Fills the scopes of @p unit and, if it is a compilation unit, its raw records. */
void unit_walk(struct worker *worker, struct unit *unit);

/** Names, types, files and lines. Needs the scopes of all units that this one refers to. */
void unit_finish(struct worker *worker, struct unit *unit);

/** The qualified name of an entry, in the worker's arena; never NULL. */
const char *entry_name(struct worker *worker, struct unit *unit, const uint8_t *at);

/** Copies a name, which may be NULL, into the worker's arena; NULL if the unit's names take too
 * much. */
const char *worker_keep(struct worker *worker, const char *text);

/** Starts the names of another unit. */
void names_reset(struct worker *worker, size_t unit_bytes);

/** Writes the type at @p at as source would ("const char *"), in the worker's arena. */
const char *type_name(struct worker *worker, enum language language, struct unit *unit,
                      const uint8_t *at);
/** Its size in bytes, UINT64_MAX if not known. */
uint64_t type_bytes(struct worker *worker, struct unit *unit, const uint8_t *at);

/** Notes an entry of the unit that layouts_finish() is to look at, if it can be a type. */
void layouts_collect(struct unit *unit, const struct entry_data *entry, uint32_t scope);
/** Puts the types of what was noted into the worker's layouts, unless they are there. */
void layouts_finish(struct worker *worker, struct unit *unit);
void layout_output_deinit(struct layout_output *out);

/** Reads the rows of the unit's line table into its records. */
void lines_read(struct worker *worker, struct unit *unit);
/** The worker's number of a file of the unit's line table, UINT32_MAX if there is none. */
uint32_t line_file(struct worker *worker, const struct unit *unit, uint64_t index);
void line_tables_free(struct worker *worker);
/** Where the line table at @p offset ends, to account for its size; 0 if it is malformed. */
uint64_t line_table_bytes(const struct debug_file *file, uint64_t offset);

/* ---- Split units ----------------------------------------------------------------------------- */

/** Appends the units of the package in session->files to the session's, as its index says. */
void package_read(struct session *session);
/** Gives the skeletons their other halves in the package; the roots of all must be read. */
void package_join(struct session *session);

/**
 * Walks the other half of the skeleton @p unit and moves the records to it; false if it has none
 * or it cannot be found. Finishing them is done here too.
 */
bool split_read(struct worker *worker, struct unit *unit);

/** Gives a split unit what its skeleton says. */
void split_inherit(struct unit *split, const struct unit *skeleton);

/* ---- Merge ----------------------------------------------------------------------------------- */

/** Puts the workers' layouts together, in the program's arena. */
struct layout_table layouts_merge(struct session *session);

/** Puts the records of all units together, in the program's arena; frees them. */
struct debug_info *debug_merge(struct session *session);

#endif
