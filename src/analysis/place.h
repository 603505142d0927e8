/*
 * place.h: the last step of decoding.
 */
#ifndef DWELL_ANALYSIS_PLACE_H
#define DWELL_ANALYSIS_PLACE_H

#include "analysis/found.h"

/**
 * Fills the program's calls, arguments, pointer_*, blocks and references, and the flags
 * is_address_taken of its functions. The outputs are empty afterwards.
 */
void program_place(struct decoded *decoded);

#endif
