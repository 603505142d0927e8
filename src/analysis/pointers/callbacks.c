/*
 * callbacks.c: calls of a function that the caller passed, or of a method of a table that the
 * caller passed.
 *
 * In: calls through pointers whose path begins with an argument, what arrives there. Out: the
 * functions that all callers pass.
 */
#include "analysis/pointers/arrivals.h"
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"

/** Returns the function that a value means for a call at @p offset of it, or NONE. */
static uint32_t function_in(const struct program *program, const struct pointer_argument *value,
                            const struct access_path *callee)
{
    if (!callee->load_count)
        return value->kind == POINTED_FUNCTION && !callee->offsets[0] ? value->function : NONE;
    if (value->kind != POINTED_TABLE || callee->load_count != 1 || callee->offsets[1])
        return NONE;
    uint32_t image = program->functions[program->calls[value->call].from].image;
    uint64_t address = value->table + (uint64_t)(int64_t)callee->offsets[0];
    uint32_t section = image_section_at(program->images[image], address);
    if (section == NONE || program->images[image]->sections[section].role == SECTION_DATA)
        return NONE;
    struct word word = table_word(program, image, address);
    return word.kind == WORD_FUNCTION ? word.function : NONE;
}

/** Whether tables of functions are those of objects. */
static bool has_methods(const struct program *program, uint32_t function)
{
    return is_rust_function(program, function) || is_cpp_function(program, function);
}

static struct way resolve(struct arrivals *arrivals, struct target_pool *pool,
                          const struct pointer_call *pointer)
{
    const struct program *program = arrivals->program;
    const struct access_path *callee = &pointer->callee;
    uint32_t from = program->calls[pointer->call].from;
    struct way way = {.first = target_pool_mark(pool),
                      .kind = callee->load_count && has_methods(program, from) ? CALL_VTABLE
                                                                               : CALL_CONSTANT};
    if (callee->root != ROOT_ARGUMENT || callee->is_indexed || callee->load_count > 1 ||
        !arrivals_find(arrivals, from, callee->index))
        return way;
    for (size_t i = 0; i < arrivals->values.count; i++) {
        uint32_t function = function_in(program, &arrivals->values.data[i], callee);
        if (function == NONE) {
            pool->targets.count = way.first;
            return way;
        }
        array_push(&pool->targets, function);
    }
    way.count = target_pool_close(pool, way.first);
    return way;
}

void callbacks_resolve(struct program *program, struct target_pool *pool, struct arrivals *arrivals)
{
    for (uint32_t i = 0; i < program->pointer_call_count; i++)
        if (!pool->ways[i].count)
            pool->ways[i] = resolve(arrivals, pool, &program->pointer_calls[i]);
}
