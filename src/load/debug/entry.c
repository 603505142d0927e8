/*
 * entry.c: values of attributes (DWARF 5 section 7.5.5).
 *
 * In: an entry with its attributes, as libdw split it up. Out: integers, addresses, strings,
 * references. Strings and references go to libdw. What goes through an index (strx, addrx) is read
 * here, because in split units the tables belong to other files or, in packages, begin elsewhere.
 */
#include "load/debug/internal.h"

static unsigned fixed_bytes(unsigned form)
{
    switch (form) {
    case DW_FORM_data1:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
        return 1;
    case DW_FORM_data2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
        return 2;
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
        return 3;
    case DW_FORM_data4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
        return 4;
    case DW_FORM_data8:
        return 8;
    }
    return 0;
}

static struct reader value_reader(const struct entry_data *entry, enum attribute attribute)
{
    return (struct reader){.next = entry->values[attribute].valp, .end = entry->unit->end};
}

bool entry_int(const struct entry_data *entry, enum attribute attribute, uint64_t *ret,
               bool *ret_is_negative)
{
    if (!has(entry, attribute))
        return false;
    unsigned form = entry->values[attribute].form;
    struct reader reader = value_reader(entry, attribute);
    Dwarf_Attribute copy = entry->values[attribute];
    Dwarf_Sword value;
    *ret_is_negative = false;
    switch (form) {
    case DW_FORM_udata:
    case DW_FORM_rnglistx:
        *ret = reader_uleb(&reader);
        return !reader.failed;
    case DW_FORM_sec_offset:
        *ret = reader_uint(&reader, entry->unit->offset_bytes);
        return !reader.failed;
    case DW_FORM_sdata:
    case DW_FORM_implicit_const: // its value is among the abbreviations
        if (dwarf_formsdata(&copy, &value) != 0)
            return false;
        *ret = (uint64_t)value;
        *ret_is_negative = value < 0;
        return true;
    case DW_FORM_data1:
    case DW_FORM_data2:
    case DW_FORM_data4:
    case DW_FORM_data8:
        *ret = reader_uint(&reader, fixed_bytes(form));
        return !reader.failed;
    }
    return false;
}

bool entry_uint(const struct entry_data *entry, enum attribute attribute, uint64_t *ret)
{
    uint64_t value;
    bool is_negative;
    if (!entry_int(entry, attribute, &value, &is_negative) || is_negative)
        return false;
    *ret = value;
    return true;
}

/** Reads the operand of a form that is an index; false if it is not such a form. */
static bool read_index(const struct entry_data *entry, enum attribute attribute, uint64_t *ret)
{
    struct reader reader = value_reader(entry, attribute);
    switch (entry->values[attribute].form) {
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_GNU_str_index:
    case DW_FORM_GNU_addr_index:
        *ret = reader_uleb(&reader);
        return !reader.failed;
    case DW_FORM_strx1:
    case DW_FORM_strx2:
    case DW_FORM_strx3:
    case DW_FORM_strx4:
    case DW_FORM_addrx1:
    case DW_FORM_addrx2:
    case DW_FORM_addrx3:
    case DW_FORM_addrx4:
        *ret = reader_uint(&reader, fixed_bytes(entry->values[attribute].form));
        return !reader.failed;
    }
    return false;
}

/** Reads element @p index of a table of integers that begins at @p base of a section. */
static bool table_element(struct bytes section, uint64_t base, uint64_t index, unsigned bytes,
                          uint64_t *ret)
{
    uint64_t offset;
    if (base == NO_OFFSET || __builtin_mul_overflow(index, bytes, &offset) ||
        __builtin_add_overflow(offset, base, &offset))
        return false;
    struct reader reader = reader_at(section, offset);
    *ret = reader_uint(&reader, bytes);
    return !reader.failed;
}

bool unit_address(const struct unit *unit, uint64_t index, uint64_t *ret)
{
    return table_element(unit->base->sections[DEBUG_ADDR], unit->address_base, index,
                         unit->address_bytes, ret);
}

bool entry_address(const struct entry_data *entry, enum attribute attribute, uint64_t *ret)
{
    uint64_t index;
    if (!has(entry, attribute))
        return false;
    if (entry->values[attribute].form == DW_FORM_addr) {
        struct reader reader = value_reader(entry, attribute);
        *ret = reader_uint(&reader, entry->unit->address_bytes);
        return !reader.failed;
    }
    return read_index(entry, attribute, &index) && unit_address(entry->unit, index, ret);
}

bool entry_flag(const struct entry_data *entry, enum attribute attribute)
{
    if (!has(entry, attribute))
        return false;
    if (entry->values[attribute].form == DW_FORM_flag_present)
        return true;
    struct reader reader = value_reader(entry, attribute);
    return entry->values[attribute].form == DW_FORM_flag && reader_uint(&reader, 1) != 0;
}

