/*
 * site_type.h: for what type a site allocates.
 */
#ifndef DWELL_REPORT_SITE_TYPE_H
#define DWELL_REPORT_SITE_TYPE_H

#include "report/report.h"

/** Returns the type as names around the site spell it, in the report's arena; or NULL. */
const char *site_type(struct report *report, const struct site *site);

#endif
