/*
 * image.c: an ELF file's header, program headers and dynamic section (gABI chapters 4 and 5).
 *
 * In: a mapped file. Out: a struct image with everything but functions. The order of the steps
 * matters: sections are classed by the segments that hold them, symbols by their sections,
 * relocations name symbols.
 */
#include "base/array.h"
#include "load/elf_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_big_endian(const struct image *image)
{
    return image->file[EI_DATA] == ELFDATA2MSB;
}

/** Says why bytes that are no ELF file are none, for the kinds that people try. */
static const char *other_format(const uint8_t *data, size_t bytes)
{
    static const struct {
        const char *magic;
        size_t bytes;
        const char *what;
    } formats[] = {
        {"!<arch>\n", 8, "is an archive; extract its objects with `ar x` and name one of them"},
        {"!<thin>\n", 8, "is a thin archive; name one of its object files"},
        {"MZ", 2, "is a Windows program; only ELF files are read"},
        {"\xcf\xfa\xed\xfe", 4, "is a Mach-O file; only ELF files are read"},
        {"#!", 2, "is a script; name the interpreter's program file"},
        {"BC\xc0\xde", 4, "is LLVM bitcode; name the compiled object or program"},
        {"\0asm", 4, "is WebAssembly; only ELF files are read"},
        {"/* GNU ld script", 16, "is a linker script; name the library it refers to"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (bytes >= formats[i].bytes && memcmp(data, formats[i].magic, formats[i].bytes) == 0)
            return formats[i].what;
    return "is not an ELF file; name a compiled program, library or object file";
}

static struct error *check_header(const struct image *image, GElf_Ehdr *ret)
{
    if (image->file_bytes < EI_NIDENT || memcmp(image->file, ELFMAG, SELFMAG) != 0)
        return error_create("%s: %s", image->path, other_format(image->file, image->file_bytes));
    if (is_big_endian(image))
        return error_create("%s: is for a big-endian machine, which is not supported", image->path);
    if (!gelf_getehdr(image->load->elf, ret))
        return error_create("%s: has a damaged or truncated ELF header", image->path);
    if (ret->e_type != ET_EXEC && ret->e_type != ET_DYN && ret->e_type != ET_REL)
        return error_create("%s: is %s; expected a program, library or object file", image->path,
                            ret->e_type == ET_CORE ? "a core dump" : "an ELF file of unknown type");
    return NULL;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int by_segment_address(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

/** Sorts the segments and cuts what overlaps, so that an address has at most one segment. */
static void segments_normalize(struct loader *loader, struct image *image)
{
    qsort(image->segments, image->segment_count, sizeof *image->segments, by_segment_address);
    for (uint32_t i = 0; i + 1 < image->segment_count; i++) {
        struct segment *segment = &image->segments[i];
        uint64_t room = image->segments[i + 1].address - segment->address;
        if (segment->bytes <= room)
            continue;
        diagnose(&loader->program->diagnostics, image->path, "loadable segments overlap at 0x%llx",
                 (unsigned long long)image->segments[i + 1].address);
        segment->bytes = room;
        segment->file_bytes = min64(segment->file_bytes, room);
    }
}

static void add_segment(struct loader *loader, struct image *image, const GElf_Phdr *header)
{
    struct segment segment = {.address = header->p_vaddr,
                              .bytes = header->p_memsz,
                              .offset = header->p_offset,
                              .file_bytes = min64(header->p_filesz, header->p_memsz),
                              .flags = header->p_flags & 7};
    segment.bytes = min64(segment.bytes, UINT64_MAX - segment.address);
    uint64_t there = image->file_bytes - min64(image->file_bytes, segment.offset);
    if (segment.file_bytes > there) {
        diagnose(
            &loader->program->diagnostics, image->path,
            "the file is truncated: a segment needs %llu bytes at offset 0x%llx, %llu are there",
            (unsigned long long)segment.file_bytes, (unsigned long long)segment.offset,
            (unsigned long long)there);
        segment.file_bytes = there;
    }
    if (segment.bytes)
        image->segments[image->segment_count++] = segment;
}

static void read_program_header(struct loader *loader, struct image *image, const GElf_Phdr *header)
{
    switch (header->p_type) {
    case PT_LOAD:
        add_segment(loader, image, header);
        break;
    case PT_GNU_RELRO:
        image->relro_address = header->p_vaddr;
        image->relro_bytes = header->p_memsz;
        break;
    case PT_TLS:
        image->tls_address = header->p_vaddr;
        image->tls_bytes = header->p_memsz;
        image->tls_data_bytes = min64(header->p_filesz, header->p_memsz);
        break;
    case PT_INTERP: {
        const char *text = (const char *)file_range(image, header->p_offset, header->p_filesz);
        if (text && header->p_filesz && !text[header->p_filesz - 1])
            image->interpreter = text;
        break;
    }
    }
}

void image_load_segments(struct loader *loader, struct image *image)
{
    size_t count;
    GElf_Ehdr ehdr;
    if (!gelf_getehdr(image->load->elf, &ehdr) || elf_getphdrnum(image->load->elf, &count) != 0)
        count = 0;
    if (!count && ehdr.e_phnum)
        diagnose(&loader->program->diagnostics, image->path,
                 "the program header table lies outside the file; is the file truncated?");
    image->segments = arena_calloc(&loader->program->arena, count, sizeof *image->segments);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(image->load->elf, (int)i, &header)) {
            diagnose(&loader->program->diagnostics, image->path,
                     "the program header table cannot be read past entry %zu", i);
            break;
        }
        read_program_header(loader, image, &header);
    }
    segments_normalize(loader, image);
    image->headers_bytes = ehdr.e_ehsize;
    image->program_headers_offset = ehdr.e_phoff;
    image->program_headers_bytes = (uint64_t)ehdr.e_phentsize * count;
}

/* ---- The dynamic section --------------------------------------------------------------------- */

/** Finds the dynamic entries, and the number of the section of their strings. */
static Elf_Data *dynamic_entries(const struct image *image, size_t *ret_strings)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(image->load->elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC) {
            *ret_strings = header.sh_link;
            return elf_getdata(section, NULL);
        }
    }
    return NULL;
}

