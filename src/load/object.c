/*
 * object.c: object files, made readable by doing a linker's first half: sections get addresses,
 * one behind the other, and relocations are applied to a private copy of the file. From then on an
 * object file is an image like any other; `is_placed` is false, and reports show offsets in
 * sections instead of the made-up addresses.
 *
 * Each symbol that is imported, or used through a GOT, gets an entry of a made-up section outside
 * all segments: a stub without code that is its own GOT slot. A RELOCATION_PLT at the entry names
 * the symbol. Sources: gABI chapter 4 (relocation), x86-64 psABI 4.4 via arch.relocate.
 */
#include "base/array.h"
#include "base/map.h"
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>

/** Made-up addresses begin here, so that 0 stays "no address". */
enum { FIRST_ADDRESS = 0x10000, EXTERNAL_ENTRY_BYTES = 16 };

static uint64_t align_up(uint64_t address, uint64_t alignment)
{
    // Hostile alignments would run the addresses over; no real one is larger than a huge page.
    if (alignment < 1 || alignment > (1u << 30) || (alignment & (alignment - 1)))
        alignment = 1;
    return (address + alignment - 1) & ~(alignment - 1);
}

/** The room that common symbols need (st_value is their alignment). */
static uint64_t common_bytes(struct image *image)
{
    Elf_Scn *section = NULL;
    uint64_t bytes = 0;
    while ((section = elf_nextscn(image->load->elf, section))) {
        GElf_Shdr header;
        Elf_Data *data;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB ||
            !(data = elf_getdata(section, NULL)))
            continue;
        GElf_Sym symbol;
        for (int i = 0; gelf_getsym(data, i, &symbol); i++)
            if (symbol.st_shndx == SHN_COMMON && symbol.st_size < (1ull << 40))
                bytes = align_up(bytes, symbol.st_value) + symbol.st_size;
    }
    return bytes;
}

void object_place_common(struct image *image, uint64_t bytes, uint64_t alignment,
                         struct symbol *ret)
{
    struct load_state *load = image->load;
    const struct section *section = &image->sections[load->common_section];
    uint64_t address = align_up(load->common_next, alignment);
    if (address - section->address > section->bytes ||
        bytes > section->bytes - (address - section->address)) {
        ret->is_defined = false;
        return;
    }
    ret->section = load->common_section;
    ret->address = address;
    load->common_next = address + bytes;
}

static uint32_t append_section(struct image *image, const char *name, uint64_t address,
                               uint64_t bytes, enum section_role role)
{
    image->sections[image->placed_count] = (struct section){.name = name,
                                                            .address = address,
                                                            .bytes = bytes,
                                                            .alignment = 16,
                                                            .index = NONE,
                                                            .role = role,
                                                            .is_allocated = true,
                                                            .is_writable = role == SECTION_BSS};
    image->section_count++;
    return image->placed_count++;
}

/** Makes room behind the placed sections for @p count more, and renumbers those that move. */
static void make_room(struct loader *loader, struct image *image, uint32_t count)
{
    struct section *sections = arena_calloc(&loader->program->arena,
                                            (size_t)image->section_count + count, sizeof *sections);
    uint32_t placed = image->placed_count, others = image->section_count - placed;
    if (placed)
        memcpy(sections, image->sections, placed * sizeof *sections);
    if (others)
        memcpy(sections + placed + count, image->sections + placed, others * sizeof *sections);
    image->sections = sections;
    for (uint32_t i = 0; i < image->load->section_map_count; i++)
        if (image->load->section_map[i] != NONE && image->load->section_map[i] >= placed)
            image->load->section_map[i] += count;
}

static void add_segment(struct image *image, const struct section *section)
{
    image->segments[image->segment_count++] = (struct segment){
        .address = section->address,
        .bytes = section->bytes,
        .offset = section->offset,
        .file_bytes = section->data ? section->bytes : 0,
        .flags = MEMORY_READ | (section->is_writable ? MEMORY_WRITE : 0) |
                 (section->is_executable ? MEMORY_EXECUTE : 0),
    };
}

