/*
 * units.c: the units of a file, found by their headers alone (DWARF 5 section 7.5.1).
 *
 * In: a file's sections. Out: a list of units. libdw could list them too, but stops at the first
 * header that it does not like, and forgets what comes behind. So headers are checked here, and
 * one that is wrong is overwritten, in a copy, with that of an empty unit.
 *
 * libdw reads an abbreviation table up to the code it needs, for each unit anew. Units that share
 * one large table would make that quadratic, so the tables' sizes are counted, and units beyond
 * what real files need are left out.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum {
    MIN_ABBREV_BUDGET = 64 << 20,
    ABBREV_REUSE = 64,
    MIN_UNITS = 4096,
    LEAST_STORED_BYTES = 8, // of a unit, compressed; real ones take some tens
};

/** Reads the header of the unit at @p reader's position; false if its length makes no sense. */
static bool read_length(struct reader *reader, struct unit *unit)
{
    unit->start = reader->next;
    unit->offset_bytes = 4;
    uint64_t length = reader_uint(reader, 4);
    if (length == 0xffffffff) {
        unit->offset_bytes = 8;
        length = reader_uint(reader, 8);
    }
    if (reader->failed || length > reader_left(reader))
        return false;
    unit->end = reader->next + length;
    return true;
}

static void read_version_5(struct reader *reader, struct unit *unit)
{
    unit->type = (uint8_t)reader_uint(reader, 1);
    unit->address_bytes = (uint8_t)reader_uint(reader, 1);
    unit->abbrev_offset = reader_uint(reader, unit->offset_bytes);
    if (unit->type == DW_UT_skeleton || unit->type == DW_UT_split_compile) {
        unit->id = reader_uint(reader, 8);
    } else if (unit->type == DW_UT_type || unit->type == DW_UT_split_type) {
        reader_skip(reader, 8);
        reader_skip(reader, unit->offset_bytes);
    }
}

static void read_version_2(struct reader *reader, struct unit *unit)
{
    unit->abbrev_offset = reader_uint(reader, unit->offset_bytes);
    unit->address_bytes = (uint8_t)reader_uint(reader, 1);
    unit->type = unit->in_types ? DW_UT_type : DW_UT_compile;
    if (unit->in_types) {
        reader_skip(reader, 8);
        reader_skip(reader, unit->offset_bytes);
    }
}

/** Reads the rest of the header and says what is wrong with it, or NULL. */
static const char *read_header(struct unit *unit, const struct debug_file *file,
                               const uint8_t *section)
{
    struct reader reader = {.next = unit->start + (unit->offset_bytes == 8 ? 12 : 4),
                            .end = unit->end};
    unit->version = (uint8_t)reader_uint(&reader, 2);
    if (reader.failed || unit->version < 2 || unit->version > 5)
        return "has a version of DWARF that is not known";
    if (unit->version == 5)
        read_version_5(&reader, unit);
    else
        read_version_2(&reader, unit);
    if (reader.failed)
        return "ends within its header";
    if (unit->type < DW_UT_compile || unit->type > DW_UT_split_type)
        return "is of a kind that is not known";
    if (unit->address_bytes != 4 && unit->address_bytes != 8)
        return "has addresses of an unknown size";
    if (unit->abbrev_offset >= file->sections[DEBUG_ABBREV].bytes)
        return "refers to abbreviations outside their section";
    if ((uint64_t)(unit->end - unit->start) > UINT32_MAX)
        return "is larger than 4 GiB";
    unit->root = reader.next;
    unit->root_offset = (uint64_t)(reader.next - section);
    return NULL;
}

static void scan_section(const struct debug_file *file, struct bytes section, bool in_types,
                         struct unit_list *list, const char **ret_problem)
{
    struct reader reader = reader_at(section, 0);
    size_t most = list->units.count + MIN_UNITS + file->stored_bytes / LEAST_STORED_BYTES;
    while (!reader.failed && reader.next < reader.end) {
        if (list->units.count >= most) {
            *ret_problem = "the debug information has more units than its size allows; the rest of "
                           "them is left out";
            return;
        }
        struct unit unit = {.file = file,
                            .base = file,
                            .in_types = in_types,
                            .low_address = NO_OFFSET,
                            .line_offset = NO_OFFSET,
                            .address_base = NO_OFFSET,
                            .string_base = NO_OFFSET,
                            .ranges_base = NO_OFFSET,
                            .rnglists_base = NO_OFFSET};
        if (!read_length(&reader, &unit)) {
            *ret_problem = "the debug information ends within a unit";
            return;
        }
        reader.next = unit.end;
        // A linker pads with zeros: units of no length.
        if (unit.end - unit.start <= 4)
            continue;
        unit.problem = read_header(&unit, file, section.data);
        unit.number = (uint32_t)list->units.count;
        array_push(&list->units, unit);
    }
}

/* ---- Abbreviation tables --------------------------------------------------------------------- */

/** Returns how many bytes the table at @p offset takes, at most @p limit. */
static size_t abbrev_table_bytes(struct bytes section, uint64_t offset, size_t limit)
{
    struct reader reader = reader_at(section, offset);
    if (reader_left(&reader) > limit)
        reader.end = reader.next + limit;
    const uint8_t *start = reader.next;
    while (!reader.failed && reader_uleb(&reader) != 0) {
        reader_uleb(&reader); // tag
        reader_uint(&reader, 1);
        for (bool more = true; more && !reader.failed;) {
            uint64_t name = reader_uleb(&reader), form = reader_uleb(&reader);
            if (form == DW_FORM_implicit_const)
                reader_sleb(&reader);
            more = name || form;
        }
    }
    return (size_t)(reader.next - start);
}

