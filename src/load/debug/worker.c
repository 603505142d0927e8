/*
 * worker.c: what each thread owns: libdw handles, an arena, caches.
 *
 * libdw keeps whatever it decoded until its handle is closed. Over a gigabyte of DWARF that would
 * be gigabytes, so a worker closes its handles after RECYCLE_BYTES of entries and opens new ones;
 * positions of entries stay valid, because every handle reads the same bytes.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum {
    RECYCLE_BYTES = 64 << 20,
    SPARE_NAMES = 16 << 20,
    MIN_TABLE_BUDGET = 64 << 20,
    TABLE_REUSE = 64,
    // Entries take some bytes for each attribute, and are read again for those that refer to them.
    ATTRIBUTES_PER_BYTE = 64,
    MIN_ATTRIBUTES = 1024,
};

void worker_init(struct worker *worker, struct session *session, uint32_t index)
{
    size_t line_bytes = session->files[DEBUG_FILE_MAIN]->sections[DEBUG_LINE].bytes;
    *worker = (struct worker){.session = session,
                              .index = index,
                              .spare_names = SPARE_NAMES,
                              .table_budget = line_bytes * TABLE_REUSE + MIN_TABLE_BUDGET};
    worker->cus = xcalloc(session->list.units.count, sizeof *worker->cus);
    arena_init(&worker->arena);
    string_map_init(&worker->file_ids);
    int_map_init(&worker->names);
    int_map_init(&worker->layouts.by_hash);
    type_output_init(&worker->types);
}

static void close_handle(struct worker *worker, enum debug_file_role role)
{
    if (worker->handles[role].dwarf)
        dwarf_end(worker->handles[role].dwarf);
    elf_end(worker->handles[role].elf);
    worker->handles[role].dwarf = NULL;
    worker->handles[role].elf = NULL;
}

static void close_handles(struct worker *worker)
{
    for (int role = 0; role < DEBUG_FILE_SPLIT; role++)
        close_handle(worker, role);
    memset(worker->cus, 0, worker->session->list.units.count * sizeof *worker->cus);
    worker->read_bytes = 0;
}

void worker_close_split(struct worker *worker)
{
    close_handle(worker, DEBUG_FILE_SPLIT);
    units_deinit(&worker->split_list);
    free(worker->split_cus);
    worker->split_cus = NULL;
    if (worker->split &&
        file_state_compare(&worker->split->mapping.state, worker->split->path) == FILE_CHANGED)
        worker->changed_split = arena_strdup(&worker->arena, worker->split->path);
    debug_file_close(worker->split);
    worker->split = NULL;
}

void worker_deinit(struct worker *worker)
{
    worker_close_split(worker);
    close_handles(worker);
    free(worker->cus);
    line_tables_free(worker);
    arena_deinit(&worker->arena);
    string_map_deinit(&worker->file_ids);
    int_map_deinit(&worker->names);
    array_deinit(&worker->files);
    array_deinit(&worker->name_texts);
    array_deinit(&worker->ranges);
    type_output_deinit(&worker->types);
    layout_output_deinit(&worker->layouts);
}

static Dwarf *open_handle(struct worker *worker, enum debug_file_role role)
{
    struct debug_file *file =
        role == DEBUG_FILE_SPLIT ? worker->split : worker->session->files[role];
    if (!file || worker->handles[role].dwarf)
        return worker->handles[role].dwarf;
    if (!worker->handles[role].elf)
        worker->handles[role].elf = elf_memory((char *)file->elf, file->elf_bytes);
    worker->handles[role].dwarf = dwarf_begin_elf(worker->handles[role].elf, DWARF_C_READ, NULL);
    if (worker->handles[role].dwarf)
        dwarf_new_oom_handler(worker->handles[role].dwarf, out_of_memory);
    return worker->handles[role].dwarf;
}

static struct Dwarf_CU **cu_of(struct worker *worker, const struct unit *unit)
{
    return unit->file->role == DEBUG_FILE_SPLIT ? &worker->split_cus[unit->number]
                                                : &worker->cus[unit->number];
}

/** Makes libdw know the unit. */
static bool open_unit(struct worker *worker, struct unit *unit)
{
    if (*cu_of(worker, unit))
        return true;
    Dwarf *dwarf = open_handle(worker, unit->file->role);
    if (!dwarf)
        return false;
    Dwarf *alt = unit->file->role == DEBUG_FILE_MAIN ? open_handle(worker, DEBUG_FILE_ALT) : NULL;
    if (alt)
        dwarf_setalt(dwarf, alt);
    Dwarf_Die root;
    Dwarf_Die *found = unit->in_types ? dwarf_offdie_types(dwarf, unit->root_offset, &root)
                                      : dwarf_offdie(dwarf, unit->root_offset, &root);
    // The same bytes in the same place, or positions would mean nothing.
    if (!found || root.addr != unit->root)
        return false;
    *cu_of(worker, unit) = root.cu;
    return true;
}

