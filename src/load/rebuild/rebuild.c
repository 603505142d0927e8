/*
 * rebuild.c: a section header table for a file that has none.
 *
 * In: an image with segments, in a file without a section header table, or with one that names
 * nothing in memory; the dynamic loader needs none. Out: the image's file is a private copy with
 * such a table behind it, so that all else reads the file like any other. The pieces are what the
 * program headers and the dynamic section name (dynamic.c), the unwind table (frames.c) and the
 * stubs (stubs.c); what is left of a segment becomes one section for each kind of memory. Their
 * offsets follow from their addresses by the loadable segments, as for the dynamic loader.
 *
 * Sources: gABI chapters 4 and 5. Left out: what no segment holds (symbol table, debug
 * information); it may well be in the file, but nothing says where. Code cannot be told from
 * constants in one segment: there both are code, and the image is mixed.
 */
#include "load/rebuild/rebuild.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

uint64_t rebuild_room(const struct image *image, uint64_t address)
{
    uint32_t index = image_segment_at(image, address);
    if (index == NONE)
        return 0;
    const struct segment *segment = &image->segments[index];
    uint64_t at = address - segment->address;
    return at < segment->file_bytes ? segment->file_bytes - at : 0;
}

void rebuild_add(struct rebuild *rebuild, struct piece piece)
{
    uint64_t room = rebuild_room(rebuild->image, piece.address);
    if (piece.bytes > room || (piece.is_open && !room)) {
        diagnose(&rebuild->loader->program->diagnostics, rebuild->image->path,
                 "what it says of %s lies outside the file; is the file truncated?", piece.name);
        piece.bytes = room;
    }
    if (piece.bytes || (piece.is_open && room))
        array_push(&rebuild->pieces, piece);
}

/* ---- What the headers name ------------------------------------------------------------------- */

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

enum { NOTE_BYTES = 12 }; /* of a note's own header */

/** Notes of one segment: each becomes a section, since readers expect that. */
static void add_notes(struct rebuild *rebuild, const GElf_Phdr *header)
{
    const struct image *image = rebuild->image;
    uint64_t alignment = header->p_align == 8 ? 8 : 4, at = 0;
    uint64_t name_bytes, bytes;
    while (at + NOTE_BYTES <= header->p_memsz && rebuild->notes_left &&
           image_read(image, header->p_vaddr + at, 4, &name_bytes) &&
           image_read(image, header->p_vaddr + at + 4, 4, &bytes)) {
        rebuild->notes_left--;
        uint64_t total = round_up(round_up(NOTE_BYTES + name_bytes, alignment) + bytes, alignment);
        if (total > header->p_memsz - at)
            total = header->p_memsz - at;
        rebuild_add(rebuild, (struct piece){.address = header->p_vaddr + at,
                                            .bytes = total,
                                            .name = ".note",
                                            .type = SHT_NOTE,
                                            .is_minor = true});
        at += total;
    }
}

static void add_thread_locals(struct rebuild *rebuild, const GElf_Phdr *header)
{
    struct piece piece = {.address = header->p_vaddr,
                          .bytes = header->p_filesz,
                          .name = ".tdata",
                          .type = SHT_PROGBITS,
                          .flags = SHF_TLS};
    if (piece.bytes > header->p_memsz)
        piece.bytes = header->p_memsz;
    if (piece.bytes)
        rebuild_add(rebuild, piece);
    uint64_t zeroed = header->p_memsz - piece.bytes;
    if (zeroed)
        array_push(&rebuild->pieces, (struct piece){.address = piece.address + piece.bytes,
                                                    .bytes = zeroed,
                                                    .name = ".tbss",
                                                    .type = SHT_NOBITS,
                                                    .flags = SHF_TLS,
                                                    .is_zeroed = true});
}

