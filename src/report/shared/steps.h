/*
 * steps.h: the paths of program/path.h as names, text and rows.
 */
#ifndef DWELL_REPORT_STEPS_H
#define DWELL_REPORT_STEPS_H

#include "program/path.h"
#include "report/report.h"

enum { MAX_STEPS = 1000 };

/** Returns the enum call_kind of a step: CALL_UNRESOLVED only where it leads to nothing known. */
uint32_t step_kind(const struct program *program, const struct step *step);

/** Whether the step is over a call of which only candidates are known (struct loose_call). */
bool step_is_loose(const struct program *program, const struct step *step);

/** Returns the weakest enum call_kind of the steps, NONE if there are none. */
uint32_t steps_kind(const struct program *program, const struct step *steps, uint32_t count);

/** A list cell of names: @p function and what its path enters, as far as it is resolved. */
struct cell steps_cell(struct report *report, uint32_t function, const struct step *steps,
                       uint32_t count);

/** Returns "f → g ⇢ malloc", long paths without their middle; loose steps are dashed. In the
 *  report's arena. */
const char *steps_text(struct report *report, uint32_t function, const struct step *steps,
                       uint32_t count);

const char *call_kind_name(uint32_t kind);

#endif