bool worker_begin(struct worker *worker, struct unit *unit)
{
    if (unit->is_closed)
        return false;
    worker->read_bytes += (size_t)(unit->end - unit->start);
    if (worker->read_bytes > RECYCLE_BYTES)
        close_handles(worker);
    if (!open_unit(worker, unit))
        return false;
    worker->range_budget = (size_t)(unit->end - unit->start) * 2 + 4096;
    worker->attribute_budget =
        (size_t)(unit->end - unit->start) * ATTRIBUTES_PER_BYTE + MIN_ATTRIBUTES;
    return true;
}

struct unit *worker_find_unit(struct worker *worker, const uint8_t *entry)
{
    struct unit *unit = worker->split ? units_find(&worker->split_list, entry) : NULL;
    return unit ? unit : units_find(&worker->session->list, entry);
}

/* ---- Entries --------------------------------------------------------------------------------- */

static const uint8_t standard_attributes[] = {
    [DW_AT_name] = ATTRIBUTE_NAME,
    [DW_AT_linkage_name] = ATTRIBUTE_LINKAGE_NAME,
    [DW_AT_low_pc] = ATTRIBUTE_LOW_PC,
    [DW_AT_high_pc] = ATTRIBUTE_HIGH_PC,
    [DW_AT_entry_pc] = ATTRIBUTE_ENTRY_PC,
    [DW_AT_ranges] = ATTRIBUTE_RANGES,
    [DW_AT_abstract_origin] = ATTRIBUTE_ORIGIN,
    [DW_AT_specification] = ATTRIBUTE_SPECIFICATION,
    [DW_AT_type] = ATTRIBUTE_TYPE,
    [DW_AT_location] = ATTRIBUTE_LOCATION,
    [DW_AT_call_file] = ATTRIBUTE_CALL_FILE,
    [DW_AT_call_line] = ATTRIBUTE_CALL_LINE,
    [DW_AT_decl_file] = ATTRIBUTE_DECL_FILE,
    [DW_AT_decl_line] = ATTRIBUTE_DECL_LINE,
    [DW_AT_external] = ATTRIBUTE_EXTERNAL,
    [DW_AT_noreturn] = ATTRIBUTE_NORETURN,
    [DW_AT_byte_size] = ATTRIBUTE_BYTE_SIZE,
    [DW_AT_count] = ATTRIBUTE_COUNT,
    [DW_AT_upper_bound] = ATTRIBUTE_UPPER_BOUND,
    [DW_AT_lower_bound] = ATTRIBUTE_LOWER_BOUND,
    [DW_AT_containing_type] = ATTRIBUTE_CONTAINING_TYPE,
    [DW_AT_stmt_list] = ATTRIBUTE_STMT_LIST,
    [DW_AT_comp_dir] = ATTRIBUTE_COMP_DIR,
    [DW_AT_producer] = ATTRIBUTE_PRODUCER,
    [DW_AT_language] = ATTRIBUTE_LANGUAGE,
    [DW_AT_addr_base] = ATTRIBUTE_ADDR_BASE,
    [DW_AT_str_offsets_base] = ATTRIBUTE_STR_OFFSETS_BASE,
    [DW_AT_rnglists_base] = ATTRIBUTE_RNGLISTS_BASE,
    [DW_AT_dwo_name] = ATTRIBUTE_DWO_NAME,
    [DW_AT_signature] = ATTRIBUTE_SIGNATURE,
    [DW_AT_data_member_location] = ATTRIBUTE_MEMBER_LOCATION,
    [DW_AT_bit_size] = ATTRIBUTE_BIT_SIZE,
    [DW_AT_declaration] = ATTRIBUTE_DECLARATION,
    [DW_AT_inline] = ATTRIBUTE_INLINE,
    [DW_AT_artificial] = ATTRIBUTE_ARTIFICIAL,
    [DW_AT_encoding] = ATTRIBUTE_ENCODING,
    [DW_AT_calling_convention] = ATTRIBUTE_CALLING_CONVENTION,
    [DW_AT_frame_base] = ATTRIBUTE_FRAME_BASE,
    [DW_AT_sibling] = ATTRIBUTE_SIBLING,
    [DW_AT_alignment] = ATTRIBUTE_ALIGNMENT,
    [DW_AT_bit_offset] = ATTRIBUTE_BIT_OFFSET,
    [DW_AT_data_bit_offset] = ATTRIBUTE_DATA_BIT_OFFSET,
    [DW_AT_const_value] = ATTRIBUTE_CONST_VALUE,
    [DW_AT_discr] = ATTRIBUTE_DISCR,
    [DW_AT_discr_value] = ATTRIBUTE_DISCR_VALUE,
};

