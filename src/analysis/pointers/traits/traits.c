/*
 * traits.c: which vtables a trait object of a known trait can have.
 *
 * In: vtables by shape, debug information. Out: the functions at an offset of those that an object
 * of `dyn T` may carry, when debug information says that the receiver of a call is one.
 *
 * All vtables of T are laid out alike: at each place is the same method, of T or of a trait that T
 * extends, or nothing. Which trait it is of, the tables tell that debug information names for T: by
 * the names of the functions in them. A table is not T's if at some place of T's layout it has a
 * function that is certainly a method of another trait, or of none. This asks nothing of the name
 * of that table: it may be that of a trait that extends T, whose tables begin with T's and serve
 * for it after an upcast, or of one with equal contents, whose tables the compiler makes one; both
 * have T's methods in T's places, and stay.
 *
 * What a function is, its symbol says: "<X as T>::m", or "T::m" where X has T's own. This is
 * certain
 *
 *   - where code was not optimized: every parameter of its unit has one place in the frame; LLVM
 *     lets equal functions be one only where it optimizes; and where a linker did, the function has
 *     several symbols. Closures implement the standard library's traits alone.
 *   - for the standard library as it comes with the compiler, of which there are lines but no
 *     types: equal functions may be one, but all of them are of traits that it knows, none of
 *     which is the program's. That code of this kind is the standard library's must hold for all
 *     Rust code of the image.
 *
 * The receiver's type is that of a variable in code that was not optimized (receivers.c). There is
 * no answer for a trait whose tables contradict each other, or of whose crate there are several
 * versions; Rust's rules hold: a pointer to `dyn T` has a vtable of T, which the compiler made.
 */
#include "analysis/pointers/traits/traits.h"

#include "analysis/pointers/fields/typed.h"
#include "analysis/pointers/traits/trait_names.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 4096 };

/* ---- Texts ----------------------------------------------------------------------------------- */

static uint32_t text_of(struct traits *traits, struct span span)
{
    CLEANUP_FREE char *text = xcalloc(span.bytes + 1, 1);
    memcpy(text, span.text, span.bytes);
    uint32_t known = string_map_get(&traits->texts, text);
    if (known != MAP_NONE)
        return known;
    const char *name = arena_strdup(&traits->program->arena, text);
    known = (uint32_t)traits->text_names.count;
    string_map_set(&traits->texts, name, known);
    array_push(&traits->text_names, name);
    return known;
}

static uint32_t crate_of_text(struct traits *traits, const char *path)
{
    return text_of(traits, crate_of_path((struct span){path, strlen(path)}));
}

/* ---- Units ----------------------------------------------------------------------------------- */

/** Notes the crate of a unit that is named "src/lib.rs/@/crate.0123456789abcdef-cgu.0". */
static void note_crate(struct traits *traits, const struct debug_unit *unit, struct int_map *seen)
{
    const char *name = strstr(unit->name, "/@/");
    const char *dot = name ? strchr(name, '.') : NULL;
    if (unit->language != LANGUAGE_RUST || !dot || !strstr(dot, "-cgu."))
        return;
    uint32_t crate = text_of(traits, (struct span){name + 3, (size_t)(dot - name - 3)});
    uint32_t id = text_of(traits, (struct span){dot, (size_t)(strstr(dot, "-cgu.") - dot)});
    if (standard_is_unit(unit))
        int_map_set(&traits->standard_crates, crate, 1);
    uint32_t other = int_map_get(seen, crate);
    if (other != MAP_NONE && other != id)
        int_map_set(&traits->several_crates, crate, 1);
    int_map_set(seen, crate, id);
}

static void read_units(struct traits *traits)
{
    static const char *const names[] = {"core", "alloc", "std"};
    struct int_map seen;
    int_map_init(&seen);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        int_map_set(&traits->standard_crates, crate_of_text(traits, names[i]), 1);
    for (uint32_t i = 0; i < traits->program->image_count; i++) {
        const struct debug_info *debug = traits->program->images[i]->debug;
        for (uint32_t k = 0; debug && k < debug->unit_count; k++)
            note_crate(traits, &debug->units[k], &seen);
    }
    int_map_deinit(&seen);
}

