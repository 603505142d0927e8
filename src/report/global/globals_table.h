/*
 * globals_table.h: the tables of global memory, shared by the reports that show it.
 */
#ifndef DWELL_REPORT_GLOBALS_TABLE_H
#define DWELL_REPORT_GLOBALS_TABLE_H

#include "report/report.h"

struct byte_count {
    uint64_t bytes, count;
};

/** Who owns the bytes of a segment. */
struct segment_owners {
    uint32_t first, count; /* in facts.owners */
    struct byte_count kinds[OWNER_KIND_COUNT];
};

extern const struct table owner_table, segment_table;

/** Fills report->segments. */
void segments_count(struct report *report);

/** Bytes and number of owners in each enum memory; @p ret has room for MEMORY_COUNT. */
enum { MEMORY_COUNT = MEMORY_TLS_BSS + 1 };
void memory_totals(const struct report *report, struct byte_count *ret);

const char *memory_name(unsigned memory);
const char *owner_kind_name(unsigned kind);

/** Bytes of the file that belong to objects which are zero all over: in .bss they would take none.
 */
uint64_t zeroes_in_file(const struct report *report);

/** Tells whether the owner is a piece of the user's data: what people mean by a global. */
bool is_user_global(const struct report *report, uint32_t owner);

#endif
