/*
 * unwind.c: the ranges of code that the unwind tables describe.
 *
 * In: .eh_frame. Out: image.unwind_entries by address: a range, its exception table, and how deep
 * the stack is at its first instruction. The frames themselves are read from the instructions, not
 * from here. Sources: LSB Core, Exception Frames (CIE augmentation, pointer encodings); DWARF 5
 * section 6.4.2 (call frame instructions). libdw splits the table into entries and checks their
 * bounds; the encoded pointers inside are decoded here. Exception tables are read where they are
 * needed (program/exceptions.c). Of a table that no section bounds the same reading tells the end.
 */
#include "base/array.h"
#include "base/cursor.h"
#include "load/elf_file.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

/** What the entries of one CIE have in common. */
struct common_entry {
    Dwarf_Off offset;
    unsigned pointer_encoding, lsda_encoding;
    bool has_augmentation, is_readable;
};

static void read_augmentation(const Dwarf_CIE *cie, struct cursor data, unsigned pointer_bytes,
                              struct common_entry *ret)
{
    for (const char *letter = cie->augmentation + 1; *letter; letter++) {
        uint64_t value;
        switch (*letter) {
        case 'R':
            if (!cursor_take(&data, 1, &value))
                return;
            ret->pointer_encoding = (unsigned)value;
            break;
        case 'L':
            if (!cursor_take(&data, 1, &value))
                return;
            ret->lsda_encoding = (unsigned)value;
            break;
        case 'P':
            if (!cursor_take(&data, 1, &value) ||
                !cursor_take_pointer(&data, (unsigned)value & 0x0f, pointer_bytes, &value))
                return;
            break;
        case 'S':
        case 'B':
        case 'G':
            break;
        default:
            return;
        }
    }
    ret->is_readable = true;
}

static struct common_entry read_common(const Dwarf_CIE *cie, Dwarf_Off offset,
                                       unsigned pointer_bytes)
{
    struct common_entry result = {.offset = offset, .lsda_encoding = DW_EH_PE_omit};
    if (cie->augmentation[0] == 'z') {
        result.has_augmentation = true;
        struct cursor data = {.at = cie->augmentation_data,
                              .end = cie->augmentation_data + cie->augmentation_data_size};
        read_augmentation(cie, data, pointer_bytes, &result);
    } else {
        result.is_readable = cie->augmentation[0] == '\0';
    }
    return result;
}

/** The CFA offset that holds at the first instruction; -1 if none is set before the first advance.
 */
static int32_t entry_cfa_offset(struct cursor program)
{
    uint64_t opcode, value;
    int32_t offset = -1;
    while (cursor_take(&program, 1, &opcode)) {
        if (opcode == DW_CFA_def_cfa) {
            if (!cursor_take_uleb(&program, &value) || !cursor_take_uleb(&program, &value))
                break;
        } else if (opcode == DW_CFA_def_cfa_offset) {
            if (!cursor_take_uleb(&program, &value))
                break;
        } else if ((opcode & 0xc0) == DW_CFA_offset) {
            if (!cursor_take_uleb(&program, &value))
                break;
            continue;
        } else {
            break;
        }
        if (value <= INT32_MAX)
            offset = (int32_t)value;
    }
    return offset;
}

struct table {
    struct image *image;
    const struct section *section;
    struct common_entry common;
    struct unwind_list found;
    bool is_damaged;
};

static uint64_t address_of(const struct table *table, const uint8_t *at)
{
    return table->section->address + (uint64_t)(at - table->section->data);
}

static bool find_common(struct table *table, Elf_Data *data, Dwarf_Off offset)
{
    Dwarf_CFI_Entry entry;
    Dwarf_Off next;
    if (table->common.offset == offset && table->common.is_readable)
        return true;
    if (dwarf_next_cfi((const unsigned char *)table->image->file, data, true, offset, &next,
                       &entry) != 0 ||
        !dwarf_cfi_cie_p(&entry))
        return false;
    table->common = read_common(&entry.cie, offset, table->image->pointer_bytes);
    return table->common.is_readable;
}

/** Entries for code that the linker threw away are left at 0 or point nowhere. */
static bool is_of_code(const struct table *table, const struct unwind_entry *entry)
{
    const struct image *image = table->image;
    if (!entry->bytes || table->section->index != NONE)
        return entry->bytes && image_section_at(image, entry->address) != NONE;
    uint32_t segment = image_segment_at(image, entry->address);
    return segment != NONE && image->segments[segment].flags & MEMORY_EXECUTE;
}

