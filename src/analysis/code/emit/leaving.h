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

/** Whether an instruction can matter to the two below: most cannot. */
static inline bool leaving_is_concerned(const struct effect *effect, const struct value *place)
{
    return effect->stack != STACK_NONE || effect->control == CONTROL_CALL ||
           effect->value_kind == VALUE_STORE || place->form == FORM_STACK ||
           effect->value_is_address || effect->value_may_be_distance || effect->is_system_call;
}

/**
 * Notes what an instruction does to the return address and the stack pointer. @p state is that
 * before it, @p place is where its memory operand leads.
 */
void leaving_note(struct leaving *leaving, const struct flow *flow, const struct effect *effect,
                  const struct machine_state *state, const struct value *place);

/**
 * Whether control may go on elsewhere, and come back to the function, behind the instruction: it
 * takes the address of a place in the function for other use than a jump table's, surely, or
 * perhaps as a distance from the GOT; or the kernel is to load all registers. @p state is that
 * before it.
 */
bool leaving_takes_label(const struct flow *flow, const struct instruction *instruction,
                         const struct machine_state *state);

/** Notes what an instruction leaves in the register @p number; @p behind is the state after
 * it. */
void leaving_note_result(struct leaving *leaving, const struct flow *flow, register_number number,
                         const struct machine_state *behind);

/** Whether an @p address that the instruction computes from others is one that it takes so. */
bool leaving_is_label(const struct flow *flow, const struct instruction *instruction,
                      uint64_t address);

/**
 * Whether the return at the end of @p block goes elsewhere than behind the call; @p state is that
 * before it. Meaningful when all of the function has been noted.
 */
bool leaving_returns_elsewhere(const struct leaving *leaving, const struct flow *flow,
                               const struct flow_block *block, const struct machine_state *state);

/** Whether paths.h is needed to tell where the stack pointer comes from. */
bool leaving_wants_origins(const struct flow *flow);

#endif
