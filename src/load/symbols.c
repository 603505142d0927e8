/*
 * symbols.c: the static and the dynamic symbol table as one table.
 *
 * In: an image with sections. Out: image.symbols by address, and for each of the two tables a map
 * from a symbol's number in the file to its index, which relocations need. A symbol that stands in
 * both tables appears once. Versions come from .gnu.version and what it points to (LSB, Symbol
 * Versioning). Section and file symbols, and marks inside code ($x, .L...), are left out.
 */
#include "base/array.h"
#include "load/debug/find.h"
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>

/** A symbol on its way into the sorted table. */
struct incoming {
    struct symbol symbol;
    uint32_t table;
};

enum { TABLE_STATIC, TABLE_DYNAMIC, TABLE_OTHER /* of another file: numbers mean nothing */ };

struct collector {
    struct loader *loader;
    struct image *image;
    ARRAY(struct incoming) incoming;
};

static bool is_mark(const char *name)
{
    return !*name || (name[0] == '.' && name[1] == 'L') ||
           (name[0] == '$' && name[1] && (!name[2] || name[2] == '.'));
}

static enum symbol_type type_of(unsigned type)
{
    switch (type) {
    case STT_FUNC:
        return SYMBOL_FUNCTION;
    case STT_GNU_IFUNC:
        return SYMBOL_IFUNC;
    case STT_OBJECT:
    case STT_COMMON:
        return SYMBOL_OBJECT;
    case STT_TLS:
        return SYMBOL_TLS;
    }
    return SYMBOL_NONE;
}

static enum symbol_binding binding_of(unsigned binding)
{
    return binding == STB_LOCAL  ? BINDING_LOCAL
           : binding == STB_WEAK ? BINDING_WEAK
                                 : BINDING_GLOBAL;
}

/** Translates one entry; false if it is of no interest. */
static bool read_symbol(struct image *image, const GElf_Sym *entry, uint32_t section_number,
                        uint32_t number, const char *name, struct symbol *ret)
{
    unsigned type = GELF_ST_TYPE(entry->st_info);
    bool is_undefined = entry->st_shndx == SHN_UNDEF;
    bool is_label = is_mark(name) && (type != STT_OBJECT || !entry->st_size);
    if (type == STT_FILE || type == STT_SECTION || (is_label && !is_undefined))
        return false;
    *ret = (struct symbol){
        .address = is_undefined ? 0 : entry->st_value,
        .bytes = entry->st_size,
        .name = name,
        .section = NONE,
        .number = number,
        .type = (uint8_t)type_of(type),
        .binding = (uint8_t)binding_of(GELF_ST_BIND(entry->st_info)),
        // An absolute symbol is a number, not a place.
        .is_defined = !is_undefined && entry->st_shndx != SHN_ABS,
        .is_hidden = GELF_ST_VISIBILITY(entry->st_other) == STV_HIDDEN ||
                     GELF_ST_VISIBILITY(entry->st_other) == STV_INTERNAL,
        .is_default_version = true,
    };
    if (entry->st_shndx == SHN_COMMON && image->type == IMAGE_OBJECT)
        object_place_common(image, entry->st_size, entry->st_value, ret);
    else if (ret->is_defined && section_number < image->load->section_map_count)
        ret->section = image->load->section_map[section_number];
    if (image->type == IMAGE_OBJECT && ret->section != NONE && entry->st_shndx != SHN_COMMON)
        ret->address += ret->type == SYMBOL_TLS ? image->sections[ret->section].tls_offset
                                                : image->sections[ret->section].address;
    return true;
}

/**
 * Gives a symbol whose name is lost one that binds to nothing. That of an import is not known to be
 * absent either.
 */
static void lose_name(struct symbol *symbol)
{
    if (symbol->is_defined)
        return;
    symbol->name = "";
    symbol->binding = BINDING_GLOBAL;
}

/** Linkers append "@VERSION" to names in the static table; the version is known otherwise. */
static const char *name_without_version(struct collector *collector, const char *name)
{
    const char *at = strchr(name, '@');
    if (!at || at == name)
        return name;
    return arena_strndup(&collector->loader->program->arena, name, (size_t)(at - name));
}

/* ---- Versions -------------------------------------------------------------------------------- */

/** Names of versions by their number in .gnu.version. */
struct versions {
    const char **names; /* indexed by number, NULL where unused */
    uint32_t count;
    Elf_Data *numbers;
};

enum { MAX_VERSION = 0x7fff, VERSION_IS_HIDDEN = 0x8000, LONGEST_VERSION = 1024 };