/* ---- Functions ------------------------------------------------------------------------------- */

/** How many names a function has, besides the one that is known best. */
struct aliases {
    bool are_none;     // so that no linker put others in its place
    bool are_standard; // so that all that are in its place are the standard library's
};

static struct aliases aliases_of(const struct traits *traits, const struct function *function)
{
    const struct image *image = traits->program->images[function->image];
    struct aliases aliases = {function->symbol != NONE, function->symbol != NONE};
    uint32_t first = function->symbol == NONE ? NONE : image_first_alias(image, function);
    for (uint32_t i = first;
         i < image->symbol_count && image->symbols[i].address == function->address; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || symbol->type != SYMBOL_FUNCTION ||
            strcmp(symbol->name, function->linkage_name) == 0)
            continue;
        aliases.are_none = false;
        aliases.are_standard &= standard_has_symbol(&traits->standard, symbol->name);
    }
    return aliases;
}

static const struct debug_function *debug_function_of(const struct debug_info *debug,
                                                      const struct function *function)
{
    return function->debug_function == NONE ? NULL : &debug->functions[function->debug_function];
}

static void read_name(struct traits *traits, uint32_t function, struct method *ret)
{
    const char *symbol = traits->program->functions[function].linkage_name;
    struct span path;
    enum method_kind kind =
        trait_of_method(program_function_name(traits->program, function), &path);
    ret->kind = (uint8_t)kind;
    ret->mangling = symbol[1] == 'R';
    if (kind == METHOD_NAMED)
        ret->path = text_of(traits, path);
}

static struct method read_method(struct traits *traits, uint32_t function)
{
    const struct program *program = traits->program;
    const struct function *record = &program->functions[function];
    struct method method = {.path = NONE, .kind = METHOD_UNKNOWN};
    if (record->image == NONE || !is_rust_function(program, function))
        return method;
    const struct image *image = program->images[record->image];
    if (!image->debug || image->is_rewritten)
        return method;
    struct aliases aliases = aliases_of(traits, record);
    const struct debug_function *debug = debug_function_of(image->debug, record);
    const struct debug_unit *unit = debug ? &image->debug->units[debug->unit] : NULL;
    method.is_standard = aliases.are_standard && standard_has(&traits->standard, function);
    if (aliases.are_none && unit && unit->language == LANGUAGE_RUST && unit->keeps_parameters &&
        debug->linkage_name && strcmp(debug->linkage_name, record->linkage_name) == 0)
        read_name(traits, function, &method);
    return method;
}

static struct method method_of(struct traits *traits, uint32_t function)
{
    uint32_t known = int_map_get(&traits->by_function, function);
    if (known != MAP_NONE)
        return traits->methods.data[known];
    struct method method = read_method(traits, function);
    int_map_set(&traits->by_function, function, (uint32_t)traits->methods.count);
    array_push(&traits->methods, method);
    return method;
}

/* ---- Layouts --------------------------------------------------------------------------------- */

static uint32_t trait_named(struct traits *traits, const char *name)
{
    uint32_t known = string_map_get(&traits->by_name, name);
    if (known != MAP_NONE)
        return known;
    const char *kept = arena_strdup(&traits->program->arena, name);
    known = (uint32_t)traits->traits.count;
    string_map_set(&traits->by_name, kept, known);
    array_push(&traits->traits, (struct trait){.name = kept});
    return known;
}

static int by_place(const void *a, const void *b)
{
    const struct named_table *x = a, *y = b;
    if (x->image != y->image)
        return x->image < y->image ? -1 : 1;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->trait < y->trait ? -1 : x->trait > y->trait;
}

static void find_named(struct traits *traits)
{
    char name[MAX_TRAIT_NAME];
    for (uint32_t i = 0; i < traits->program->image_count; i++) {
        const struct image *image = traits->program->images[i];
        for (uint32_t k = 0; image->debug && k < image->debug->variable_count; k++) {
            const struct debug_variable *variable = &image->debug->variables[k];
            if (variable->kind != DEBUG_VTABLE ||
                variable->bytes > MAX_WORDS * (uint64_t)image->pointer_bytes ||
                !trait_of_table(variable->name, name))
                continue;
            array_push(&traits->named,
                       (struct named_table){variable->address, i, trait_named(traits, name),
                                            (uint32_t)(variable->bytes / image->pointer_bytes)});
        }
    }
    if (traits->named.count > 1)
        qsort(traits->named.data, traits->named.count, sizeof *traits->named.data, by_place);
}

