/*
 * types_table.h: structs, unions and enums as rows. A row of type_table is an index in the main
 * image's debug_info.layouts.
 */
#ifndef DWELL_REPORT_TYPES_TABLE_H
#define DWELL_REPORT_TYPES_TABLE_H

#include "program/layouts.h"
#include "report/report.h"

extern const struct table type_table;

/** The types of the main image; an empty table without debug information. */
const struct layout_table *layouts_of(const struct report *report);

/** Whose type a row is. */
enum origin type_origin(const struct report *report, uint32_t row);

/** Whole bytes of padding; -1 if not known. */
int64_t padding_bytes(const struct layout *layout);

/**
 * The bytes that a C or C++ struct takes with its fields in the best order, which is by falling
 * alignment; its own size if another order gives nothing, or where the order is not the
 * programmer's to choose (base classes, bit fields, sizes or alignments that are not known).
 */
uint64_t best_bytes(const struct layout_table *table, const struct layout *layout);

#endif
