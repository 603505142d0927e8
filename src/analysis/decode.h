/*
 * decode.h: the machine code of all functions, read once: calls, blocks, references and frames.
 *
 * In: images and functions. Out: program.calls (direct, PLT, GOT and constant targets; the rest
 * CALL_UNRESOLVED), program.arguments (those of facts.wanted_arguments), program.pointer_*,
 * program.blocks, program.references, function.is_address_taken and facts.frames.
 */
#ifndef DWELL_ANALYSIS_DECODE_H
#define DWELL_ANALYSIS_DECODE_H

#include "program/facts.h"
#include "program/program.h"

/** Reads the code of all images of @p program on its workers; @p program->facts must be there. */
void program_decode(struct program *program);

/**
 * The same, but takes what was found in unchanged images from @p cache_folder (NULL: no cache), and
 * keeps the rest there. The results are equal.
 */
void program_decode_cached(struct program *program, const char *cache_folder);

#endif
