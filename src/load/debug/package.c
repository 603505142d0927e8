/*
 * package.c: split DWARF: skeleton units in the image whose other halves are elsewhere, each
 * in a .dwo file or all in a .dwp package.
 *
 * In: a skeleton. Out: its records, from the other half, with the skeleton's addresses and lines.
 * Sources: DWARF 5 sections 3.1.3, 7.3.2 and 7.3.5 (index of packages, version 5); the GNU
 * project's "DebugFission" and "DebugFissionDWP" pages (DWARF 4, version 2 of the index).
 *
 * libdw 0.188 does not know packages. It reads one as if it were a single .dwo file once each
 * unit's offset of abbreviations, which counts from the unit's own share of their section, counts
 * from the section's start; so that is changed in a private copy. The other tables that begin at a
 * share (string offsets, range lists) are not read by libdw but in entry.c and
 * ranges.c.
 */
#include "load/debug/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** Columns of the index that matter, by what they are called in both versions. */
enum column { COLUMN_INFO, COLUMN_ABBREV, COLUMN_STR_OFFSETS, COLUMN_RNGLISTS, COLUMNS };

/** One unit's shares of the package's sections. */
struct contribution {
    uint64_t id;
    uint32_t offsets[COLUMNS], bytes[COLUMNS];
};

struct index {
    ARRAY(struct contribution) rows;
    bool is_types; // the units are in .debug_types
};

static int column_of(uint64_t section, unsigned version, bool *ret_types)
{
    switch (section) {
    case 1:
        return COLUMN_INFO;
    case 2: // DW_SECT_TYPES, version 2 only
        *ret_types = version == 2;
        return version == 2 ? COLUMN_INFO : -1;
    case 3:
        return COLUMN_ABBREV;
    case 6:
        return COLUMN_STR_OFFSETS;
    case 8: // DW_SECT_MACRO in version 2
        return version == 5 ? COLUMN_RNGLISTS : -1;
    }
    return -1;
}

/** Reads the numbers of all rows for one section; they are in row order, all columns side by side.
 */
static void read_cells(struct index *index, struct reader cells, const int *columns,
                       uint32_t column_count, bool are_bytes)
{
    for (size_t row = 0; row < index->rows.count; row++) {
        for (uint32_t i = 0; i < column_count; i++) {
            uint32_t value = (uint32_t)reader_uint(&cells, 4);
            if (columns[i] < 0)
                continue;
            struct contribution *contribution = &index->rows.data[row];
            (are_bytes ? contribution->bytes : contribution->offsets)[columns[i]] = value;
        }
    }
}

/** The hash table maps signatures to rows, which are numbered from 1. */
static void read_slots(struct index *index, struct reader hashes, struct reader numbers,
                       uint32_t slot_count)
{
    for (uint32_t i = 0; i < slot_count; i++) {
        uint64_t id = reader_uint(&hashes, 8), row = reader_uint(&numbers, 4);
        if (row > 0 && row <= index->rows.count)
            index->rows.data[row - 1].id = id;
    }
}

static bool read_index(struct bytes section, struct index *ret)
{
    enum { MAX_COLUMNS = 16 };
    struct reader reader = reader_at(section, 0);
    unsigned version = (unsigned)reader_uint(&reader, 4) & 0xffff; // 2 of 4 bytes, 5 of 2
    uint64_t columns = reader_uint(&reader, 4), rows = reader_uint(&reader, 4);
    uint64_t slots = reader_uint(&reader, 4);
    uint64_t cells = rows * columns * 4; // cannot overflow: columns is small
    if (reader.failed || (version != 2 && version != 5) || columns > MAX_COLUMNS ||
        slots * 12 + columns * 4 + cells * 2 > reader_left(&reader))
        return false;
    struct reader hashes = reader, numbers = reader;
    reader_skip(&numbers, slots * 8);
    reader_skip(&reader, slots * 12);
    int kinds[MAX_COLUMNS];
    for (uint64_t i = 0; i < columns; i++)
        kinds[i] = column_of(reader_uint(&reader, 4), version, &ret->is_types);
    for (uint64_t i = 0; i < rows; i++)
        array_push(&ret->rows, (struct contribution){0});
    read_slots(ret, hashes, numbers, (uint32_t)slots);
    read_cells(ret, reader, kinds, (uint32_t)columns, false);
    reader_skip(&reader, cells);
    read_cells(ret, reader, kinds, (uint32_t)columns, true);
    return true;
}

