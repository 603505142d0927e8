/*
 * numbering.c: see numbering.h. In: the program's functions, the image's relocations. Out: the
 * functions elsewhere that these are bound to, sorted and each once.
 */
#include "analysis/cache/numbering.h"

#include "base/memory.h"

#include <stdlib.h>

static bool is_own(const struct numbering *numbering, uint32_t function)
{
    return function - numbering->first < numbering->count;
}

/** Sets a bit for each function elsewhere; returns how many there are. */
static uint32_t mark_others(const struct numbering *numbering, uint8_t *bits)
{
    const struct image *image = numbering->program->images[numbering->image];
    uint32_t count = 0;
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        uint32_t function = image->relocations[i].function;
        if (function == NONE)
            continue;
        function = program_whole(numbering->program, function);
        if (is_own(numbering, function) || bits[function / 8] >> function % 8 & 1)
            continue;
        bits[function / 8] |= (uint8_t)(1U << function % 8);
        count++;
    }
    return count;
}

static void list_others(struct numbering *numbering, const uint8_t *bits)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < numbering->program->function_count; i++) {
        if (!bits[i / 8])
            i |= 7;
        else if (bits[i / 8] >> i % 8 & 1)
            numbering->others[next++] = i;
    }
    while (numbering->before_count < next &&
           numbering->others[numbering->before_count] < numbering->first)
        numbering->before_count++;
}

bool numbering_init(struct numbering *numbering, const struct program *program, uint32_t image)
{
    *numbering = (struct numbering){.program = program, .image = image};
    if (program->function_count >= NUMBER_ELSEWHERE)
        return false;
    numbering->first = program->image_functions[image];
    numbering->count = program->image_functions[image + 1] - numbering->first;
    CLEANUP_FREE uint8_t *bits = xcalloc(program->function_count / 8 + 1, 1);
    numbering->other_count = mark_others(numbering, bits);
    numbering->others = xcalloc((size_t)numbering->other_count + 1, sizeof *numbering->others);
    list_others(numbering, bits);
    return true;
}

void numbering_deinit(struct numbering *numbering)
{
    free(numbering->others);
}

bool numbering_encode(const struct numbering *numbering, uint32_t function, uint32_t *ret)
{
    *ret = function - numbering->first;
    if (is_own(numbering, function))
        return true;
    uint32_t low = 0, high = numbering->other_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (numbering->others[middle] < function)
            low = middle + 1;
        else
            high = middle;
    }
    *ret = low | NUMBER_ELSEWHERE;
    return low < numbering->other_count && numbering->others[low] == function;
}

bool numbering_decode(const struct numbering *numbering, uint32_t number, uint32_t *ret)
{
    if (number & NUMBER_ELSEWHERE) {
        number &= ~NUMBER_ELSEWHERE;
        if (number >= numbering->other_count)
            return false;
        *ret = numbering->others[number];
        return true;
    }
    *ret = numbering->first + number;
    return number < numbering->count && numbering->program->functions[*ret].part_of == NONE;
}
