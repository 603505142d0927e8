/*
 * dynamic.c: the tables that a dynamic section names, where no section does.
 *
 * In: the address of the dynamic section. Out: a piece for each table, the slots of the GOT. What a
 * table's size is the dynamic section says, but for the symbols: they are as many as the hash
 * tables reach, or as relocations name. Symbols behind these the dynamic loader cannot see either.
 *
 * A program that is linked statically has no dynamic section, and relocates itself where it chooses
 * functions for the processor at hand (IFUNC). Linkers put that table right behind the headers and
 * notes, and it is taken only from there: such entries elsewhere may be another program's, as data.
 *
 * Sources: gABI chapter 5 (dynamic section, hash table); for DT_GNU_HASH, glibc's elf/dl-lookup.c;
 * LSB, Symbol Versioning. Left out: packed relocations of Android.
 */
#include "load/rebuild/rebuild.h"

#include <stdlib.h>

/** What the dynamic section says; 0 where it says nothing. */
struct dynamic {
    uint64_t hash, gnu_hash, strings, strings_bytes, symbols;
    uint64_t rela, rela_bytes, rel, rel_bytes, relr, relr_bytes;
    uint64_t plt, plt_bytes, plt_kind, got;
    uint64_t initializers, initializers_bytes, finalizers, finalizers_bytes;
    uint64_t early, early_bytes; /* DT_PREINIT_ARRAY */
    uint64_t versions, needed_versions, defined_versions;
    uint64_t bytes; /* of the section itself */
};

static void read_dynamic(const struct rebuild *rebuild, struct dynamic *ret)
{
    static const struct {
        uint64_t tag;
        size_t place;
    } tags[] = {
        {DT_HASH, offsetof(struct dynamic, hash)},
        {DT_GNU_HASH, offsetof(struct dynamic, gnu_hash)},
        {DT_STRTAB, offsetof(struct dynamic, strings)},
        {DT_STRSZ, offsetof(struct dynamic, strings_bytes)},
        {DT_SYMTAB, offsetof(struct dynamic, symbols)},
        {DT_RELA, offsetof(struct dynamic, rela)},
        {DT_RELASZ, offsetof(struct dynamic, rela_bytes)},
        {DT_REL, offsetof(struct dynamic, rel)},
        {DT_RELSZ, offsetof(struct dynamic, rel_bytes)},
        {DT_RELR, offsetof(struct dynamic, relr)},
        {DT_RELRSZ, offsetof(struct dynamic, relr_bytes)},
        {DT_JMPREL, offsetof(struct dynamic, plt)},
        {DT_PLTRELSZ, offsetof(struct dynamic, plt_bytes)},
        {DT_PLTREL, offsetof(struct dynamic, plt_kind)},
        {DT_PLTGOT, offsetof(struct dynamic, got)},
        {DT_INIT_ARRAY, offsetof(struct dynamic, initializers)},
        {DT_INIT_ARRAYSZ, offsetof(struct dynamic, initializers_bytes)},
        {DT_FINI_ARRAY, offsetof(struct dynamic, finalizers)},
        {DT_FINI_ARRAYSZ, offsetof(struct dynamic, finalizers_bytes)},
        {DT_PREINIT_ARRAY, offsetof(struct dynamic, early)},
        {DT_PREINIT_ARRAYSZ, offsetof(struct dynamic, early_bytes)},
        {DT_VERSYM, offsetof(struct dynamic, versions)},
        {DT_VERNEED, offsetof(struct dynamic, needed_versions)},
        {DT_VERDEF, offsetof(struct dynamic, defined_versions)},
    };
    const struct image *image = rebuild->image;
    unsigned word = image->pointer_bytes;
    uint64_t tag, value;
    for (uint64_t at = rebuild->dynamic;
         image_read(image, at, word, &tag) && image_read(image, at + word, word, &value);
         at += 2 * word) {
        ret->bytes += 2 * word;
        if (tag == DT_NULL)
            return;
        for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
            if (tags[i].tag == tag)
                *(uint64_t *)((char *)ret + tags[i].place) = value;
    }
}