/** Puts what one table of the trait has at a place into the trait's layout. */
static void learn(struct traits *traits, struct trait *trait, uint32_t index, uint32_t function)
{
    struct method method = method_of(traits, function);
    if (method.kind != METHOD_NAMED)
        return;
    uint32_t *path = &traits->slots.data[trait->first_slot + index].paths[method.mangling];
    trait->is_contradictory |= *path != NONE && *path != method.path;
    *path = method.path;
}

static void read_table(struct traits *traits, struct trait *trait, const struct named_table *table)
{
    unsigned bytes = traits->program->images[table->image]->pointer_bytes;
    if (!trait->words) {
        trait->words = table->words;
        trait->first_slot = (uint32_t)traits->slots.count;
        for (uint32_t i = 0; i < table->words; i++)
            array_push(&traits->slots, (struct trait_slot){{NONE, NONE}});
    }
    trait->is_contradictory |= trait->words != table->words;
    for (uint32_t i = 0; i < table->words && !trait->is_contradictory; i++) {
        struct word word = table_word(traits->program, table->image, table->address + i * bytes);
        if (word.kind == WORD_FUNCTION)
            learn(traits, trait, i, word.function);
    }
}

/** What functions in the first place are, those that drop a value, all tables tell. */
static void read_drops(struct traits *traits)
{
    traits->drop = (struct trait_slot){{NONE, NONE}};
    bool is_contradictory = false;
    for (size_t i = 0; i < traits->named.count; i++) {
        const struct named_table *table = &traits->named.data[i];
        struct word word = table_word(traits->program, table->image, table->address);
        struct method method = {.kind = METHOD_UNKNOWN};
        if (word.kind == WORD_FUNCTION)
            method = method_of(traits, word.function);
        if (method.kind != METHOD_NAMED)
            continue;
        uint32_t *path = &traits->drop.paths[method.mangling];
        is_contradictory |= *path != NONE && *path != method.path;
        *path = method.path;
    }
    if (is_contradictory)
        traits->drop = (struct trait_slot){{NONE, NONE}};
}

static void read_trait(struct traits *traits, uint32_t index)
{
    struct trait *trait = &traits->traits.data[index];
    uint32_t crate = crate_of_text(traits, trait->name);
    trait->is_read = true;
    trait->is_contradictory = int_map_get(&traits->several_crates, crate) != MAP_NONE;
    for (size_t i = 0; i < traits->named.count; i++)
        if (traits->named.data[i].trait == index)
            read_table(traits, trait, &traits->named.data[i]);
}

uint32_t traits_find(struct traits *traits, const char *name)
{
    uint32_t trait = string_map_get(&traits->by_name, name);
    if (trait == MAP_NONE)
        return NONE;
    if (!traits->traits.data[trait].is_read)
        read_trait(traits, trait);
    return traits->traits.data[trait].is_contradictory ? NONE : trait;
}

/* ---- Tables of a trait ----------------------------------------------------------------------- */

static bool is_standard_path(struct traits *traits, uint32_t path)
{
    uint32_t known = int_map_get(&traits->standard_paths, path);
    if (known != MAP_NONE)
        return known;
    uint32_t crate = crate_of_text(traits, traits->text_names.data[path]);
    known = int_map_get(&traits->standard_crates, crate) != MAP_NONE;
    int_map_set(&traits->standard_paths, path, known);
    return known;
}

/** Whether the function certainly is no method of the trait that the slot's is of. */
static bool is_other_method(struct traits *traits, const struct trait_slot *slot, uint32_t function)
{
    struct method method = method_of(traits, function);
    if (method.kind == METHOD_NAMED) {
        uint32_t path = slot->paths[method.mangling];
        return path != NONE && path != method.path;
    }
    uint32_t path = slot->paths[0] == NONE ? slot->paths[1] : slot->paths[0];
    return path != NONE && (method.kind == METHOD_CLOSURE || method.is_standard) &&
           !is_standard_path(traits, path);
}