static bool read_entry(struct table *table, Elf_Data *data, const Dwarf_FDE *fde)
{
    unsigned pointer_bytes = table->image->pointer_bytes;
    if (!find_common(table, data, fde->CIE_pointer))
        return false;
    struct cursor cursor = {
        .at = fde->start, .end = fde->end, .address = address_of(table, fde->start)};
    struct unwind_entry entry = {.entry_cfa_offset = -1};
    unsigned encoding = table->common.pointer_encoding;
    if (!cursor_take_pointer(&cursor, encoding, pointer_bytes, &entry.address) ||
        !cursor_take_pointer(&cursor, encoding & 0x0f, pointer_bytes, &entry.bytes))
        return false;
    uint64_t augmentation_bytes = 0;
    if (table->common.has_augmentation) {
        if (!cursor_take_uleb(&cursor, &augmentation_bytes) ||
            augmentation_bytes > (uint64_t)(cursor.end - cursor.at))
            return false;
        struct cursor data_cursor = cursor;
        if (table->common.lsda_encoding != DW_EH_PE_omit && augmentation_bytes &&
            !cursor_take_pointer(&data_cursor, table->common.lsda_encoding, pointer_bytes,
                                 &entry.lsda))
            entry.lsda = UINT64_MAX; // there is one, somewhere
        cursor.at += augmentation_bytes;
    }
    entry.entry_cfa_offset = entry_cfa_offset(cursor);
    if (is_of_code(table, &entry))
        array_push(&table->found, entry);
    return true;
}

static bool is_end(const uint8_t *at)
{
    uint32_t length;
    memcpy(&length, at, sizeof length);
    return !length;
}

/** Returns how many bytes were read; fewer than there are only if the table ends before. */
static uint64_t read_table(struct table *table)
{
    uint64_t bytes = table->section->bytes;
    Elf_Data data = {.d_buf = (void *)table->section->data,
                     .d_size = bytes,
                     .d_type = ELF_T_BYTE,
                     .d_version = EV_CURRENT};
    Dwarf_Off offset = 0, next = 0;
    for (;; offset = next) {
        Dwarf_CFI_Entry entry;
        if (offset <= bytes && bytes - offset >= 4 && is_end(table->section->data + offset))
            return offset + 4;
        int result = dwarf_next_cfi((const unsigned char *)table->image->file, &data, true, offset,
                                    &next, &entry);
        if (result > 0)
            return bytes;
        if (result == 0 && !dwarf_cfi_cie_p(&entry) && !read_entry(table, &data, &entry.fde))
            table->is_damaged = true;
        // After a damaged entry libdw still says where the next one begins, unless it cannot.
        if (result < 0) {
            table->is_damaged = true;
            if (next <= offset || next == (Dwarf_Off)-1)
                return offset;
        }
    }
}

bool unwind_measure(struct image *image, uint64_t address, uint64_t room, struct unwind_list *ret,
                    uint64_t *ret_bytes)
{
    struct section section = {.address = address,
                              .bytes = room,
                              .data = image_bytes(image, address, room),
                              .index = NONE};
    struct table table = {
        .image = image, .section = &section, .common.offset = (Dwarf_Off)-1, .found = *ret};
    *ret_bytes = section.data ? read_table(&table) : 0;
    *ret = table.found;
    return !table.is_damaged;
}

static int by_address(const void *a, const void *b)
{
    const struct unwind_entry *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

void image_load_unwind(struct loader *loader, struct image *image)
{
    struct table table = {.image = image, .common.offset = (Dwarf_Off)-1};
    for (uint32_t i = 0; i < image->placed_count; i++) {
        table.section = &image->sections[i];
        if (table.section->role == SECTION_UNWIND && table.section->data &&
            strcmp(table.section->name, ".eh_frame") == 0) {
            read_table(&table);
        }
    }
    if (table.is_damaged)
        diagnose(&loader->program->diagnostics, image->path,
                 "some entries of the unwind tables cannot be read");
    if (table.found.count)
        qsort(table.found.data, table.found.count, sizeof *table.found.data, by_address);
    image->unwind_count = (uint32_t)table.found.count;
    image->unwind_entries =
        arena_calloc(&loader->program->arena, table.found.count, sizeof *image->unwind_entries);
    if (table.found.count)
        memcpy(image->unwind_entries, table.found.data,
               table.found.count * sizeof *table.found.data);
    array_deinit(&table.found);
}
