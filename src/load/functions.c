/*
 * functions.c: where the functions are.
 *
 * In: images with symbols, unwind entries, relocations. Out: program.functions, for each image
 * sorted by address and without overlaps; the cold parts of split functions joined to their
 * parents (parts.c).
 *
 * Candidates come from symbols, debug information, unwind tables, entry points and PLT stubs. At
 * one address the better source wins. Where ranges overlap, a sized function symbol cuts what holds
 * it (assembly functions with several entries); anything weaker inside a known function is a label.
 * A function whose size nobody says ends where the next begins.
 */
#include "load/functions.h"
#include "base/array.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/threads.h"
#include "load/elf_file.h"
#include "program/debug.h"

#include <stdlib.h>
#include <string.h>

void candidate_add(struct finder *finder, struct candidate candidate)
{
    candidate.section = image_section_at(finder->image, candidate.address);
    if (candidate.section == NONE)
        return;
    const struct section *section = &finder->image->sections[candidate.section];
    if (!holds_code(section->role) && candidate.source != FUNCTION_PLT)
        return;
    uint64_t room = section->bytes - (candidate.address - section->address);
    if (candidate.bytes > room)
        candidate.bytes = room;
    array_push(&finder->candidates, candidate);
}

static void add_symbols(struct finder *finder)
{
    const struct image *image = finder->image;
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        bool is_data = symbol->type == SYMBOL_OBJECT;
        if (!symbol->is_defined || symbol->type == SYMBOL_TLS || (is_data && !symbol->bytes))
            continue;
        bool is_label = symbol->type == SYMBOL_NONE;
        if (is_label && symbol->binding == BINDING_LOCAL)
            continue;
        candidate_add(finder, (struct candidate){.address = symbol->address,
                                                 .bytes = symbol->bytes,
                                                 .symbol = i,
                                                 .debug_function = NONE,
                                                 .source = FUNCTION_SYMBOL,
                                                 .is_label = is_label,
                                                 .is_ifunc = symbol->type == SYMBOL_IFUNC,
                                                 .is_data = is_data});
    }
}

static void add_ranges(struct finder *finder)
{
    const struct image *image = finder->image;
    for (uint32_t i = 0; image->debug && i < image->debug->function_count; i++)
        candidate_add(finder, (struct candidate){.address = image->debug->functions[i].address,
                                                 .bytes = image->debug->functions[i].bytes,
                                                 .symbol = NONE,
                                                 .debug_function = i,
                                                 .source = FUNCTION_DEBUG});
    for (uint32_t i = 0; i < image->unwind_count; i++) {
        // BOLT leaves the frame descriptions of the functions that it moved; their symbols moved
        // too, so in its old text only symbols tell what is alive.
        uint32_t section = image_section_at(image, image->unwind_entries[i].address);
        if (section != NONE && image->sections[section].role == SECTION_DEAD_CODE &&
            !image->is_stripped)
            continue;
        candidate_add(finder, (struct candidate){.address = image->unwind_entries[i].address,
                                                 .bytes = image->unwind_entries[i].bytes,
                                                 .symbol = NONE,
                                                 .debug_function = NONE,
                                                 .source = FUNCTION_UNWIND});
    }
}

static void add_entry(struct finder *finder, uint64_t address)
{
    if (address)
        candidate_add(finder, (struct candidate){.address = address,
                                                 .symbol = NONE,
                                                 .debug_function = NONE,
                                                 .source = FUNCTION_ENTRY});
}

static void add_entries(struct finder *finder)
{
    const struct image *image = finder->image;
    if (image->is_placed)
        add_entry(finder, image->entry);
    add_entry(finder, image->initializer);
    add_entry(finder, image->finalizer);
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (strcmp(section->name, ".init") == 0 || strcmp(section->name, ".fini") == 0)
            add_entry(finder, section->address);
        if (section->role != SECTION_FUNCTION_LIST || !section->data)
            continue;
        uint64_t address;
        for (uint64_t at = 0; at + image->pointer_bytes <= section->bytes;
             at += image->pointer_bytes)
            if (image_read(image, section->address + at, image->pointer_bytes, &address))
                add_entry(finder, address);
        for (uint32_t k = image_relocation_from(image, section->address);
             k < image->relocation_count &&
             image->relocations[k].address - section->address < section->bytes;
             k++)
            if (image->relocations[k].kind == RELOCATION_RELATIVE)
                add_entry(finder, (uint64_t)image->relocations[k].addend);
    }
}

