/*
 * file.c: the `file` object and the diagnostics.
 *
 * Libraries are numbered through all images: row n is the n-th needed library, counted over the
 * images in order. Diagnostics have one more row where some were dropped.
 */
#include "report/shared/file.h"

#include "base/array.h"
#include "base/map.h"

static const struct image *main_image(const struct report *report)
{
    return report->program->images[0];
}

uint32_t report_add_string(struct report *report, const char *string)
{
    struct {
        const char **data;
        size_t count, capacity;
    } strings = {report->strings, report->string_count, report->string_capacity};
    array_push(&strings, string);
    report->strings = strings.data;
    report->string_count = strings.count;
    report->string_capacity = strings.capacity;
    return (uint32_t)(strings.count - 1);
}

static struct cell get_string(struct report *report, uint32_t row)
{
    return cell_text(report->strings[row]);
}

static const struct column string_columns[] = {{NULL, NULL, UNIT_NONE, get_string, NULL}};
const struct table string_table = TABLE(string_columns);

struct library library_at(const struct report *report, uint32_t row)
{
    const struct program *program = report->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        if (row < image->needed_count)
            return (struct library){image, &image->needed[row]};
        row -= image->needed_count;
    }
    return (struct library){0};
}

void list_libraries(struct report *report, struct rows *ret)
{
    struct string_map seen;
    string_map_init(&seen);
    uint32_t row = 0;
    for (uint32_t i = 0; i < report->program->image_count; i++) {
        const struct image *image = report->program->images[i];
        for (uint32_t n = 0; n < image->needed_count; n++, row++) {
            if (string_map_get(&seen, image->needed[n].name) != MAP_NONE)
                continue;
            string_map_set(&seen, image->needed[n].name, row);
            rows_push(ret, row);
        }
    }
    string_map_deinit(&seen);
}

static struct cell get_library_name(struct report *report, uint32_t row)
{
    return cell_text(library_at(report, row).needed->name);
}

static struct cell get_library_path(struct report *report, uint32_t row)
{
    return cell_text(library_at(report, row).needed->path);
}

static struct cell get_library_analyzed(struct report *report, uint32_t row)
{
    return cell_bool(library_at(report, row).needed->image != NONE);
}

static const struct column library_columns[] = {
    {"name", "LIBRARY", UNIT_NONE, get_library_name, NULL},
    {"path", "PATH", UNIT_NONE, get_library_path, NULL},
    {"analyzed", "READ", UNIT_NONE, get_library_analyzed, NULL},
};
static const struct table library_table = TABLE(library_columns);

static struct cell get_path(struct report *report, uint32_t row)
{
    (void)row;
    return cell_text(main_image(report)->path);
}

static struct cell get_machine(struct report *report, uint32_t row)
{
    (void)row;
    return cell_text(main_image(report)->machine);
}

static struct cell get_type(struct report *report, uint32_t row)
{
    (void)row;
    static const char *const names[] = {[IMAGE_EXECUTABLE] = "executable",
                                        [IMAGE_PIE] = "pie",
                                        [IMAGE_SHARED] = "shared",
                                        [IMAGE_OBJECT] = "object"};
    return cell_text(names[main_image(report)->type]);
}

static struct cell get_producers(struct report *report, uint32_t row)
{
    (void)row;
    size_t begin = list_begin(report);
    list_producers(report, &report->list);
    return cell_list(report, begin);
}

static struct cell get_has_debug(struct report *report, uint32_t row)
{
    (void)row;
    return cell_bool(main_image(report)->debug_path != NULL);
}

static struct cell get_build_id(struct report *report, uint32_t row)
{
    (void)row;
    return cell_text(main_image(report)->build_id);
}

static struct cell get_libraries(struct report *report, uint32_t row)
{
    (void)row;
    size_t begin = list_begin(report);
    list_libraries(report, &report->list);
    return cell_list(report, begin);
}

static const struct column file_columns[] = {
    {"path", NULL, UNIT_NONE, get_path, NULL},
    {"machine", NULL, UNIT_NONE, get_machine, NULL},
    {"type", NULL, UNIT_NONE, get_type, NULL},
    {"producers", NULL, UNIT_NONE, get_producers, &string_table},
    {"debug_info", NULL, UNIT_NONE, get_has_debug, NULL},
    {"build_id", NULL, UNIT_NONE, get_build_id, NULL},
    {"libraries", NULL, UNIT_NONE, get_libraries, &library_table},
};
const struct table file_table = TABLE(file_columns);

struct diagnostic diagnostic_at(struct report *report, uint32_t row)
{
    const struct diagnostics *diagnostics = &report->program->diagnostics;
    if (row < diagnostics->count)
        return diagnostics->data[row];
    char *message =
        arena_printf(&report->arena, "%zu further messages are left out", diagnostics->dropped);
    return (struct diagnostic){NULL, message};
}

void list_diagnostics(struct report *report, struct rows *ret)
{
    const struct diagnostics *diagnostics = &report->program->diagnostics;
    rows_push_range(ret, 0, (uint32_t)diagnostics->count + (diagnostics->dropped > 0));
}

static struct cell get_diagnostic_file(struct report *report, uint32_t row)
{
    return cell_text(diagnostic_at(report, row).file);
}

static struct cell get_diagnostic_message(struct report *report, uint32_t row)
{
    return cell_text(diagnostic_at(report, row).message);
}

static const struct column diagnostic_columns[] = {
    {"file", NULL, UNIT_NONE, get_diagnostic_file, NULL},
    {"message", NULL, UNIT_NONE, get_diagnostic_message, NULL},
};
const struct table diagnostic_table = TABLE(diagnostic_columns);