/* ---- Relocations ----------------------------------------------------------------------------- */

/** A table of relocations, and what is learned from it. */
struct relocations {
    uint64_t address, bytes;
    bool is_rela, is_of_plt;
};

static uint64_t entry_bytes(const struct rebuild *rebuild, bool is_rela)
{
    return (uint64_t)rebuild->image->pointer_bytes * (is_rela ? 3 : 2);
}

/** Notes the slots of the GOT among the places, and raises @p symbols behind the last one named. */
static void read_relocations(struct rebuild *rebuild, const struct relocations *table,
                             uint64_t *symbols)
{
    const struct image *image = rebuild->image;
    unsigned word = image->pointer_bytes, shift = word == 8 ? 32 : 8;
    uint64_t step = entry_bytes(rebuild, table->is_rela), place, info;
    for (uint64_t at = 0; at + step <= table->bytes; at += step) {
        if (!image_read(image, table->address + at, word, &place) ||
            !image_read(image, table->address + at + word, word, &info))
            return;
        if ((info >> shift) + 1 > *symbols)
            *symbols = (info >> shift) + 1;
        enum relocation_kind kind =
            image->arch ? image->arch->relocation_kind((uint32_t)(info & ((1ull << shift) - 1)))
                        : RELOCATION_OTHER;
        bool is_chosen = kind == RELOCATION_IFUNC;
        if (kind == RELOCATION_GOT || kind == RELOCATION_PLT || is_chosen)
            array_push(&rebuild->slots, (struct slot){place, !is_chosen || table->is_of_plt});
    }
}

static void add_relocations(struct rebuild *rebuild, struct relocations table, uint64_t *symbols)
{
    if (!table.bytes)
        return;
    rebuild_add(rebuild, (struct piece){.address = table.address,
                                        .bytes = table.bytes,
                                        .name = table.is_rela ? ".rela" : ".rel",
                                        .type = table.is_rela ? SHT_RELA : SHT_REL,
                                        .entry_bytes = entry_bytes(rebuild, table.is_rela)});
    read_relocations(rebuild, &table, symbols);
}

/** The table of the PLT may be part of the other one. */
static bool is_within(uint64_t address, uint64_t from, uint64_t bytes)
{
    return address >= from && address - from < bytes;
}

static int by_address(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return y->is_of_got - x->is_of_got;
}

static void sort_slots(struct rebuild *rebuild)
{
    size_t kept = 0;
    struct slot *slots = rebuild->slots.data;
    if (rebuild->slots.count)
        qsort(slots, rebuild->slots.count, sizeof *slots, by_address);
    for (size_t i = 0; i < rebuild->slots.count; i++)
        if (!kept || slots[kept - 1].address != slots[i].address)
            slots[kept++] = slots[i];
    rebuild->slots.count = kept;
}

static void add_all_relocations(struct rebuild *rebuild, const struct dynamic *dynamic,
                                uint64_t *symbols)
{
    struct relocations plt = {dynamic->plt, dynamic->plt_bytes, dynamic->plt_kind == DT_RELA, true};
    add_relocations(rebuild, (struct relocations){dynamic->rela, dynamic->rela_bytes, true, false},
                    symbols);
    add_relocations(rebuild, (struct relocations){dynamic->rel, dynamic->rel_bytes, false, false},
                    symbols);
    if (!is_within(plt.address, dynamic->rela, dynamic->rela_bytes) &&
        !is_within(plt.address, dynamic->rel, dynamic->rel_bytes))
        add_relocations(rebuild, plt, symbols);
    else
        read_relocations(rebuild, &plt, symbols);
    sort_slots(rebuild);
}

/* ---- Symbols --------------------------------------------------------------------------------- */

/** A hash table of symbols: how large it is, and behind which symbol it ends. */
struct hash {
    uint64_t bytes, symbols;
    bool is_damaged; /* then it ends nobody knows where */
};