static void set_version(struct versions *versions, uint32_t number, const char *name)
{
    number &= MAX_VERSION;
    // Each symbol that has the version has the name, so no other budget holds for these.
    if (strnlen(name, LONGEST_VERSION) == LONGEST_VERSION)
        name = LOST_NAME;
    if (number < versions->count && *name)
        versions->names[number] = name;
}

/** Walks the chain of needed versions (verneed) or of defined ones (verdef). */
static void read_needed_versions(struct versions *versions, Elf_Data *data,
                                 const struct string_table *strings)
{
    GElf_Verneed need;
    int offset = 0;
    size_t left = data->d_size / sizeof(Elf64_Vernaux);
    // Each step moves forward, so the section's size bounds the number of steps. Lists of versions
    // may overlap, so that it does not bound theirs.
    while (gelf_getverneed(data, offset, &need)) {
        GElf_Vernaux aux;
        int at = offset + (int)need.vn_aux;
        for (unsigned i = 0; i < need.vn_cnt && left && gelf_getvernaux(data, at, &aux); i++) {
            left--;
            set_version(versions, aux.vna_other, string_at(strings, aux.vna_name));
            if (!aux.vna_next || aux.vna_next > (1u << 24))
                break;
            at += (int)aux.vna_next;
        }
        if (!need.vn_next || need.vn_next > (1u << 24))
            break;
        offset += (int)need.vn_next;
    }
}

static void read_defined_versions(struct versions *versions, Elf_Data *data,
                                  const struct string_table *strings)
{
    GElf_Verdef definition;
    int offset = 0;
    while (gelf_getverdef(data, offset, &definition)) {
        GElf_Verdaux aux;
        if (!(definition.vd_flags & VER_FLG_BASE) &&
            gelf_getverdaux(data, offset + (int)definition.vd_aux, &aux))
            set_version(versions, definition.vd_ndx, string_at(strings, aux.vda_name));
        if (!definition.vd_next || definition.vd_next > (1u << 24))
            break;
        offset += (int)definition.vd_next;
    }
}

static void read_versions(struct collector *collector, struct versions *ret)
{
    const struct image *image = collector->image;
    *ret = (struct versions){.count = MAX_VERSION + 1};
    ret->names = arena_calloc(&collector->loader->program->arena, ret->count, sizeof *ret->names);
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(image->load->elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        struct string_table strings = string_table_of(image, header.sh_link);
        Elf_Data *data = NULL;
        if (header.sh_type == SHT_GNU_versym || header.sh_type == SHT_GNU_verneed ||
            header.sh_type == SHT_GNU_verdef)
            data = elf_getdata(section, NULL);
        if (!data)
            continue;
        if (header.sh_type == SHT_GNU_versym)
            ret->numbers = data;
        else if (header.sh_type == SHT_GNU_verneed)
            read_needed_versions(ret, data, &strings);
        else
            read_defined_versions(ret, data, &strings);
    }
}

static void apply_version(const struct versions *versions, uint32_t number, struct symbol *symbol)
{
    GElf_Versym version;
    if (!versions->numbers || !gelf_getversym(versions->numbers, (int)number, &version))
        return;
    symbol->version = versions->names[version & MAX_VERSION];
    symbol->is_default_version = !(version & VERSION_IS_HIDDEN);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static Elf_Data *extended_indexes(Elf *elf, size_t table)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB_SHNDX &&
            header.sh_link == table)
            return elf_getdata(section, NULL);
    }
    return NULL;
}

/** Reads a table of @p elf, which is the image's own file or one with the same addresses. */
static uint32_t read_table(struct collector *collector, Elf_Scn *section, const GElf_Shdr *header,
                           const struct string_table *strings, unsigned table)
{
    struct image *image = collector->image;
    Elf_Data *data = elf_getdata(section, NULL);
    size_t entry_bytes = image->pointer_bytes == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    if (!data || !data->d_buf || header->sh_type == SHT_NULL) {
        diagnose(&collector->loader->program->diagnostics, image->path,
                 "a symbol table cannot be read");
        return 0;
    }
    size_t count = data->d_size / entry_bytes;
    Elf_Data *extended = extended_indexes(image->load->elf, elf_ndxscn(section));
    struct versions versions = {0};
    if (table == TABLE_DYNAMIC)
        read_versions(collector, &versions);
    array_reserve(&collector->incoming, collector->incoming.count + count);
    for (size_t i = 1; i < count; i++) {
        GElf_Sym entry;
        Elf32_Word section_number = 0;
        if (!gelf_getsymshndx(data, table == TABLE_OTHER ? NULL : extended, (int)i, &entry,
                              &section_number))
            break;
        if (entry.st_shndx != SHN_XINDEX)
            section_number = entry.st_shndx;
        struct incoming incoming = {.table = table};
        const char *name = take_name(collector->loader, image, strings, entry.st_name);
        const char *shown = name ? name_without_version(collector, name) : LOST_NAME;
        if (!read_symbol(image, &entry, section_number, (uint32_t)i, shown, &incoming.symbol))
            continue;
        if (!name)
            lose_name(&incoming.symbol);
        incoming.symbol.is_dynamic = table == TABLE_DYNAMIC;
        apply_version(&versions, (uint32_t)i, &incoming.symbol);
        array_push(&collector->incoming, incoming);
    }
    return (uint32_t)count;
}

