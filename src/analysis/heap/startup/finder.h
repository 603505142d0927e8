/*
 * finder.h: the parts of startup.c: chain.c finds the functions between the entry
 * point and main, calls.c sorts their calls. Private to these three.
 */
#ifndef DWELL_ANALYSIS_HEAP_STARTUP_FINDER_H
#define DWELL_ANALYSIS_HEAP_STARTUP_FINDER_H

#include "analysis/calls/returns.h"
#include "base/array.h"

enum {
    REACHED_BEFORE = 1,  /* from the entry, without passing a gate */
    REACHED_AFTER = 2,   /* from behind a gate */
    REACHED_WITHOUT = 4, /* without a call that always allocates */
    LEADS_TO_GATE = 8,
};

/** What a function is in the chain. */
enum link {
    LINK_NONE,
    LINK_PLAIN,
    LINK_STARTER, /* calls main, or what leads to it, through a pointer; constructors too */
    LINK_RUNNER,  /* calls constructors through pointers */
};

struct finder {
    struct program *program;
    const struct callgraph *graph;
    const struct returns *returns;
    uint32_t entry, c_main, main;
    ARRAY(uint32_t) chain;
    uint8_t *links;      /* enum link of each function */
    bool *leads_to_main; /* of each function: known calls lead to main or to a starter */
    uint8_t *is_counted; /* of each call: REACHED_* it is among the parts, LEADS_TO_GATE normal */
    bool has_own_gate;   /* of the function that is being looked at: its one call through a pointer
                            is the gate */
    bool reaches_main;   /* some gate is known */
    ARRAY(struct startup_part) parts;
    ARRAY(uint32_t) roots; /* functions that run before main as a whole */
    bool is_always;
    bool has_hidden; /* what is not known stands only where the program ends before main */
};

/** Fills links, leads_to_main and chain. */
void startup_find_chain(struct finder *finder);

/** Whether the call leads into main or on in the chain. */
bool startup_is_known_gate(const struct finder *finder, uint32_t call);

/** Whether a starter or runner makes the call through a pointer: to main or to constructors. */
bool startup_is_by_contract(const struct finder *finder, uint32_t call);

/** Returns the one target of a call, or NONE. */
uint32_t startup_target(const struct program *program, uint32_t call);

/** Whether an image is the dynamic linker. */
bool startup_is_loader(const struct program *program, uint32_t image);

/** Adds the calls of a function of the chain to the parts and roots. */
void startup_sort_calls(struct finder *finder, uint32_t function);

/** Returns the worse of two verdicts: always, maybe, unknown, on_panic, never. */
uint8_t startup_worse(uint8_t left, uint8_t right);

#endif
