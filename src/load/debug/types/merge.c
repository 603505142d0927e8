/*
 * merge.c: the workers' records of types become the image's table.
 *
 * In: records that name each other by key. Out: struct type_table, sorted by key; the result does
 * not depend on which worker read which unit, since of equal keys the one with the least exact key
 * is taken.
 *
 * Units may know less of a type than others: a struct that is only declared is taken for the one
 * that is defined under its name, if there is exactly one. Where units disagree on what a member
 * points to (each file has its own private struct of that name), the member's type is not known.
 *
 * A struct is mutable unless all that is ever said of it is const: no pointer to it, array of it,
 * parameter, member or variable that could be written. Of one that is not, objects come from
 * initializers alone (ISO C 6.7.3: what is defined const may be put into read-only memory).
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum { MAX_NAME = 1024, MAX_HOPS = 8 };

struct merge {
    struct arena *arena;
    struct type_table *table;
    const struct worker *workers;
    struct sorted {
        uint64_t key, exact;
        uint32_t worker, index;
    } * sorted;
    size_t count;
    bool *is_shared;         // of each type: comes from a type unit
    uint64_t *target_keys;   // of each type of the table
    uint64_t *member_keys;   // of each member
    struct int_map name_ids; // address of a text to index in names
    ARRAY(const char *) names;
    ARRAY(uint32_t) pending; // structs whose members are to be marked
};

/* ---- Sorting --------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->exact < y->exact ? -1 : x->exact > y->exact;
}

static void sort_records(struct merge *merge, const struct session *session)
{
    for (unsigned i = 0; i < session->worker_count; i++)
        merge->count += session->workers[i].types.records.count;
    if (merge->count >= NONE)
        merge->count = 0;
    merge->sorted = xcalloc(merge->count + 1, sizeof *merge->sorted);
    size_t next = 0;
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct type_output *output = &session->workers[i].types;
        for (size_t k = 0; k < output->records.count && next < merge->count; k++) {
            const struct type_record *record = &output->records.data[k];
            merge->sorted[next++] =
                (struct sorted){record->type.key, record->exact_key, i, (uint32_t)k};
        }
    }
    qsort(merge->sorted, merge->count, sizeof *merge->sorted, by_key);
}

static const struct type_record *record_of(const struct merge *merge, size_t index)
{
    const struct sorted *sorted = &merge->sorted[index];
    return &merge->workers[sorted->worker].types.records.data[sorted->index];
}

static const struct member_record *members_of(const struct merge *merge, size_t index)
{
    const struct sorted *sorted = &merge->sorted[index];
    return merge->workers[sorted->worker].types.members.data +
           record_of(merge, index)->type.first_member;
}

static bool is_first(const struct merge *merge, size_t index)
{
    return index == 0 || merge->sorted[index - 1].key != merge->sorted[index].key;
}

/* ---- The table ------------------------------------------------------------------------------- */

/** Texts that are shared by many records are copied once. */
static const char *kept(struct merge *merge, const char *text)
{
    if (!text)
        return NULL;
    uint32_t known = int_map_get(&merge->name_ids, (uintptr_t)text);
    if (known != MAP_NONE)
        return merge->names.data[known];
    const char *copy = arena_strndup(merge->arena, text, strnlen(text, MAX_NAME));
    int_map_set(&merge->name_ids, (uintptr_t)text, (uint32_t)merge->names.count);
    array_push(&merge->names, copy);
    return copy;
}

static void make_room(struct merge *merge)
{
    size_t types = 0, members = 0;
    for (size_t i = 0; i < merge->count; i++) {
        types += is_first(merge, i);
        members += is_first(merge, i) ? record_of(merge, i)->type.member_count : 0;
    }
    merge->table->types = arena_calloc(merge->arena, types, sizeof *merge->table->types);
    merge->table->members = arena_calloc(merge->arena, members, sizeof *merge->table->members);
    merge->target_keys = xcalloc(types + 1, sizeof *merge->target_keys);
    merge->member_keys = xcalloc(members + 1, sizeof *merge->member_keys);
    merge->is_shared = xcalloc(types + 1, sizeof *merge->is_shared);
}

static void put_type(struct merge *merge, size_t index)
{
    struct type_table *table = merge->table;
    const struct type_record *record = record_of(merge, index);
    struct type *type = &table->types[table->count];
    *type = record->type;
    type->name = kept(merge, type->name);
    type->first_member = table->member_count;
    merge->is_shared[table->count] = record->is_shared;
    merge->target_keys[table->count++] = record->target_key;
    const struct member_record *members = members_of(merge, index);
    for (uint32_t i = 0; i < type->member_count; i++) {
        merge->member_keys[table->member_count] = members[i].type_key;
        table->members[table->member_count++] = (struct type_member){
            .offset = members[i].offset, .name = kept(merge, members[i].name), .type = UINT32_MAX};
    }
}

