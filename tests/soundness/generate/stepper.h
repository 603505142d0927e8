/*
 * stepper.h: what the calls of a subject do, instruction by instruction: see stepper.c.
 */
#ifndef HUNT_STEPPER_H
#define HUNT_STEPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the driver counts, and the functions whose callers are wanted. */
struct stepper_counters {
    const unsigned *allocations, *frees;
    const volatile unsigned *raised;
    void *const *allocators;
    size_t allocator_count;
};

/**
 * Once, before all. At most `steps` instructions are followed in all. Returns how far the file that
 * has the code at `subject` was moved when it was loaded.
 */
uintptr_t stepper_prepare(const struct stepper_counters *counters, unsigned long steps,
                          uintptr_t subject);

/** A call begins whose return address will be right below `top`; the trap flag is set by who calls.
 */
void stepper_begin(uintptr_t top, unsigned long steps);

/** Stops following for a while; returns whether it was followed, and so is to be resumed. */
bool stepper_pause(void);
void stepper_resume(void);

/** The call has ended. Returns false if it took more steps, so that nothing is known of it. */
bool stepper_end(void);

/** The call, or jump, that led into the allocator that is running; 0 if not known. Tells it once.
 */
uintptr_t stepper_take_allocator_site(void);

/**
 * Prints, numbers of addresses in base 16, for each function, and each transfer in the file:
 *
 *     function ADDRESS FIRST LAST CALLS ALLOCATIONS FREES DEPTH FRAME
 *         NORMAL_CALLS ALLOCATIONS FREES DEPTH LEAST_ALLOCATIONS LEAST_FREES     (one line)
 *     call|jump FROM TO
 */
void stepper_print(void);

#endif
