/*
 * variables.c: calls through pointers that are kept in variables.
 *
 * In: calls through pointers whose path is a load from a fixed place in writable memory. Out: the
 * function that is there from the start and all that code ever stores there.
 *
 * That is complete if nothing but direct stores of the place's own size writes it: the variable has
 * a symbol that says that it is one word, other images cannot see it, and its address is neither
 * taken by code nor stored in data. A stored argument of a setter is followed to the callers.
 *
 * Why one word: what has more is written with indexes, and compilers fold constants into the
 * address that the index is added to, so that `table[i - 'a'] = f` mentions a place that lies far
 * from the table, in any other variable. To one word an index is only added where its bytes are
 * written one by one; what is folded then is small, so that every address near the variable counts
 * as its own, but one that another symbol has.
 */
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDEST_ACCESS = 64,
    FOLDED = 64, /* so far from a word lies what its own address is computed from */
};

/** A store to a fixed place. */
struct fixed_store {
    uint64_t address;
    uint32_t image, store; /* index in program.pointer_stores */
};

/** An address that is stored in the data of an image. */
struct stored_address {
    uint64_t address;
    uint32_t image;
};

struct resolver {
    struct program *program;
    struct target_pool *pool;
    struct arrivals *arrivals;
    ARRAY(struct fixed_store) stores;      /* by image, then address */
    ARRAY(struct stored_address) pointers; /* by image, then address */
    struct int_map known;                  /* from image and address to an index in `answers` */
    ARRAY(struct way) answers;
};

static int compare(uint32_t image_a, uint64_t address_a, uint32_t image_b, uint64_t address_b)
{
    if (image_a != image_b)
        return image_a < image_b ? -1 : 1;
    return address_a < address_b ? -1 : address_a > address_b;
}

static int by_place(const void *a, const void *b)
{
    const struct fixed_store *x = a, *y = b;
    return compare(x->image, x->address, y->image, y->address);
}

static int by_address(const void *a, const void *b)
{
    const struct stored_address *x = a, *y = b;
    return compare(x->image, x->address, y->image, y->address);
}

/* ---- What is stored where -------------------------------------------------------------------- */

static void find_stores(struct resolver *resolver)
{
    const struct program *program = resolver->program;
    for (uint32_t i = 0; i < program->pointer_store_count; i++) {
        const struct pointer_store *store = &program->pointer_stores[i];
        if (store->place.root != ROOT_ADDRESS || store->place.load_count)
            continue;
        array_push(&resolver->stores,
                   (struct fixed_store){.address = store->place.address +
                                                   (uint64_t)(int64_t)store->place.offsets[0],
                                        .image = program->functions[store->from].image,
                                        .store = i});
    }
    if (resolver->stores.count > 1)
        qsort(resolver->stores.data, resolver->stores.count, sizeof *resolver->stores.data,
              by_place);
}

static void add_pointer(struct resolver *resolver, uint32_t image, uint64_t place)
{
    struct word word = table_word(resolver->program, image, place);
    if (word.kind == WORD_DATA && word.number)
        array_push(&resolver->pointers, (struct stored_address){word.number, image});
}

/** Adds the addresses of writable data that stand anywhere in a section, whole or their low half.
 */
static void find_pointers_in(struct resolver *resolver, uint32_t image_index,
                             const struct section *section)
{
    const struct image *image = resolver->program->images[image_index];
    for (uint64_t at = 0; at + sizeof(uint32_t) <= section->bytes; at++) {
        uint32_t low;
        memcpy(&low, section->data + at, sizeof low);
        // A kernel's addresses are the last ones.
        uint64_t address = (uint64_t)(int64_t)(int32_t)low;
        uint32_t target = image_section_at(image, address);
        if (target != NONE && image->sections[target].is_writable)
            array_push(&resolver->pointers, (struct stored_address){address, image_index});
    }
}

/** Finds the addresses of data that are stored in data, whether by relocations or not. */
static void find_pointers(struct resolver *resolver)
{
    const struct program *program = resolver->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        for (uint32_t k = 0; k < image->relocation_count; k++)
            if (image->relocations[k].function == NONE)
                add_pointer(resolver, i, image->relocations[k].address);
        for (uint32_t k = 0; image->type == IMAGE_EXECUTABLE && k < image->placed_count; k++) {
            if (image->sections[k].data && !image->sections[k].is_executable)
                find_pointers_in(resolver, i, &image->sections[k]);
        }
    }
    if (resolver->pointers.count > 1)
        qsort(resolver->pointers.data, resolver->pointers.count, sizeof *resolver->pointers.data,
              by_address);
}