static void put_types(struct merge *merge)
{
    make_room(merge);
    for (size_t i = 0; i < merge->count; i++) {
        if (is_first(merge, i))
            put_type(merge, i);
        uint32_t last = merge->table->count - 1;
        merge->table->types[last].is_from_system |= record_of(merge, i)->type.is_from_system;
        merge->is_shared[last] |= record_of(merge, i)->is_shared;
    }
    for (uint32_t i = 0; i < merge->table->count; i++)
        merge->table->types[i].target = type_find(merge->table, merge->target_keys[i]);
    for (uint32_t i = 0; i < merge->table->member_count; i++)
        merge->table->members[i].type = type_find(merge->table, merge->member_keys[i]);
}

/* ---- Disagreements --------------------------------------------------------------------------- */

/** What pointers and arrays lead to. */
static uint32_t innermost(const struct type_table *table, uint32_t type)
{
    for (int hops = 0; type != UINT32_MAX && hops < MAX_HOPS; hops++) {
        uint8_t kind = table->types[type].kind;
        if (kind != TYPE_POINTER && kind != TYPE_ARRAY)
            break;
        type = table->types[type].target;
    }
    return type;
}

/** Which of two answers to what a member is holds for both units, UINT32_MAX if none does. */
static uint32_t agreed(const struct type_table *table, uint32_t one, uint32_t other)
{
    uint32_t inner = innermost(table, one), other_inner = innermost(table, other);
    if (one == other || inner == UINT32_MAX || other_inner == UINT32_MAX)
        return one == other ? one : UINT32_MAX;
    if (table->types[other_inner].is_declaration)
        return one;
    if (table->types[inner].is_declaration)
        return other;
    // Compilers name numbers differently; and calls do not depend on private structs.
    uint8_t kind = table->types[inner].kind;
    return kind == TYPE_STRUCT || kind == TYPE_UNION ? UINT32_MAX : one;
}

static void agree(struct merge *merge)
{
    struct type_table *table = merge->table;
    uint32_t type = 0;
    for (size_t i = 0; i < merge->count; i++) {
        if (is_first(merge, i)) {
            type += i > 0;
            continue;
        }
        struct type_member *members = &table->members[table->types[type].first_member];
        const struct member_record *others = members_of(merge, i);
        uint32_t count = record_of(merge, i)->type.member_count;
        for (uint32_t k = 0; k < count && k < table->types[type].member_count; k++)
            members[k].type = agreed(table, members[k].type, type_find(table, others[k].type_key));
    }
}

/* ---- What is written ------------------------------------------------------------------------- */

static void mark(struct merge *merge, uint32_t type)
{
    struct type_table *table = merge->table;
    for (int hops = 0; type != UINT32_MAX && hops < MAX_HOPS; hops++) {
        if (table->types[type].kind != TYPE_ARRAY)
            break;
        type = table->types[type].target;
    }
    if (type == UINT32_MAX || table->types[type].is_mutable ||
        (table->types[type].kind != TYPE_STRUCT && table->types[type].kind != TYPE_UNION))
        return;
    table->types[type].is_mutable = true;
    array_push(&merge->pending, type);
}

static void mark_members(struct merge *merge, uint32_t type)
{
    const struct type *owner = &merge->table->types[type];
    for (uint32_t i = 0; i < owner->member_count; i++)
        mark(merge, merge->table->members[owner->first_member + i].type);
}

static void mark_mutable(struct merge *merge, const struct session *session)
{
    const struct type_table *table = merge->table;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct type *type = &table->types[i];
        if ((type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY) && !type->is_const_target)
            mark(merge, type->target);
        if (type->kind != TYPE_FUNCTION)
            continue;
        mark(merge, type->target);
        mark_members(merge, i);
    }
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct type_output *output = &session->workers[i].types;
        for (size_t k = 0; k < output->held.count; k++)
            mark(merge, type_find(table, output->held.data[k]));
    }
    while (merge->pending.count)
        mark_members(merge, merge->pending.data[--merge->pending.count]);
}

/* ---- Declarations and arrays ----------------------------------------------------------------- */

/** For each shape the one struct that is defined with it; NONE - 1: several are. */
static void find_definitions(const struct type_table *table, struct int_map *ret)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct type *type = &table->types[i];
        if ((type->kind != TYPE_STRUCT && type->kind != TYPE_UNION) || type->is_declaration)
            continue;
        bool is_known = int_map_get(ret, type->shape) != MAP_NONE;
        int_map_set(ret, type->shape, is_known ? NONE - 1 : i);
    }
}

static void resolve_declaration(const struct type_table *table, const struct int_map *definitions,
                                uint32_t *type)
{
    if (*type == UINT32_MAX || !table->types[*type].is_declaration)
        return;
    uint32_t found = int_map_get(definitions, table->types[*type].shape);
    if (found < NONE - 1)
        *type = found;
}

/**
 * The linker keeps one of equal type units, and what is equal to it are the names of structs that
 * members point to. So where a name has several definitions, it is not known which is meant.
 */
