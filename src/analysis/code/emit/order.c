/*
 * order.c: the calls of a function by address. In: calls in the order of the function's parts, and
 * what refers to them by number. Out: the same, sorted and renumbered.
 */
#include "analysis/code/emit/emit.h"
#include "base/memory.h"

#include <stdlib.h>

struct call_order {
    struct call call;
    uint32_t index; /* before sorting */
};

static int by_address(const void *a, const void *b)
{
    const struct call_order *x = a, *y = b;
    if (x->call.address != y->call.address)
        return x->call.address < y->call.address ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void renumber(uint32_t *calls, size_t count, const uint32_t *numbers)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i] != NONE)
            calls[i] = numbers[calls[i]];
}

static int by_call(const void *a, const void *b)
{
    const struct argument *x = a, *y = b;
    if (x->call != y->call)
        return x->call < y->call ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void renumber_arguments(struct output *output, size_t first, const uint32_t *numbers)
{
    size_t count = output->arguments.count - first;
    if (!count)
        return;
    struct argument *arguments = output->arguments.data + first;
    for (size_t i = 0; i < count; i++)
        arguments[i].call = numbers[arguments[i].call];
    qsort(arguments, count, sizeof *arguments, by_call);
}

static int by_pointer_call(const void *a, const void *b)
{
    const struct pointer_call *x = a, *y = b;
    return x->call < y->call ? -1 : x->call > y->call;
}

static int by_pointer_argument(const void *a, const void *b)
{
    const struct pointer_argument *x = a, *y = b;
    if (x->call != y->call)
        return x->call < y->call ? -1 : 1;
    return x->argument < y->argument ? -1 : x->argument > y->argument;
}

static void renumber_pointers(struct output *output, const struct output_mark *first,
                              const uint32_t *numbers)
{
    size_t calls = output->pointer_calls.count - first->pointer_calls;
    size_t arguments = output->pointer_arguments.count - first->pointer_arguments;
    struct pointer_call *call = output->pointer_calls.data + first->pointer_calls;
    struct pointer_argument *argument = output->pointer_arguments.data + first->pointer_arguments;
    for (size_t i = 0; i < calls; i++)
        call[i].call = numbers[call[i].call];
    for (size_t i = 0; i < arguments; i++)
        argument[i].call = numbers[argument[i].call];
    if (calls > 1)
        qsort(call, calls, sizeof *call, by_pointer_call);
    if (arguments > 1)
        qsort(argument, arguments, sizeof *argument, by_pointer_argument);
}

void emit_sort_calls(struct output *output, const struct output_mark *first, size_t blocks)
{
    size_t count = output->calls.count - first->calls, sorted = 1;
    if (count < 2)
        return;
    struct call *calls = output->calls.data + first->calls;
    while (sorted < count && calls[sorted - 1].address <= calls[sorted].address)
        sorted++;
    if (sorted >= count)
        return;
    CLEANUP_FREE struct call_order *order = xmalloc(count * sizeof *order);
    CLEANUP_FREE uint32_t *numbers = xmalloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        order[i] = (struct call_order){calls[i], i};
    qsort(order, count, sizeof *order, by_address);
    for (uint32_t i = 0; i < count; i++) {
        calls[i] = order[i].call;
        numbers[order[i].index] = i;
    }
    renumber(output->block_calls.data, blocks, numbers);
    renumber(output->tails.data, 2 * blocks, numbers);
    renumber_arguments(output, first->arguments, numbers);
    renumber_pointers(output, first, numbers);
}