static enum attribute vendor_attribute(unsigned code)
{
    switch (code) {
    case DW_AT_MIPS_linkage_name:
        return ATTRIBUTE_LINKAGE_NAME;
    case DW_AT_GNU_ranges_base:
        return ATTRIBUTE_GNU_RANGES_BASE;
    case DW_AT_GNU_addr_base:
        return ATTRIBUTE_ADDR_BASE;
    case DW_AT_GNU_vector:
        return ATTRIBUTE_GNU_VECTOR;
    case DW_AT_GNU_dwo_name:
        return ATTRIBUTE_DWO_NAME;
    case DW_AT_GNU_dwo_id:
        return ATTRIBUTE_DWO_ID;
    }
    return ATTRIBUTE_NONE;
}

/** What dwarf_getattrs() reports while it goes through an entry. */
struct collection {
    struct entry_data *entry;
    size_t *budget;
    unsigned last_form; // of the last attribute with bytes of its own, 0 if none
    const uint8_t *last_value;
};

static int collect_attribute(Dwarf_Attribute *attribute, void *context)
{
    struct collection *collection = context;
    if (*collection->budget == 0)
        return DWARF_CB_ABORT;
    --*collection->budget;
    if (attribute->form != DW_FORM_implicit_const) {
        collection->last_form = attribute->form;
        collection->last_value = attribute->valp;
    }
    enum attribute known = attribute->code < sizeof standard_attributes
                               ? standard_attributes[attribute->code]
                               : vendor_attribute(attribute->code);
    collection->entry->values[known] = *attribute;
    collection->entry->present |= (uint64_t)1 << known;
    return DWARF_CB_OK;
}

static void skip_form(struct reader *reader, const struct unit *unit, uint64_t form)
{
    switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:
        break;
    case DW_FORM_data1:
    case DW_FORM_flag:
    case DW_FORM_ref1:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
        reader_skip(reader, 1);
        break;
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
        reader_skip(reader, 2);
        break;
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
        reader_skip(reader, 3);
        break;
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
    case DW_FORM_ref_sup4:
        reader_skip(reader, 4);
        break;
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sig8:
    case DW_FORM_ref_sup8:
        reader_skip(reader, 8);
        break;
    case DW_FORM_data16:
        reader_skip(reader, 16);
        break;
    case DW_FORM_addr:
        reader_skip(reader, unit->address_bytes);
        break;
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
        reader_skip(reader, unit->offset_bytes);
        break;
    case DW_FORM_ref_addr: // of the size of an address in DWARF 2
        reader_skip(reader, unit->version == 2 ? unit->address_bytes : unit->offset_bytes);
        break;
    case DW_FORM_udata:
    case DW_FORM_sdata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
        reader_uleb(reader);
        break;
    case DW_FORM_string:
        reader_string(reader);
        break;
    case DW_FORM_block:
    case DW_FORM_exprloc:
        reader_skip(reader, reader_uleb(reader));
        break;
    case DW_FORM_block1:
        reader_skip(reader, reader_uint(reader, 1));
        break;
    case DW_FORM_block2:
        reader_skip(reader, reader_uint(reader, 2));
        break;
    case DW_FORM_block4:
        reader_skip(reader, reader_uint(reader, 4));
        break;
    default:
        reader_fail(reader);
    }
}

/**
 * Entries stand one behind the other, so the next one begins where the last attribute ends. libdw
 * would tell by dwarf_child() and dwarf_siblingof(), which go through all attributes again and,
 * for siblings, through all children.
 */
static const uint8_t *entry_end(const struct collection *collection)
{
    const struct entry_data *entry = collection->entry;
    const struct unit *unit = entry->unit;
    struct reader reader = {.next = entry->at, .end = unit->end};
    if (!collection->last_form) {
        reader_uleb(&reader); // no attributes: only the abbreviation's code
    } else {
        if (collection->last_value < entry->at || collection->last_value > unit->end)
            return NULL;
        reader.next = collection->last_value;
        uint64_t form = collection->last_form;
        if (form == DW_FORM_indirect)
            form = reader_uleb(&reader);
        skip_form(&reader, unit, form);
    }
    return reader.failed || reader.next <= entry->at ? NULL : reader.next;
}

bool entry_read(struct worker *worker, struct unit *unit, const uint8_t *at, struct entry_data *ret)
{
    if (at < unit->root || at >= unit->end || unit->is_closed || !open_unit(worker, unit))
        return false;
    ret->unit = unit;
    ret->at = at;
    ret->present = 0;
    ret->die = (Dwarf_Die){.addr = (void *)at, .cu = *cu_of(worker, unit)};
    int tag = dwarf_tag(&ret->die);
    if (tag == DW_TAG_invalid)
        return false;
    ret->tag = (unsigned)tag;
    ret->has_children = dwarf_haschildren(&ret->die) > 0;
    struct collection collection = {.entry = ret, .budget = &worker->attribute_budget};
    if (dwarf_getattrs(&ret->die, collect_attribute, &collection, 0) != 1)
        return false;
    ret->present &= ~(uint64_t)1; // ATTRIBUTE_NONE collects what nobody wants
    ret->end = entry_end(&collection);
    return ret->end != NULL;
}