static void distrust_shared(const struct merge *merge, const struct int_map *definitions)
{
    struct type_table *table = merge->table;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct type *type = &table->types[i];
        for (uint32_t k = 0; merge->is_shared[i] && k < type->member_count; k++) {
            uint32_t *member = &table->members[type->first_member + k].type;
            uint32_t inner = innermost(table, *member);
            if (inner != UINT32_MAX && inner != *member &&
                int_map_get(definitions, table->types[inner].shape) == NONE - 1)
                *member = UINT32_MAX;
        }
    }
}

static void resolve_declarations(const struct merge *merge)
{
    struct type_table *table = merge->table;
    struct int_map definitions;
    int_map_init(&definitions);
    find_definitions(table, &definitions);
    distrust_shared(merge, &definitions);
    for (uint32_t i = 0; i < table->count; i++)
        resolve_declaration(table, &definitions, &table->types[i].target);
    for (uint32_t i = 0; i < table->member_count; i++)
        resolve_declaration(table, &definitions, &table->members[i].type);
    int_map_deinit(&definitions);
}

static void size_array(struct type_table *table, struct type *array)
{
    uint64_t bytes = array->elements;
    const struct type *element = array;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
        if (element->target == UINT32_MAX || bytes == UINT64_MAX)
            return;
        element = &table->types[element->target];
        uint64_t factor = element->kind == TYPE_ARRAY && element->bytes == UINT64_MAX
                              ? element->elements
                              : element->bytes;
        if (factor == UINT64_MAX || __builtin_mul_overflow(bytes, factor, &bytes))
            return;
        if (element->kind != TYPE_ARRAY || element->bytes != UINT64_MAX)
            break;
    }
    array->bytes = bytes;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct debug_local *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->type_key < y->type_key ? -1 : x->type_key > y->type_key;
}

static void merge_locals(const struct session *session, struct debug_info *debug)
{
    size_t count = 0, next = 0;
    for (unsigned i = 0; i < session->worker_count; i++)
        count += session->workers[i].types.locals.count;
    if (!count || count >= NONE)
        return;
    debug->locals = arena_calloc(&session->program->arena, count, sizeof *debug->locals);
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct type_output *output = &session->workers[i].types;
        for (size_t k = 0; k < output->locals.count; k++)
            debug->locals[next++] = output->locals.data[k];
    }
    qsort(debug->locals, count, sizeof *debug->locals, by_place);
    debug->local_count = (uint32_t)count;
}

/* ---- Functions without a place --------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct type_by_name *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->type_key < y->type_key ? -1 : x->type_key > y->type_key;
}

/** The numbers that the units have in debug_info; NONE: they are not there. */
static uint32_t *number_units(const struct session *session)
{
    const struct unit_list *list = &session->list;
    uint32_t *numbers = xcalloc(list->units.count + 1, sizeof *numbers), next = 0;
    for (size_t i = 0; i < list->units.count; i++)
        numbers[i] = list->units.data[i].result.name ? next++ : NONE;
    return numbers;
}

static void put_names(const struct session *session, const struct type_output *output,
                      const uint32_t *numbers, struct type_table *table)
{
    for (size_t i = 0; i < output->named.count; i++) {
        const struct named_function *named = &output->named.data[i];
        bool is_known = named->unit_number < session->list.units.count;
        uint32_t unit = is_known && !named->is_public ? numbers[named->unit_number] : NONE;
        if (unit != NONE || named->is_public)
            table->by_name[table->by_name_count++] =
                (struct type_by_name){named->name, named->type_key, unit};
    }
}

static void merge_names(const struct session *session, struct type_table *table)
{
    size_t count = 0;
    for (unsigned i = 0; i < session->worker_count; i++)
        count += session->workers[i].types.named.count;
    if (!count || count >= NONE)
        return;
    uint32_t *numbers = number_units(session);
    table->by_name = arena_calloc(&session->program->arena, count, sizeof *table->by_name);
    for (unsigned i = 0; i < session->worker_count; i++)
        put_names(session, &session->workers[i].types, numbers, table);
    free(numbers);
    qsort(table->by_name, table->by_name_count, sizeof *table->by_name, by_name);
}

void types_merge(struct session *session, struct debug_info *debug)
{
    struct merge merge = {
        .arena = &session->program->arena, .table = &debug->types, .workers = session->workers};
    int_map_init(&merge.name_ids);
    sort_records(&merge, session);
    put_types(&merge);
    agree(&merge);
    mark_mutable(&merge, session);
    resolve_declarations(&merge);
    for (uint32_t i = 0; i < debug->types.count; i++)
        if (debug->types.types[i].kind == TYPE_ARRAY && debug->types.types[i].bytes == UINT64_MAX)
            size_array(&debug->types, &debug->types.types[i]);
    merge_locals(session, debug);
    merge_names(session, &debug->types);
    int_map_deinit(&merge.name_ids);
    array_deinit(&merge.names);
    array_deinit(&merge.pending);
    free(merge.target_keys);
    free(merge.member_keys);
    free(merge.is_shared);
    free(merge.sorted);
}
