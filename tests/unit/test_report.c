/*
 * test_report.c: whole reports on a program made by hand: three functions (main calls work, which
 * calls malloc), two variables, one segment.
 */
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAIN, WORK, MALLOC, FUNCTION_COUNT };

struct fixture {
    struct program program;
    struct facts facts;
    struct image image, *images[1];
    struct segment segments[1];
    struct function functions[FUNCTION_COUNT];
    uint32_t image_functions[2], function_calls[FUNCTION_COUNT + 1], call_targets[2];
    struct call calls[3];
    struct owner owners[4];
    struct frame frames[FUNCTION_COUNT];
    struct bound bounds[FUNCTION_COUNT];
    struct unbounded unbounded[1];
    struct verdicts verdicts[FUNCTION_COUNT];
    struct step steps[FUNCTION_COUNT];
    uint8_t origins[FUNCTION_COUNT], roles[FUNCTION_COUNT];
    struct site sites[1];
    struct entry entries[1];
    uint32_t users[1];
};

static void fill_functions(struct fixture *f)
{
    static const char *const names[] = {"main", "work\xFF", "malloc"};
    for (unsigned i = 0; i < FUNCTION_COUNT; i++)
        f->functions[i] = (struct function){.address = 0x1000 + 0x10 * i,
                                            .bytes = 0x10,
                                            .linkage_name = names[i],
                                            .symbol = NONE,
                                            .section = NONE,
                                            .debug_function = NONE,
                                            .part_of = NONE,
                                            .first_part = NONE,
                                            .next_part = NONE};
    f->functions[MALLOC].source = FUNCTION_EXTERNAL;
    f->functions[MALLOC].image = NONE;
    f->call_targets[0] = WORK;
    f->call_targets[1] = MALLOC;
    f->calls[0] = (struct call){.address = 0x1004, .from = MAIN, .target_count = 1};
    f->calls[1] = (struct call){
        .address = 0x1014, .from = WORK, .first_target = 1, .target_count = 1, .kind = CALL_PLT};
    f->calls[2] = (struct call){.address = 0x1018, .from = WORK, .kind = CALL_UNRESOLVED};
    uint32_t starts[] = {0, 1, 3, 3};
    memcpy(f->function_calls, starts, sizeof starts);
    f->image_functions[1] = MALLOC;
}

static void fill_stack(struct fixture *f)
{
    f->frames[MAIN] = (struct frame){.bytes = 32};
    f->frames[WORK] = (struct frame){.bytes = 9 << 20};
    f->frames[MALLOC] = (struct frame){.bytes = -1, .kind = FRAME_UNKNOWN};
    f->bounds[MAIN] =
        (struct bound){-1, -1, (9 << 20) + 32, (9 << 20) + 32, 0, WORK, 0, WORK, 0, 1, false};
    f->bounds[WORK] = (struct bound){-1, -1, 9 << 20, 9 << 20, NONE, NONE, NONE, NONE, 0, 1, false};
    f->bounds[MALLOC] = (struct bound){-1, -1, -1, -1, NONE, NONE, NONE, NONE, 0, 0, false};
    f->unbounded[0] = (struct unbounded){0x1018, WORK, UNBOUNDED_UNRESOLVED_CALL};
}

static void fill_heap(struct fixture *f)
{
    f->verdicts[MAIN] = (struct verdicts){.allocates = VERDICT_ALWAYS, .witness_call = 0};
    f->verdicts[WORK] = (struct verdicts){.allocates = VERDICT_MAYBE, .witness_call = 1};
    f->steps[MAIN] = (struct step){0, WORK};
    f->steps[WORK] = (struct step){1, MALLOC};
    f->steps[MALLOC] = (struct step){NONE, NONE};
    f->roles[MALLOC] = ALLOCATOR_ALLOCATE;
    f->sites[0] = (struct site){.call = 1,
                                .allocator = MALLOC,
                                .bytes = -1,
                                .alignment = -1,
                                .count = -1,
                                .element_bytes = -1};
}