/**
 * Adds a needed library. One whose name cannot be that of a file, or that comes behind more than
 * any program needs, stands for all further ones: something is needed that is not there.
 */
static void add_needed(struct loader *loader, struct image *image,
                       const struct string_table *strings, uint64_t offset)
{
    enum { MOST_NEEDED = 4096 };
    uint32_t count = image->needed_count;
    if (count && image->needed[count - 1].is_lost)
        return;
    const char *name = count < MOST_NEEDED ? take_name(loader, image, strings, offset) : NULL;
    bool is_lost = !name || strlen(name) >= PATH_MAX;
    if (is_lost)
        diagnose(&loader->program->diagnostics, image->path,
                 "needs libraries that are too many, or whose names are too long; those and the "
                 "rest of them are left out");
    image->needed[image->needed_count++] = (struct needed_library){
        .name = is_lost ? LOST_NAME : name, .image = NONE, .is_lost = is_lost};
}

static void read_dynamic_entry(struct loader *loader, struct image *image,
                               const struct string_table *strings, const GElf_Dyn *entry)
{
    struct load_state *load = image->load;
    switch (entry->d_tag) {
    case DT_NEEDED:
        add_needed(loader, image, strings, entry->d_un.d_val);
        break;
    case DT_SONAME: {
        const char *name = take_name(loader, image, strings, entry->d_un.d_val);
        if (name && *name)
            image->name = name;
        break;
    }
    case DT_RUNPATH:
        load->run_path = string_at(strings, entry->d_un.d_val);
        break;
    case DT_RPATH:
        load->rpath = string_at(strings, entry->d_un.d_val);
        break;
    case DT_INIT:
        image->initializer = entry->d_un.d_ptr;
        break;
    case DT_FINI:
        image->finalizer = entry->d_un.d_ptr;
        break;
    case DT_BIND_NOW:
        image->binds_now = true;
        break;
    case DT_FLAGS:
        image->binds_now |= (entry->d_un.d_val & DF_BIND_NOW) != 0;
        break;
    case DT_FLAGS_1:
        image->binds_now |= (entry->d_un.d_val & DF_1_NOW) != 0;
        if (entry->d_un.d_val & DF_1_PIE)
            image->type = IMAGE_PIE;
        break;
    }
}

void image_load_dynamic(struct loader *loader, struct image *image)
{
    size_t strings_index = 0;
    Elf_Data *data = dynamic_entries(image, &strings_index);
    image->is_static = !data && !image->interpreter && image->type != IMAGE_OBJECT;
    if (!data)
        return;
    struct string_table strings = string_table_of(image, strings_index);
    size_t entry_bytes = image->pointer_bytes * 2, count = data->d_size / entry_bytes;
    bool has_soname = false;
    image->needed = arena_calloc(&loader->program->arena, count, sizeof *image->needed);
    for (size_t i = 0; i < count; i++) {
        GElf_Dyn entry;
        if (!gelf_getdyn(data, (int)i, &entry) || entry.d_tag == DT_NULL)
            break;
        has_soname |= entry.d_tag == DT_SONAME;
        read_dynamic_entry(loader, image, &strings, &entry);
    }
    // Old linkers do not mark position-independent executables; a library has a name.
    if (image->type == IMAGE_SHARED && image->interpreter && !has_soname)
        image->type = IMAGE_PIE;
    image->is_static = !image->interpreter && !image->needed_count && image->type != IMAGE_SHARED;
}

