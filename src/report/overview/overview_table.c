/* overview_table.c: the figures of the overview and their objects in JSON. */
#include "report/global/globals_table.h"
#include "report/heap/heap_table.h"
#include "report/overview/overview.h"
#include "report/shared/function.h"
#include "report/stack/limits.h"
#include "report/stack/stack_table.h"

uint32_t entry_of(const struct report *report)
{
    const struct facts *facts = report->facts;
    if (facts->main_function != NONE)
        return facts->main_function;
    for (uint32_t i = 0; i < facts->entry_count; i++)
        if (facts->entries[i].kind == ENTRY_MAIN)
            return facts->entries[i].function;
    for (uint32_t i = 0; i < facts->entry_count; i++)
        if (facts->entries[i].kind == ENTRY_START)
            return facts->entries[i].function;
    return NONE;
}

void site_counts(const struct report *report, struct site_counts *ret)
{
    *ret = (struct site_counts){0};
    for (uint32_t i = 0; i < report->facts->site_count; i++) {
        if (report->facts->sites[i].kind == SITE_MAP) {
            ret->map++;
            continue;
        }
        ret->all++;
        ret->constant_size += report->facts->sites[i].bytes >= 0;
        ret->on_panic += report->facts->sites[i].is_on_panic;
        ret->user += is_user_site(report, i);
    }
}

uint64_t unresolved_calls(const struct report *report)
{
    const struct program *program = report->program;
    uint64_t count = 0;
    for (uint32_t i = 0; i < program->call_count; i++)
        count += program->calls[i].kind == CALL_UNRESOLVED &&
                 is_listed_function(report, program->calls[i].from);
    return count;
}

static bool is_complete(const struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++)
        for (uint32_t n = 0; n < program->images[i]->needed_count; n++)
            if (program->images[i]->needed[n].image == NONE)
                return false;
    return program->images[0]->arch != NULL;
}

/** Whether the function could give the program memory that no allocator's name stands for. */
static bool may_give_memory(const struct report *report, uint32_t function)
{
    const struct facts *facts = report->facts;
    return facts->allocator_roles[function] == ALLOCATOR_ALLOCATE ||
           facts->allocator_roles[function] == ALLOCATOR_REALLOCATE ||
           facts->map_roles[function] == ALLOCATOR_MAP || facts->frames[function].may_map;
}

static bool has_code(const struct program *program)
{
    uint32_t end = program->image_functions[1];
    return program->function_blocks && program->function_blocks[end] > 0;
}

static bool has_unknown_call(const struct program *program)
{
    for (uint32_t i = 0; i < program->call_count; i++)
        if (program->calls[i].kind == CALL_UNRESOLVED)
            return true;
    return false;
}

bool has_no_allocator(const struct report *report)
{
    const struct program *program = report->program;
    if (!report->facts->allocator_roles || !is_complete(program) ||
        !program->images[0]->is_placed || report->facts->has_unnamed_allocators ||
        !has_code(program) || has_unknown_call(program))
        return false;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (may_give_memory(report, i))
            return false;
    return true;
}

void global_bytes(const struct report *report, struct global_bytes *ret)
{
    struct byte_count totals[MEMORY_COUNT];
    memory_totals(report, totals);
    *ret = (struct global_bytes){
        .code = totals[MEMORY_CODE].bytes,
        .read_only = totals[MEMORY_READ_ONLY].bytes + totals[MEMORY_RELRO].bytes,
        .writable = totals[MEMORY_DATA].bytes,
        .zeroed = totals[MEMORY_BSS].bytes,
        .tls = report->program->images[0]->tls_bytes,
    };
}

/* ---- Global ---------------------------------------------------------------------------------- */

static struct cell get_read_only(struct report *report, uint32_t row)
{
    (void)row;
    struct global_bytes bytes;
    global_bytes(report, &bytes);
    return cell_number(bytes.read_only);
}

static struct cell get_writable(struct report *report, uint32_t row)
{
    (void)row;
    struct global_bytes bytes;
    global_bytes(report, &bytes);
    return cell_number(bytes.writable);
}

static struct cell get_zeroed(struct report *report, uint32_t row)
{
    (void)row;
    struct global_bytes bytes;
    global_bytes(report, &bytes);
    return cell_number(bytes.zeroed);
}

static struct cell get_tls(struct report *report, uint32_t row)
{
    (void)row;
    return cell_number(report->program->images[0]->tls_bytes);
}

static struct cell get_code(struct report *report, uint32_t row)
{
    (void)row;
    struct global_bytes bytes;
    global_bytes(report, &bytes);
    return cell_number(bytes.code);
}

static struct cell get_zeroes_in_file(struct report *report, uint32_t row)
{
    (void)row;
    return cell_number(zeroes_in_file(report));
}

static const struct column global_columns[] = {
    {"read_only_bytes", NULL, UNIT_BYTES, get_read_only, NULL},
    {"writable_bytes", NULL, UNIT_BYTES, get_writable, NULL},
    {"zeroed_bytes", NULL, UNIT_BYTES, get_zeroed, NULL},
    {"zeroes_in_file_bytes", NULL, UNIT_BYTES, get_zeroes_in_file, NULL},
    {"tls_bytes_per_thread", NULL, UNIT_BYTES, get_tls, NULL},
    {"code_bytes", NULL, UNIT_BYTES, get_code, NULL},
};
const struct table global_object = TABLE(global_columns);

/* ---- Stack ----------------------------------------------------------------------------------- */