static void fill_globals(struct fixture *f)
{
    static const uint64_t sizes[] = {0x20, 100, 50, 8};
    static const char *const names[] = {"main", "table", "padding", "counter"};
    static const uint8_t memories[] = {MEMORY_CODE, MEMORY_DATA, MEMORY_DATA, MEMORY_TLS_BSS};
    static const uint8_t kinds[] = {OWNER_FUNCTION, OWNER_STATIC, OWNER_PADDING, OWNER_STATIC};
    for (unsigned i = 0; i < 4; i++)
        f->owners[i] =
            (struct owner){.address = 0x1000 + 0x20 * i,
                           .bytes = sizes[i],
                           .zero_bytes = kinds[i] == OWNER_STATIC ? (int64_t)sizes[i] : -1,
                           .name = names[i],
                           .image_section = NONE,
                           .segment = i < 3 ? 0 : NONE,
                           .function = i ? NONE : MAIN,
                           .symbol = NONE,
                           .variable = NONE,
                           .initializer = NONE,
                           .memory = memories[i],
                           .kind = kinds[i]};
    f->owners[1].user_count = 1;
    f->owners[3].address = 16;
    f->users[0] = WORK;
    f->segments[0] = (struct segment){.address = 0x1000, .bytes = 182, .flags = 5};
}

static struct fixture *fixture_create(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    program_init(&f->program);
    fill_functions(f);
    fill_stack(f);
    fill_heap(f);
    fill_globals(f);
    f->entries[0] = (struct entry){MAIN, ENTRY_MAIN, 8 << 20};
    f->image = (struct image){.path = "a.out",
                              .name = "a.out",
                              .machine = "x86-64",
                              .type = IMAGE_PIE,
                              .is_placed = true,
                              .tls_bytes = 24,
                              .segments = f->segments,
                              .segment_count = 1};
    f->images[0] = &f->image;
    f->facts = (struct facts){.origins = f->origins,
                              .owners = f->owners,
                              .owner_count = 4,
                              .tls_owner_first = 3,
                              .owner_users = f->users,
                              .frames = f->frames,
                              .bounds = f->bounds,
                              .unbounded = f->unbounded,
                              .allocator_roles = f->roles,
                              .verdicts = f->verdicts,
                              .sites = f->sites,
                              .site_count = 1,
                              .entries = f->entries,
                              .entry_count = 1,
                              .main_function = MAIN,
                              .main_limit_bytes = 8 << 20,
                              .thread_limit_bytes = 2 << 20};
    f->facts.steps[HEAP_ALLOCATES][WAY_NORMAL] = f->steps;
    struct program *program = &f->program;
    program->images = f->images;
    program->image_count = 1;
    program->functions = f->functions;
    program->function_count = FUNCTION_COUNT;
    program->image_functions = f->image_functions;
    program->calls = f->calls;
    program->call_count = 3;
    program->function_calls = f->function_calls;
    program->call_targets = f->call_targets;
    program->call_target_count = 2;
    program->facts = &f->facts;
    return f;
}

/* Runs a report; the caller frees what it wrote. NULL if it failed, with the message on stderr. */
static char *run(report_function *function, const char *command, struct report_options options,
                 unsigned width)
{
    struct fixture *f = fixture_create();
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    struct screen screen = {.out = out, .width = width};
    struct error *error = report_run(function, command, &f->program, &options, &screen);
    fclose(out);
    program_deinit(&f->program);
    free(f);
    if (!error)
        return text;
    free(text);
    asprintf(&text, "error: %s", error->message);
    error_destroy(error);
    return text;
}

