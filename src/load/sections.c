/*
 * sections.c: the section header table, and what each section is for.
 *
 * In: an image with its segments. Out: image.sections, the placed ones (those that occupy memory)
 * first and in address order without overlaps. A file without a section header table has been given
 * one before (rebuild/), so that the rest of the program need not care.
 * Sources: gABI chapter 4 (sections), System V psABI x86-64 (special sections).
 */
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/** Roles that only the name tells; NULL-terminated prefixes. */
static enum section_role role_by_name(const char *name)
{
    static const char *const unwind[] = {".eh_frame",  ".eh_frame_hdr", ".ARM.exidx",
                                         ".ARM.extab", ".sframe",       NULL};
    static const char *const lists[] = {".ctors", ".dtors", NULL};
    static const char *const dead[] = {".bolt.org.eh_frame", ".bolt.org.eh_frame_hdr",
                                       ".bolt.org.gcc_except_table", NULL};
    if (is_one_of(name, unwind) || starts_with(name, ".gcc_except_table"))
        return SECTION_UNWIND;
    if (is_one_of(name, lists))
        return SECTION_FUNCTION_LIST;
    if (is_one_of(name, dead))
        return SECTION_DEAD_DATA;
    if (strcmp(name, ".got") == 0 || starts_with(name, ".got."))
        return SECTION_GOT;
    if (strcmp(name, ".interp") == 0)
        return SECTION_NOTE;
    return SECTION_OTHER;
}

static enum section_role role_by_type(uint32_t type)
{
    switch (type) {
    case SHT_NOTE:
        return SECTION_NOTE;
    case SHT_DYNAMIC:
    case SHT_DYNSYM:
    case SHT_SYMTAB:
    case SHT_STRTAB:
    case SHT_HASH:
    case SHT_GNU_HASH:
    case SHT_GNU_versym:
    case SHT_GNU_verneed:
    case SHT_GNU_verdef:
        return SECTION_DYNAMIC;
    case SHT_REL:
    case SHT_RELA:
    case SHT_RELR:
        return SECTION_RELOCATIONS;
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
        return SECTION_FUNCTION_LIST;
    case SHT_X86_64_UNWIND: // also the number of ARM's index table
        return SECTION_UNWIND;
    }
    return SECTION_OTHER;
}

/** Object files have no relro segment yet; linkers put these there. */
static bool is_relro_name(const char *name)
{
    return starts_with(name, ".data.rel.ro");
}

static enum section_role section_role(const struct image *image, const struct section *section,
                                      uint32_t type)
{
    bool is_zeroed = type == SHT_NOBITS;
    if (!section->is_allocated)
        return SECTION_OTHER;
    if (section->is_tls)
        return is_zeroed ? SECTION_TLS_BSS : SECTION_TLS_DATA;
    enum section_role role = role_by_type(type);
    if (role == SECTION_OTHER)
        role = role_by_name(section->name);
    if (role != SECTION_OTHER)
        return role;
    if (section->is_executable) {
        if (starts_with(section->name, ".plt") || starts_with(section->name, ".iplt"))
            return SECTION_PLT;
        return starts_with(section->name, ".bolt.org.") ? SECTION_DEAD_CODE : SECTION_CODE;
    }
    if (!section->is_writable)
        return SECTION_READ_ONLY;
    bool in_relro = section->address >= image->relro_address &&
                    section->address - image->relro_address < image->relro_bytes;
    if (in_relro || (image->type == IMAGE_OBJECT && is_relro_name(section->name)))
        return is_zeroed ? SECTION_OTHER : SECTION_RELRO;
    return is_zeroed ? SECTION_BSS : SECTION_DATA;
}

static void read_section(struct loader *loader, struct image *image, const GElf_Shdr *header,
                         const char *name, struct section *ret)
{
    *ret = (struct section){
        .name = name,
        .address = header->sh_addr,
        .bytes = header->sh_size,
        .offset = header->sh_offset,
        .alignment = header->sh_addralign ? header->sh_addralign : 1,
        .entry_bytes = header->sh_entsize,
        .is_allocated = header->sh_flags & SHF_ALLOC,
        .is_writable = header->sh_flags & SHF_WRITE,
        .is_executable = header->sh_flags & SHF_EXECINSTR,
        .is_tls = header->sh_flags & SHF_TLS,
        .is_string_table = (header->sh_flags & SHF_MERGE) && (header->sh_flags & SHF_STRINGS),
    };
    ret->bytes = ret->bytes > UINT64_MAX - ret->address ? UINT64_MAX - ret->address : ret->bytes;
    if (header->sh_type != SHT_NOBITS && header->sh_type != SHT_NULL) {
        ret->data = file_range(image, header->sh_offset, header->sh_size);
        if (!ret->data)
            diagnose(&loader->program->diagnostics, image->path,
                     "section %s lies outside the file; is the file truncated?",
                     *name ? name : "without a name");
    }
    ret->role = section_role(image, ret, header->sh_type);
    if (ret->is_tls && ret->address >= image->tls_address)
        ret->tls_offset = ret->address - image->tls_address;
}

