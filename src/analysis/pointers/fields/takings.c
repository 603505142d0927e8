/*
 * takings.c: where the addresses of functions are taken.
 *
 * In: relocations (or, where an image has a fixed place, words of data), stores and arguments of
 * the code, types. Out: views, seeds, and functions that went where nothing is known.
 *
 * The question is asked of functions, not of pointers: a pointer can only hold what was taken
 * somewhere. A function is called as what it was declared (its own view), or as what it was taken
 * for (the type of the member, variable or parameter that its address was put into). If it was put
 * into something else, such as memory of an unknown type or a `void *`, it is loose and may be
 * called as anything with as many parameters of the same kinds. A function without debug
 * information fits everything. What is taken inside the system's own libraries stays there: they do
 * not know the program's structs. (Their own structs are a different matter; see
 * field.is_from_system.)
 *
 * Slots of virtual tables and lists of constructors are no takings: pointers are not loaded from
 * them by other means than virtual calls and the start of the program.
 *
 * A struct is closed if no debug information says that it is ever written (type.is_mutable) and no
 * code was seen to write to it: what its members hold stands in the initializers of variables. What
 * this cannot see is a pointer that is loaded from one member and put into a temporary object of
 * such a type on the stack that has no name.
 *
 * Left out: pointers in data that are not aligned, in images with a fixed place.
 */
#include "analysis/pointers/fields/takings.h"

#include "analysis/pointers/objects/tables.h"
#include "base/memory.h"
#include "base/search.h"
#include "program/facts.h"

#include <stdlib.h>
#include <string.h>

enum flag {
    FLAG_SEEN = 1,  /* a place that takes its address was looked at */
    FLAG_TAKEN = 2, /* outside the system's libraries */
    FLAG_LOOSE = 4,
};

/* ---- Images ---------------------------------------------------------------------------------- */

static bool has_types(const struct image *image)
{
    return image->debug && image->debug->types.count;
}

