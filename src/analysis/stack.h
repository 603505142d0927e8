/*
 * stack.h: how deep the stack can get. In: frames, calls, blocks, verdicts.returns and
 * facts.call_on_panic. Out: facts.bounds, facts.unbounded, facts.recursions.
 */
#ifndef DWELL_ANALYSIS_STACK_H
#define DWELL_ANALYSIS_STACK_H

#include "program/facts.h"

void stack_analyze(struct program *program);

#endif