static int by_info_offset(const void *a, const void *b)
{
    uint32_t x = ((const struct contribution *)a)->offsets[COLUMN_INFO];
    uint32_t y = ((const struct contribution *)b)->offsets[COLUMN_INFO];
    return x < y ? -1 : x > y;
}

static void sort_rows(struct index *index)
{
    if (index->rows.count)
        qsort(index->rows.data, index->rows.count, sizeof *index->rows.data, by_info_offset);
}

/** The row whose share of the unit section holds @p offset, or NULL. */
static const struct contribution *row_at(const struct index *index, uint64_t offset)
{
    size_t low = 0, high = index->rows.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->rows.data[middle].offsets[COLUMN_INFO] <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct contribution *row = &index->rows.data[low - 1];
    return offset - row->offsets[COLUMN_INFO] < row->bytes[COLUMN_INFO] ? row : NULL;
}

/* ---- Units of a package ---------------------------------------------------------------------- */

/** Sets where the tables begin that a split unit numbers entries of: behind their headers. */
static void set_bases(struct unit *unit, uint64_t strings, uint64_t rnglists)
{
    uint64_t length_bytes = unit->offset_bytes == 8 ? 12 : 4;
    unit->string_base = strings + (unit->version >= 5 ? length_bytes + 4 : 0);
    unit->rnglists_base = rnglists + length_bytes + 8;
}

/** Where a header holds the offset of the abbreviations. */
static uint8_t *abbrev_field(const struct unit *unit)
{
    size_t at = unit->offset_bytes == 8 ? 12 : 4;
    return (uint8_t *)unit->start + at + (unit->version >= 5 ? 4 : 2);
}

static void place_unit(struct unit *unit, const struct index *index)
{
    const struct debug_file *file = unit->file;
    struct bytes section = file->sections[unit->in_types ? DEBUG_TYPES : DEBUG_INFO];
    const struct contribution *row = row_at(index, (uint64_t)(unit->start - section.data));
    if (!row) {
        unit->problem = "is in no row of the package's index";
        return;
    }
    unit->abbrev_offset += row->offsets[COLUMN_ABBREV];
    if (unit->abbrev_offset >= file->sections[DEBUG_ABBREV].bytes) {
        unit->problem = "refers to abbreviations outside their section";
        return;
    }
    memcpy(abbrev_field(unit), &unit->abbrev_offset, unit->offset_bytes);
    unit->id = row->id;
    set_bases(unit, row->offsets[COLUMN_STR_OFFSETS], row->offsets[COLUMN_RNGLISTS]);
}

void package_join(struct session *session)
{
    struct int_map by_id;
    int_map_init(&by_id);
    struct unit *units = session->list.units.data;
    for (size_t i = session->package_first; i < session->list.units.count; i++)
        if (!units[i].problem && !units[i].in_types && units[i].type != DW_UT_split_type)
            int_map_set(&by_id, units[i].id, (uint32_t)i);
    for (size_t i = 0; i < session->package_first; i++) {
        uint32_t other = units[i].split_name ? int_map_get(&by_id, units[i].id) : MAP_NONE;
        if (other == MAP_NONE)
            continue;
        units[i].split = &units[other];
        // A second skeleton of the same half goes without: two threads must not share it.
        int_map_set(&by_id, units[i].id, MAP_NONE);
    }
    int_map_deinit(&by_id);
}

static void place_units(struct session *session, struct index *units, struct index *types)
{
    sort_rows(units);
    sort_rows(types);
    for (size_t i = session->package_first; i < session->list.units.count; i++) {
        struct unit *unit = &session->list.units.data[i];
        bool is_type = unit->in_types || unit->type == DW_UT_split_type;
        if (!unit->problem)
            place_unit(unit, is_type ? types : units);
    }
}

void package_read(struct session *session)
{
    struct debug_file *file = session->files[DEBUG_FILE_PACKAGE];
    struct index units = {0}, types = {0};
    const char *problem = NULL;
    if (read_index(file->sections[DEBUG_CU_INDEX], &units)) {
        read_index(file->sections[DEBUG_TU_INDEX], &types);
        units_scan(file, &session->list, &problem);
        place_units(session, &units, &types);
    } else {
        problem = "has no index of split units that can be read";
    }
    if (problem)
        diagnose(&session->program->diagnostics, file->path, "%s", problem);
    array_deinit(&units.rows);
    array_deinit(&types.rows);
}

