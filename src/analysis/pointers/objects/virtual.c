/*
 * virtual.c: calls through the tables that trait objects and C++ objects carry.
 *
 * In: the paths of calls through pointers and of their first arguments. Out: for each call that
 * has the shape of a method call, the functions at that offset of all tables of the kind.
 *
 *   Rust   a trait object is a pointer to the value beside a pointer to its vtable. The callee was
 *          loaded from one of two words that lie side by side (two arguments, two results, two
 *          words in memory), at an offset; the other word is the first argument. Where debug
 *          information tells the trait, only tables count that may be of it (traits.c).
 *   C++    an object begins with a pointer to its vtable. The callee was loaded at an offset from
 *          what was loaded from the object, and the object is the first argument. Where debug
 *          information tells the object's class, or the object is `this` of a virtual function
 *          (methods.c), only tables count of classes that derive from it (classes.c).
 *
 * In both the first argument is the second where the first says where to put a large result. Which
 * language a function is in, its name says: C code does the same with tables that it makes while it
 * runs, so that a list of constant tables would not be complete. For the same reason Rust objects
 * that begin with the address of a table of their own making (anyhow's errors) are left out. In a
 * library, and where a library is missing, others may pass objects with tables that were not read.
 */
#include "analysis/pointers/fields/takings.h"
#include "analysis/pointers/fields/typed.h"
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/methods.h"
#include "analysis/pointers/objects/tables.h"
#include "analysis/pointers/outside.h"
#include "analysis/pointers/traits/traits.h"
#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_OFFSET = 1 << 16 };

enum { TABLE_CPP_OR_MADE = TABLE_KIND_COUNT }; /* of lists: a C++ table, or one that code fills */

/** Code puts the address of a function into memory. */
struct made_slot {
    int64_t offset; /* INT64_MIN: not known */
    uint32_t function;
};

struct resolver {
    struct program *program;
    struct target_pool *pool;
    ARRAY(struct made_slot) made; /* by offset, then function, each once */
    struct tables tables;
    struct traits traits;
    struct int_map lists; /* from what is asked for to an index in `known` */
    ARRAY(struct way) known;
    struct string_map classes; /* names of classes that were asked for: their number */
    bool *is_method;           /* of each function: it is a virtual one of C++ */
};

/** Which functions are asked for. */
struct slot_query {
    unsigned kind; /* enum table_kind, or TABLE_CPP_OR_MADE */
    uint32_t offset;
    const char *class; /* C++: of the object, as debug information has it; NULL: not known */
    uint32_t trait;    /* Rust: of the object, in resolver.traits; NONE: not known */
};

/* ---- Shapes ---------------------------------------------------------------------------------- */

static bool same_root(const struct access_path *a, const struct access_path *b)
{
    return a->root == b->root && a->root != ROOT_UNKNOWN && a->index == b->index &&
           a->call == b->call && a->address == b->address;
}

/** Whether the first @p count offsets agree, so that what is loaded behind them is the same. */
static bool same_start(const struct access_path *a, const struct access_path *b, unsigned count)
{
    return memcmp(a->offsets, b->offsets, count * sizeof *a->offsets) == 0;
}

/** Two words that came to the function together, not from memory. */
static bool are_adjacent_values(const struct access_path *value, const struct access_path *table)
{
    if (table->load_count || value->load_count || value->offsets[0] || value->root != table->root ||
        value->call != table->call)
        return false;
    return (value->root == ROOT_ARGUMENT && value->index + 1 == table->index) ||
           (value->root == ROOT_RESULT && !value->index && table->index == 1);
}

/** Whether @p value and @p table were two words side by side; a frame may have them in any order.
 */
static bool is_fat_pointer(const struct access_path *value, const struct access_path *table,
                           int pointer_bytes)
{
    if (are_adjacent_values(value, table))
        return true;
    unsigned loads = table->load_count;
    if (!loads || value->load_count != loads)
        return false;
    bool is_fixed = value->root == ROOT_ADDRESS || value->root == ROOT_FRAME;
    if (loads == 1 && is_fixed && value->root == table->root) {
        int64_t apart =
            (int64_t)(table->address - value->address) + table->offsets[0] - value->offsets[0];
        return apart == pointer_bytes || apart == -pointer_bytes;
    }
    int distance = table->offsets[loads - 1] - value->offsets[loads - 1];
    return same_root(value, table) && same_start(value, table, loads - 1) &&
           (distance == pointer_bytes || distance == -pointer_bytes);
}

