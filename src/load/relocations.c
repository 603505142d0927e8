/*
 * relocations.c: the places that the dynamic loader fills in.
 *
 * In: an image with symbols. Out: image.relocations by address. Reads REL, RELA and RELR sections
 * (gABI chapter 4; the RELR encoding is a bitmap of word-sized relative relocations). Relocations
 * of an object file are object.c's business.
 */
#include "base/array.h"
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct image *image;
    ARRAY(struct relocation) found;
};

static void add(struct reader *reader, uint64_t address, uint32_t type, uint32_t symbol_number,
                int64_t addend)
{
    const struct image *image = reader->image;
    const struct load_state *load = image->load;
    enum relocation_kind kind = image->arch->relocation_kind(type);
    if (kind == RELOCATION_OTHER)
        return;
    struct relocation relocation = {.address = address,
                                    .addend = addend,
                                    .symbol = NONE,
                                    .function = NONE,
                                    .kind = (uint8_t)kind};
    if (symbol_number && symbol_number < load->dynamic_symbol_count)
        relocation.symbol = load->dynamic_symbols[symbol_number];
    array_push(&reader->found, relocation);
}

static void read_rela(struct reader *reader, Elf_Data *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        GElf_Rela entry;
        if (!gelf_getrela(data, (int)i, &entry))
            return;
        add(reader, entry.r_offset, (uint32_t)GELF_R_TYPE(entry.r_info),
            (uint32_t)GELF_R_SYM(entry.r_info), entry.r_addend);
    }
}

/** The addend of a REL entry is what stands in the place. */
static void read_rel(struct reader *reader, Elf_Data *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        GElf_Rel entry;
        uint64_t addend = 0;
        if (!gelf_getrel(data, (int)i, &entry))
            return;
        image_read(reader->image, entry.r_offset, reader->image->pointer_bytes, &addend);
        add(reader, entry.r_offset, (uint32_t)GELF_R_TYPE(entry.r_info),
            (uint32_t)GELF_R_SYM(entry.r_info), (int64_t)addend);
    }
}

static void add_relative(struct reader *reader, uint64_t address)
{
    uint64_t addend = 0;
    if (!image_read(reader->image, address, reader->image->pointer_bytes, &addend))
        return;
    array_push(&reader->found, (struct relocation){.address = address,
                                                   .addend = (int64_t)addend,
                                                   .symbol = NONE,
                                                   .function = NONE,
                                                   .kind = RELOCATION_RELATIVE});
}

static void read_relr(struct reader *reader, const struct section *section)
{
    unsigned word = reader->image->pointer_bytes, bits = word * 8 - 1;
    uint64_t next = 0;
    for (uint64_t at = 0; section->data && at + word <= section->bytes; at += word) {
        uint64_t entry = 0;
        for (unsigned i = 0; i < word; i++)
            entry |= (uint64_t)section->data[at + i] << (8 * i);
        if (!(entry & 1)) {
            add_relative(reader, entry);
            next = entry + word;
            continue;
        }
        for (unsigned bit = 0; bit < bits; bit++)
            if (entry >> (bit + 1) & 1)
                add_relative(reader, next + (uint64_t)bit * word);
        next += (uint64_t)bits * word;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct relocation *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->kind - y->kind;
}

static void read_section(struct reader *reader, const struct section *section)
{
    GElf_Shdr header;
    Elf_Scn *elf_section = elf_getscn(reader->image->load->elf, section->index);
    if (!elf_section || !gelf_getshdr(elf_section, &header))
        return;
    if (header.sh_type == SHT_RELR) {
        read_relr(reader, section);
        return;
    }
    Elf_Data *data = elf_getdata(elf_section, NULL);
    if (!data || !header.sh_entsize)
        return;
    if (header.sh_type == SHT_RELA)
        read_rela(reader, data, data->d_size / header.sh_entsize);
    else if (header.sh_type == SHT_REL)
        read_rel(reader, data, data->d_size / header.sh_entsize);
}

void image_load_relocations(struct loader *loader, struct image *image)
{
    struct reader reader = {.image = image};
    for (uint32_t i = 0; image->arch && i < image->placed_count; i++)
        if (image->sections[i].role == SECTION_RELOCATIONS && image->sections[i].index != NONE)
            read_section(&reader, &image->sections[i]);
    if (reader.found.count)
        qsort(reader.found.data, reader.found.count, sizeof *reader.found.data, by_address);
    image->relocation_count = (uint32_t)reader.found.count;
    image->relocations =
        arena_calloc(&loader->program->arena, reader.found.count, sizeof *image->relocations);
    if (reader.found.count)
        memcpy(image->relocations, reader.found.data,
               reader.found.count * sizeof *reader.found.data);
    array_deinit(&reader.found);
}