static bool is_pointed_into(const struct resolver *resolver, uint32_t image, uint64_t begin,
                            uint64_t end)
{
    size_t low = 0, high = resolver->pointers.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct stored_address *at = &resolver->pointers.data[middle];
        if (compare(at->image, at->address, image, begin) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < resolver->pointers.count && resolver->pointers.data[low].image == image &&
           resolver->pointers.data[low].address < end;
}

/* ---- Who may write a variable ---------------------------------------------------------------- */

/** Returns the first reference of an image's code to @p address or behind it. */
static uint32_t first_reference(const struct program *program, uint32_t image, uint64_t address)
{
    uint32_t low = 0, high = program->reference_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct reference *reference = &program->references[middle];
        if (compare(program->functions[reference->from].image, reference->target, image, address) <
            0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_reference_in(const struct program *program, uint32_t index, uint32_t image,
                            uint64_t end)
{
    return index < program->reference_count &&
           program->functions[program->references[index].from].image == image &&
           program->references[index].target < end;
}

/** Returns the last symbol at @p address or before it; NONE */
static uint32_t last_symbol(const struct image *image, uint64_t address)
{
    uint32_t low = 0, high = image->symbol_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->symbols[middle].is_defined && image->symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/** Whether code may write @p variable by an address that this reference mentions. */
static bool may_lead_to(const struct image *image, const struct reference *reference,
                        const struct symbol *variable)
{
    if (reference->kind == REFERENCE_JUMP_TABLE)
        return reference->target - variable->address < variable->bytes;
    if (reference->kind != REFERENCE_ADDRESS)
        return false;
    if (reference->target - variable->address < variable->bytes || reference->bytes)
        return true;
    uint32_t symbol = last_symbol(image, reference->target);
    return symbol == NONE || image->symbols[symbol].address != reference->target;
}

static bool is_address_taken(const struct program *program, uint32_t image_index,
                             const struct symbol *variable)
{
    const struct image *image = program->images[image_index];
    uint64_t begin = variable->address > FOLDED ? variable->address - FOLDED : 0;
    for (uint32_t i = first_reference(program, image_index, begin);
         is_reference_in(program, i, image_index, variable->address + variable->bytes + FOLDED);
         i++)
        if (may_lead_to(image, &program->references[i], variable))
            return true;
    return false;
}

/** Whether all accesses that write the word at @p place are stores of exactly it. */
static bool has_plain_stores(const struct program *program, uint32_t image, uint64_t place)
{
    unsigned bytes = program->images[image]->pointer_bytes;
    uint64_t from = place > WIDEST_ACCESS ? place - WIDEST_ACCESS : 0;
    for (uint32_t i = first_reference(program, image, from);
         is_reference_in(program, i, image, place + bytes); i++) {
        const struct reference *reference = &program->references[i];
        bool reaches =
            reference->target + (reference->bytes ? reference->bytes : WIDEST_ACCESS) > place;
        bool is_plain = reference->target == place && reference->bytes == bytes;
        if (reference->kind == REFERENCE_WRITE && reaches && !is_plain)
            return false;
    }
    return true;
}

/** Returns the variable at @p address that nothing else can write than code that names it. */
static const struct symbol *private_variable(const struct resolver *resolver, uint32_t image_index,
                                             uint64_t address)
{
    const struct image *image = resolver->program->images[image_index];
    const struct symbol *found = NULL;
    for (uint32_t i = last_symbol(image, address);
         i != NONE && !found && image->symbols[i].address + (1 << 20) > address; i--)
        if (image->symbols[i].type == SYMBOL_OBJECT &&
            address - image->symbols[i].address < image->symbols[i].bytes)
            found = &image->symbols[i];
    if (!found || found->bytes != image->pointer_bytes || found->is_dynamic ||
        image->type == IMAGE_OBJECT || is_address_taken(resolver->program, image_index, found) ||
        is_pointed_into(resolver, image_index, found->address, found->address + found->bytes))
        return NULL;
    return found;
}

/* ---- Answers --------------------------------------------------------------------------------- */

/** Adds what one store puts there; false if that is not known. */
static bool add_stored(struct resolver *resolver, const struct pointer_store *store)
{
    struct arrivals *arrivals = resolver->arrivals;
    if (store->place.is_indexed || store->kind == POINTED_ANYTHING)
        return false;
    if (store->kind == POINTED_FUNCTION)
        array_push(&resolver->pool->targets, store->function);
    if (store->kind != POINTED_ARGUMENT)
        return true;
    if (!arrivals_find(arrivals, store->from, store->index))
        return false;
    for (size_t i = 0; i < arrivals->values.count; i++) {
        if (arrivals->values.data[i].kind != POINTED_FUNCTION)
            return false;
        array_push(&resolver->pool->targets, arrivals->values.data[i].function);
    }
    return true;
}

/** Adds what all stores into the variable put there. */
static bool add_all_stored(struct resolver *resolver, uint32_t image, const struct symbol *variable)
{
    size_t low = 0, high = resolver->stores.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct fixed_store *at = &resolver->stores.data[middle];
        if (compare(at->image, at->address, image, variable->address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < resolver->stores.count && resolver->stores.data[low].image == image &&
           resolver->stores.data[low].address < variable->address + variable->bytes;
         low++) {
        const struct fixed_store *at = &resolver->stores.data[low];
        const struct pointer_store *store = &resolver->program->pointer_stores[at->store];
        if (!add_stored(resolver, store))
            return false;
    }
    return true;
}

static struct way answer(struct resolver *resolver, uint32_t image, uint64_t place)
{
    struct way way = {.first = target_pool_mark(resolver->pool), .kind = CALL_FIELD};
    const struct symbol *variable = private_variable(resolver, image, place);
    struct word word = table_word(resolver->program, image, place);
    if (!variable || variable->address != place ||
        !has_plain_stores(resolver->program, image, place) || word.kind == WORD_DATA ||
        (word.kind == WORD_NUMBER && word.number))
        return way;
    if (word.kind == WORD_FUNCTION)
        array_push(&resolver->pool->targets, word.function);
    if (!add_all_stored(resolver, image, variable)) {
        resolver->pool->targets.count = way.first;
        return way;
    }
    way.count = target_pool_close(resolver->pool, way.first);
    way.is_null = !way.count;
    return way;
}

static bool is_variable(const struct image *image, uint64_t address)
{
    uint32_t section = image_section_at(image, address);
    if (section == NONE)
        return false;
    enum section_role role = image->sections[section].role;
    return role == SECTION_DATA || role == SECTION_BSS;
}

static struct way resolve(struct resolver *resolver, const struct pointer_call *pointer)
{
    const struct program *program = resolver->program;
    const struct access_path *callee = &pointer->callee;
    uint32_t image = program->functions[program->calls[pointer->call].from].image;
    uint64_t place = callee->address + (uint64_t)(int64_t)callee->offsets[0];
    if (callee->root != ROOT_ADDRESS || callee->load_count != 1 || callee->offsets[1] ||
        callee->is_indexed || !is_variable(program->images[image], place))
        return (struct way){0};
    uint64_t key = place ^ (uint64_t)image << 48;
    uint32_t known = int_map_get(&resolver->known, key);
    if (known != MAP_NONE)
        return resolver->answers.data[known];
    struct way way = answer(resolver, image, place);
    int_map_set(&resolver->known, key, (uint32_t)resolver->answers.count);
    array_push(&resolver->answers, way);
    return way;
}

void variables_resolve(struct program *program, struct target_pool *pool, struct arrivals *arrivals)
{
    struct resolver resolver = {.program = program, .pool = pool, .arrivals = arrivals};
    int_map_init(&resolver.known);
    find_stores(&resolver);
    find_pointers(&resolver);
    for (uint32_t i = 0; i < program->pointer_call_count; i++)
        if (!pool->ways[i].count)
            pool->ways[i] = resolve(&resolver, &program->pointer_calls[i]);
    int_map_deinit(&resolver.known);
    array_deinit(&resolver.stores);
    array_deinit(&resolver.pointers);
    array_deinit(&resolver.answers);
}