/** Whether @p table was loaded from the object that @p object points to. */
static bool is_object(const struct access_path *object, const struct access_path *table)
{
    unsigned loads = table->load_count;
    if (!loads || object->load_count != loads - 1)
        return false;
    if (loads == 1 && object->root == ROOT_ADDRESS && table->root == ROOT_ADDRESS)
        return object->address + (uint64_t)object->offsets[0] ==
               table->address + (uint64_t)table->offsets[0];
    return same_root(object, table) && same_start(object, table, loads);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

/** Adds functions at an offset of tables; of those of C++, only of the family if there is one. */
static void push_slots(struct resolver *resolver, enum table_kind kind, uint32_t offset,
                       const bool *family)
{
    size_t count;
    const struct table_slot *slots = tables_at(&resolver->tables, kind, offset, &count);
    for (size_t i = 0; i < count; i++)
        if (!family || slots[i].class == NONE || family[slots[i].class])
            array_push(&resolver->pool->targets, slots[i].function);
}

static void push_made(struct resolver *resolver, int64_t offset)
{
    size_t low = 0, high = resolver->made.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (resolver->made.data[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < resolver->made.count && resolver->made.data[low].offset == offset; low++)
        array_push(&resolver->pool->targets, resolver->made.data[low].function);
}

/** A number for the query: that of its class or trait, kind and offset together. */
static uint64_t query_key(struct resolver *resolver, const struct slot_query *query)
{
    uint32_t of = query->trait + 1; // of NONE it is 0
    if (query->class) {
        of = string_map_get(&resolver->classes, query->class);
        if (of == MAP_NONE) {
            of = (uint32_t)resolver->classes.count + 1;
            string_map_set(&resolver->classes, query->class, of);
        }
    }
    return (uint64_t)of << 32 | query->kind << 24 | query->offset;
}

/** Adds functions of Rust tables: of those that an object of the trait can have, if any. */
static void push_rust(struct resolver *resolver, const struct slot_query *query)
{
    uint32_t first = target_pool_mark(resolver->pool);
    if (query->trait != NONE)
        traits_push(&resolver->traits, query->trait, query->offset, resolver->pool);
    if (target_pool_mark(resolver->pool) > first)
        return;
    push_slots(resolver, TABLE_RUST, query->offset, NULL);
    push_slots(resolver, TABLE_OTHER, query->offset, NULL);
    if (target_pool_mark(resolver->pool) > first)
        push_made(resolver, query->offset);
}

static void push_cpp(struct resolver *resolver, const struct slot_query *query)
{
    uint32_t first = target_pool_mark(resolver->pool);
    const bool *family =
        query->class ? classes_derived(&resolver->tables.classes, query->class) : NULL;
    push_slots(resolver, TABLE_CPP, query->offset, family);
    if (target_pool_mark(resolver->pool) == first || query->kind != TABLE_CPP_OR_MADE)
        return;
    push_made(resolver, query->offset);
    push_made(resolver, INT64_MIN);
}

static struct way make_list(struct resolver *resolver, const struct slot_query *query)
{
    struct way list = {.first = target_pool_mark(resolver->pool), .kind = CALL_VTABLE};
    if (query->kind == TABLE_RUST)
        push_rust(resolver, query);
    else
        push_cpp(resolver, query);
    list.count = target_pool_close(resolver->pool, list.first);
    return list;
}

/** All functions that the query asks for; each list is made once. */
static struct way list_of(struct resolver *resolver, struct slot_query query)
{
    uint64_t key = query_key(resolver, &query);
    uint32_t index = int_map_get(&resolver->lists, key);
    if (index != MAP_NONE)
        return resolver->known.data[index];
    struct way list = make_list(resolver, &query);
    int_map_set(&resolver->lists, key, (uint32_t)resolver->known.count);
    array_push(&resolver->known, list);
    return list;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/** Whether a method of a trait object is called: its value is among the first two arguments. */
static bool is_trait_object(const struct pointer_call *pointer, const struct access_path *table,
                            const struct image *image)
{
    for (unsigned i = 0; i < 2; i++)
        if (is_fat_pointer(&pointer->arguments[i], table, (int)image->pointer_bytes))
            return true;
    return false;
}

/**
 * A method of what an Arc<dyn Trait> or Rc<dyn Trait> holds: where the value begins behind the
 * counters is computed from its alignment, the third word of its vtable.
 */
static bool is_counted_trait_object(const struct pointer_call *pointer, int32_t offset,
                                    const struct image *image)
{
    return pointer->reads_layout && offset != 2 * (int32_t)image->pointer_bytes;
}

static bool is_virtual(const struct pointer_call *pointer, const struct access_path *table)
{
    return is_object(&pointer->arguments[0], table) || is_object(&pointer->arguments[1], table);
}

/**
 * The class of the object if that is what the function itself is a virtual function of (the first
 * argument: a place for a large result holds no table yet), by its symbols; NULL.
 */
static const char *class_of_this(struct resolver *resolver, uint32_t from,
                                 const struct access_path *table)
{
    bool is_this = table->root == ROOT_ARGUMENT && !table->index && table->load_count == 1 &&
                   !table->offsets[0] && !table->is_indexed;
    return is_this && resolver->is_method[from] ? method_class(resolver->program, from) : NULL;
}

/** A call of a virtual function, unless debug information says that the table is a struct. */
static struct way resolve_virtual(struct resolver *resolver, uint32_t from,
                                  const struct access_path *table, uint32_t offset)
{
    struct field field;
    struct slot_query query = {.kind = TABLE_CPP_OR_MADE, .offset = offset, .trait = NONE};
    if (!typed_value(resolver->program, from, table, &field)) {
        query.class = class_of_this(resolver, from, table);
        query.kind = query.class ? TABLE_CPP : TABLE_CPP_OR_MADE;
        return list_of(resolver, query);
    }
    const struct type *pointer = type_of(field.type), *object = type_of(field.object);
    uint8_t pointee = TYPE_UNKNOWN;
    if (pointer && pointer->kind == TYPE_POINTER && pointer->target != NONE)
        pointee = field.type.table->types[pointer->target].kind;
    if (pointee == TYPE_STRUCT || pointee == TYPE_UNION)
        return (struct way){0};
    if (pointee == TYPE_POINTER) {
        query.kind = TABLE_CPP;
        query.class = object ? object->name : NULL;
    }
    return list_of(resolver, query);
}

static struct way resolve(struct resolver *resolver, const struct pointer_call *pointer)
{
    const struct program *program = resolver->program;
    const struct access_path *callee = &pointer->callee;
    uint32_t from = program->calls[pointer->call].from;
    if (!callee->load_count || callee->offsets[callee->load_count])
        return (struct way){0};
    int32_t offset = callee->offsets[callee->load_count - 1];
    if (offset < 0 || offset >= LARGEST_OFFSET)
        return (struct way){0};
    struct access_path table = access_path_parent(callee);
    const struct image *image = program->images[program->functions[from].image];
    if (is_rust_function(program, from) && (is_trait_object(pointer, &table, image) ||
                                            is_counted_trait_object(pointer, offset, image)))
        return list_of(
            resolver, (struct slot_query){.kind = TABLE_RUST,
                                          .offset = (uint32_t)offset,
                                          .trait = traits_of_receiver(&resolver->traits, pointer)});
    bool is_cpp = is_cpp_function(program, from) || typed_is_cpp(program, from);
    if (is_cpp && is_virtual(pointer, &table))
        return resolve_virtual(resolver, from, &table, (uint32_t)offset);
    return (struct way){0};
}

/* ---- Tables that code fills ------------------------------------------------------------------ */

static int by_offset(const void *a, const void *b)
{
    const struct made_slot *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

/** The offset at which a store writes, if it goes to a place behind a pointer. */
static int64_t made_offset(const struct access_path *place)
{
    bool is_fixed = place->root == ROOT_ADDRESS && !place->load_count;
    return place->root == ROOT_UNKNOWN || is_fixed ? INT64_MIN : place->offsets[place->load_count];
}

/**
 * Collects what code puts into memory that is not its own frame. What the compilers' libraries put
 * somewhere stays there: they fill no table of anybody else's.
 */
static void find_made(struct resolver *resolver)
{
    const struct program *program = resolver->program;
    CLEANUP_FREE bool *is_runtime = xcalloc((size_t)program->image_count + 1, sizeof *is_runtime);
    for (uint32_t i = 0; i < program->image_count; i++)
        is_runtime[i] = image_is_runtime(program->images[i]);
    for (uint32_t i = 0; i < program->pointer_store_count; i++) {
        const struct pointer_store *store = &program->pointer_stores[i];
        if (store->kind == POINTED_FUNCTION && store->place.root != ROOT_FRAME &&
            !is_runtime[program->functions[store->from].image])
            array_push(&resolver->made,
                       (struct made_slot){made_offset(&store->place), store->function});
    }
    size_t kept = 0;
    if (resolver->made.count > 1)
        qsort(resolver->made.data, resolver->made.count, sizeof *resolver->made.data, by_offset);
    for (size_t i = 0; i < resolver->made.count; i++)
        if (!kept || by_offset(&resolver->made.data[kept - 1], &resolver->made.data[i]))
            resolver->made.data[kept++] = resolver->made.data[i];
    resolver->made.count = kept;
}

/**
 * Marks the functions that stand in tables of classes whose type information was understood, so
 * that they surely are virtual; the caller frees the result.
 */
static bool *find_methods(const struct program *program, const struct tables *tables)
{
    bool *is_method = xcalloc((size_t)program->function_count + 1, sizeof *is_method);
    for (size_t i = 0; i < tables->counts[TABLE_CPP]; i++) {
        const struct table_slot *slot = &tables->slots[TABLE_CPP][i];
        if (slot->class != NONE && !tables->classes.all.data[slot->class].is_open)
            is_method[slot->function] = true;
    }
    return is_method;
}

void virtual_resolve(struct program *program, struct target_pool *pool)
{
    struct resolver resolver = {.program = program, .pool = pool};
    if (outside_may_have_objects(program))
        return;
    tables_init(&resolver.tables, program);
    traits_init(&resolver.traits, program, &resolver.tables);
    int_map_init(&resolver.lists);
    string_map_init(&resolver.classes);
    find_made(&resolver);
    resolver.is_method = find_methods(program, &resolver.tables);
    for (uint32_t i = 0; i < program->pointer_call_count; i++)
        if (!pool->ways[i].count)
            pool->ways[i] = resolve(&resolver, &program->pointer_calls[i]);
    int_map_deinit(&resolver.lists);
    string_map_deinit(&resolver.classes);
    array_deinit(&resolver.known);
    array_deinit(&resolver.made);
    free(resolver.is_method);
    traits_deinit(&resolver.traits);
    tables_deinit(&resolver.tables);
}
