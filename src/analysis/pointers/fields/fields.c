/*
 * fields.c: the functions that a call through a typed pointer can enter.
 *
 * In: calls through pointers, with paths; takings. Out: their candidates. Three answers, the best
 * first:
 *
 *   - The pointer is read from a constant variable: what stands in it at that member.
 *   - It is read from a member of a closed struct (takings.c): what initializers put into that
 *     member in any object, and loose functions that could be called so.
 *   - Its type is known: all functions that were taken as this type, or are of it, and loose ones
 *     that could be called so. This is complete for programs that call functions as what they
 *     are (ISO C 6.5.2.2 paragraph 9), and for those that convert pointers where they are stored
 *     or passed; a multi-layer type analysis (Lu and Hu, CCS 2019) begins with the same set.
 *
 * Pointers of the system's own structs stay unresolved, since its libraries put functions there of
 * which nothing is known; so do pointers without a prototype and those that too many functions
 * fit.
 */
#include "analysis/pointers/fields/fields.h"

#include "analysis/pointers/fields/takings.h"
#include "analysis/pointers/outside.h"
#include "base/map.h"

enum { MAX_CANDIDATES = 4096, MAX_TOTAL = 1 << 24 };

struct resolver {
    struct program *program;
    struct target_pool *pool;
    struct takings takings;
    struct int_map known; /* hash of the question: index in answers */
    ARRAY(struct way) answers;
    size_t limit; /* of the pool */
};

/* ---- Candidates ------------------------------------------------------------------------------ */

static bool add_candidate(struct resolver *resolver, uint32_t function)
{
    if (function == NONE)
        return false;
    array_push(&resolver->pool->targets, function);
    return true;
}

/** Adds what may be in any pointer that is called with the arguments of @p prototype. */
static bool add_loose(struct resolver *resolver, struct type_ref prototype)
{
    const struct takings *takings = &resolver->takings;
    struct arity call = takings_arity(prototype);
    if (takings->loose.count + takings->untyped.count > MAX_CANDIDATES)
        return false;
    for (size_t i = 0; i < takings->loose.count; i++)
        if (takings_fit(takings->loose.data[i].arity, call))
            add_candidate(resolver, takings->loose.data[i].function);
    for (size_t i = 0; i < takings->untyped.count; i++)
        add_candidate(resolver, takings->untyped.data[i]);
    return true;
}

static bool add_by_type(struct resolver *resolver, struct type_ref prototype)
{
    size_t count;
    const struct view *views = takings_views(&resolver->takings, type_of(prototype)->shape, &count);
    if (count > MAX_CANDIDATES)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_candidate(resolver, views[i].function))
            return false;
    return add_loose(resolver, prototype);
}

static bool add_by_member(struct resolver *resolver, const struct field *field,
                          struct type_ref prototype)
{
    size_t count;
    const struct seed *seeds =
        takings_seeds(&resolver->takings, field->owner, field->offset, &count);
    if (count > MAX_CANDIDATES)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_candidate(resolver, seeds[i].function))
            return false;
    return add_loose(resolver, prototype);
}

static bool add_by_variable(struct resolver *resolver, const struct field *field)
{
    size_t count, found = 0;
    const struct seed *seeds =
        takings_seeds(&resolver->takings, field->owner, field->offset, &count);
    for (size_t i = 0; i < count; i++) {
        if (seeds[i].image != field->image || seeds[i].variable != field->variable)
            continue;
        if (!add_candidate(resolver, seeds[i].function) || ++found > MAX_CANDIDATES)
            return false;
    }
    return found > 0;
}

/* ---- Questions ------------------------------------------------------------------------------- */

/** What an answer depends on. */
struct question {
    const struct field *field;
    struct type_ref prototype;
    uint8_t kind;     /* enum call_kind */
    bool is_constant; /* the pointer is in field->variable, which never changes */
};

static uint64_t mix(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL;
    return hash ^ hash >> 29;
}

static uint64_t question_key(const struct question *question)
{
    const struct field *field = question->field;
    uint64_t hash = mix(question->kind, question->is_constant);
    hash = mix(hash, type_of(question->prototype)->shape);
    hash = mix(hash, type_of(question->prototype)->is_variadic);
    if (question->kind == CALL_FIELD)
        hash = mix(mix(hash, field->owner), field->offset);
    if (question->is_constant)
        hash = mix(mix(hash, field->image), field->variable);
    return hash >> 1;
}

