/* document.c: the frame around the tables of every report, as JSON and as text. */
#include "report/shared/document.h"

#include "base/memory.h"
#include "report/format/text.h"
#include "report/shared/file.h"
#include "report/shared/select.h"

#include <stdlib.h>
#include <string.h>

/* The keys of the first table that can be sorted. */
static const struct table *sortable_table(const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].is_selectable)
            return parts[i].table;
    return NULL;
}

static struct error *unknown_key(const struct report *report, const struct table *table)
{
    const char *key = report->options->sort;
    const char **keys = xcalloc(table->column_count, sizeof *keys);
    size_t count = 0;
    struct text known = {0};
    for (unsigned i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        keys[count] = table->columns[i].key;
        text_addf(&known, "%s%s", count ? ", " : "", keys[count]);
        count++;
    }
    const char *nearest = text_nearest(key, keys, count);
    struct error *error = nearest ? error_create("--sort: no column '%s' in %s; did you mean '%s'?",
                                                 key, report->command, nearest)
                                  : error_create("--sort: no column '%s' in %s; choose one of %s",
                                                 key, report->command, text_string(&known));
    text_deinit(&known);
    free(keys);
    return error;
}

struct error *report_check_sort(const struct report *report, const struct part *parts, size_t count)
{
    const char *key = report->options->sort;
    if (!key)
        return NULL;
    const struct table *first = sortable_table(parts, count);
    if (!first)
        return error_create("--sort: %s has no table to sort; use it with globals, stack, heap, "
                            "calls or types",
                            report->command);
    for (size_t i = 0; i < count; i++)
        if (parts[i].is_selectable && table_column(parts[i].table, key))
            return NULL;
    return unknown_key(report, first);
}

static void write_rows(struct report *report, struct json *json, const struct part *part)
{
    struct rows rows = {0};
    part->list(report, &rows);
    size_t shown = rows.count;
    if (part->is_selectable) {
        rows_filter(report, part->table, &rows);
        rows_sort_as_asked(report, part->table, NULL, &rows);
        shown = rows_shown(report, rows.count, rows.count);
    }
    json_begin_array(json, part->key);
    for (size_t i = 0; i < shown; i++)
        table_write_json(report, json, NULL, part->table, rows.data[i]);
    json_end_array(json);
    rows_deinit(&rows);
}

static void write_part(struct report *report, struct json *json, const struct part *part)
{
    if (part->list)
        write_rows(report, json, part);
    else
        table_write_json(report, json, part->key, part->table, 0);
}

void report_write_json(struct report *report, const struct part *parts, size_t count)
{
    static const struct part file = {"file", &file_table, NULL, false};
    static const struct part diagnostics = {"diagnostics", &diagnostic_table, list_diagnostics,
                                            false};
    struct json *json = xmalloc(sizeof *json);
    json_init(json, report->screen.out);
    json_begin_object(json, NULL);
    json_string(json, "schema", "dwell/1");
    json_string(json, "command", report->command);
    write_part(report, json, &file);
    for (size_t i = 0; i < count; i++)
        write_part(report, json, &parts[i]);
    write_part(report, json, &diagnostics);
    json_end_object(json);
    json_finish(json);
    free(json);
}

static const char *type_text(const struct image *image)
{
    switch (image->type) {
    case IMAGE_EXECUTABLE:
        return image->is_static ? "static executable" : "executable";
    case IMAGE_PIE:
        return image->is_static ? "static executable (PIE)" : "executable (PIE)";
    case IMAGE_SHARED:
        return "shared library";
    case IMAGE_OBJECT:
        return "object file";
    }
    return "file";
}

static void add_producers(struct report *report, struct text *text)
{
    struct rows producers = {0};
    list_producers(report, &producers);
    for (size_t i = 0; i < producers.count; i++)
        text_addf(text, "%s%s", i ? ", " : ", built by ", report->strings[producers.data[i]]);
    rows_deinit(&producers);
}

