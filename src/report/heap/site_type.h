/*
 * site_type.h: for what type a site allocates.
 */
#ifndef DWELL_REPORT_SITE_TYPE_H
#define DWELL_REPORT_SITE_TYPE_H

#include "report/report.h"

/** A search along the names around an allocation, from the allocator outward. */
struct type_search {
    struct report *report;
    const char *one;     /* what a C++ allocator hands out, perhaps many of it; or NULL */
    const char *type;    /* found */
    bool is_narrow_only; /* what is inlined into the functions that follow is not known */
};

/** Looks at the next name; false: the search is over. */
bool type_search_look_at(struct type_search *search, const char *name);

/** Returns the type as names around the site spell it, in the report's arena; or NULL. */
const char *site_type(struct report *report, const struct site *site);

#endif