/** The address at which bytes of the file are loaded; false if they are not. */
static bool loaded_at(const struct image *image, uint64_t offset, uint64_t *ret)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *segment = &image->segments[i];
        if (offset < segment->offset || offset - segment->offset >= segment->file_bytes)
            continue;
        *ret = segment->address + (offset - segment->offset);
        return true;
    }
    return false;
}

/** Keeps the file's own headers out of the sections around them. */
static void add_header(struct rebuild *rebuild, uint64_t offset, uint64_t bytes)
{
    uint64_t address;
    if (bytes && loaded_at(rebuild->image, offset, &address))
        rebuild_add(rebuild, (struct piece){.address = address,
                                            .bytes = bytes,
                                            .name = "its own headers",
                                            .is_minor = true});
}

/** Returns the address of the header of the unwind table, 0 if there is none. */
static uint64_t add_segments(struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    uint64_t frames = 0;
    size_t count = 0;
    GElf_Phdr header;
    elf_getphdrnum(image->load->elf, &count);
    for (size_t i = 0; i < count && gelf_getphdr(image->load->elf, (int)i, &header); i++) {
        if (header.p_type == PT_INTERP)
            rebuild_add(rebuild, (struct piece){.address = header.p_vaddr,
                                                .bytes = header.p_memsz,
                                                .name = ".interp",
                                                .type = SHT_PROGBITS,
                                                .is_minor = true});
        else if (header.p_type == PT_NOTE)
            add_notes(rebuild, &header);
        else if (header.p_type == PT_TLS)
            add_thread_locals(rebuild, &header);
        else if (header.p_type == PT_DYNAMIC)
            rebuild->dynamic = header.p_vaddr;
        else if (header.p_type == PT_GNU_EH_FRAME)
            frames = header.p_vaddr;
    }
    add_header(rebuild, 0, image->headers_bytes);
    add_header(rebuild, image->program_headers_offset, image->program_headers_bytes);
    return frames;
}

/* ---- What lies between ----------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->is_zeroed != y->is_zeroed)
        return x->is_zeroed ? 1 : -1;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : strcmp(x->name, y->name);
}

/** Drops what gives way. Where other pieces overlap there is no telling what the bytes are. */
static struct error *drop_overlaps(struct rebuild *rebuild)
{
    struct piece *pieces = rebuild->pieces.data;
    size_t kept = 0;
    for (size_t i = 0; i < rebuild->pieces.count; i++) {
        struct piece *last = kept ? &pieces[kept - 1] : NULL;
        if (!last || pieces[i].is_zeroed || pieces[i].address - last->address >= last->bytes)
            pieces[kept++] = pieces[i];
        else if (last->is_minor)
            *last = pieces[i];
        else if (!pieces[i].is_minor)
            return error_create("%s: has no section header table, and %s overlaps %s; no linker "
                                "makes such a file",
                                rebuild->image->path, pieces[i].name, last->name);
    }
    rebuild->pieces.count = kept;
    return NULL;
}

/** Sorts the pieces, and gives open ones their ends. */
static struct error *settle(struct rebuild *rebuild)
{
    if (rebuild->pieces.count)
        qsort(rebuild->pieces.data, rebuild->pieces.count, sizeof *rebuild->pieces.data,
              by_address);
    struct error *error = drop_overlaps(rebuild);
    for (size_t i = 0; !error && i < rebuild->pieces.count; i++) {
        struct piece *piece = &rebuild->pieces.data[i];
        bool is_last = i + 1 == rebuild->pieces.count || piece[1].is_zeroed;
        uint64_t limit = is_last ? UINT64_MAX : piece[1].address - piece->address;
        uint64_t room = rebuild_room(rebuild->image, piece->address);
        if (piece->is_open)
            piece->bytes = limit < room ? limit : room;
    }
    return error;
}