static struct way answer(struct resolver *resolver, const struct question *question)
{
    uint32_t first = target_pool_mark(resolver->pool);
    bool is_complete;
    if (question->is_constant)
        is_complete = add_by_variable(resolver, question->field);
    else if (question->kind == CALL_FIELD)
        is_complete = add_by_member(resolver, question->field, question->prototype);
    else
        is_complete = add_by_type(resolver, question->prototype);
    uint32_t count = target_pool_close(resolver->pool, first);
    if (is_complete && count && resolver->pool->targets.count <= resolver->limit)
        return (struct way){.first = first, .count = count, .kind = question->kind};
    resolver->pool->targets.count = first;
    return (struct way){.kind = CALL_UNRESOLVED};
}

static struct way ask(struct resolver *resolver, const struct question *question)
{
    uint64_t key = question_key(question);
    uint32_t known = int_map_get(&resolver->known, key);
    if (known != MAP_NONE)
        return resolver->answers.data[known];
    struct way result = answer(resolver, question);
    int_map_set(&resolver->known, key, (uint32_t)resolver->answers.count);
    array_push(&resolver->answers, result);
    return result;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static bool is_constant_variable(const struct program *program, const struct field *field)
{
    if (field->variable == NONE)
        return false;
    const struct image *image = program->images[field->image];
    uint32_t section = image_section_at(image, image->debug->variables[field->variable].address);
    if (section == NONE)
        return false;
    enum section_role role = image->sections[section].role;
    return role == SECTION_READ_ONLY || role == SECTION_RELRO;
}

static bool is_closed(const struct resolver *resolver, const struct field *field)
{
    return field->owner && int_map_get(&resolver->takings.closed, field->owner) == true;
}

static struct way best_answer(struct resolver *resolver, const struct field *field)
{
    struct question question = {.field = field, .prototype = typed_pointee_function(field->type)};
    struct way result = {.kind = CALL_UNRESOLVED};
    const struct type *prototype = type_of(question.prototype);
    if (!prototype)
        return result;
    question.kind = CALL_FIELD;
    question.is_constant = is_constant_variable(resolver->program, field);
    if (question.is_constant)
        result = ask(resolver, &question);
    if (result.count || (!prototype->member_count && prototype->is_variadic))
        return result;
    question.is_constant = false;
    if (is_closed(resolver, field))
        return ask(resolver, &question);
    question.kind = CALL_PROTOTYPE;
    return field->is_from_system ? result : ask(resolver, &question);
}

/** Whether the callee was loaded from a virtual table, whose slots have no types of their own. */
static bool is_virtual(const struct program *program, uint32_t from,
                       const struct access_path *callee)
{
    struct field field;
    if (callee->load_count < 2 || callee->offsets[callee->load_count])
        return false;
    struct access_path table = access_path_parent(callee);
    return typed_value(program, from, &table, &field) && typed_is_vptr(&field);
}

static struct way resolve_way(struct resolver *resolver, const struct pointer_call *pointer)
{
    const struct call *call = &resolver->program->calls[pointer->call];
    struct field field;
    if (is_virtual(resolver->program, call->from, &pointer->callee) ||
        !typed_value(resolver->program, call->from, &pointer->callee, &field))
        return (struct way){0};
    return best_answer(resolver, &field);
}

/** Whether debug information describes types of C or C++. */
static bool has_types(const struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct debug_info *debug = program->images[i]->debug;
        if (!debug || !debug->types.count)
            continue;
        for (uint32_t k = 0; k < debug->unit_count; k++)
            if (debug->units[k].language != LANGUAGE_RUST)
                return true;
    }
    return false;
}

void fields_resolve(struct program *program, struct target_pool *pool)
{
    if (outside_may_have_objects(program) || !has_types(program))
        return;
    struct resolver resolver = {
        .program = program, .pool = pool, .limit = pool->targets.count + MAX_TOTAL};
    int_map_init(&resolver.known);
    takings_init(&resolver.takings, program);
    for (uint32_t i = 0; i < program->pointer_call_count; i++)
        if (!pool->ways[i].count)
            pool->ways[i] = resolve_way(&resolver, &program->pointer_calls[i]);
    takings_deinit(&resolver.takings);
    int_map_deinit(&resolver.known);
    array_deinit(&resolver.answers);
}