/** Lays out the thread-local block: initialized sections first, as a linker does. */
static void place_thread_locals(struct image *image)
{
    static const enum section_role order[] = {SECTION_TLS_DATA, SECTION_TLS_BSS};
    uint64_t offset = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < image->section_count; i++) {
            struct section *section = &image->sections[i];
            if (section->role != order[pass] || section->bytes > (1ull << 40))
                continue;
            section->tls_offset = offset = align_up(offset, section->alignment);
            offset += section->bytes;
        }
        if (pass == 0)
            image->tls_data_bytes = offset;
    }
    image->tls_bytes = offset;
}

void object_place(struct loader *loader, struct image *image)
{
    make_room(loader, image, 2);
    place_thread_locals(image);
    uint64_t address = FIRST_ADDRESS;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        struct section *section = &image->sections[i];
        section->address = address = align_up(address, section->alignment);
        if (section->bytes > (1ull << 40)) {
            diagnose(&loader->program->diagnostics, image->path,
                     "section %s is too large to be real", section->name);
            section->bytes = 0;
        }
        address += section->bytes + 1;
    }
    uint64_t bytes = common_bytes(image);
    address = align_up(address, 4096);
    image->load->common_section = append_section(image, "COMMON", address, bytes, SECTION_BSS);
    image->load->common_next = address;
    address = align_up(address + bytes + 1, 4096);
    image->load->external_section = append_section(image, "[external]", address, 0, SECTION_PLT);
    image->segments =
        arena_calloc(&loader->program->arena, image->placed_count, sizeof *image->segments);
    image->segment_count = 0;
    for (uint32_t i = 0; i <= image->load->common_section; i++)
        if (image->sections[i].bytes)
            add_segment(image, &image->sections[i]);
}

/* ---- Relocation ------------------------------------------------------------------------------ */

struct linker {
    struct loader *loader;
    struct image *image;
    struct int_map entries; /* symbol index -> number of its external entry */
    uint32_t entry_count;
    size_t skipped; /* relocations of unknown type */
    ARRAY(struct relocation) found;
};

static uint64_t external_entry(struct linker *linker, uint32_t symbol)
{
    const struct image *image = linker->image;
    uint64_t base = image->sections[image->load->external_section].address;
    uint32_t number = int_map_get(&linker->entries, symbol);
    if (number == MAP_NONE) {
        number = linker->entry_count++;
        int_map_set(&linker->entries, symbol, number);
        array_push(&linker->found,
                   (struct relocation){.address = base + (uint64_t)number * EXTERNAL_ENTRY_BYTES,
                                       .symbol = symbol,
                                       .function = NONE,
                                       .kind = RELOCATION_PLT});
    }
    return base + (uint64_t)number * EXTERNAL_ENTRY_BYTES;
}

/** What a relocation refers to. */
struct referent {
    uint64_t address;
    uint32_t symbol; /* NONE: a section */
};

static bool find_referent(struct linker *linker, const GElf_Sym *entry, uint32_t number,
                          struct referent *ret)
{
    struct image *image = linker->image;
    const struct load_state *load = image->load;
    ret->symbol = number < load->static_symbol_count ? load->static_symbols[number] : NONE;
    if (ret->symbol != NONE) {
        const struct symbol *symbol = &image->symbols[ret->symbol];
        ret->address = symbol->is_defined ? symbol->address : external_entry(linker, ret->symbol);
        return true;
    }
    // Section symbols and local labels are not in the table; their value is an offset.
    uint32_t section =
        entry->st_shndx < load->section_map_count ? load->section_map[entry->st_shndx] : NONE;
    if (section == NONE)
        return false;
    ret->address = image->sections[section].address + entry->st_value;
    return true;
}