/** Whether other things than code are in memory that is executed. */
static bool is_mixed(const struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        unsigned flags = image->segments[i].flags;
        if (flags & MEMORY_EXECUTE && flags & MEMORY_WRITE)
            return true;
    }
    for (size_t i = 0; i < rebuild->pieces.count; i++) {
        const struct piece *piece = &rebuild->pieces.data[i];
        uint32_t segment = image_segment_at(image, piece->address);
        if (!piece->is_zeroed && !(piece->flags & SHF_EXECINSTR) && segment != NONE &&
            image->segments[segment].flags & MEMORY_EXECUTE)
            return true;
    }
    return false;
}

static struct piece rest_of(const struct segment *segment, bool is_zeroed)
{
    struct piece piece = {.type = is_zeroed ? SHT_NOBITS : SHT_PROGBITS};
    piece.name = segment->flags & MEMORY_EXECUTE ? "[code]"
                 : is_zeroed                     ? "[zeroed]"
                 : segment->flags & MEMORY_WRITE ? "[data]"
                                                 : "[constants]";
    piece.flags = segment->flags & MEMORY_EXECUTE ? SHF_EXECINSTR : 0;
    return piece;
}

/** Adds [begin, end), cut where memory that is read-only after the start begins and ends. */
static void add_rest(struct rebuild *rebuild, struct piece piece, uint64_t begin, uint64_t end)
{
    const struct image *image = rebuild->image;
    uint64_t cuts[] = {image->relro_address, image->relro_address + image->relro_bytes, end};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        if (cuts[i] <= begin || cuts[i] > end)
            continue;
        piece.address = begin;
        piece.bytes = cuts[i] - begin;
        array_push(&rebuild->pieces, piece);
        begin = cuts[i];
    }
}

/** Fills what the first @p count pieces leave of a segment, from @p first on; returns the next. */
static size_t fill_segment(struct rebuild *rebuild, const struct segment *segment, size_t first,
                           size_t count)
{
    uint64_t at = segment->address, end = at + segment->file_bytes;
    for (; first < count && rebuild->pieces.data[first].address < end; first++) {
        // A copy: adding moves the pieces.
        struct piece piece = rebuild->pieces.data[first];
        add_rest(rebuild, rest_of(segment, false), at, piece.address);
        at = piece.address + piece.bytes;
    }
    add_rest(rebuild, rest_of(segment, false), at, end);
    add_rest(rebuild, rest_of(segment, true), end, segment->address + segment->bytes);
    return first;
}

static void fill(struct rebuild *rebuild)
{
    size_t next = 0, count = 0;
    while (count < rebuild->pieces.count && !rebuild->pieces.data[count].is_zeroed)
        count++;
    for (uint32_t i = 0; i < rebuild->image->segment_count; i++)
        next = fill_segment(rebuild, &rebuild->image->segments[i], next, count);
    if (rebuild->pieces.count)
        qsort(rebuild->pieces.data, rebuild->pieces.count, sizeof *rebuild->pieces.data,
              by_address);
}

/* ---- The table ------------------------------------------------------------------------------- */

/** The table being written. Section 0 is nothing, section 1 the names; then come the pieces. */
struct table {
    const struct rebuild *rebuild;
    struct image *image;
    uint8_t *file;
    uint64_t at; /* where the next header is written */
    uint32_t strings, symbols;
    ARRAY(char) names;
};

enum { FIRST_PIECE = 2 };

static uint32_t find_piece(const struct rebuild *rebuild, uint32_t type)
{
    uint32_t number = FIRST_PIECE;
    for (size_t i = 0; i < rebuild->pieces.count; i++) {
        if (rebuild->pieces.data[i].type == type)
            return number;
        number += rebuild->pieces.data[i].type != SHT_NULL;
    }
    return 0;
}

static uint32_t link_of(const struct table *table, uint32_t type)
{
    switch (type) {
    case SHT_DYNAMIC:
    case SHT_DYNSYM:
    case SHT_GNU_verneed:
    case SHT_GNU_verdef:
        return table->strings;
    case SHT_RELA:
    case SHT_REL:
    case SHT_GNU_versym:
    case SHT_HASH:
    case SHT_GNU_HASH:
        return table->symbols;
    }
    return 0;
}