/** Marks the units that come when the tables' sizes add up to far more than the section. */
static void limit_abbrevs(const struct debug_file *file, struct unit_list *list, size_t first)
{
    struct bytes section = file->sections[DEBUG_ABBREV];
    size_t scan_budget = section.bytes * 2 + MIN_ABBREV_BUDGET;
    size_t use_budget = section.bytes * ABBREV_REUSE + MIN_ABBREV_BUDGET;
    struct int_map sizes;
    int_map_init(&sizes);
    for (size_t i = first; i < list->units.count; i++) {
        struct unit *unit = &list->units.data[i];
        if (unit->problem)
            continue;
        uint32_t bytes = int_map_get(&sizes, unit->abbrev_offset);
        if (bytes == MAP_NONE) {
            size_t size = abbrev_table_bytes(section, unit->abbrev_offset, scan_budget);
            scan_budget -= size;
            bytes = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX - 1;
            int_map_set(&sizes, unit->abbrev_offset, bytes);
        }
        if (bytes >= use_budget || scan_budget == 0)
            unit->problem = "needs too large a share of the abbreviations";
        else
            use_budget -= bytes;
    }
    int_map_deinit(&sizes);
}

/* ---- Mending --------------------------------------------------------------------------------- */

/** Overwrites a bad unit with one that libdw reads as empty. */
static void blank_unit(uint8_t *start, size_t bytes, unsigned offset_bytes)
{
    size_t at = offset_bytes == 8 ? 12 : 4;
    memset(start + at, 0, bytes - at);
    // Version 4; no type unit, no split unit: a header of 7 (11) bytes behind the length.
    start[at] = 4;
    if (bytes > at + 2 + offset_bytes)
        start[at + 2 + offset_bytes] = 8;
}

static bool has_bad_header(const struct unit_list *list, size_t first)
{
    for (size_t i = first; i < list->units.count; i++)
        if (list->units.data[i].problem)
            return true;
    return false;
}

/** Replaces bad units in a copy of the file's sections and moves all units of it there. */
static void mend_units(struct debug_file *file, struct unit_list *list, size_t first,
                       const char **ret_problem)
{
    struct bytes old[2] = {file->sections[DEBUG_INFO], file->sections[DEBUG_TYPES]};
    struct error *error = debug_file_own(file);
    if (error) {
        *ret_problem = "a damaged unit header could not be mended";
        error_destroy(error);
    }
    for (size_t i = first; i < list->units.count; i++) {
        struct unit *unit = &list->units.data[i];
        struct bytes now = file->sections[unit->in_types ? DEBUG_TYPES : DEBUG_INFO];
        ptrdiff_t shift = now.data - old[unit->in_types].data;
        unit->start += shift;
        unit->end += shift;
        unit->root = unit->root ? unit->root + shift : NULL;
        if (unit->problem && !error)
            blank_unit((uint8_t *)unit->start, (size_t)(unit->end - unit->start),
                       unit->offset_bytes);
    }
}

void units_scan(const struct debug_file *file, struct unit_list *list, const char **ret_problem)
{
    size_t first = list->units.count;
    *ret_problem = NULL;
    scan_section(file, file->sections[DEBUG_INFO], false, list, ret_problem);
    scan_section(file, file->sections[DEBUG_TYPES], true, list, ret_problem);
    if (has_bad_header(list, first))
        mend_units((struct debug_file *)file, list, first, ret_problem);
    limit_abbrevs(file, list, first);
}

/* ---- Finding --------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b, void *context)
{
    const struct unit *units = context;
    const uint8_t *x = units[*(const uint32_t *)a].start, *y = units[*(const uint32_t *)b].start;
    return x < y ? -1 : x > y;
}

void units_complete(struct unit_list *list)
{
    for (size_t i = 0; i < list->units.count; i++)
        list->units.data[i].is_closed |= list->units.data[i].problem != NULL;
    free(list->by_start);
    list->by_start = xcalloc(list->units.count, sizeof *list->by_start);
    for (size_t i = 0; i < list->units.count; i++)
        list->by_start[i] = (uint32_t)i;
    qsort_r(list->by_start, list->units.count, sizeof *list->by_start, by_start, list->units.data);
}

struct unit *units_find(const struct unit_list *list, const uint8_t *entry)
{
    size_t low = 0, high = list->units.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->units.data[list->by_start[middle]].start <= entry)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    struct unit *unit = &list->units.data[list->by_start[low - 1]];
    return entry < unit->end && unit->root && entry >= unit->root ? unit : NULL;
}

static void records_deinit(struct unit_records *records)
{
    array_deinit(&records->functions);
    array_deinit(&records->function_entries);
    array_deinit(&records->inlined);
    array_deinit(&records->inlined_entries);
    array_deinit(&records->variables);
    array_deinit(&records->variable_entries);
    array_deinit(&records->lines);
    array_deinit(&records->sequences);
}

void units_deinit(struct unit_list *list)
{
    for (size_t i = 0; i < list->units.count; i++) {
        array_deinit(&list->units.data[i].scopes);
        raw_types_deinit(&list->units.data[i].types);
        array_deinit(&list->units.data[i].layout_entries);
        records_deinit(&list->units.data[i].records);
    }
    array_deinit(&list->units);
    free(list->by_start);
    list->by_start = NULL;
}
