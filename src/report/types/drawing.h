/*
 * drawing.h: one type laid out from its first byte to its last, holes included.
 */
#ifndef DWELL_REPORT_TYPES_DRAWING_H
#define DWELL_REPORT_TYPES_DRAWING_H

#include "program/layouts.h"
#include "report/report.h"

/** Prints the type's size and declaration, and a table of what lies where. */
void drawing_print(struct report *report, const struct layout *layout);

#endif
