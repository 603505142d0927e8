/*
 * table_print.c: a table as text. Columns are as wide as their widest cell. Where the screen is
 * narrower, paths give way first, from their beginnings, then names, in their middles, and if that
 * is not enough, all that is no number. Columns in which no row says anything are left out.
 */
#include "base/array.h"
#include "base/memory.h"
#include "report/format/names.h"
#include "report/report.h"

#include <string.h>

enum { GAP = 2, NARROW_PATH = 24, NARROW_NAME = 16, NARROWEST = 8 };

struct printed_cell {
    const char *text;
    uint8_t style;
    bool is_empty; /* says nothing */
};

/* The shown columns of a table and what stands in them, row by row. */
struct layout {
    const struct column **columns;
    size_t *widths;
    bool *is_hidden; /* columns in which no row says anything */
    size_t column_count;
    struct printed_cell *cells;
    struct arena arena;
};

static void add_number(struct text *text, enum unit unit, uint64_t number)
{
    if (unit == UNIT_ADDRESS)
        text_addf(text, "0x%llx", (unsigned long long)number);
    else if (unit == UNIT_LINE)
        text_addf(text, "%llu", (unsigned long long)number);
    else
        text_add_count(text, number);
}

static struct printed_cell print_cell(struct layout *layout, const struct column *column,
                                      const struct cell *cell)
{
    struct text text = {0};
    if (cell->kind == CELL_NUMBER)
        add_number(&text, column->unit, cell->number);
    else if (cell->kind == CELL_BOOL)
        text_add(&text, cell->number ? "yes" : "no");
    else if (cell->text)
        text_add_clean(&text, cell->text);
    else
        text_add(&text, "–");
    bool is_empty = !text.length || (cell->kind == CELL_NULL && !cell->text);
    struct printed_cell printed = {arena_strdup(&layout->arena, text_string(&text)), cell->style,
                                   is_empty};
    text_deinit(&text);
    return printed;
}

static bool is_flexible(const struct column *column)
{
    return column->unit == UNIT_NAME || column->unit == UNIT_PATH;
}

static bool is_number(const struct column *column)
{
    return column->unit >= UNIT_BYTES;
}

static void choose_columns(struct layout *layout, const struct table *table)
{
    layout->columns = arena_calloc(&layout->arena, table->column_count, sizeof *layout->columns);
    layout->widths = arena_calloc(&layout->arena, table->column_count, sizeof *layout->widths);
    layout->is_hidden = arena_calloc(&layout->arena, table->column_count, sizeof(bool));
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!column->title)
            continue;
        layout->widths[layout->column_count] = text_width(column->title);
        layout->is_hidden[layout->column_count] = true;
        layout->columns[layout->column_count++] = column;
    }
}

static void fill(struct report *report, struct layout *layout, const uint32_t *rows, size_t count)
{
    layout->cells = xcalloc(count * layout->column_count + 1, sizeof *layout->cells);
    struct printed_cell *next = layout->cells;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < layout->column_count; c++, next++) {
            struct cell cell = layout->columns[c]->get(report, rows[i]);
            *next = print_cell(layout, layout->columns[c], &cell);
            layout->is_hidden[c] &= next->is_empty;
            size_t width = text_width(next->text);
            if (width > layout->widths[c])
                layout->widths[c] = width;
        }
        report->list.count = 0;
    }
}

static size_t total_width(const struct layout *layout)
{
    size_t total = 0;
    for (size_t c = 0; c < layout->column_count; c++)
        if (!layout->is_hidden[c])
            total += layout->widths[c] + (total ? GAP : 0);
    return total;
}

/* Returns the widest column of @p unit wider than @p narrowest, or column_count. */
static size_t widest_column(const struct layout *layout, enum unit unit, size_t narrowest)
{
    size_t widest = layout->column_count;
    for (size_t c = 0; c < layout->column_count; c++) {
        if (layout->columns[c]->unit == unit && !layout->is_hidden[c] &&
            layout->widths[c] > narrowest) {
            narrowest = layout->widths[c];
            widest = c;
        }
    }
    return widest;
}

/* The column that gives way next: the ends of paths tell enough, names need more. */
static size_t column_to_narrow(const struct layout *layout)
{
    size_t column = widest_column(layout, UNIT_PATH, NARROW_PATH);
    if (column == layout->column_count)
        column = widest_column(layout, UNIT_NAME, NARROW_NAME);
    if (column == layout->column_count)
        column = widest_column(layout, UNIT_PATH, NARROWEST);
    if (column == layout->column_count)
        column = widest_column(layout, UNIT_NAME, NARROWEST);
    if (column == layout->column_count)
        column = widest_column(layout, UNIT_NONE, NARROWEST);
    return column;
}

static void fit(struct layout *layout, size_t screen_width)
{
    if (screen_width == 0)
        return;
    // Names can be thousands of columns wide; none needs more than the screen has.
    for (size_t c = 0; c < layout->column_count; c++)
        if (is_flexible(layout->columns[c]) && layout->widths[c] > screen_width)
            layout->widths[c] = screen_width;
    for (;;) {
        size_t column = column_to_narrow(layout);
        if (total_width(layout) <= screen_width || column == layout->column_count)
            return;
        layout->widths[column]--;
    }
}

static void add_fitting(struct text *text, const struct column *column, const char *string,
                        size_t width)
{
    if (column->unit == UNIT_NAME)
        text_add_short_name(text, string, width);
    else if (column->unit == UNIT_PATH)
        text_add_short_path(text, string, width);
    else
        text_add_shortened(text, string, width);
}

/* Blanks are put off until something follows, so that lines do not end in them. */
static void print_padded(const struct screen *screen, const struct layout *layout, size_t column,
                         const char *string, enum style style, size_t *blanks)
{
    struct text text = {0};
    size_t width = layout->widths[column];
    add_fitting(&text, layout->columns[column], string, width);
    size_t padding = width - text_width(text_string(&text));
    bool is_right = is_number(layout->columns[column]);
    *blanks += is_right ? padding : 0;
    if (text.length) {
        fprintf(screen->out, "%*s", (int)*blanks, "");
        screen_print(screen, style, text_string(&text));
        *blanks = 0;
    }
    *blanks += is_right ? 0 : padding;
    text_deinit(&text);
}

/* @p cells is NULL for the line of titles. */
static void print_line(const struct screen *screen, const struct layout *layout,
                       const struct printed_cell *cells)
{
    size_t blanks = 0;
    bool is_first = true;
    for (size_t c = 0; c < layout->column_count; c++) {
        if (layout->is_hidden[c])
            continue;
        blanks += is_first ? 0 : GAP;
        is_first = false;
        print_padded(screen, layout, c, cells ? cells[c].text : layout->columns[c]->title,
                     cells ? cells[c].style : STYLE_DIM, &blanks);
    }
    fputc('\n', screen->out);
}

static void print_layout(const struct screen *screen, const struct layout *layout, size_t rows)
{
    print_line(screen, layout, NULL);
    for (size_t i = 0; i < rows; i++)
        print_line(screen, layout, &layout->cells[i * layout->column_count]);
}

void table_print(struct report *report, const struct table *table, const uint32_t *rows,
                 size_t count)
{
    struct layout layout = {0};
    arena_init(&layout.arena);
    choose_columns(&layout, table);
    fill(report, &layout, rows, count);
    fit(&layout, report->screen.width);
    print_layout(&report->screen, &layout, count);
    free(layout.cells);
    arena_deinit(&layout.arena);
}