static struct hash read_hash(const struct image *image, uint64_t address)
{
    uint64_t buckets, chains;
    if (!image_read(image, address, 4, &buckets) || !image_read(image, address + 4, 4, &chains))
        return (struct hash){.is_damaged = true};
    struct hash hash = {.bytes = 4 * (2 + buckets + chains), .symbols = chains};
    return hash.bytes <= rebuild_room(image, address) ? hash : (struct hash){.is_damaged = true};
}

/**
 * The symbols of a bucket are a chain of hashes without gaps, the last of which has the lowest bit
 * set; so the chain that begins last ends the table.
 */
static struct hash read_gnu_hash(const struct image *image, uint64_t address)
{
    const struct hash damaged = {.is_damaged = true};
    uint64_t buckets, first, words, value, last = 0;
    if (!image_read(image, address, 4, &buckets) || !image_read(image, address + 4, 4, &first) ||
        !image_read(image, address + 8, 4, &words))
        return damaged;
    uint64_t at = 16 + words * image->pointer_bytes;
    for (uint64_t i = 0; i < buckets; i++, at += 4) {
        if (!image_read(image, address + at, 4, &value))
            return damaged;
        last = value > last ? value : last;
    }
    if (last < first)
        return (struct hash){.bytes = at, .symbols = first};
    for (uint64_t symbol = last;; symbol++) {
        uint64_t place = at + 4 * (symbol - first);
        if (!image_read(image, address + place, 4, &value))
            return damaged;
        if (value & 1)
            return (struct hash){.bytes = place + 4, .symbols = symbol + 1};
    }
}

/** Adds a hash table; returns whether it tells how many symbols there are. */
static bool add_hash(struct rebuild *rebuild, uint64_t address, bool is_gnu, uint64_t *symbols)
{
    if (!address)
        return true;
    struct hash hash =
        is_gnu ? read_gnu_hash(rebuild->image, address) : read_hash(rebuild->image, address);
    rebuild_add(rebuild, (struct piece){.address = address,
                                        .bytes = hash.bytes,
                                        .name = is_gnu ? ".gnu.hash" : ".hash",
                                        .type = is_gnu ? SHT_GNU_HASH : SHT_HASH,
                                        .is_open = hash.is_damaged});
    if (hash.symbols > *symbols)
        *symbols = hash.symbols;
    return !hash.is_damaged;
}

static void add_versions(struct rebuild *rebuild, const struct dynamic *dynamic, uint64_t symbols,
                         bool is_open)
{
    const struct {
        uint64_t address, bytes;
        uint32_t type;
        const char *name;
        bool is_open;
    } tables[] = {
        {dynamic->versions, 2 * symbols, SHT_GNU_versym, ".gnu.version", is_open},
        {dynamic->needed_versions, 0, SHT_GNU_verneed, ".gnu.version_r", true},
        {dynamic->defined_versions, 0, SHT_GNU_verdef, ".gnu.version_d", true},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i].address)
            rebuild_add(rebuild,
                        (struct piece){.address = tables[i].address,
                                       .bytes = tables[i].bytes,
                                       .name = tables[i].name,
                                       .type = tables[i].type,
                                       .entry_bytes = tables[i].type == SHT_GNU_versym ? 2 : 0,
                                       .is_open = tables[i].is_open});
}

static void add_symbols(struct rebuild *rebuild, const struct dynamic *dynamic, uint64_t symbols)
{
    uint64_t bytes = rebuild->image->pointer_bytes == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    bool is_counted = add_hash(rebuild, dynamic->hash, false, &symbols);
    is_counted &= add_hash(rebuild, dynamic->gnu_hash, true, &symbols);
    if (!is_counted)
        diagnose(&rebuild->loader->program->diagnostics, rebuild->image->path,
                 "a hash table of symbols is damaged; whatever stands behind the last known symbol "
                 "is taken for more of them");
    if (dynamic->symbols && symbols)
        rebuild_add(rebuild, (struct piece){.address = dynamic->symbols,
                                            .bytes = symbols * bytes,
                                            .name = ".dynsym",
                                            .type = SHT_DYNSYM,
                                            .entry_bytes = bytes,
                                            .is_open = !is_counted});
    add_versions(rebuild, dynamic, symbols, !is_counted);
}