/* ---- .dwo files ------------------------------------------------------------------------------ */

static char *join_path(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        out_of_memory();
    return path;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/** Opens @p path if it is readable split DWARF; takes the path over. */
static bool try_split(struct worker *worker, char *path)
{
    bool found = false;
    if (access(path, R_OK) == 0) {
        struct error *error = debug_file_open(path, DEBUG_FILE_SPLIT, &worker->split);
        found = !error;
        error_destroy(error);
    }
    free(path);
    return found;
}

static char *image_folder(const struct session *session)
{
    char *folder = xstrdup(session->image->path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    else
        strcpy(folder, ".");
    return folder;
}

/** Where the compiler put it, then below and beside the image, if the build has moved. */
static bool open_split(struct worker *worker, const struct unit *skeleton)
{
    const char *name = skeleton->split_name;
    const char *root = worker->session->options ? worker->session->options->sysroot : NULL;
    if (*name == '/') {
        if ((root && try_split(worker, join_path(root, name + 1))) ||
            try_split(worker, join_path("", name + 1)))
            return true;
    } else if (skeleton->directory && try_split(worker, join_path(skeleton->directory, name))) {
        return true;
    }
    char *folder = image_folder(worker->session);
    bool found = (*name != '/' && try_split(worker, join_path(folder, name))) ||
                 try_split(worker, join_path(folder, last_part(name)));
    free(folder);
    return found;
}

/** Makes the units of the open .dwo file known; returns the one that belongs to @p skeleton. */
static struct unit *read_split_units(struct worker *worker, const struct unit *skeleton)
{
    struct unit *found = NULL;
    const char *problem;
    units_scan(worker->split, &worker->split_list, &problem);
    units_complete(&worker->split_list);
    worker->split_cus = xcalloc(worker->split_list.units.count, sizeof *worker->split_cus);
    for (size_t i = 0; i < worker->split_list.units.count; i++) {
        struct unit *unit = &worker->split_list.units.data[i];
        set_bases(unit, 0, 0);
        if (!unit_read_root(worker, unit))
            continue;
        bool is_type = unit->in_types || unit->type == DW_UT_split_type;
        if (is_type)
            unit_walk(worker, unit);
        else if (unit->id == skeleton->id && !found)
            found = unit;
    }
    return found;
}

void split_inherit(struct unit *split, const struct unit *skeleton)
{
    split->base = skeleton->base;
    split->address_base = skeleton->address_base;
    split->ranges_base = skeleton->ranges_base == NO_OFFSET ? 0 : skeleton->ranges_base;
    split->low_address = skeleton->low_address;
    split->line_offset = skeleton->line_offset;
    split->directory = skeleton->directory;
    // GNU's table of addresses has no header, and without a base begins with the section.
    if (split->version < 5 && split->address_base == NO_OFFSET)
        split->address_base = 0;
}

/** Moves what was found out about the other half to the skeleton. */
static void take_records(struct unit *skeleton, struct unit *split)
{
    skeleton->records = split->records;
    skeleton->result = split->result;
    skeleton->language = split->language;
    memset(&split->records, 0, sizeof split->records);
}

static void note_missing(struct worker *worker, const struct unit *skeleton)
{
    if (worker->missing_split++ == 0 || skeleton->number < worker->missing_number) {
        worker->missing_name = skeleton->split_name;
        worker->missing_number = skeleton->number;
    }
}

bool split_read(struct worker *worker, struct unit *unit)
{
    struct unit *split = unit->split;
    if (!unit->split_name)
        return false;
    if (!split && open_split(worker, unit))
        split = read_split_units(worker, unit);
    bool found =
        split && worker_begin(worker, split) && (!unit->split || unit_read_root(worker, split));
    if (found) {
        split_inherit(split, unit);
        split->type = DW_UT_split_compile;
        unit_walk(worker, split);
        unit_finish(worker, split);
        take_records(unit, split);
        unit->problem = unit->problem ? unit->problem : split->problem;
    } else {
        note_missing(worker, unit);
    }
    worker_close_split(worker);
    return found;
}
