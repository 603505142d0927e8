/*
 * kernel_calls.c: calls of what the kernel maps into the process (vDSO).
 *
 * In: the paths of calls through pointers that nothing is known of. Out: for those in functions of
 * the C library that ask for the time or the processor, if the pointer is none that these were
 * passed: the kernel's function, and the one whose address the file has where the pointer is kept
 * (musl: that which looks the kernel's up).
 */
#include "analysis/calls/kernel.h"
#include "analysis/pointers/indirect.h"
#include "analysis/pointers/objects/tables.h"

/** Whether it may be kept by the library; glibc keeps it in the dynamic linker, once encrypted. */
static bool may_be_kept(const struct access_path *callee)
{
    return callee->root == ROOT_ADDRESS || callee->root == ROOT_VALUE ||
           callee->root == ROOT_UNKNOWN;
}

/** The function whose address a variable that is called has in the file, or NONE. */
static uint32_t initial_function(const struct program *program, uint32_t image,
                                 const struct access_path *callee)
{
    uint64_t address = callee->address + (uint64_t)(int64_t)callee->offsets[0];
    bool is_variable = callee->root == ROOT_ADDRESS && callee->load_count == 1;
    return is_variable ? table_word(program, image, address).function : NONE;
}

void kernel_calls_resolve(struct program *program, struct target_pool *pool)
{
    for (uint32_t i = 0; i < program->pointer_call_count; i++) {
        const struct pointer_call *pointer = &program->pointer_calls[i];
        uint32_t from = program->calls[pointer->call].from;
        if (pool->ways[i].count || pool->ways[i].is_null || !may_be_kept(&pointer->callee))
            continue;
        // A resolver of an IFUNC calls the dynamic linker, to look the kernel's function up.
        uint32_t kernel =
            program->functions[from].is_ifunc ? NONE : kernel_function_behind(program, from);
        if (kernel == NONE)
            continue;
        struct way way = {.first = target_pool_mark(pool), .kind = CALL_CONSTANT};
        uint32_t initial =
            initial_function(program, program->functions[from].image, &pointer->callee);
        if (initial != NONE)
            array_push(&pool->targets, initial);
        array_push(&pool->targets, kernel);
        way.count = target_pool_close(pool, way.first);
        pool->ways[i] = way;
    }
}
