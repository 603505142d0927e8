/*
 * call.h: the columns that tables of calls share. A row is an index into program.calls.
 */
#ifndef DWELL_REPORT_CALL_H
#define DWELL_REPORT_CALL_H

#include "report/report.h"
#include "report/shared/place.h"

/**
 * The call as it is told: an unresolved one with what it could enter, if that is known
 * (struct loose_call).
 */
struct call shown_call(const struct program *program, uint32_t call);

struct place place_of_call(struct report *report, uint32_t call);

struct cell get_call_address(struct report *report, uint32_t call);
struct cell get_call_function(struct report *report, uint32_t call);
struct cell get_call_file(struct report *report, uint32_t call);
struct cell get_call_line(struct report *report, uint32_t call);
struct cell get_call_place(struct report *report, uint32_t call);

#endif