/** Whether debug information says that the table is smaller than those of the trait. */
static bool is_too_small(const struct traits *traits, const struct trait *trait,
                         const struct rust_table *table)
{
    struct named_table key = {.address = table->address, .image = table->image};
    size_t low = 0, high = traits->named.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&traits->named.data[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < traits->named.count; low++) {
        const struct named_table *named = &traits->named.data[low];
        if (named->address != table->address || named->image != table->image)
            break;
        if (named->words && named->words < trait->words)
            return true;
    }
    return false;
}

/** Reads the functions of all tables, once. */
static void read_words(struct traits *traits)
{
    const struct tables *tables = traits->tables;
    traits->first_words = xcalloc(tables->rust_table_count + 1, sizeof *traits->first_words);
    for (size_t i = 0; i < tables->rust_table_count; i++) {
        const struct rust_table *table = &tables->rust_tables[i];
        unsigned bytes = traits->program->images[table->image]->pointer_bytes;
        traits->first_words[i] = (uint32_t)traits->words.count;
        for (uint32_t k = 0; k < table->words; k++) {
            struct word word =
                table_word(traits->program, table->image, table->address + k * bytes);
            array_push(&traits->words, word.kind == WORD_FUNCTION ? word.function : NONE);
        }
    }
}

static bool may_be_of(struct traits *traits, const struct trait *trait, size_t index)
{
    const struct rust_table *table = &traits->tables->rust_tables[index];
    const uint32_t *words = traits->words.data + traits->first_words[index];
    if (is_too_small(traits, trait, table))
        return false;
    for (uint32_t i = 0; i < trait->words && i < table->words; i++) {
        const struct trait_slot *slot =
            i ? &traits->slots.data[trait->first_slot + i] : &traits->drop;
        if (words[i] != NONE && is_other_method(traits, slot, words[i]))
            return false;
    }
    return true;
}

static const bool *tables_of(struct traits *traits, uint32_t index)
{
    size_t count = traits->tables->rust_table_count;
    struct trait *trait = &traits->traits.data[index];
    if (trait->may_have)
        return trait->may_have;
    if (!traits->first_words)
        read_words(traits);
    trait->may_have = xcalloc(count + 1, sizeof *trait->may_have);
    for (size_t i = 0; i < count; i++)
        trait->may_have[i] = may_be_of(traits, trait, i);
    return trait->may_have;
}

void traits_push(struct traits *traits, uint32_t trait, uint32_t offset, struct target_pool *pool)
{
    const bool *may_have = tables_of(traits, trait);
    for (size_t i = 0; i < traits->tables->rust_table_count; i++) {
        const struct rust_table *table = &traits->tables->rust_tables[i];
        uint32_t bytes = traits->program->images[table->image]->pointer_bytes;
        if (!may_have[i] || offset % bytes || offset / bytes >= table->words)
            continue;
        uint32_t function = traits->words.data[traits->first_words[i] + offset / bytes];
        if (function != NONE)
            array_push(&pool->targets, function);
    }
}

/* ---- Receivers ------------------------------------------------------------------------------- */

/** Describes a function that was not optimized, so that its variables and arguments keep their
 *  places; NULL of others. */
static const struct debug_function *plain_function(const struct program *program, uint32_t function)
{
    const struct function *record = &program->functions[function];
    const struct debug_info *debug = program->images[record->image]->debug;
    if (!debug || record->debug_function == NONE)
        return NULL;
    const struct debug_function *plain = &debug->functions[record->debug_function];
    return debug->units[plain->unit].keeps_parameters ? plain : NULL;
}

/** Writes the trait of a pointer type. */
static bool trait_of_type(struct type_ref pointer, char ret[MAX_TRAIT_NAME])
{
    const struct type *type = type_of(pointer);
    return type && type->name && trait_of_pointer(type->name, ret);
}

/** Writes the trait of the pointer that a call returned; its second word is the table. */
static bool trait_of_result(const struct program *program, const struct access_path *path,
                            char ret[MAX_TRAIT_NAME])
{
    if (path->call == NONE || path->load_count || path->offsets[0])
        return false;
    const struct call *call = &program->calls[path->call];
    if (call->target_count != 1 || call->is_partial)
        return false;
    uint32_t callee = program_whole(program, program->call_targets[call->first_target]);
    struct type_ref result = typed_rust_result(program, callee);
    const struct type *type = type_of(result);
    return type && type->kind == TYPE_STRUCT && trait_of_type(result, ret);
}

