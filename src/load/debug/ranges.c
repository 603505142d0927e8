/*
 * ranges.c: the pieces of code that an entry covers.
 *
 * In: an entry's attributes. Out: worker->ranges, in the order of the list, empty ones left out.
 * Sources: DWARF 4 section 2.17.3 (.debug_ranges: pairs of offsets from a base), DWARF 5 section
 * 2.17.3 and 7.25 (.debug_rnglists: coded entries). libdw reads lists too, but not those of split
 * units in packages. Each unit has a budget of entries, since many entries may name one long list.
 */
#include "load/debug/internal.h"

static bool add_range(struct worker *worker, uint64_t start, uint64_t end)
{
    if (worker->range_budget == 0)
        return false;
    worker->range_budget--;
    if (end > start)
        array_push(&worker->ranges, (struct range){start, end - start});
    return true;
}

static bool read_old_list(struct worker *worker, const struct unit *unit, uint64_t offset)
{
    struct reader reader = reader_at(unit->base->sections[DEBUG_RANGES], offset);
    uint64_t base = unit->low_address == NO_OFFSET ? 0 : unit->low_address;
    uint64_t all_ones = unit->address_bytes == 8 ? UINT64_MAX : UINT32_MAX;
    for (;;) {
        uint64_t start = reader_uint(&reader, unit->address_bytes);
        uint64_t end = reader_uint(&reader, unit->address_bytes);
        if (reader.failed)
            return false;
        if (start == 0 && end == 0)
            return true;
        if (start == all_ones)
            base = end;
        else if (!add_range(worker, base + start, base + end))
            return false;
    }
}

/** Reads one entry of a list; false at the end, or if it is malformed (then reader->failed). */
static bool read_coded_entry(struct worker *worker, const struct unit *unit, struct reader *reader,
                             uint64_t *base)
{
    uint64_t start = 0, end = 0;
    bool ok = true;
    switch (reader_uint(reader, 1)) {
    case DW_RLE_end_of_list:
        return false;
    case DW_RLE_base_addressx:
        ok = unit_address(unit, reader_uleb(reader), base);
        break;
    case DW_RLE_startx_endx:
        ok = unit_address(unit, reader_uleb(reader), &start);
        ok = unit_address(unit, reader_uleb(reader), &end) && ok;
        break;
    case DW_RLE_startx_length:
        ok = unit_address(unit, reader_uleb(reader), &start);
        end = start + reader_uleb(reader);
        break;
    case DW_RLE_offset_pair:
        start = *base + reader_uleb(reader);
        end = *base + reader_uleb(reader);
        break;
    case DW_RLE_base_address:
        *base = reader_uint(reader, unit->address_bytes);
        break;
    case DW_RLE_start_end:
        start = reader_uint(reader, unit->address_bytes);
        end = reader_uint(reader, unit->address_bytes);
        break;
    case DW_RLE_start_length:
        start = reader_uint(reader, unit->address_bytes);
        end = start + reader_uleb(reader);
        break;
    default:
        reader_fail(reader);
    }
    // An address that is not there costs its range; the rest of the list stands.
    return !reader->failed && (!ok || add_range(worker, start, end));
}

static bool read_coded_list(struct worker *worker, const struct unit *unit, uint64_t offset)
{
    struct reader reader = reader_at(unit->file->sections[DEBUG_RNGLISTS], offset);
    uint64_t base = unit->low_address == NO_OFFSET ? 0 : unit->low_address;
    while (!reader.failed && read_coded_entry(worker, unit, &reader, &base))
        ;
    return !reader.failed && worker->range_budget > 0;
}

/** The offset of list number @p index, from the table at the unit's base. */
static bool list_offset(const struct unit *unit, uint64_t index, uint64_t *ret)
{
    uint64_t at;
    if (unit->rnglists_base == NO_OFFSET ||
        __builtin_mul_overflow(index, unit->offset_bytes, &at) ||
        __builtin_add_overflow(at, unit->rnglists_base, &at))
        return false;
    struct reader reader = reader_at(unit->file->sections[DEBUG_RNGLISTS], at);
    *ret = reader_uint(&reader, unit->offset_bytes) + unit->rnglists_base;
    return !reader.failed;
}

static bool read_list(struct worker *worker, const struct entry_data *entry)
{
    const struct unit *unit = entry->unit;
    uint64_t offset;
    if (!entry_uint(entry, ATTRIBUTE_RANGES, &offset))
        return false;
    if (entry->values[ATTRIBUTE_RANGES].form == DW_FORM_rnglistx &&
        !list_offset(unit, offset, &offset))
        return false;
    if (unit->version >= 5)
        return read_coded_list(worker, unit, offset);
    // GNU's split units count from the skeleton's base.
    if (unit->base != unit->file && unit->ranges_base != NO_OFFSET)
        offset += unit->ranges_base;
    return read_old_list(worker, unit, offset);
}

bool ranges_read(struct worker *worker, const struct entry_data *entry)
{
    uint64_t start, end;
    worker->ranges.count = 0;
    if (has(entry, ATTRIBUTE_RANGES))
        return read_list(worker, entry);
    if (!entry_address(entry, ATTRIBUTE_LOW_PC, &start))
        return !has(entry, ATTRIBUTE_LOW_PC);
    if (!has(entry, ATTRIBUTE_HIGH_PC))
        return true;
    if (!entry_address(entry, ATTRIBUTE_HIGH_PC, &end)) {
        uint64_t bytes;
        if (!entry_uint(entry, ATTRIBUTE_HIGH_PC, &bytes))
            return false;
        end = start + bytes;
    }
    return add_range(worker, start, end);
}