/** Whether the section occupies memory of its own. */
static bool is_placed(const struct section *section)
{
    return section->is_allocated && section->bytes && section->role != SECTION_TLS_BSS;
}

static int by_place(const void *a, const void *b)
{
    const struct section *x = a, *y = b;
    if (is_placed(x) != is_placed(y))
        return is_placed(x) ? -1 : 1;
    if (is_placed(x) && x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/** Sorts; a section that overlaps the one before it loses its place. */
static void sections_order(struct loader *loader, struct image *image)
{
    qsort(image->sections, image->section_count, sizeof *image->sections, by_place);
    uint64_t end = 0;
    bool dropped = false;
    for (uint32_t i = 0; i < image->section_count; i++) {
        struct section *section = &image->sections[i];
        if (!is_placed(section))
            break;
        if (image->type != IMAGE_OBJECT && section->address < end) {
            diagnose(&loader->program->diagnostics, image->path,
                     "section %s overlaps the section before it and is left out", section->name);
            section->is_allocated = false;
            section->role = SECTION_OTHER;
            dropped = true;
            continue;
        }
        end = section->address + section->bytes;
    }
    if (dropped)
        qsort(image->sections, image->section_count, sizeof *image->sections, by_place);
    while (image->placed_count < image->section_count &&
           is_placed(&image->sections[image->placed_count]))
        image->placed_count++;
}

static void map_sections(struct loader *loader, struct image *image, size_t count)
{
    struct load_state *load = image->load;
    load->section_map = arena_calloc(&loader->program->arena, count, sizeof *load->section_map);
    load->section_map_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        load->section_map[i] = NONE;
    for (uint32_t i = 0; i < image->section_count; i++)
        if (image->sections[i].index < count)
            load->section_map[image->sections[i].index] = i;
}

static bool is_debug_information(const struct section *section)
{
    return starts_with(section->name, ".debug_") || starts_with(section->name, ".zdebug_");
}

/**
 * Where debug information was separated, sections of code without content are left; or, of what
 * several files share and of split units (.dwo), nothing but debug information.
 */
static void look_for_code(struct loader *loader, struct image *image)
{
    bool has_sections = false, has_content = false;
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct section *section = &image->sections[i];
        bool is_code = i < image->placed_count && section->is_executable;
        has_sections |= is_code || (!image->placed_count && is_debug_information(section));
        has_content |= is_code && section->data;
    }
    image->has_no_code = has_sections && !has_content;
    if (image->has_no_code)
        diagnose(&loader->program->diagnostics, image->path,
                 "holds no code, like what `objcopy --only-keep-debug` makes: nothing is promised "
                 "of its functions, and whether its data is zeroed is not known; look at the "
                 "program itself, with `--debug-file` and this file if it does not find it");
}

static struct string_table section_names(const struct image *image)
{
    size_t names_index;
    if (elf_getshdrstrndx(image->load->elf, &names_index) != 0)
        return (struct string_table){0};
    return string_table_of(image, names_index);
}

void image_load_sections(struct loader *loader, struct image *image)
{
    size_t count;
    // Extended numbering (more than 65,280 sections) is resolved by libelf.
    if (elf_getshdrnum(image->load->elf, &count) != 0)
        count = 0;
    struct string_table names = section_names(image);
    image->sections = arena_calloc(&loader->program->arena, count, sizeof *image->sections);
    for (size_t i = 1; i < count; i++) {
        GElf_Shdr section_entry;
        if (!section_header(image, i, &section_entry)) {
            diagnose(&loader->program->diagnostics, image->path,
                     "the section header table cannot be read past entry %zu", i);
            break;
        }
        struct section *section = &image->sections[image->section_count++];
        const char *name = take_name(loader, image, &names, section_entry.sh_name);
        read_section(loader, image, &section_entry, name ? name : LOST_NAME, section);
        section->index = (uint32_t)i;
        image->is_rewritten |= section->role == SECTION_DEAD_CODE;
    }
    sections_order(loader, image);
    map_sections(loader, image, count);
    look_for_code(loader, image);
}
