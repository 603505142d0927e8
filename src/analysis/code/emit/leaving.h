/*
 * leaving.h: how a function leaves for places that its calls and returns do not name: over a
 * return address that it changed, on a stack that it was given, or back to a place in some function
 * that was kept. Private to the reading of machine code.
 */
#ifndef DWELL_ANALYSIS_CODE_LEAVING_H
#define DWELL_ANALYSIS_CODE_LEAVING_H

#include "analysis/code/flow/flow.h"

/** What was seen of it in one function. */
struct leaving {
    bool changes_return; /* the place of its return address is written, or its address handed out */
    bool reads_return;
    bool keeps_stack; /* the stack pointer of its caller, or its own before anything was pushed, is
                         put into a register or into memory */
    bool sets_stack;  /* the stack pointer is loaded, or set from another register */
    bool is_switched; /* the stack pointer was taken from where the function did not put it */
    bool keeps_label; /* an address of its own code is taken: control may come back there */
};

/**
 * Notes what an instruction does to the return address and the stack pointer. @p before and
 * @p behind are the states around it, @p place is where its memory operand leads.
 */
void leaving_note(struct leaving *leaving, const struct flow *flow,
                  const struct instruction *instruction, const struct machine_state *before,
                  const struct value *place, const struct machine_state *behind);

/**
 * Whether the return at the end of @p block goes elsewhere than behind the call; @p state is that
 * before it. Meaningful when all of the function has been noted.
 */
bool leaving_returns_elsewhere(const struct leaving *leaving, const struct flow *flow,
                               const struct flow_block *block, const struct machine_state *state);

/**
 * Whether control may go on elsewhere, and come back to the function, behind the instruction: it
 * takes the address of a place in the function for other use than a jump table's, surely, or
 * perhaps as a distance from the GOT; or the kernel is to load all registers. @p before and
 * @p behind are the states around it.
 */
bool leaving_takes_label(const struct flow *flow, const struct instruction *instruction,
                         const struct machine_state *before, const struct machine_state *behind);

/** Whether paths.h is needed to tell where the stack pointer comes from. */
bool leaving_wants_origins(const struct flow *flow);

#endif