/** Records what the dynamic loader would have been told: a whole address in data. */
static void record(struct linker *linker, const struct section *section, uint64_t address,
                   uint32_t type, const struct referent *referent, int64_t addend)
{
    const struct image *image = linker->image;
    enum relocation_kind kind = image->arch->relocation_kind(type);
    if (!section->is_allocated || section->is_executable || kind != RELOCATION_ABSOLUTE)
        return;
    bool is_import = referent->symbol != NONE && !image->symbols[referent->symbol].is_defined;
    array_push(&linker->found,
               (struct relocation){
                   .address = address,
                   .addend = is_import ? addend : (int64_t)(referent->address + (uint64_t)addend),
                   .symbol = is_import ? referent->symbol : NONE,
                   .function = NONE,
                   .kind = is_import ? RELOCATION_ABSOLUTE : RELOCATION_RELATIVE});
}

static void relocate_section(struct linker *linker, const struct section *section,
                             const GElf_Shdr *header, Elf_Data *data, Elf_Data *symbols)
{
    struct image *image = linker->image;
    uint8_t *bytes = image->load->mapping.data + section->offset;
    for (size_t i = 0; i < data->d_size / header->sh_entsize; i++) {
        GElf_Rela entry;
        GElf_Sym symbol = {0};
        struct referent referent = {.symbol = NONE};
        if (!gelf_getrela(data, (int)i, &entry) || entry.r_offset >= section->bytes)
            continue;
        uint32_t number = (uint32_t)GELF_R_SYM(entry.r_info);
        uint32_t type = (uint32_t)GELF_R_TYPE(entry.r_info);
        if (!gelf_getsym(symbols, (int)number, &symbol) ||
            (number && !find_referent(linker, &symbol, number, &referent)))
            continue;
        uint64_t got = 0;
        if (image->arch->needs_got_slot(type) && referent.symbol != NONE)
            got = external_entry(linker, referent.symbol);
        uint64_t address = section->address + entry.r_offset;
        if (!image->arch->relocate(type, bytes + entry.r_offset, section->bytes - entry.r_offset,
                                   address, referent.address, entry.r_addend, got))
            linker->skipped++;
        record(linker, section, address, type, &referent, entry.r_addend);
    }
}

static void relocate_all(struct linker *linker)
{
    struct image *image = linker->image;
    Elf_Scn *scan = NULL;
    while ((scan = elf_nextscn(image->load->elf, scan))) {
        GElf_Shdr header, target;
        if (!gelf_getshdr(scan, &header) || header.sh_type != SHT_RELA || !header.sh_entsize ||
            header.sh_info >= image->load->section_map_count ||
            image->load->section_map[header.sh_info] == NONE ||
            !section_header(image, header.sh_info, &target) || (target.sh_flags & SHF_COMPRESSED))
            continue;
        const struct section *section = &image->sections[image->load->section_map[header.sh_info]];
        Elf_Scn *symbol_section = elf_getscn(image->load->elf, header.sh_link);
        Elf_Data *data = elf_getdata(scan, NULL);
        Elf_Data *symbols = symbol_section ? elf_getdata(symbol_section, NULL) : NULL;
        if (section->data && data && symbols)
            relocate_section(linker, section, &header, data, symbols);
    }
}

static int by_address(const void *a, const void *b)
{
    const struct relocation *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

void object_relocate(struct loader *loader, struct image *image)
{
    struct linker linker = {.loader = loader, .image = image};
    if (!image->arch)
        return;
    int_map_init(&linker.entries);
    relocate_all(&linker);
    if (linker.skipped)
        diagnose(&loader->program->diagnostics, image->path,
                 "%zu relocations are of types that are not known; what they refer to is not seen",
                 linker.skipped);
    struct section *external = &image->sections[image->load->external_section];
    external->bytes = (uint64_t)linker.entry_count * EXTERNAL_ENTRY_BYTES;
    if (linker.found.count)
        qsort(linker.found.data, linker.found.count, sizeof *linker.found.data, by_address);
    image->relocation_count = (uint32_t)linker.found.count;
    image->relocations =
        arena_calloc(&loader->program->arena, linker.found.count, sizeof *image->relocations);
    if (linker.found.count)
        memcpy(image->relocations, linker.found.data,
               linker.found.count * sizeof *linker.found.data);
    array_deinit(&linker.found);
    int_map_deinit(&linker.entries);
}