bool entry_expression(const struct entry_data *entry, enum attribute attribute, struct bytes *ret)
{
    if (!has(entry, attribute))
        return false;
    struct reader reader = value_reader(entry, attribute);
    uint64_t length = 0;
    switch (entry->values[attribute].form) {
    case DW_FORM_exprloc:
    case DW_FORM_block:
        length = reader_uleb(&reader);
        break;
    case DW_FORM_block1:
        length = reader_uint(&reader, 1);
        break;
    case DW_FORM_block2:
        length = reader_uint(&reader, 2);
        break;
    case DW_FORM_block4:
        length = reader_uint(&reader, 4);
        break;
    default:
        return false;
    }
    if (reader.failed || length > reader_left(&reader))
        return false;
    *ret = (struct bytes){reader.next, length};
    return true;
}

static bool needs_supplement(unsigned form)
{
    return form == DW_FORM_GNU_strp_alt || form == DW_FORM_strp_sup ||
           form == DW_FORM_GNU_ref_alt || form == DW_FORM_ref_sup4 || form == DW_FORM_ref_sup8;
}

/** Left alone, libdw would search for the supplementary file by itself. */
static bool lacks_supplement(const struct worker *worker, unsigned form)
{
    return needs_supplement(form) && !worker->handles[DEBUG_FILE_ALT].dwarf;
}

const char *entry_string(struct worker *worker, const struct entry_data *entry,
                         enum attribute attribute)
{
    const struct unit *unit = entry->unit;
    uint64_t index, offset;
    if (!has(entry, attribute) || lacks_supplement(worker, entry->values[attribute].form))
        return NULL;
    if (!read_index(entry, attribute, &index)) {
        Dwarf_Attribute copy = entry->values[attribute];
        return dwarf_formstring(&copy);
    }
    if (!table_element(unit->file->sections[DEBUG_STR_OFFSETS], unit->string_base, index,
                       unit->offset_bytes, &offset))
        return NULL;
    return section_string(unit->file->sections[DEBUG_STR], offset);
}

bool entry_reference(struct worker *worker, const struct entry_data *entry,
                     enum attribute attribute, struct unit **ret_unit, const uint8_t **ret_at)
{
    Dwarf_Die target;
    if (!has(entry, attribute) || lacks_supplement(worker, entry->values[attribute].form))
        return false;
    Dwarf_Attribute copy = entry->values[attribute];
    if (!dwarf_formref_die(&copy, &target))
        return false;
    const uint8_t *at = target.addr;
    struct unit *unit = entry->unit;
    if (at < unit->root || at >= unit->end)
        unit = worker_find_unit(worker, at);
    if (!unit)
        return false;
    *ret_unit = unit;
    *ret_at = at;
    return true;
}

/* ---- Roots ----------------------------------------------------------------------------------- */

static enum language language_of(uint64_t code)
{
    switch (code) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case 0x2c: // DW_LANG_C17
    case 0x3e: // DW_LANG_C23
        return LANGUAGE_C;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case 0x2b: // DW_LANG_C_plus_plus_17
    case 0x2f: // DW_LANG_C_plus_plus_20
    case 0x3a: // DW_LANG_C_plus_plus_23
        return LANGUAGE_CPP;
    case DW_LANG_Rust:
    case 0x9000: // DW_LANG_Rust_old
        return LANGUAGE_RUST;
    case 0x8001: // DW_LANG_Mips_Assembler
    case 0x31:   // DW_LANG_Assembly
        return LANGUAGE_ASSEMBLER;
    }
    return code ? LANGUAGE_OTHER : LANGUAGE_UNKNOWN;
}

/** Tables of split units begin behind their headers; skeletons and others say where. */
static void read_bases(const struct entry_data *root, struct unit *unit)
{
    entry_uint(root, ATTRIBUTE_ADDR_BASE, &unit->address_base);
    entry_uint(root, ATTRIBUTE_STR_OFFSETS_BASE, &unit->string_base);
    entry_uint(root, ATTRIBUTE_RNGLISTS_BASE, &unit->rnglists_base);
    entry_uint(root, ATTRIBUTE_GNU_RANGES_BASE, &unit->ranges_base);
}

bool unit_read_root(struct worker *worker, struct unit *unit)
{
    struct entry_data root;
    uint64_t language = 0;
    if (!worker_begin(worker, unit) || !entry_read(worker, unit, unit->root, &root)) {
        unit->problem = unit->problem ? unit->problem : "cannot be read";
        unit->is_closed = true;
        return false;
    }
    if (root.tag == DW_TAG_partial_unit)
        unit->type = DW_UT_partial;
    read_bases(&root, unit);
    entry_uint(&root, ATTRIBUTE_STMT_LIST, &unit->line_offset);
    entry_uint(&root, ATTRIBUTE_DWO_ID, &unit->id);
    entry_uint(&root, ATTRIBUTE_LANGUAGE, &language);
    entry_address(&root, ATTRIBUTE_LOW_PC, &unit->low_address);
    unit->language = language_of(language);
    unit->name = entry_string(worker, &root, ATTRIBUTE_NAME);
    unit->directory = entry_string(worker, &root, ATTRIBUTE_COMP_DIR);
    unit->producer = entry_string(worker, &root, ATTRIBUTE_PRODUCER);
    unit->split_name = entry_string(worker, &root, ATTRIBUTE_DWO_NAME);
    return true;
}
