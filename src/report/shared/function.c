/*
 * function.c: names, places and aliases of functions.
 *
 * A name given by a person is compared in rounds, the first with a hit counts: readable or linkage
 * name; the readable name without its parameters and what the compiler put behind it (`.isra.0`);
 * its last parts ("run" for "app::server::run", "server::run" too); the same without generic
 * arguments ("Vec::push").
 */
#include "report/shared/function.h"

#include "report/format/names.h"
#include "report/shared/file.h"
#include "report/shared/place.h"

#include <stdlib.h>
#include <string.h>

bool is_listed_function(const struct report *report, uint32_t function)
{
    const struct function *record = &report->program->functions[function];
    return record->image == 0 && record->part_of == NONE && record->source != FUNCTION_PLT &&
           record->source != FUNCTION_EXTERNAL;
}

bool is_user_function(const struct report *report, uint32_t function)
{
    return !report->facts->origins || report->facts->origins[function] == ORIGIN_USER;
}

void list_functions(struct report *report, struct rows *ret)
{
    const struct program *program = report->program;
    uint32_t end = program->image_functions ? program->image_functions[1] : 0;
    for (uint32_t i = 0; i < end; i++)
        if (is_listed_function(report, i))
            rows_push(ret, i);
}

uint64_t shown_address(const struct report *report, const struct image *image, uint64_t address)
{
    (void)report;
    if (image->is_placed)
        return address;
    uint32_t section = image_section_at(image, address);
    return section == NONE ? address : address - image->sections[section].address;
}

uint64_t shown_code_address(const struct report *report, uint32_t function, uint64_t address)
{
    uint32_t image = report->program->functions[function].image;
    if (image >= report->program->image_count)
        return address;
    return shown_address(report, report->program->images[image], address);
}

struct cell get_function_name(struct report *report, uint32_t function)
{
    return cell_text(program_function_name(report->program, function));
}

struct cell get_function_linkage_name(struct report *report, uint32_t function)
{
    const char *name = report->program->functions[function].linkage_name;
    return cell_text(*name ? name : NULL);
}

struct cell get_function_address(struct report *report, uint32_t function)
{
    uint64_t address = report->program->functions[function].address;
    return cell_number(shown_code_address(report, function, address));
}

struct cell get_function_file(struct report *report, uint32_t function)
{
    return cell_file(place_of_function(report->program, function));
}

struct cell get_function_line(struct report *report, uint32_t function)
{
    return cell_line(place_of_function(report->program, function));
}

struct cell get_function_place(struct report *report, uint32_t function)
{
    struct place place = place_of_function(report->program, function);
    return cell_text(place_or_library(report, place, function));
}

static const struct column name_columns[] = {{NULL, NULL, UNIT_NAME, get_function_name, NULL}};
const struct table name_table = TABLE(name_columns);