/* ---- Without a dynamic section --------------------------------------------------------------- */

/** The first address behind what the file begins with: headers and notes. */
static uint64_t behind_headers(const struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *segment = &image->segments[i];
        uint64_t end = segment->address;
        for (size_t k = 0; k < rebuild->pieces.count && !segment->offset; k++) {
            const struct piece *piece = &rebuild->pieces.data[k];
            if (piece->is_minor && piece->address - segment->address < segment->bytes &&
                piece->address + piece->bytes > end)
                end = piece->address + piece->bytes;
        }
        if (!segment->offset && segment->file_bytes)
            return end + -end % image->pointer_bytes;
    }
    return 0;
}

static bool has_flags(const struct image *image, uint64_t address, unsigned flags)
{
    uint32_t segment = image_segment_at(image, address);
    return segment != NONE && (image->segments[segment].flags & flags) == flags;
}

/** Whether an entry there says that a word of data will be what a function of the file returns. */
static bool chooses_function(const struct image *image, uint64_t address)
{
    unsigned word = image->pointer_bytes;
    uint64_t place, info, function;
    return image_read(image, address, word, &place) &&
           image_read(image, address + word, word, &info) &&
           image_read(image, address + 2 * (uint64_t)word, word, &function) && info <= UINT32_MAX &&
           image->arch->relocation_kind((uint32_t)info) == RELOCATION_IFUNC &&
           has_flags(image, place, MEMORY_WRITE) && has_flags(image, function, MEMORY_EXECUTE);
}

void rebuild_add_own_relocations(struct rebuild *rebuild)
{
    const struct image *image = rebuild->image;
    struct relocations table = {.is_rela = true, .is_of_plt = true};
    uint64_t symbols = 0;
    if (rebuild->dynamic || !image->arch)
        return;
    table.address = behind_headers(rebuild);
    while (chooses_function(image, table.address + table.bytes))
        table.bytes += entry_bytes(rebuild, true);
    add_relocations(rebuild, table, &symbols);
    sort_slots(rebuild);
}

/* ---- Together -------------------------------------------------------------------------------- */

static void add_plain_tables(struct rebuild *rebuild, const struct dynamic *dynamic)
{
    const struct {
        uint64_t address, bytes;
        uint32_t type;
        const char *name;
    } tables[] = {
        {rebuild->dynamic, dynamic->bytes, SHT_DYNAMIC, ".dynamic"},
        {dynamic->strings, dynamic->strings_bytes, SHT_STRTAB, ".dynstr"},
        {dynamic->relr, dynamic->relr_bytes, SHT_RELR, ".relr"},
        {dynamic->initializers, dynamic->initializers_bytes, SHT_INIT_ARRAY, ".init_array"},
        {dynamic->finalizers, dynamic->finalizers_bytes, SHT_FINI_ARRAY, ".fini_array"},
        {dynamic->early, dynamic->early_bytes, SHT_PREINIT_ARRAY, ".preinit_array"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i].bytes)
            rebuild_add(rebuild, (struct piece){.address = tables[i].address,
                                                .bytes = tables[i].bytes,
                                                .name = tables[i].name,
                                                .type = tables[i].type});
}

void rebuild_add_dynamic(struct rebuild *rebuild)
{
    struct dynamic dynamic = {0};
    uint64_t symbols = 0;
    if (!rebuild->dynamic)
        return;
    read_dynamic(rebuild, &dynamic);
    if (!dynamic.bytes)
        diagnose(&rebuild->loader->program->diagnostics, rebuild->image->path,
                 "the dynamic section lies outside the file; is the file truncated?");
    rebuild->got = dynamic.got;
    add_plain_tables(rebuild, &dynamic);
    add_all_relocations(rebuild, &dynamic, &symbols);
    add_symbols(rebuild, &dynamic, symbols);
}
