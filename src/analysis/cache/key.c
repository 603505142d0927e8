/*
 * key.c: everything that decoding (decode.c, code/) reads. In: an image and the functions its
 * relocations are bound to. Out: the key of its entry.
 *
 *   the program that decodes  the build-ids of dwell itself and of the libraries it runs with (the
 *                             disassembler is one of them); of those without, their code. So a
 *                             rebuilt dwell never reads what another one wrote, even if nobody has
 *                             thought of changing a version
 *   what the loader made      sections, functions and whether they are Rust's, unwind entries,
 *                             relocations with the symbols they name; these also depend on debug
 *                             information elsewhere
 *   what code can name        which relocation leads to which function (numbering.h), and
 *                             facts.wanted_arguments of these and of the image's own
 *   what debug information says of the places in frames
 *   the bytes of the segments
 *
 * The last is why a build-id is not enough to go by, though it is part of the key: it stays when a
 * file is patched, and Rust's own libraries have none. Hashing keeps up with reading memory, which
 * is a few hundredths of what decoding takes. Left out: sections that are not loaded; names.
 */
#include "analysis/cache/key.h"

#include "arch/arch.h"
#include "program/debug.h"
#include "program/facts.h"

#include <elf.h>
#include <link.h>
#include <string.h>

/* ---- The program itself ---------------------------------------------------------------------- */

/** Adds the build-id of a loaded object; false if it has none. */
static bool add_build_id(struct hash *hash, const struct dl_phdr_info *object,
                         const ElfW(Phdr) * header)
{
    const char *at = (const char *)(object->dlpi_addr + header->p_vaddr);
    const char *end = at + header->p_memsz;
    while (end - at > (ptrdiff_t)sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        const char *name = at + sizeof note;
        const char *content = name + (((size_t)note.n_namesz + 3) & ~(size_t)3);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
            hash_add(hash, content, note.n_descsz);
            return true;
        }
        at = content + (((size_t)note.n_descsz + 3) & ~(size_t)3);
    }
    return false;
}

/** Adds the segments that are not changed when the object is loaded; false if there are none. */
static bool add_code(struct hash *hash, const struct dl_phdr_info *object)
{
    bool has_code = false;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R) || header->p_flags & PF_W)
            continue;
        hash_add(hash, (const char *)(object->dlpi_addr + header->p_vaddr), header->p_memsz);
        has_code = true;
    }
    return has_code;
}

struct identity {
    struct hash hash;
    bool is_complete;
};

static int add_object(struct dl_phdr_info *object, size_t bytes, void *context)
{
    struct identity *identity = context;
    (void)bytes;
    // The kernel's own object is in the address space of every program.
    if (object->dlpi_name && strncmp(object->dlpi_name, "linux-vdso", 10) == 0)
        return 0;
    for (unsigned i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_NOTE &&
            add_build_id(&identity->hash, object, &object->dlpi_phdr[i]))
            return 0;
    identity->is_complete = add_code(&identity->hash, object) && identity->is_complete;
    return 0;
}

bool key_of_program(struct hash_value *ret)
{
    struct identity identity = {.is_complete = true};
    hash_init(&identity.hash);
    hash_add_text(&identity.hash, DWELL_VERSION);
    dl_iterate_phdr(add_object, &identity);
    *ret = hash_get(&identity.hash);
    return identity.is_complete;
}

/* ---- The image ------------------------------------------------------------------------------- */

static void add_numbers(struct hash *hash, const uint64_t *numbers, size_t count)
{
    hash_add(hash, numbers, count * sizeof *numbers);
}