static struct cell get_entry(struct report *report, uint32_t row)
{
    (void)row;
    uint32_t entry = entry_of(report);
    return entry == NONE ? cell_null() : get_function_name(report, entry);
}

static struct cell get_bound(struct report *report, uint32_t row)
{
    (void)row;
    return cell_signed(bound_of(report, entry_of(report)).bytes);
}

static struct cell get_with_panic(struct report *report, uint32_t row)
{
    (void)row;
    return cell_signed(bound_of(report, entry_of(report)).with_panic_bytes);
}

static struct cell get_at_least(struct report *report, uint32_t row)
{
    (void)row;
    return cell_signed(bound_of(report, entry_of(report)).at_least_bytes);
}

static struct cell get_because(struct report *report, uint32_t row)
{
    (void)row;
    return unbounded_cell(report, entry_of(report));
}

static struct cell get_large_frames(struct report *report, uint32_t row)
{
    (void)row;
    size_t begin = list_begin(report);
    list_large_frames(report, &report->list);
    return cell_list(report, begin);
}

static struct cell get_frame(struct report *report, uint32_t function)
{
    return cell_signed(frame_of(report, function).bytes);
}

static const struct column large_frame_columns[] = {
    FUNCTION_COLUMNS,
    {"frame_bytes", NULL, UNIT_BYTES, get_frame, NULL},
};
static const struct table large_frame_table = TABLE(large_frame_columns);

static const struct column stack_columns[] = {
    {"entry", NULL, UNIT_NONE, get_entry, NULL},
    {"bound_bytes", NULL, UNIT_BYTES, get_bound, NULL},
    {"bound_with_panic_bytes", NULL, UNIT_BYTES, get_with_panic, NULL},
    {"at_least_bytes", NULL, UNIT_BYTES, get_at_least, NULL},
    {"unbounded_because", NULL, UNIT_NONE, get_because, &unbounded_table},
    {"larger_than_thread_stack", NULL, UNIT_NONE, get_large_frames, &large_frame_table},
};
const struct table stack_object = TABLE(stack_columns);

/* ---- Heap ------------------------------------------------------------------------------------ */

static struct cell get_allocates(struct report *report, uint32_t row)
{
    (void)row;
    uint32_t entry = entry_of(report);
    if (entry == NONE)
        return cell_null();
    return cell_text(verdict_name(verdicts_of(report, entry).allocates));
}

static struct cell get_sites(struct report *report, uint32_t row)
{
    (void)row;
    struct site_counts counts;
    site_counts(report, &counts);
    return cell_number(counts.all);
}

static struct cell get_map_sites(struct report *report, uint32_t row)
{
    (void)row;
    struct site_counts counts;
    site_counts(report, &counts);
    return cell_number(counts.map);
}

static struct cell get_startup(struct report *report, uint32_t row)
{
    (void)report, (void)row;
    return cell_record(0);
}

static struct cell get_constant_sites(struct report *report, uint32_t row)
{
    (void)row;
    struct site_counts counts;
    site_counts(report, &counts);
    return cell_number(counts.constant_size);
}

static struct cell get_user_sites(struct report *report, uint32_t row)
{
    (void)row;
    struct site_counts counts;
    site_counts(report, &counts);
    return cell_number(counts.user);
}

static struct cell verdict_count(struct report *report, unsigned verdict)
{
    uint64_t counts[VERDICT_COUNT];
    verdict_counts(report, counts);
    return cell_number(counts[verdict]);
}

static struct cell get_never(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_count(report, VERDICT_NEVER);
}

static struct cell get_on_panic(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_count(report, VERDICT_ON_PANIC);
}

static struct cell get_maybe(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_count(report, VERDICT_MAYBE);
}

static struct cell get_always(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_count(report, VERDICT_ALWAYS);
}

static struct cell get_unknown(struct report *report, uint32_t row)
{
    (void)row;
    return verdict_count(report, VERDICT_UNKNOWN);
}

static const struct column verdict_columns[] = {
    {"never", NULL, UNIT_COUNT, get_never, NULL},
    {"on_panic", NULL, UNIT_COUNT, get_on_panic, NULL},
    {"maybe", NULL, UNIT_COUNT, get_maybe, NULL},
    {"always", NULL, UNIT_COUNT, get_always, NULL},
    {"unknown", NULL, UNIT_COUNT, get_unknown, NULL},
};
static const struct table verdict_object = TABLE(verdict_columns);

static struct cell get_functions(struct report *report, uint32_t row)
{
    (void)report, (void)row;
    return cell_record(0);
}

static struct cell get_unresolved(struct report *report, uint32_t row)
{
    (void)row;
    return cell_number(unresolved_calls(report));
}

static struct cell get_is_possible(struct report *report, uint32_t row)
{
    (void)row;
    return cell_bool(!has_no_allocator(report));
}

static const struct column heap_columns[] = {
    {"allocates", NULL, UNIT_NONE, get_allocates, NULL},
    {"sites", NULL, UNIT_COUNT, get_sites, NULL},
    {"sites_constant_size", NULL, UNIT_COUNT, get_constant_sites, NULL},
    {"sites_in_user_code", NULL, UNIT_COUNT, get_user_sites, NULL},
    {"functions", NULL, UNIT_NONE, get_functions, &verdict_object},
    {"unresolved_calls", NULL, UNIT_COUNT, get_unresolved, NULL},
    {"possible", NULL, UNIT_NONE, get_is_possible, NULL},
    {"map_sites", NULL, UNIT_COUNT, get_map_sites, NULL},
    {"startup", NULL, UNIT_NONE, get_startup, &startup_object},
};
const struct table heap_object = TABLE(heap_columns);