/** The stub that holds the indirect jump at @p address; stubs are equally large and aligned. */
static void add_stub(struct finder *finder, const struct section *section, uint64_t address,
                     uint64_t slot)
{
    const struct relocation *relocation = image_relocation_at(finder->image, slot);
    if (!relocation)
        return; // the table's first entry jumps to the resolver
    uint64_t bytes =
        section->entry_bytes >= 8 && section->entry_bytes <= 64 ? section->entry_bytes : 16;
    uint64_t start = address - (address - section->address) % bytes;
    candidate_add(finder, (struct candidate){.address = start,
                                             .bytes = bytes,
                                             .symbol = relocation->symbol,
                                             .debug_function = NONE,
                                             .source = FUNCTION_PLT});
}

static void add_stubs(struct finder *finder)
{
    const struct image *image = finder->image;
    for (uint32_t i = 0; image->arch && i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (section->role != SECTION_PLT || !section->data)
            continue;
        struct effect effect;
        for (uint64_t at = 0; at < section->bytes; at += effect.length ? effect.length : 1) {
            image->arch->decode(section->data + at, section->bytes - at, section->address + at,
                                &effect);
            if (effect.length && effect.control == CONTROL_JUMP &&
                effect.target_kind == TARGET_SLOT)
                add_stub(finder, section, section->address + at, effect.target);
        }
    }
}

/** The made-up stubs of an object file: each relocation in that section is one. */
static void add_external_stubs(struct finder *finder)
{
    const struct image *image = finder->image;
    if (image->type != IMAGE_OBJECT)
        return;
    const struct section *section = &image->sections[image->load->external_section];
    for (uint32_t i = image_relocation_from(image, section->address);
         i < image->relocation_count && image->relocations[i].kind == RELOCATION_PLT; i++)
        candidate_add(finder, (struct candidate){.address = image->relocations[i].address,
                                                 .bytes = 16,
                                                 .symbol = image->relocations[i].symbol,
                                                 .debug_function = NONE,
                                                 .source = FUNCTION_PLT});
}

/* ---- One function at each address ------------------------------------------------------------ */

static int by_address_and_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->is_label != y->is_label)
        return x->is_label ? 1 : -1;
    if (x->is_data != y->is_data)
        return x->is_data ? 1 : -1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    // The symbol table is in order of preference already.
    return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/** Lets the candidates at one address become one, the first of them, with what the others know. */
static void merge_equal(struct finder *finder)
{
    size_t kept = 0;
    for (size_t i = 0; i < finder->candidates.count; i++) {
        struct candidate *next = &finder->candidates.data[i];
        struct candidate *last = kept ? &finder->candidates.data[kept - 1] : NULL;
        if (!last || last->address != next->address) {
            finder->candidates.data[kept++] = *next;
            continue;
        }
        if (!last->bytes)
            last->bytes = next->bytes;
        if (last->debug_function == NONE)
            last->debug_function = next->debug_function;
        // A label with a frame description is a function.
        last->is_label &= next->source == FUNCTION_SYMBOL && next->is_label;
        last->is_ifunc |= next->is_ifunc;
    }
    finder->candidates.count = kept;
}

static uint64_t section_end(const struct finder *finder, uint32_t section)
{
    return finder->image->sections[section].address + finder->image->sections[section].bytes;
}

static void give_size(struct finder *finder, size_t index)
{
    struct candidate *candidate = &finder->candidates.data[index];
    if (candidate->bytes)
        return;
    uint64_t end = section_end(finder, candidate->section);
    if (index + 1 < finder->candidates.count && finder->candidates.data[index + 1].address < end)
        end = finder->candidates.data[index + 1].address;
    candidate->bytes = end - candidate->address;
    if (candidate->symbol != NONE && candidate->source == FUNCTION_SYMBOL)
        finder->image->symbols[candidate->symbol].bytes = candidate->bytes;
}

static void sort_and_merge(struct finder *finder)
{
    if (finder->candidates.count)
        qsort(finder->candidates.data, finder->candidates.count, sizeof *finder->candidates.data,
              by_address_and_worth);
    merge_equal(finder);
}

/* ---- No overlaps ----------------------------------------------------------------------------- */

/** A function that was cut by one inside it and may go on behind that. */
struct cut {
    uint64_t end;
    uint32_t function; /* in found */
};

struct sweep {
    struct finder *finder;
    ARRAY(struct cut) cuts;
};

static void emit(struct finder *finder, const struct candidate *candidate, uint32_t part_of)
{
    const char *name = "";
    if (candidate->symbol != NONE)
        name = finder->image->symbols[candidate->symbol].name;
    array_push(&finder->found, (struct function){.address = candidate->address,
                                                 .bytes = candidate->bytes,
                                                 .linkage_name = name,
                                                 .image = finder->image_index,
                                                 .section = candidate->section,
                                                 .symbol = candidate->symbol,
                                                 .debug_function = candidate->debug_function,
                                                 .part_of = part_of,
                                                 .first_part = NONE,
                                                 .next_part = NONE,
                                                 .source = candidate->source,
                                                 .is_ifunc = candidate->is_ifunc});
}