#define ADD(hash, ...)                                                                             \
    add_numbers((hash), (const uint64_t[]){__VA_ARGS__},                                           \
                sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void add_image(struct hash *hash, const struct image *image)
{
    hash_add_text(hash, image->build_id);
    hash_add_text(hash, image->machine);
    ADD(hash, image->file_bytes, image->type, image->pointer_bytes, image->is_placed,
        image->debug != NULL, image->relro_address, image->relro_bytes);
}

/** Adds the bytes of the segments; of a file where they overlap, all of it, once. */
static void add_bytes(struct hash *hash, const struct image *image)
{
    uint64_t left = image->file_bytes;
    uint32_t count = 0;
    while (count < image->segment_count && image->segments[count].file_bytes <= left)
        left -= image->segments[count++].file_bytes;
    if (count < image->segment_count) {
        hash_add(hash, image->file, image->file_bytes);
        return;
    }
    // The offset of a segment without bytes may be anything.
    for (uint32_t i = 0; i < count; i++)
        if (image->segments[i].file_bytes)
            hash_add(hash, image->file + image->segments[i].offset, image->segments[i].file_bytes);
}

/** Adds what debug_local_part() tells of the frames of functions. */
static void add_locals(struct hash *hash, const struct debug_info *debug)
{
    ADD(hash, debug ? debug->local_count : 0);
    for (uint32_t i = 0; debug && i < debug->local_count; i++) {
        const struct debug_local *local = &debug->locals[i];
        uint32_t type = type_find(&debug->types, local->type_key);
        ADD(hash, local->address, (uint64_t)local->offset, local->type_key,
            local->is_from_stack_pointer, type == NONE ? 0 : debug->types.types[type].bytes);
    }
}

static void add_segments(struct hash *hash, const struct image *image)
{
    ADD(hash, image->segment_count);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *segment = &image->segments[i];
        ADD(hash, segment->address, segment->bytes, segment->offset, segment->file_bytes,
            segment->flags);
    }
}

static void add_sections(struct hash *hash, const struct image *image)
{
    ADD(hash, image->placed_count);
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        ADD(hash, section->address, section->bytes, section->role, section->data != NULL,
            section->is_writable, section->is_executable);
    }
}

static void add_unwind_entries(struct hash *hash, const struct image *image)
{
    ADD(hash, image->unwind_count);
    for (uint32_t i = 0; i < image->unwind_count; i++) {
        const struct unwind_entry *entry = &image->unwind_entries[i];
        ADD(hash, entry->address, entry->bytes, entry->lsda, (uint64_t)entry->entry_cfa_offset);
    }
}

/** A function of the image by its number; NONE stays. */
static uint32_t own_number(const struct numbering *numbering, uint32_t function)
{
    return function == NONE ? NONE : function - numbering->first;
}

static void add_functions(struct hash *hash, const struct numbering *numbering)
{
    const struct program *program = numbering->program;
    const uint8_t *wanted = program->facts->wanted_arguments;
    const char **crates = program->facts->crates;
    ADD(hash, numbering->count, wanted != NULL);
    for (uint32_t i = 0; i < numbering->count; i++) {
        const struct function *function = &program->functions[numbering->first + i];
        ADD(hash, function->address, function->bytes, own_number(numbering, function->part_of),
            own_number(numbering, function->first_part), own_number(numbering, function->next_part),
            function->source, function->section, wanted ? wanted[numbering->first + i] : 0,
            crates && crates[numbering->first + i]);
    }
    ADD(hash, numbering->other_count, numbering->before_count);
    for (uint32_t i = 0; i < numbering->other_count; i++)
        ADD(hash, wanted ? wanted[numbering->others[i]] : 0);
}

static void add_relocations(struct hash *hash, const struct numbering *numbering)
{
    const struct program *program = numbering->program;
    const struct image *image = program->images[numbering->image];
    static const struct symbol no_symbol = {.name = NULL};
    ADD(hash, image->relocation_count);
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        const struct relocation *relocation = &image->relocations[i];
        const struct symbol *symbol =
            relocation->symbol == NONE ? &no_symbol : &image->symbols[relocation->symbol];
        uint32_t number = NONE;
        if (relocation->function != NONE)
            numbering_encode(numbering, program_whole(program, relocation->function), &number);
        ADD(hash, relocation->address, (uint64_t)relocation->addend, relocation->kind, number,
            relocation->symbol == NONE, symbol->address, symbol->is_defined, symbol->type);
    }
}

struct hash_value key_of_image(const struct numbering *numbering, struct hash_value self)
{
    const struct image *image = numbering->program->images[numbering->image];
    struct hash hash;
    hash_init(&hash);
    ADD(&hash, self.words[0], self.words[1], numbering->image == 0);
    add_image(&hash, image);
    add_locals(&hash, image->debug);
    add_segments(&hash, image);
    add_sections(&hash, image);
    add_unwind_entries(&hash, image);
    add_functions(&hash, numbering);
    add_relocations(&hash, numbering);
    add_bytes(&hash, image);
    return hash_get(&hash);
}
