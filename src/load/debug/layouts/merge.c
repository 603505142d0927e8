/* merge.c: the types of all workers, each once, by name. */
#include "load/debug/layouts/internal.h"

#include "program/program.h"

#include <string.h>

static int by_name(const void *a, const void *b)
{
    const struct layout *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order)
        return order;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static void append_output(const struct layout_output *out, struct layout_table *table)
{
    memcpy(table->layouts + table->count, out->layouts.data,
           out->layouts.count * sizeof *table->layouts);
    for (size_t i = 0; i < out->layouts.count; i++) {
        table->layouts[table->count + i].first_field += table->field_count;
        table->layouts[table->count + i].first_variant += table->variant_count;
    }
    for (size_t i = 0; i < out->fields.count; i++) {
        table->fields[table->field_count + i] = out->fields.data[i];
        table->fields[table->field_count + i].first_field += table->field_count;
    }
    for (size_t i = 0; i < out->variants.count; i++) {
        table->variants[table->variant_count + i] = out->variants.data[i];
        table->variants[table->variant_count + i].first_field += table->field_count;
    }
    table->count += (uint32_t)out->layouts.count;
    table->field_count += (uint32_t)out->fields.count;
    table->variant_count += (uint32_t)out->variants.count;
}

struct layout_table layouts_merge(struct session *session)
{
    struct layout_table table = {0};
    struct arena *arena = &session->program->arena;
    size_t layouts = 0, fields = 0, variants = 0;
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct layout_output *out = &session->workers[i].layouts;
        layouts += out->layouts.count;
        fields += out->fields.count;
        variants += out->variants.count;
    }
    if (!layouts || layouts >= NONE || fields >= NONE || variants >= NONE)
        return table;
    table.layouts = arena_calloc(arena, layouts, sizeof *table.layouts);
    table.fields = arena_calloc(arena, fields + 1, sizeof *table.fields);
    table.variants = arena_calloc(arena, variants + 1, sizeof *table.variants);
    for (unsigned i = 0; i < session->worker_count; i++)
        if (session->workers[i].layouts.layouts.count)
            append_output(&session->workers[i].layouts, &table);
    qsort(table.layouts, table.count, sizeof *table.layouts, by_name);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < table.count; i++) {
        const struct layout *last = kept ? &table.layouts[kept - 1] : NULL;
        if (!last || last->hash != table.layouts[i].hash ||
            strcmp(last->name, table.layouts[i].name) != 0)
            table.layouts[kept++] = table.layouts[i];
    }
    table.count = kept;
    return table;
}