/** Gives the bytes up to @p limit that lie behind inner functions back to the function around. */
static void resume_cuts(struct sweep *sweep, uint64_t limit)
{
    struct finder *finder = sweep->finder;
    while (sweep->cuts.count) {
        const struct function *last = &finder->found.data[finder->found.count - 1];
        uint64_t start = last->address + last->bytes;
        const struct cut *cut = &sweep->cuts.data[sweep->cuts.count - 1];
        uint64_t end = cut->end < limit ? cut->end : limit;
        if (end > start) {
            struct candidate rest = {.address = start,
                                     .bytes = end - start,
                                     .symbol = NONE,
                                     .debug_function = NONE,
                                     .section = last->section,
                                     .source = finder->found.data[cut->function].source};
            emit(finder, &rest, cut->function);
        }
        if (cut->end > limit)
            return;
        sweep->cuts.count--;
    }
}

static bool may_cut(const struct candidate *candidate)
{
    return candidate->source == FUNCTION_SYMBOL && !candidate->is_label;
}

static void resolve_overlaps(struct finder *finder)
{
    struct sweep sweep = {.finder = finder};
    for (size_t i = 0; i < finder->candidates.count; i++) {
        give_size(finder, i);
        struct candidate *candidate = &finder->candidates.data[i];
        if (candidate->is_data)
            continue;
        struct function *last =
            finder->found.count ? &finder->found.data[finder->found.count - 1] : NULL;
        uint64_t last_end = last ? last->address + last->bytes : 0;
        if (last && candidate->address < last_end) {
            if (!may_cut(candidate))
                continue;
            last->bytes = candidate->address - last->address;
            uint32_t whole =
                last->part_of != NONE ? last->part_of : (uint32_t)(last - finder->found.data);
            if (last_end > candidate->address + candidate->bytes)
                array_push(&sweep.cuts, (struct cut){last_end, whole});
        } else {
            resume_cuts(&sweep, candidate->address);
        }
        emit(finder, candidate, NONE);
    }
    if (finder->found.count)
        resume_cuts(&sweep, UINT64_MAX);
    array_deinit(&sweep.cuts);
}

/* ---- All images ------------------------------------------------------------------------------ */

static void find_in_image(struct finder *finder)
{
    add_symbols(finder);
    add_ranges(finder);
    add_entries(finder);
    add_stubs(finder);
    add_external_stubs(finder);
    sort_and_merge(finder);
    functions_discover(finder);
    sort_and_merge(finder);
    resolve_overlaps(finder);
    functions_join_parts(finder);
    array_deinit(&finder->candidates);
}

/** From numbers within an image to numbers within the program. */
static void renumber(struct function *functions, size_t count, uint32_t first)
{
    for (size_t i = 0; i < count; i++) {
        if (functions[i].part_of != NONE)
            functions[i].part_of += first;
        if (functions[i].first_part != NONE)
            functions[i].first_part += first;
        if (functions[i].next_part != NONE)
            functions[i].next_part += first;
    }
}

struct find_job {
    struct finder *finders;
};

static void find_body(void *context, unsigned worker, size_t begin, size_t end)
{
    struct find_job *job = context;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        find_in_image(&job->finders[i]);
}

void find_functions(struct loader *loader)
{
    struct program *program = loader->program;
    struct find_job job = {.finders = xcalloc(program->image_count, sizeof *job.finders)};
    for (uint32_t i = 0; i < program->image_count; i++)
        job.finders[i] = (struct finder){.image = program->images[i], .image_index = i};
    parallel_for(program->workers, program->image_count, 1, find_body, &job);

    program->image_functions =
        arena_calloc(&program->arena, program->image_count + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < program->image_count; i++) {
        program->image_functions[i] = program->function_count;
        program->function_count += (uint32_t)job.finders[i].found.count;
    }
    program->image_functions[program->image_count] = program->function_count;
    program->functions =
        arena_calloc(&program->arena, program->function_count, sizeof *program->functions);
    for (uint32_t i = 0; i < program->image_count; i++) {
        struct finder *finder = &job.finders[i];
        struct function *place = program->functions + program->image_functions[i];
        if (finder->found.count)
            memcpy(place, finder->found.data, finder->found.count * sizeof *place);
        renumber(place, finder->found.count, program->image_functions[i]);
        array_deinit(&finder->found);
    }
    free(job.finders);
}