/* Returns the first symbol at or after @p address; undefined ones sort last. */
static uint32_t symbol_from(const struct image *image, uint64_t address)
{
    uint32_t low = 0, high = image->symbol_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct symbol *symbol = &image->symbols[middle];
        if (symbol->is_defined && symbol->address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_alias(const struct symbol *symbol, bool of_functions)
{
    if (of_functions)
        return symbol->type == SYMBOL_FUNCTION || symbol->type == SYMBOL_IFUNC;
    return symbol->type == SYMBOL_OBJECT;
}

struct cell alias_cell(struct report *report, const struct image *image, uint64_t address,
                       bool of_functions, const char *linkage_name, const char *name)
{
    size_t begin = list_begin(report);
    const char *last = "";
    for (uint32_t i = symbol_from(image, address); i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        if (!symbol->is_defined || symbol->address != address)
            break;
        // A dynamic symbol's twin in the other table stands right beside it.
        if (!is_alias(symbol, of_functions) || strcmp(symbol->name, last) == 0)
            continue;
        last = symbol->name;
        if (linkage_name && strcmp(symbol->name, linkage_name) == 0)
            continue;
        const char *alias = program_readable_name(report->program, symbol->name);
        if (!*alias || strcmp(alias, name) == 0)
            continue;
        list_add(report, report_add_string(report, alias));
    }
    return cell_list(report, begin);
}

struct cell get_function_aliases(struct report *report, uint32_t function)
{
    const struct function *record = &report->program->functions[function];
    const struct image *image = report->program->images[record->image];
    return alias_cell(report, image, record->address, true, record->linkage_name,
                      program_function_name(report->program, function));
}

typedef bool name_matcher(const char *readable, const char *linkage_name, const char *name);

static bool matches_whole(const char *readable, const char *linkage_name, const char *name)
{
    return strcmp(readable, name) == 0 || strcmp(linkage_name, name) == 0;
}

static bool matches_without_arguments(const char *readable, const char *linkage_name,
                                      const char *name)
{
    (void)linkage_name;
    size_t length = strlen(name);
    return name_without_parameters(readable) == length && memcmp(readable, name, length) == 0;
}

static bool matches_end(const char *readable, const char *linkage_name, const char *name)
{
    (void)linkage_name;
    size_t length = strlen(name);
    size_t whole = name_without_parameters(readable);
    return whole > length + 2 && memcmp(readable + whole - length, name, length) == 0 &&
           memcmp(readable + whole - length - 2, "::", 2) == 0;
}

/** Whether @p whole is @p name or ends in it behind "::". */
static bool ends_in(const char *whole, const char *name)
{
    size_t length = strlen(whole), end = strlen(name);
    if (length < end || strcmp(whole + length - end, name) != 0)
        return false;
    return length == end || (length > end + 2 && memcmp(whole + length - end - 2, "::", 2) == 0);
}

static bool matches_bare(const char *readable, const char *linkage_name, const char *name)
{
    (void)linkage_name;
    struct text bare = {0};
    text_add_bare_name(&bare, readable);
    bool is_match = ends_in(text_string(&bare), name);
    text_deinit(&bare);
    return is_match;
}

static bool is_nameable(const struct program *program, uint32_t function)
{
    const struct function *record = &program->functions[function];
    return record->part_of == NONE && record->source != FUNCTION_PLT;
}

static void match_functions(struct report *report, name_matcher *matches, const char *name,
                            struct rows *ret)
{
    struct program *program = report->program;
    // The file itself is asked about; its libraries only when it has no such function.
    for (uint32_t i = 0; i < program->function_count; i++) {
        bool is_own = program->functions[i].image == 0;
        if (!is_own && ret->count > 0)
            return;
        if (is_nameable(program, i) &&
            matches(program_function_name(program, i), program->functions[i].linkage_name, name))
            rows_push(ret, i);
    }
}

static const char *last_part(const char *name)
{
    const char *found = name;
    for (const char *at = name; (at = strstr(at, "::")); at += 2)
        found = at + 2;
    return found;
}

static struct error *no_such_function(struct report *report, const char *name)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strlen(last_part(name)) / 3 + 2;
    struct rows functions = {0};
    list_functions(report, &functions);
    for (size_t i = 0; i < functions.count; i++) {
        const char *candidate = program_function_name(report->program, functions.data[i]);
        unsigned distance = text_distance(last_part(candidate), last_part(name));
        if (distance < least) {
            least = distance;
            nearest = candidate;
        }
    }
    rows_deinit(&functions);
    const char *path = report->program->images[0]->path;
    if (nearest)
        return error_create("%s: no function '%s'; did you mean '%s'?", path, name, nearest);
    return error_create("%s: no function '%s'; 'dwell heap --all' lists all", path, name);
}

struct error *functions_named(struct report *report, const char *name, struct rows *ret)
{
    static name_matcher *const rounds[] = {matches_whole, matches_without_arguments, matches_end,
                                           matches_bare};
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0] && *name; i++) {
        match_functions(report, rounds[i], name, ret);
        if (ret->count)
            return NULL;
    }
    return no_such_function(report, name);
}

const char *origin_name(unsigned origin)
{
    static const char *const names[] = {[ORIGIN_USER] = "user",
                                        [ORIGIN_DEPENDENCY] = "dependency",
                                        [ORIGIN_LIBRARY] = "library",
                                        [ORIGIN_RUNTIME] = "runtime"};
    return origin < sizeof names / sizeof *names ? names[origin] : NULL;
}
