/*
 * branches.h: the tree of `heap --from`: what a call of a function can do with the heap, by the
 * lines of own code that it goes through.
 */
#ifndef DWELL_REPORT_BRANCHES_H
#define DWELL_REPORT_BRANCHES_H

#include "base/array.h"
#include "base/map.h"
#include "program/place.h"
#include "report/report.h"

enum branch_note {
    BRANCH_PLAIN,
    BRANCH_SEEN,       /* what follows is told where the function was met first */
    BRANCH_CUT,        /* it would be too deep */
    BRANCH_UNRESOLVED, /* a call of which it is not known what it enters */
};

/** A function that is entered, or a line that enters the heap. */
struct branch {
    const char *name;           /* of the function; NULL: a line that enters the heap */
    struct place place;         /* of the call, in the own function of the branch above */
    uint32_t function;          /* that is called; NONE: it was inlined, or it is a line */
    uint32_t line;              /* in facts.lines, NONE */
    uint32_t first, last, next; /* branches below it, and beside it; NONE */
    uint32_t depth;
    bool is_on_panic;
    uint8_t note; /* enum branch_note */
};

/** Where a function was put last: candidates of calls come again and again. */
struct last_put {
    struct place place;
    uint32_t above, branch; /* NONE: nowhere yet */
};

struct branches {
    ARRAY(struct branch) all;
    ARRAY(uint32_t) order;   /* from top to bottom */
    ARRAY(uint32_t) waiting; /* to be unfolded, the next one last */
    ARRAY(uint32_t) queue;   /* functions of others that a call goes through */
    struct int_map seen;     /* functions that were unfolded */
    struct int_map known;    /* branches by what makes them one */
    bool *leads_back;        /* of each function: others' code that gets to own code */
    uint32_t *passed;        /* of each function: the last call that went through it */
    uint32_t call;           /* number of the last one */
    struct last_put *last;   /* of each function */
    uint64_t steps;          /* calls and targets looked at in others' code */
    bool is_cut;
};

void branches_init(struct report *report, struct branches *ret);

/** Adds the tree below @p root; is_cut tells whether it has more than @p limit branches. */
void branches_grow(struct report *report, struct branches *branches, uint32_t root, size_t limit);
void branches_deinit(struct branches *branches);

#endif
