/*
 * heap_table.h: the tables of the heap, shared by the reports that show it.
 */
#ifndef DWELL_REPORT_HEAP_TABLE_H
#define DWELL_REPORT_HEAP_TABLE_H

#include "report/report.h"

extern const struct table heap_table, site_table, frame_table;

/** What runs before main and after it (startup_table.c): rows of its parts, and all as one object.
 */
extern const struct table startup_table, startup_object;
void list_startup(struct report *report, struct rows *ret);

/** Calls of allocators in the file itself that what runs before main may reach. */
uint64_t sites_before_main(const struct report *report);

struct verdicts verdicts_of(const struct report *report, uint32_t function);

/** As in JSON ("on_panic") and for people ("on panic"). */
const char *verdict_name(unsigned verdict);
const char *verdict_text(unsigned verdict);
enum style verdict_style(unsigned verdict);

/** Writes the steps that prove the verdict, at most MAX_STEPS; returns how many. */
uint32_t heap_steps(const struct report *report, uint32_t function, struct step *ret_steps);

void list_sites(struct report *report, struct rows *ret);
bool is_user_site(const struct report *report, uint32_t site);

/** Number of listed functions with each verdict on allocates. */
void verdict_counts(struct report *report, uint64_t ret[VERDICT_COUNT]);

/** Adds the frames inlined at @p address to report->frames; a list cell of them. */
struct cell inlined_cell(struct report *report, uint32_t function, uint64_t address);

#endif