static void print_libraries(struct report *report)
{
    struct rows libraries = {0};
    struct text text = {0};
    list_libraries(report, &libraries);
    size_t read = 0;
    for (size_t i = 0; i < libraries.count; i++) {
        struct library library = library_at(report, libraries.data[i]);
        text_addf(&text, "%s%s%s", i ? ", " : "needs ", library.needed->name,
                  library.needed->path ? "" : " (not found)");
        read += library.needed->image != NONE;
    }
    if (libraries.count && read == 0)
        text_add(&text, "; their code is not read");
    else if (read < libraries.count)
        text_addf(&text, "; the code of %zu of them is not read", libraries.count - read);
    if (libraries.count)
        report_print_wrapped(report, STYLE_DIM, text_string(&text), 2);
    text_deinit(&text);
    rows_deinit(&libraries);
}

void report_print_header(struct report *report)
{
    const struct image *image = report->program->images[0];
    struct text text = {0};
    text_add_clean(&text, image->path);
    screen_print(&report->screen, STYLE_TITLE, text_string(&text));
    text_clear(&text);
    fputc('\n', report->screen.out);
    text_addf(&text, "%s, %s", type_text(image), image->machine);
    add_producers(report, &text);
    text_add(&text, image->debug_path    ? ", with debug information"
                    : image->is_stripped ? ", stripped"
                                         : ", no debug information");
    report_print_wrapped(report, STYLE_PLAIN, text_string(&text), 2);
    print_libraries(report);
    text_deinit(&text);
}

void report_print_diagnostics(struct report *report)
{
    const struct diagnostics *diagnostics = &report->program->diagnostics;
    if (!diagnostics->count)
        return;
    report_print_title(report, "Warnings");
    struct rows rows = {0};
    list_diagnostics(report, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        struct diagnostic shown = diagnostic_at(report, rows.data[i]);
        struct text text = {0};
        text_addf(&text, "%s%s%s", shown.file ? shown.file : "", shown.file ? ": " : "",
                  shown.message);
        report_print_wrapped(report, STYLE_MAYBE, text_string(&text), 2);
        text_deinit(&text);
    }
    rows_deinit(&rows);
}

void report_print_more(struct report *report, size_t shown, size_t count)
{
    if (shown >= count)
        return;
    struct text text = {0};
    text_add(&text, "… ");
    text_add_count(&text, count - shown);
    text_add(&text, " more (--all)\n");
    screen_print(&report->screen, STYLE_DIM, text_string(&text));
    text_deinit(&text);
}

void report_print_title(struct report *report, const char *title)
{
    screen_printf(&report->screen, STYLE_TITLE, "\n%s\n", title);
}

/* Adds the next word of @p *word to @p line, or prints the line first if it would not fit. */
static void add_word(struct report *report, enum style style, struct text *line, const char **word,
                     unsigned indent, bool is_first)
{
    size_t limit = report->screen.width ? report->screen.width : SIZE_MAX;
    size_t length = strcspn(*word, " ");
    struct text clean = {0};
    text_add_clean(&clean, arena_strndup(&report->arena, *word, length));
    *word += length + ((*word)[length] == ' ');
    size_t width = text_width(text_string(line)) + text_width(text_string(&clean));
    if (!is_first && width >= limit) {
        screen_printf(&report->screen, style, "%s\n", text_string(line));
        text_clear(line);
        text_repeat(line, " ", indent);
    } else if (!is_first) {
        text_add(line, " ");
    }
    text_add(line, text_string(&clean));
    text_deinit(&clean);
}

void report_print_wrapped(struct report *report, enum style style, const char *string,
                          unsigned indent)
{
    struct text line = {0};
    size_t margin = strspn(string, " ");
    const char *word = string + margin;
    text_repeat(&line, " ", margin);
    for (bool is_first = true; *word; is_first = false)
        add_word(report, style, &line, &word, indent, is_first);
    screen_printf(&report->screen, style, "%s\n", text_string(&line));
    text_deinit(&line);
}

void report_print_rows(struct report *report, const char *title, const struct table *table,
                       const struct rows *rows, size_t folded, size_t usual)
{
    size_t shown = rows_shown(report, rows->count, usual);
    report_print_title(report, title);
    if (rows->count)
        table_print(report, table, rows->data, shown);
    else
        screen_print(&report->screen, STYLE_DIM, "none\n");
    report_print_more(report, shown, rows->count);
    if (folded)
        screen_printf(&report->screen, STYLE_DIM, "and %zu that are not your own (--all)\n",
                      folded);
}