bool image_is_runtime(const struct image *image)
{
    static const char *const names[] = {
        "libc.so",     "libm.so",      "ld-linux",     "libpthread.so", "libdl.so", "librt.so",
        "libgcc_s.so", "libstdc++.so", "libresolv.so", "libutil.so",    "libanl.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!has_types(image) && strncmp(image->name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_data(const struct image *image, uint64_t address)
{
    uint32_t section = image_section_at(image, address);
    if (section == NONE)
        return false;
    switch (image->sections[section].role) {
    case SECTION_READ_ONLY:
    case SECTION_RELRO:
    case SECTION_DATA:
    case SECTION_OTHER:
        return true;
    default:
        return false;
    }
}

/* ---- Noting ---------------------------------------------------------------------------------- */

static void add_view(struct takings *takings, uint64_t shape, uint32_t function)
{
    array_push(&takings->views, (struct view){shape, function});
}

/** The address of @p function was put into a place of type @p type in @p image. */
static bool take_as(struct takings *takings, uint32_t function, struct type_ref type)
{
    const struct type *prototype = type_of(typed_pointee_function(type));
    if (!prototype)
        return false;
    add_view(takings, prototype->shape, function);
    return true;
}

static void mark(struct takings *takings, uint32_t function, uint32_t image, bool is_typed)
{
    uint8_t *flags = &takings->flags[function];
    *flags |= FLAG_SEEN;
    if (image == NONE || !takings->is_runtime[image])
        *flags |= is_typed ? FLAG_TAKEN : FLAG_TAKEN | FLAG_LOOSE;
}

/* ---- Data ------------------------------------------------------------------------------------ */

/** An image whose data is searched. */
struct source {
    const struct image *image;
    uint32_t index;
    uint32_t defined;               // symbols with an address; they come first
    uint32_t first_vtable, vtables; // variables that are Rust vtables
};

static struct source source_of(const struct program *program, uint32_t index)
{
    const struct image *image = program->images[index];
    struct source source = {.image = image, .index = index};
    while (source.defined < image->symbol_count && image->symbols[source.defined].is_defined)
        source.defined++;
    uint32_t end = image->debug ? image->debug->variable_count : 0;
    source.first_vtable = end;
    while (source.first_vtable > 0 &&
           image->debug->variables[source.first_vtable - 1].kind == DEBUG_VTABLE)
        source.first_vtable--;
    source.vtables = end - source.first_vtable;
    return source;
}

/** Whether the symbol that covers @p address is a C++ virtual table, or one for construction. */
static bool is_in_cpp_vtable(const struct source *source, uint64_t address)
{
    enum { MAX_ALIASES = 4 };
    const struct symbol *symbols = source->image->symbols;
    uint32_t after = (uint32_t)COUNT_UP_TO(symbols, source->defined, address);
    for (uint32_t i = after; i > 0 && i + MAX_ALIASES > after; i--) {
        const struct symbol *symbol = &symbols[i - 1];
        if (address - symbol->address < symbol->bytes &&
            (strncmp(symbol->name, "_ZTV", 4) == 0 || strncmp(symbol->name, "_ZTC", 4) == 0))
            return true;
    }
    return false;
}

static bool is_in_rust_vtable(const struct source *source, uint64_t address)
{
    if (!source->vtables)
        return false;
    const struct debug_variable *vtables = source->image->debug->variables + source->first_vtable;
    size_t after = COUNT_UP_TO(vtables, source->vtables, address);
    return after && vtables[after - 1].bytes != UINT64_MAX &&
           address - vtables[after - 1].address < vtables[after - 1].bytes;
}

/** Whether what stands at @p address is for virtual calls, or for the loader alone. */
static bool is_slot(const struct source *source, uint64_t address)
{
    return !is_data(source->image, address) || is_in_cpp_vtable(source, address) ||
           is_in_rust_vtable(source, address);
}

static void take_in_data(struct takings *takings, uint32_t image, uint64_t address,
                         uint32_t function)
{
    struct field field;
    bool is_typed = typed_address(takings->program, image, address, &field) &&
                    take_as(takings, function, field.type);
    if (is_typed)
        array_push(&takings->seeds, (struct seed){.owner = field.owner,
                                                  .offset = field.offset,
                                                  .image = image,
                                                  .variable = field.variable,
                                                  .function = function});
    if (function != NONE)
        mark(takings, function, image, is_typed);
}

static bool holds_address(const struct relocation *relocation)
{
    return relocation->kind == RELOCATION_RELATIVE || relocation->kind == RELOCATION_ABSOLUTE ||
           relocation->kind == RELOCATION_IFUNC;
}

static void take_relocations(struct takings *takings, const struct source *source)
{
    const struct image *image = source->image;
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        const struct relocation *relocation = &image->relocations[i];
        uint32_t function = relocation->function;
        if (function != NONE)
            function = program_whole(takings->program, function);
        // In code that is not accounted for, any loaded address may be kept.
        bool is_import = relocation->kind == RELOCATION_GOT && !image->debug;
        if (is_import && function != NONE)
            mark(takings, function, source->index, false);
        if (!holds_address(relocation))
            continue;
        bool is_in_code = image_is_code(image, relocation->address) && function != NONE;
        if (is_in_code)
            mark(takings, function, source->index, false);
        else if (!is_slot(source, relocation->address))
            take_in_data(takings, source->index, relocation->address, function);
        else if (function != NONE)
            takings->flags[function] |= FLAG_SEEN;
    }
}

static void take_words(struct takings *takings, const struct source *source)
{
    unsigned bytes = source->image->pointer_bytes;
    for (uint32_t i = 0; i < source->image->placed_count; i++) {
        const struct section *section = &source->image->sections[i];
        if (!section->data || !is_data(source->image, section->address))
            continue;
        uint64_t begin = -section->address % bytes;
        for (uint64_t at = begin; at + bytes <= section->bytes; at += bytes) {
            uint64_t address = section->address + at;
            struct word word = table_word(takings->program, source->index, address);
            if (word.kind == WORD_FUNCTION && !is_slot(source, address))
                take_in_data(takings, source->index, address, word.function);
        }
    }
}

static void take_image(struct takings *takings, uint32_t index)
{
    struct source source = source_of(takings->program, index);
    if (source.image->type == IMAGE_EXECUTABLE)
        take_words(takings, &source);
    else
        take_relocations(takings, &source);
}

/* ---- Code ------------------------------------------------------------------------------------ */

static void note_written(struct takings *takings, const struct field *field)
{
    if (field->owner)
        int_map_set(&takings->closed, field->owner, false);
}

static void take_stores(struct takings *takings)
{
    const struct program *program = takings->program;
    for (uint32_t i = 0; i < program->pointer_store_count; i++) {
        const struct pointer_store *store = &program->pointer_stores[i];
        struct field field;
        bool is_typed = typed_place(program, store->from, &store->place, &field);
        if (is_typed)
            note_written(takings, &field);
        if (store->kind != POINTED_FUNCTION || store->function == NONE)
            continue;
        is_typed = is_typed && take_as(takings, store->function, field.type);
        mark(takings, store->function, program->functions[store->from].image, is_typed);
    }
}

/** The only function that a call enters, or NONE. */
static uint32_t callee_of(const struct program *program, const struct call *call)
{
    bool is_known = call->target_count == 1 && !call->is_partial;
    return is_known ? program_whole(program, program->call_targets[call->first_target]) : NONE;
}

/** Whether a callee without types keeps to itself what it is given. */
static bool is_runtime_function(const struct takings *takings, uint32_t function)
{
    uint32_t image = takings->program->functions[function].image;
    return image != NONE && takings->is_runtime[image];
}

static void take_arguments(struct takings *takings)
{
    const struct program *program = takings->program;
    for (uint32_t i = 0; i < program->pointer_argument_count; i++) {
        const struct pointer_argument *argument = &program->pointer_arguments[i];
        if (argument->kind != POINTED_FUNCTION || argument->function == NONE)
            continue;
        const struct call *call = &program->calls[argument->call];
        uint32_t callee = callee_of(program, call);
        bool is_typed =
            callee != NONE && (take_as(takings, argument->function,
                                       typed_argument(program, callee, argument->argument)) ||
                               is_runtime_function(takings, callee));
        mark(takings, argument->function, program->functions[call->from].image, is_typed);
    }
}

/* ---- Functions ------------------------------------------------------------------------------- */

static unsigned parameter_kind(const struct type *type)
{
    enum { NO_KIND, INTEGER_KIND, POINTER_KIND, FLOAT_KIND };
    switch (type ? type->kind : TYPE_UNKNOWN) {
    case TYPE_INTEGER:
    case TYPE_ENUM:
        return INTEGER_KIND;
    case TYPE_POINTER:
        return POINTER_KIND;
    case TYPE_FLOAT:
        return FLOAT_KIND;
    }
    return NO_KIND;
}

struct arity takings_arity(struct type_ref ref)
{
    enum { KIND_BITS = 2, MAX_PARAMETERS = 31 };
    const struct type *function = type_of(ref);
    struct arity arity = {.kinds = 1, .is_open = !function || function->is_variadic};
    if (!function || function->member_count > MAX_PARAMETERS)
        arity.is_open = true;
    for (uint32_t i = 0; !arity.is_open && i < function->member_count; i++) {
        uint32_t index = ref.table->members[function->first_member + i].type;
        unsigned kind = parameter_kind(index == NONE ? NULL : &ref.table->types[index]);
        arity.kinds = arity.kinds << KIND_BITS | kind;
        arity.is_open = !kind;
    }
    return arity;
}

bool takings_fit(struct arity one, struct arity other)
{
    return one.is_open || other.is_open || one.kinds == other.kinds;
}

/** Views of the function itself: compilers and linkers may merge some of different types. */
static void add_own_views(struct takings *takings, uint32_t index, struct type_ref type)
{
    const struct function *function = &takings->program->functions[index];
    add_view(takings, type_of(type)->shape, index);
    if (function->image == NONE || !takings->program->images[function->image]->debug)
        return;
    const struct debug_info *debug = takings->program->images[function->image]->debug;
    uint32_t at = debug_function_at(debug, function->address);
    for (; at < debug->function_count && debug->functions[at].address == function->address; at++) {
        uint32_t found = type_find(&debug->types, debug->functions[at].type_key);
        if (found != NONE)
            add_view(takings, debug->types.types[found].shape, index);
    }
}

/** Its address was taken somewhere that this file does not see, but decode did. */
static bool is_taken_unseen(const struct takings *takings, uint32_t index)
{
    const struct function *function = &takings->program->functions[index];
    if (!function->is_address_taken || function->image == NONE ||
        takings->is_runtime[function->image])
        return false;
    return !(takings->flags[index] & FLAG_SEEN) ||
           !takings->program->images[function->image]->debug;
}

/** What the function and pieces of code without a type that it ends in read of what is passed. */
static uint8_t read_arguments(const struct program *program, uint32_t index)
{
    const struct frame *frames = program->facts->frames;
    uint8_t read = frames[index].taken;
    for (uint32_t i = program->function_calls[index]; i < program->function_calls[index + 1]; i++) {
        const struct call *call = &program->calls[i];
        uint32_t callee = call->is_tail ? callee_of(program, call) : NONE;
        if (callee != NONE && typed_function(program, callee).index == NONE)
            read |= frames[callee].taken;
    }
    return read & PASSED_REGISTERS;
}

/**
 * Whether a function that is described without parameters takes one: clang leaves them out where
 * it has moved all code of a function elsewhere (-enable-machine-outliner).
 */
static bool has_more_parameters(const struct program *program, uint32_t index, struct type_ref type)
{
    return !type_of(type)->member_count && read_arguments(program, index);
}

static void sort_out_function(struct takings *takings, uint32_t index)
{
    if (is_taken_unseen(takings, index))
        takings->flags[index] |= FLAG_TAKEN | FLAG_LOOSE;
    if (!(takings->flags[index] & FLAG_TAKEN))
        return;
    struct type_ref type = typed_function(takings->program, index);
    if (type.index == NONE || has_more_parameters(takings->program, index, type)) {
        array_push(&takings->untyped, index);
        return;
    }
    add_own_views(takings, index, type);
    if (takings->flags[index] & FLAG_LOOSE)
        array_push(&takings->loose, (struct loose_function){takings_arity(type), index});
}

/* ---- Structs --------------------------------------------------------------------------------- */

static void close_structs(struct takings *takings)
{
    const struct program *program = takings->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct debug_info *debug = program->images[i]->debug;
        for (uint32_t k = 0; debug && k < debug->types.count; k++) {
            const struct type *type = &debug->types.types[k];
            if (type->kind != TYPE_STRUCT || type->is_declaration)
                continue;
            bool is_closed = !type->is_mutable && !type->is_from_system &&
                             int_map_get(&takings->closed, type->key) != false;
            int_map_set(&takings->closed, type->key, is_closed);
        }
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int by_shape(const void *a, const void *b)
{
    const struct view *x = a, *y = b;
    if (x->shape != y->shape)
        return x->shape < y->shape ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

static int by_member(const void *a, const void *b)
{
    const struct seed *x = a, *y = b;
    if (x->owner != y->owner)
        return x->owner < y->owner ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->image != y->image)
        return x->image < y->image ? -1 : 1;
    if (x->variable != y->variable)
        return x->variable < y->variable ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

static void sort_takings(struct takings *takings)
{
    size_t kept = 0;
    struct view *views = takings->views.data;
    if (takings->views.count > 1)
        qsort(views, takings->views.count, sizeof *views, by_shape);
    for (size_t i = 0; i < takings->views.count; i++)
        if (!i || by_shape(&views[i], &views[i - 1]) != 0)
            views[kept++] = views[i];
    takings->views.count = kept;
    if (takings->seeds.count > 1)
        qsort(takings->seeds.data, takings->seeds.count, sizeof *takings->seeds.data, by_member);
}

void takings_init(struct takings *ret, const struct program *program)
{
    *ret = (struct takings){.program = program};
    int_map_init(&ret->closed);
    ret->is_runtime = xcalloc((size_t)program->image_count + 1, sizeof *ret->is_runtime);
    ret->flags = xcalloc((size_t)program->function_count + 1, sizeof *ret->flags);
    for (uint32_t i = 0; i < program->image_count; i++)
        ret->is_runtime[i] = image_is_runtime(program->images[i]);
    for (uint32_t i = 0; i < program->image_count; i++)
        take_image(ret, i);
    take_stores(ret);
    take_arguments(ret);
    for (uint32_t i = 0; i < program->function_count; i++)
        sort_out_function(ret, i);
    close_structs(ret);
    sort_takings(ret);
}

void takings_deinit(struct takings *takings)
{
    array_deinit(&takings->views);
    array_deinit(&takings->seeds);
    array_deinit(&takings->loose);
    array_deinit(&takings->untyped);
    int_map_deinit(&takings->closed);
    free(takings->is_runtime);
    free(takings->flags);
}

const struct view *takings_views(const struct takings *takings, uint64_t shape, size_t *ret_count)
{
    const struct view *views = takings->views.data;
    size_t stride = sizeof *views, offset = offsetof(struct view, shape);
    size_t end = search_up_to(views, stride, offset, takings->views.count, shape);
    size_t first = search_up_to(views, stride, offset, takings->views.count, shape - 1);
    *ret_count = end - first;
    return views + first;
}

const struct seed *takings_seeds(const struct takings *takings, uint64_t owner, uint64_t offset,
                                 size_t *ret_count)
{
    const struct seed *seeds = takings->seeds.data;
    size_t first = 0, count = takings->seeds.count, stride = sizeof *seeds;
    if (owner)
        first = search_up_to(seeds, stride, offsetof(struct seed, owner), count, owner - 1);
    size_t end = search_up_to(seeds, stride, offsetof(struct seed, owner), count, owner);
    seeds += first;
    count = end - first;
    end = search_up_to(seeds, stride, offsetof(struct seed, offset), count, offset);
    first =
        offset ? search_up_to(seeds, stride, offsetof(struct seed, offset), count, offset - 1) : 0;
    *ret_count = end - first;
    return seeds + first;
}
