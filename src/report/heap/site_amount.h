/*
 * site_amount.h: how much a site hands out, and where that is taken back.
 */
#ifndef DWELL_REPORT_SITE_AMOUNT_H
#define DWELL_REPORT_SITE_AMOUNT_H

#include "report/report.h"

/* Columns of the table of sites; a row is a site. */
struct cell get_amount_text(struct report *report, uint32_t site);
struct cell get_amount(struct report *report, uint32_t site);
struct cell get_freed_text(struct report *report, uint32_t site);
struct cell get_freed(struct report *report, uint32_t site);

/** The items of get_amount() and get_freed(). */
extern const struct table amount_table, freed_table;

#endif