static uint32_t add_name(struct table *table, const char *name)
{
    size_t at = table->names.count, bytes = strlen(name) + 1;
    array_reserve(&table->names, at + bytes);
    memcpy(table->names.data + at, name, bytes);
    table->names.count += bytes;
    return (uint32_t)at;
}

static void write_header(struct table *table, const GElf_Shdr *header)
{
    if (table->image->pointer_bytes == 8) {
        memcpy(table->file + table->at, header, sizeof *header);
        table->at += sizeof *header;
        return;
    }
    Elf32_Shdr narrow = {.sh_name = header->sh_name,
                         .sh_type = header->sh_type,
                         .sh_flags = (Elf32_Word)header->sh_flags,
                         .sh_addr = (Elf32_Addr)header->sh_addr,
                         .sh_offset = (Elf32_Off)header->sh_offset,
                         .sh_size = (Elf32_Word)header->sh_size,
                         .sh_link = header->sh_link,
                         .sh_addralign = (Elf32_Word)header->sh_addralign,
                         .sh_entsize = (Elf32_Word)header->sh_entsize};
    memcpy(table->file + table->at, &narrow, sizeof narrow);
    table->at += sizeof narrow;
}

static void write_piece(struct table *table, const struct piece *piece)
{
    uint32_t index = image_segment_at(table->image, piece->address);
    GElf_Shdr header = {.sh_type = piece->type,
                        .sh_flags = SHF_ALLOC | piece->flags,
                        .sh_addr = piece->address,
                        .sh_size = piece->bytes,
                        .sh_link = link_of(table, piece->type),
                        .sh_addralign = 1,
                        .sh_entsize = piece->entry_bytes};
    header.sh_name = add_name(table, piece->name);
    if (index != NONE) {
        const struct segment *segment = &table->image->segments[index];
        header.sh_offset = segment->offset + (piece->address - segment->address);
        header.sh_flags |= segment->flags & MEMORY_WRITE ? SHF_WRITE : 0;
    }
    write_header(table, &header);
}

static uint64_t count_headers(const struct rebuild *rebuild)
{
    uint64_t count = FIRST_PIECE;
    for (size_t i = 0; i < rebuild->pieces.count; i++)
        count += rebuild->pieces.data[i].type != SHT_NULL;
    return count;
}

/** Tells the ELF header where the table is; large numbers are in the table's first entry. */
static void write_elf_header(struct table *table, uint64_t offset, uint64_t count)
{
    bool is_wide = table->image->pointer_bytes == 8;
    uint16_t numbers[] = {is_wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr),
                          count < SHN_LORESERVE ? (uint16_t)count : 0, 1};
    if (is_wide) {
        memcpy(table->file + offsetof(Elf64_Ehdr, e_shoff), &offset, sizeof(Elf64_Off));
        memcpy(table->file + offsetof(Elf64_Ehdr, e_shentsize), numbers, sizeof numbers);
        return;
    }
    Elf32_Off narrow = (Elf32_Off)offset;
    memcpy(table->file + offsetof(Elf32_Ehdr, e_shoff), &narrow, sizeof narrow);
    memcpy(table->file + offsetof(Elf32_Ehdr, e_shentsize), numbers, sizeof numbers);
}

/** Makes the image's file the private one with a table. */
static void replace_file(struct rebuild *rebuild, uint8_t *file, uint64_t bytes)
{
    struct image *image = rebuild->image;
    struct file_state state = image->load->mapping.state;
    const char *interpreter = image->interpreter;
    if (interpreter)
        image->interpreter = (const char *)file + ((const uint8_t *)interpreter - image->file);
    elf_end(image->load->elf);
    unmap_file(&image->load->mapping);
    image->load->mapping = (struct mapping){.data = file, .bytes = bytes, .state = state};
    image->file = file;
    image->file_bytes = bytes;
    image->is_file_unchanged = false;
    image->load->elf = elf_memory((char *)file, bytes);
}