static uint32_t read_own_table(struct collector *collector, uint32_t type, unsigned table)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(collector->image->load->elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type != type)
            continue;
        struct string_table strings = string_table_of(collector->image, header.sh_link);
        return read_table(collector, section, &header, &strings, table);
    }
    return 0;
}

/** Reads the static table of another ELF file that describes the same addresses. */
static void read_foreign_table(struct collector *collector, uint8_t *data, size_t bytes)
{
    Elf *elf = elf_memory((char *)data, bytes);
    Elf_Scn *section = NULL;
    while (elf && (section = elf_nextscn(elf, section))) {
        GElf_Shdr header, names;
        Elf_Scn *names_section;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB ||
            !(names_section = elf_getscn(elf, header.sh_link)) ||
            !gelf_getshdr(names_section, &names) || names.sh_offset > bytes ||
            names.sh_size > bytes - names.sh_offset)
            continue;
        size_t first = collector->incoming.count;
        struct string_table strings = string_table_make(data + names.sh_offset, names.sh_size);
        collector->image->load->name_budget += NAMES_PER_BYTE * (uint64_t)bytes;
        read_table(collector, section, &header, &strings, TABLE_OTHER);
        // Its section numbers are its own; places are found by address.
        for (size_t i = first; i < collector->incoming.count; i++) {
            struct symbol *symbol = &collector->incoming.data[i].symbol;
            symbol->section = image_section_at(collector->image, symbol->address);
            symbol->name = arena_strdup(&collector->loader->program->arena, symbol->name);
            if (symbol->section == NONE && symbol->type != SYMBOL_TLS)
                symbol->is_defined = false;
        }
        break;
    }
    elf_end(elf);
}

static void read_separate_tables(struct collector *collector)
{
    uint8_t *data;
    size_t bytes;
    if (minidebug_extract(collector->image, &data, &bytes)) {
        read_foreign_table(collector, data, bytes);
        free(data);
    }
    char *path;
    struct mapping mapping;
    if (!debug_find_file(collector->image, collector->loader->options, &path))
        return;
    struct error *error = map_file(path, false, &mapping);
    if (!error) {
        struct image *image = collector->image;
        image->debug_path = arena_strdup(&collector->loader->program->arena, path);
        image->load->symbol_file = image->debug_path;
        image->load->symbol_file_state = mapping.state;
        read_foreign_table(collector, mapping.data, mapping.bytes);
        note_change(collector->loader->program, &mapping.state, path);
        unmap_file(&mapping);
    }
    error_destroy(error);
    free(path);
}

/* ---- Order ----------------------------------------------------------------------------------- */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static bool is_place(const struct symbol *symbol)
{
    return symbol->is_defined && symbol->type != SYMBOL_TLS;
}

/** Such names are the C library's own; the plain alias is the one people know. */
static bool is_internal_name(const char *name)
{
    return strncmp(name, "__", 2) == 0 || strncmp(name, "_IO_", 4) == 0;
}

static int compare_names(const struct symbol *a, const struct symbol *b)
{
    int order = -compare(a->binding != BINDING_LOCAL, b->binding != BINDING_LOCAL);
    if (!order)
        order = is_internal_name(a->name) - is_internal_name(b->name);
    if (!order)
        order = -compare(a->binding, b->binding);
    // The shortest alias is the most common one: acosl, not acosf64x.
    if (!order)
        order = compare(strlen(a->name), strlen(b->name));
    return order ? order : strcmp(a->name, b->name);
}

