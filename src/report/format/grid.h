/*
 * grid.h: short lists side by side in boxes, in bands that have a title each.
 */
#ifndef DWELL_REPORT_GRID_H
#define DWELL_REPORT_GRID_H

#include "report/format/screen.h"

#include <stddef.h>

enum { GRID_BOXES = 3, GRID_BANDS = 2, GRID_LINES = 10 };

/** A label on the left, a value on the right; a NULL value leaves the line to the label. */
struct grid_line {
    const char *label, *value;
    enum style style; /* of the value, or of a label without one */
};

struct grid_cell {
    struct grid_line lines[GRID_LINES];
    size_t count;
};

struct grid {
    const char *titles[GRID_BOXES];
    const char *bands[GRID_BANDS];
    struct grid_cell cells[GRID_BANDS][GRID_BOXES];
};

/** Adds a line; strings must live until the grid is printed. Silently full after GRID_LINES. */
void grid_add(struct grid_cell *cell, const char *label, const char *value, enum style style);

/** Returns how wide a box is inside on this screen. */
size_t grid_box_width(const struct screen *screen);

void grid_print(const struct screen *screen, const struct grid *grid);

#endif