static void write_table(struct rebuild *rebuild)
{
    struct image *image = rebuild->image;
    uint64_t offset = round_up(image->file_bytes, 16), count = count_headers(rebuild);
    uint64_t entry_bytes = image->pointer_bytes == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    struct table table = {.rebuild = rebuild,
                          .image = image,
                          .at = offset,
                          .strings = find_piece(rebuild, SHT_STRTAB),
                          .symbols = find_piece(rebuild, SHT_DYNSYM)};
    uint64_t names_offset = offset + count * entry_bytes, names_bytes = 1 + sizeof ".shstrtab";
    for (size_t i = 0; i < rebuild->pieces.count; i++)
        if (rebuild->pieces.data[i].type != SHT_NULL)
            names_bytes += strlen(rebuild->pieces.data[i].name) + 1;
    table.file = arena_alloc(&rebuild->loader->program->arena, names_offset + names_bytes);
    memcpy(table.file, image->file, image->file_bytes);
    write_header(&table, &(GElf_Shdr){.sh_size = count < SHN_LORESERVE ? 0 : count});
    add_name(&table, "");
    write_header(&table, &(GElf_Shdr){.sh_name = add_name(&table, ".shstrtab"),
                                      .sh_type = SHT_STRTAB,
                                      .sh_offset = names_offset,
                                      .sh_size = names_bytes,
                                      .sh_addralign = 1});
    for (size_t i = 0; i < rebuild->pieces.count; i++)
        if (rebuild->pieces.data[i].type != SHT_NULL)
            write_piece(&table, &rebuild->pieces.data[i]);
    memcpy(table.file + names_offset, table.names.data, names_bytes);
    array_deinit(&table.names);
    write_elf_header(&table, offset, count);
    replace_file(rebuild, table.file, names_offset + names_bytes);
}

/** Whether the file's own table places anything in memory. */
static bool has_sections(const struct image *image)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    while ((section = elf_nextscn(image->load->elf, section)))
        if (gelf_getshdr(section, &header) && header.sh_flags & SHF_ALLOC)
            return true;
    return false;
}

static void tell(struct loader *loader, const struct image *image)
{
    GElf_Ehdr header;
    if (gelf_getehdr(image->load->elf, &header) && header.e_shoff >= image->file_bytes)
        diagnose(&loader->program->diagnostics, image->path,
                 "the section header table lies outside the file; is the file truncated?");
    diagnose(&loader->program->diagnostics, image->path,
             "has no section header table: what is where is known as far as the program headers "
             "and the dynamic section tell");
}

struct error *image_rebuild_sections(struct loader *loader, struct image *image)
{
    if (!image->segment_count || image->type == IMAGE_OBJECT || has_sections(image))
        return NULL;
    tell(loader, image);
    struct rebuild rebuild = {
        .loader = loader, .image = image, .notes_left = image->file_bytes / NOTE_BYTES};
    uint64_t frames = add_segments(&rebuild);
    rebuild_add_dynamic(&rebuild);
    rebuild_add_own_relocations(&rebuild);
    rebuild_add_got(&rebuild);
    rebuild_add_frames(&rebuild, frames);
    rebuild_add_stubs(&rebuild);
    struct error *error = settle(&rebuild);
    if (!error) {
        image->is_mixed = is_mixed(&rebuild);
        fill(&rebuild);
        write_table(&rebuild);
    }
    array_deinit(&rebuild.pieces);
    array_deinit(&rebuild.slots);
    array_deinit(&rebuild.frames);
    if (image->is_mixed)
        diagnose(&loader->program->diagnostics, image->path,
                 "code and constants are in one segment, and nothing tells them apart: calls "
                 "through pointers that are not constants stay unresolved");
    return error;
}