/** Defined places by address, then thread-locals by offset, then undefined ones. */
static int by_address(const void *a, const void *b)
{
    const struct incoming *x = a, *y = b;
    if (x->symbol.is_defined != y->symbol.is_defined)
        return x->symbol.is_defined ? -1 : 1;
    if (is_place(&x->symbol) != is_place(&y->symbol))
        return is_place(&x->symbol) ? -1 : 1;
    int order = compare(x->symbol.address, y->symbol.address);
    if (!order)
        order =
            -compare(x->symbol.type == SYMBOL_NONE ? 0 : 1, y->symbol.type == SYMBOL_NONE ? 0 : 1);
    if (!order)
        order = compare_names(&x->symbol, &y->symbol);
    if (!order)
        order = -compare(x->symbol.is_dynamic, y->symbol.is_dynamic);
    return order ? order : compare(x->symbol.number, y->symbol.number);
}

static bool is_same(const struct symbol *a, const struct symbol *b)
{
    return a->is_defined == b->is_defined && a->address == b->address && a->type == b->type &&
           strcmp(a->name, b->name) == 0 &&
           (!a->version || !b->version || strcmp(a->version, b->version) == 0);
}

static uint32_t *new_map(struct collector *collector, uint32_t count)
{
    uint32_t *map = arena_calloc(&collector->loader->program->arena, count, sizeof *map);
    for (uint32_t i = 0; i < count; i++)
        map[i] = NONE;
    return map;
}

static void place_symbols(struct collector *collector)
{
    struct image *image = collector->image;
    struct load_state *load = image->load;
    size_t count = collector->incoming.count;
    if (count)
        qsort(collector->incoming.data, count, sizeof *collector->incoming.data, by_address);
    image->symbols =
        arena_calloc(&collector->loader->program->arena, count, sizeof *image->symbols);
    load->static_symbols = new_map(collector, load->static_symbol_count);
    load->dynamic_symbols = new_map(collector, load->dynamic_symbol_count);
    for (size_t i = 0; i < count; i++) {
        const struct incoming *incoming = &collector->incoming.data[i];
        uint32_t last = image->symbol_count;
        if (!last || !is_same(&image->symbols[last - 1], &incoming->symbol))
            image->symbols[image->symbol_count++] = incoming->symbol;
        struct symbol *symbol = &image->symbols[image->symbol_count - 1];
        if (!symbol->bytes)
            symbol->bytes = incoming->symbol.bytes;
        if (incoming->table == TABLE_STATIC)
            load->static_symbols[incoming->symbol.number] = image->symbol_count - 1;
        else if (incoming->table == TABLE_DYNAMIC)
            load->dynamic_symbols[incoming->symbol.number] = image->symbol_count - 1;
    }
}

/** The end of what lies at symbol @p index: the next symbol's address or the section's end. */
static uint64_t end_of_place(const struct image *image, uint32_t index)
{
    const struct symbol *symbol = &image->symbols[index];
    const struct section *section = &image->sections[symbol->section];
    uint64_t end = section->address + section->bytes;
    for (uint32_t i = index + 1; i < image->symbol_count && is_place(&image->symbols[i]); i++) {
        if (image->symbols[i].address == symbol->address)
            continue;
        return image->symbols[i].address < end ? image->symbols[i].address : end;
    }
    return end;
}

/**
 * Gives objects of size zero the bytes up to the next symbol. Functions are repaired where the
 * unwind tables are known too (functions.c); labels stay at zero.
 */
static void repair_sizes(struct image *image)
{
    uint64_t address = 0, bytes = 0;
    for (uint32_t i = 0; i < image->symbol_count && is_place(&image->symbols[i]); i++) {
        struct symbol *symbol = &image->symbols[i];
        if (symbol->bytes || symbol->type != SYMBOL_OBJECT ||
            symbol->section >= image->placed_count)
            continue;
        // Many symbols at one address share the answer.
        if (!bytes || symbol->address != address) {
            uint64_t end = end_of_place(image, i);
            bytes = end > symbol->address ? end - symbol->address : 0;
            address = symbol->address;
        }
        symbol->bytes = bytes;
    }
}

void image_load_symbols(struct loader *loader, struct image *image)
{
    struct collector collector = {.loader = loader, .image = image};
    struct load_state *load = image->load;
    load->static_symbol_count = read_own_table(&collector, SHT_SYMTAB, TABLE_STATIC);
    image->is_stripped = load->static_symbol_count == 0;
    load->dynamic_symbol_count = read_own_table(&collector, SHT_DYNSYM, TABLE_DYNAMIC);
    if (image->is_stripped && image->type != IMAGE_OBJECT)
        read_separate_tables(&collector);
    place_symbols(&collector);
    repair_sizes(image);
    array_deinit(&collector.incoming);
}
