/*
 * receivers.h: which described variable the table of a trait object came from. Private to the
 * reading of machine code.
 */
#ifndef DWELL_ANALYSIS_CODE_RECEIVERS_H
#define DWELL_ANALYSIS_CODE_RECEIVERS_H

#include "analysis/code/values/paths.h"

/** Whether anything in the frame of the function is described. */
bool receivers_are_described(const struct flow *flow);

/**
 * Finds where the table is kept whose method is called (struct pointer_call, `receiver`).
 * @p place is the address in the table that the callee was loaded from, or a place in the frame
 * where the callee was kept meanwhile; @p state is that before the call. The function must be
 * solved with follows_origins and without flow->slots.
 */
void path_of_receiver(const struct flow *flow, struct frame_slots *slots,
                      const struct machine_state *state, struct value place,
                      struct access_path *ret);

#endif