static void expect_part(report_function *function, const char *command,
                        struct report_options options, const char *part)
{
    char *text = run(function, command, options, 0);
    if (!strstr(text, part))
        fprintf(stderr, "not found:\n%s\nin:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
    free(text);
}

static const struct report_options json = {.is_json = true};

static void test_file_object(void **state)
{
    (void)state;
    expect_part(report_overview, "report", json,
                "{\n  \"schema\": \"dwell/1\",\n  \"command\": \"report\",\n  \"file\": {\n"
                "    \"path\": \"a.out\",\n    \"machine\": \"x86-64\",\n    \"type\": \"pie\",\n"
                "    \"producers\": [],\n    \"debug_info\": false,\n    \"build_id\": null,\n"
                "    \"libraries\": []\n  },\n");
    expect_part(report_overview, "report", json, "\n  \"diagnostics\": []\n}\n");
}

static void test_overview(void **state)
{
    (void)state;
    expect_part(report_overview, "report", json,
                "\"global\": {\n    \"read_only_bytes\": 0,\n    \"writable_bytes\": 150,\n"
                "    \"zeroed_bytes\": 0,\n    \"zeroes_in_file_bytes\": 100,\n"
                "    \"tls_bytes_per_thread\": 24,\n"
                "    \"code_bytes\": 32\n  }");
    expect_part(report_overview, "report", json,
                "\"entry\": \"main\",\n    \"bound_bytes\": null,\n"
                "    \"bound_with_panic_bytes\": null,\n    \"at_least_bytes\": 9437216,\n"
                "    \"unbounded_because\": [{\"kind\": \"unresolved_call\", "
                "\"function\": \"work\xEF\xBF\xBD\", \"address\": 4120, \"file\": null, "
                "\"line\": null}]");
    expect_part(report_overview, "report", json,
                "\"heap\": {\n    \"allocates\": \"always\",\n    \"sites\": 1,\n"
                "    \"sites_constant_size\": 0,\n    \"sites_in_user_code\": 1,\n"
                "    \"functions\": {\"never\": 0, \"on_panic\": 0, \"maybe\": 1, \"always\": 1, "
                "\"unknown\": 0}");
}

static void test_overview_text(void **state)
{
    (void)state;
    struct report_options options = {0};
    expect_part(report_overview, "report", options, "! frame of work\xEF\xBF\xBD: 9.0 MiB");
    expect_part(report_overview, "report", options, "main allocates");
    expect_part(report_overview, "report", options, "? 1 call is not resolved");
    for (unsigned width = 40; width < 200; width++)
        free(run(report_overview, "report", options, width));
}

/* The deepest known stack of main is too deep for it, although it has no bound; so is work's frame,
 * for main and for other threads. */
static void test_limits(void **state)
{
    (void)state;
    static const char entry[] =
        "{\"kind\": \"entry_exceeds_limit\", \"entry\": \"main\", \"entry_kind\": \"main\", "
        "\"bytes\": 9437216, \"is_bound\": false, \"limit_bytes\": 8388608, "
        "\"function\": \"work\xEF\xBF\xBD\", \"frame_bytes\": 9437184, ";
    static const char frame[] =
        "{\"kind\": \"frame_exceeds_limit\", \"entry\": null, \"entry_kind\": null, "
        "\"bytes\": 9437184, \"is_bound\": true, \"limit_bytes\": 2097152, "
        "\"function\": \"work\xEF\xBF\xBD\", \"frame_bytes\": 9437184, ";
    expect_part(report_stack, "stack", json, entry);
    expect_part(report_stack, "stack", json, frame);
    expect_part(report_overview, "report", json, entry);
    struct report_options options = {0};
    expect_part(report_stack, "stack", options,
                "! main needs at least 9.0 MiB (9,437,216 B) of stack and usually has "
                "8.0 MiB; the largest frame on the way is that of work\xEF\xBF\xBD: 9.0 MiB\n"
                "! frame of work\xEF\xBF\xBD: 9.0 MiB (9,437,184 B), more than what there usually "
                "is: the 8.0 MiB of a main thread and the 2.0 MiB of other threads\n");
}

static void test_globals(void **state)
{
    (void)state;
    expect_part(report_globals, "globals", json,
                "{\"address\": 4096, \"bytes\": 182, \"file_bytes\": 0, \"flags\": \"r-x\", "
                "\"owners\": [{\"kind\": \"function\", \"bytes\": 32, \"count\": 1}, "
                "{\"kind\": \"static\", \"bytes\": 100, \"count\": 1}, "
                "{\"kind\": \"padding\", \"bytes\": 50, \"count\": 1}], "
                "\"owners_bytes\": [32, 100, 50]}");
    expect_part(
        report_globals, "globals", json,
        "{\"name\": \"counter\", \"linkage_name\": null, \"address\": 16, \"bytes\": 8, "
        "\"zero_bytes\": 8, \"section\": null, \"memory\": \"tls_bss\", \"writable\": false, "
        "\"kind\": \"static\", \"unit\": null, \"crate\": null, \"file\": null, "
        "\"line\": null, \"type\": null, \"used_by\": []");
    expect_part(report_globals, "globals", json, "\"used_by\": [\"work\xEF\xBF\xBD\"]");
}

static void test_stack(void **state)
{
    (void)state;
    expect_part(report_stack, "stack", json,
                "{\"name\": \"main\", \"linkage_name\": \"main\", \"address\": 4096, "
                "\"file\": null, \"line\": null, \"frame_bytes\": 32, \"frame\": \"fixed\", "
                "\"red_zone_bytes\": 0, \"bound_bytes\": null, \"bound_with_panic_bytes\": null, "
                "\"at_least_bytes\": 9437216, ");
    expect_part(report_stack, "stack", json,
                "\"deepest\": [\"main\", \"work\xEF\xBF\xBD\"], \"aliases\": []}");
    expect_part(report_stack, "stack", json,
                "\"at_least_bytes\": 9437216, \"limit_bytes\": 8388608, "
                "\"exceeds_limit\": true, \"deepest\": [");
    struct report_options tree = {.is_json = true, .function = "main"};
    expect_part(report_stack, "stack", tree, "{\"depth\": 2, \"name\": \"malloc\"");
}

static void test_heap(void **state)
{
    (void)state;
    expect_part(report_heap, "heap", json,
                "\"witness\": [\"main\", \"work\xEF\xBF\xBD\", \"malloc\"], "
                "\"witness_kind\": \"plt\", \"unresolved\": [], \"aliases\": []}");
    expect_part(report_heap, "heap", json,
                "\"unresolved\": [{\"address\": 4120, \"function\": \"work\xEF\xBF\xBD\", "
                "\"file\": null, \"line\": null}]");
    expect_part(report_heap, "heap", json,
                "{\"address\": 4116, \"function\": \"work\xEF\xBF\xBD\", \"file\": null, "
                "\"line\": null, \"inlined\": [], \"allocator\": \"malloc\", "
                "\"kind\": \"allocate\", \"bytes\": null, "
                "\"alignment\": null, \"count\": null, \"element_bytes\": null, "
                "\"on_panic\": false, \"before_main\": null, \"type\": null, \"amount\": null, "
                "\"freed\": []}");
    struct report_options why = {.function = "main"};
    expect_part(report_heap, "heap", why, "allocates: always; every normal path does\n");
}

static void test_calls(void **state)
{
    (void)state;
    expect_part(report_calls, "calls", json,
                "{\"from\": \"work\xEF\xBF\xBD\", \"address\": 4120, \"to\": [], "
                "\"kind\": \"unresolved\", \"on_panic\": null");
    expect_part(report_calls, "calls", json,
                "\"kinds\": [\n    {\"kind\": \"direct\", \"calls\": 1},");
    // A callee that matches is enough.
    struct report_options filter = {.is_json = true, .filter = "^malloc$"};
    expect_part(report_calls, "calls", filter,
                "\"functions\": [],\n  \"calls\": [\n    {\"from\": \"work\xEF\xBF\xBD\", "
                "\"address\": 4116, \"to\": [\"malloc\"], \"kind\": \"plt\"");
    struct report_options dot = {.is_dot = true, .filter = "^main$"};
    expect_part(report_calls, "calls", dot,
                "    f0 [label=\"main\"]\n    f1 [label=\"work\xEF\xBF\xBD\"]\n    f0 -> f1\n}\n");
}

static void test_what_the_user_asks(void **state)
{
    (void)state;
    struct report_options options = {
        .is_json = true, .sort = "bytes", .has_limit = true, .limit = 1};
    expect_part(report_globals, "globals", options, "\"globals\": [\n    {\"name\": \"table\"");
    options = (struct report_options){.is_json = true, .filter = "^coun"};
    expect_part(report_globals, "globals", options, "\"globals\": [\n    {\"name\": \"counter\"");
    options = (struct report_options){.sort = "colour"};
    expect_part(report_globals, "globals", options,
                "error: --sort: no column 'colour' in globals; choose one of name, ");
    options = (struct report_options){.sort = "byte"};
    expect_part(report_globals, "globals", options,
                "error: --sort: no column 'byte' in globals; did you mean 'bytes'?");
    options = (struct report_options){.filter = "("};
    expect_part(report_globals, "globals", options, "error: --filter '('");
    options = (struct report_options){.function = "maim"};
    expect_part(report_heap, "heap", options,
                "error: a.out: no function 'maim'; did you mean 'main'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_object),
        cmocka_unit_test(test_overview),
        cmocka_unit_test(test_overview_text),
        cmocka_unit_test(test_globals),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_heap),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_what_the_user_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