/** Writes the trait of the variable, or of the result of a call, that the table came from. */
static bool trait_of_place(const struct program *program, const struct pointer_call *pointer,
                           char ret[MAX_TRAIT_NAME])
{
    struct access_path path = pointer->receiver;
    struct field field;
    if (path.root == ROOT_RESULT && path.index)
        return trait_of_result(program, &path, ret);
    if (path.root == ROOT_FRAME)
        path.call = pointer->call;
    if (path.root == ROOT_UNKNOWN || !path.load_count ||
        !typed_value(program, program->calls[pointer->call].from, &path, &field) || !field.owner)
        return false;
    struct type_ref owner = {field.type.table, type_find(field.type.table, field.owner)};
    return trait_of_type(owner, ret);
}

/**
 * Writes the trait of what a function drops that the compiler made: it gets a pointer to it, which
 * has two words if it is the trait object itself, and is no variable.
 */
static bool trait_of_dropped(const char *function, const struct pointer_call *pointer,
                             int pointer_bytes, char ret[MAX_TRAIT_NAME])
{
    static const char drop[] = "core::ptr::drop_in_place<", box[] = "alloc::boxed::Box<";
    const struct access_path *callee = &pointer->callee;
    if (strncmp(function, drop, sizeof drop - 1) != 0 || callee->root != ROOT_ARGUMENT ||
        callee->is_indexed)
        return false;
    function += sizeof drop - 1;
    bool is_box = strncmp(function, box, sizeof box - 1) == 0;
    function += is_box ? sizeof box - 1 : 0;
    bool is_table = is_box ? callee->load_count == 2 && callee->index == 0 &&
                                 callee->offsets[0] == pointer_bytes
                           : callee->load_count == 1 && callee->index == 1;
    bool is_object = strncmp(function, "dyn ", 4) == 0 || strncmp(function, "(dyn ", 5) == 0;
    return is_table && is_object && trait_of_pointer(function, ret);
}

uint32_t traits_of_receiver(struct traits *traits, const struct pointer_call *pointer)
{
    struct program *program = traits->program;
    uint32_t from = program->calls[pointer->call].from;
    const struct image *image = program->images[program->functions[from].image];
    const struct debug_function *function = plain_function(program, from);
    char name[MAX_TRAIT_NAME];
    if (!traits->named.count || !function ||
        (!trait_of_place(program, pointer, name) &&
         !trait_of_dropped(function->name, pointer, (int)image->pointer_bytes, name)))
        return NONE;
    return traits_find(traits, name);
}

/* ---- All of it ------------------------------------------------------------------------------- */

void traits_init(struct traits *ret, struct program *program, const struct tables *tables)
{
    *ret = (struct traits){.program = program, .tables = tables};
    string_map_init(&ret->texts);
    string_map_init(&ret->by_name);
    int_map_init(&ret->standard_crates);
    int_map_init(&ret->standard_paths);
    int_map_init(&ret->several_crates);
    int_map_init(&ret->by_function);
    find_named(ret);
    if (!ret->named.count)
        return;
    standard_init(&ret->standard, program);
    read_units(ret);
    read_drops(ret);
}

void traits_deinit(struct traits *traits)
{
    for (size_t i = 0; i < traits->traits.count; i++)
        free(traits->traits.data[i].may_have);
    if (traits->named.count)
        standard_deinit(&traits->standard);
    string_map_deinit(&traits->texts);
    string_map_deinit(&traits->by_name);
    int_map_deinit(&traits->standard_crates);
    int_map_deinit(&traits->standard_paths);
    int_map_deinit(&traits->several_crates);
    int_map_deinit(&traits->by_function);
    array_deinit(&traits->text_names);
    array_deinit(&traits->traits);
    array_deinit(&traits->slots);
    array_deinit(&traits->named);
    array_deinit(&traits->words);
    free(traits->first_words);
    array_deinit(&traits->methods);
}
