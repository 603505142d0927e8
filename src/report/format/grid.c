/*
 * grid.c: boxes drawn with the box characters of Unicode. Where the screen is too narrow for three
 * boxes side by side they stand below each other.
 */
#include "report/format/grid.h"

#include "report/format/text.h"

enum { NARROWEST = 72, WIDEST = 132, WIDTH_OF_FILES = 100 };

void grid_add(struct grid_cell *cell, const char *label, const char *value, enum style style)
{
    if (cell->count < GRID_LINES)
        cell->lines[cell->count++] = (struct grid_line){label, value, style};
}

static size_t total_width(const struct screen *screen)
{
    size_t width = screen->width ? screen->width : WIDTH_OF_FILES;
    return width > WIDEST ? WIDEST : width;
}

static size_t boxes_abreast(const struct screen *screen)
{
    return total_width(screen) >= NARROWEST ? GRID_BOXES : 1;
}

size_t grid_box_width(const struct screen *screen)
{
    size_t abreast = boxes_abreast(screen);
    size_t borders = 3 * abreast + 1;
    size_t width = total_width(screen) > borders ? total_width(screen) - borders : 1;
    return width / abreast;
}

static void print_rule(const struct screen *screen, const char *left, const char *cross,
                       const char *right, const char *const *titles, size_t count)
{
    size_t width = grid_box_width(screen) + 2;
    screen_print(screen, STYLE_DIM, left);
    for (size_t i = 0; i < count; i++) {
        struct text line = {0};
        size_t used = 0;
        if (titles[i]) {
            screen_print(screen, STYLE_DIM, "─ ");
            screen_print(screen, STYLE_TITLE, titles[i]);
            screen_print(screen, STYLE_DIM, " ");
            used = text_width(titles[i]) + 3;
        }
        text_repeat(&line, "─", width > used ? width - used : 0);
        text_add(&line, i + 1 < count ? cross : right);
        screen_print(screen, STYLE_DIM, text_string(&line));
        text_deinit(&line);
    }
    fputc('\n', screen->out);
}

static void print_line(const struct screen *screen, const struct grid_line *line)
{
    size_t width = grid_box_width(screen);
    size_t value_width = line->value ? text_width(line->value) : 0;
    size_t room = width > value_width + 1 ? width - value_width - (value_width > 0) : 1;
    struct text label = {0};
    text_add_shortened(&label, line->label ? line->label : "", room);
    size_t padding = width - text_width(text_string(&label));
    screen_print(screen, line->value ? STYLE_PLAIN : line->style, text_string(&label));
    fprintf(screen->out, "%*s", (int)(padding > value_width ? padding - value_width : 0), "");
    if (line->value)
        screen_print(screen, line->style, line->value);
    text_deinit(&label);
}

static void print_cells(const struct screen *screen, const struct grid_cell *cells, size_t count)
{
    static const struct grid_line nothing = {0};
    size_t height = 0;
    for (size_t i = 0; i < count; i++)
        if (cells[i].count > height)
            height = cells[i].count;
    for (size_t row = 0; row < height; row++) {
        for (size_t i = 0; i < count; i++) {
            screen_print(screen, STYLE_DIM, "│");
            fputc(' ', screen->out);
            print_line(screen, row < cells[i].count ? &cells[i].lines[row] : &nothing);
            fputc(' ', screen->out);
        }
        screen_print(screen, STYLE_DIM, "│\n");
    }
}

/* The title of a band stands in the rule above it, over the first box. */
static void print_band(const struct screen *screen, const struct grid *grid, size_t band,
                       size_t first, size_t count)
{
    const char *titles[GRID_BOXES] = {grid->bands[band]};
    print_rule(screen, "├", "┼", "┤", titles, count);
    print_cells(screen, &grid->cells[band][first], count);
}

void grid_print(const struct screen *screen, const struct grid *grid)
{
    static const char *const no_titles[GRID_BOXES] = {0};
    size_t abreast = boxes_abreast(screen);
    for (size_t first = 0; first < GRID_BOXES; first += abreast) {
        print_rule(screen, "┌", "┬", "┐", &grid->titles[first], abreast);
        for (size_t band = 0; band < GRID_BANDS; band++)
            print_band(screen, grid, band, first, abreast);
        print_rule(screen, "└", "┴", "┘", no_titles, abreast);
    }
}