static void read_build_id(struct loader *loader, struct image *image)
{
    for (uint32_t i = 0; i < image->section_count && !image->build_id; i++) {
        const struct section *section = &image->sections[i];
        if (section->role != SECTION_NOTE || !section->data)
            continue;
        // One note: name size, description size, type, name padded to 4, description.
        uint32_t head[3];
        if (section->bytes < 16 || memcmp(section->data + 12, "GNU", 4) != 0)
            continue;
        memcpy(head, section->data, sizeof head);
        if (head[0] != 4 || head[2] != NT_GNU_BUILD_ID || head[1] > section->bytes - 16 ||
            head[1] > 64)
            continue;
        char *text = arena_alloc(&loader->program->arena, head[1] * 2 + 1);
        for (uint32_t byte = 0; byte < head[1]; byte++)
            snprintf(text + byte * 2, 3, "%02x", section->data[16 + byte]);
        image->build_id = text;
    }
}

/**
 * Refuses a file of which the same bytes are in many segments, or in many sections: it costs many
 * times what its size lets expect. Those of real files do not overlap.
 */
static struct error *check_content(const struct image *image)
{
    enum { TIMES = 2, SPARE = 1 << 16 };
    uint64_t limit = TIMES * image->file_bytes + SPARE, in_segments = 0, in_sections = 0;
    for (uint32_t i = 0; i < image->segment_count && in_segments <= limit; i++)
        in_segments += image->segments[i].file_bytes;
    for (uint32_t i = 0; i < image->section_count && in_sections <= limit; i++)
        in_sections += image->sections[i].data ? image->sections[i].bytes : 0;
    if (in_segments <= limit && in_sections <= limit)
        return NULL;
    return error_create("%s: has %s that overlap in the file, and together are more than %d times "
                        "as large; no linker makes such a file",
                        image->path, in_segments > limit ? "segments" : "sections", TIMES);
}

static struct error *read_parts(struct loader *loader, struct image *image)
{
    image_load_segments(loader, image);
    struct error *error = check_content(image);
    if (!error)
        error = image_rebuild_sections(loader, image);
    if (error)
        return error;
    image_load_sections(loader, image);
    error = check_content(image);
    if (error)
        return error;
    if (image->type == IMAGE_OBJECT)
        object_place(loader, image);
    image_load_dynamic(loader, image);
    read_build_id(loader, image);
    image_load_symbols(loader, image);
    if (image->type == IMAGE_OBJECT)
        object_relocate(loader, image);
    else
        image_load_relocations(loader, image);
    image_load_unwind(loader, image);
    return NULL;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void describe_machine(struct loader *loader, struct image *image, const GElf_Ehdr *header)
{
    image->pointer_bytes = image->file[EI_CLASS] == ELFCLASS32 ? 4 : 8;
    image->arch = arch_for_elf(header->e_machine, image->pointer_bytes);
    image->machine = arch_machine_name(header->e_machine, image->pointer_bytes);
    image->entry = header->e_entry;
    image->is_placed = header->e_type != ET_REL;
    image->is_file_unchanged = image->is_placed && image->load->mapping.is_mapped;
    image->file_state = image->load->mapping.state;
    image->type = header->e_type == ET_EXEC  ? IMAGE_EXECUTABLE
                  : header->e_type == ET_REL ? IMAGE_OBJECT
                                             : IMAGE_SHARED;
    if (!image->arch)
        diagnose(&loader->program->diagnostics, image->path,
                 "code for the machine %s (number %u) cannot be read yet: sizes only, no stack or "
                 "heap answers",
                 image->machine, header->e_machine);
}

struct error *image_load(struct loader *loader, const char *path, struct mapping mapping,
                         struct image **ret)
{
    struct arena *arena = &loader->program->arena;
    struct image *image = arena_alloc(arena, sizeof *image);
    image->load = arena_alloc(arena, sizeof *image->load);
    image->load->mapping = mapping;
    image->load->loaded_by = NONE;
    image->load->name_budget = NAMES_PER_BYTE * mapping.bytes;
    image->path = arena_strdup(arena, path);
    image->name = last_part(image->path);
    image->file = mapping.data;
    image->file_bytes = mapping.bytes;
    image->load->elf = elf_memory((char *)mapping.data, mapping.bytes);

    GElf_Ehdr header;
    struct error *error = check_header(image, &header);
    if (!error) {
        describe_machine(loader, image, &header);
        error = read_parts(loader, image);
        if (!error && !image->segment_count && !image->section_count)
            error = error_create("%s: holds no segment and no section that can be read; is the "
                                 "file truncated?",
                                 path);
    }
    if (error) {
        elf_end(image->load->elf);
        unmap_file(&image->load->mapping);
        return error;
    }
    *ret = image;
    return NULL;
}
