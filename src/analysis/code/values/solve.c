/*
 * solve.c: what registers hold at the start of each block. In: blocks. Out: solver.heads and
 * solver.values.
 *
 * A forward dataflow to a fixpoint (Kildall 1973), blocks in the order of their places. Besides the
 * usual meet there is one matter of its own: stack heights that disagree where two ways meet. Code
 * that runs is consistent, so one of the ways is never taken: nearly always the one that falls out
 * of a call that does not return. Hence edges have a strength, and the weaker of two that disagree
 * is ignored; between equals the deeper stack counts, which errs on the safe side. Weakest is all
 * that only follows a landing pad: its stack still has the arguments that the call pushed, which
 * the unwinder takes away (DW_CFA_GNU_args_size), and such code ends in _Unwind_Resume, behind
 * which the next piece of the function stands.
 *
 * Landing pads are entered by the unwinder from the calls that the exception table names. Gaps
 * (code that no known control reaches) are entered from a jump whose targets are not known or, for
 * all that is known, from any call. Their state is the meet of all these states: registers that a
 * call keeps, where they are the same at all calls, and the deepest stack.
 */
#include "analysis/code/flow/flow.h"

#include <string.h>

enum { MANY_VISITS = 12 }; /* of one block; then what still changes is unknown */

static size_t register_count(const struct flow *flow)
{
    return flow->arch->register_count;
}

static struct value *values_of(struct flow *flow, uint32_t block)
{
    return flow->solver.values.data + block * register_count(flow);
}

/* ---- Queue ----------------------------------------------------------------------------------- */

static void queue_push(struct solver *solver, uint32_t block)
{
    if (solver->is_queued.data[block])
        return;
    solver->is_queued.data[block] = true;
    array_push(&solver->queue, block);
    size_t at = solver->queue.count - 1;
    for (; at && solver->queue.data[(at - 1) / 2] > block; at = (at - 1) / 2)
        solver->queue.data[at] = solver->queue.data[(at - 1) / 2];
    solver->queue.data[at] = block;
}

static uint32_t queue_pop(struct solver *solver)
{
    uint32_t *heap = solver->queue.data, first = heap[0];
    size_t count = --solver->queue.count, at = 0;
    uint32_t last = heap[count];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    if (count)
        heap[at] = last;
    solver->is_queued.data[first] = false;
    return first;
}

/* ---- Meeting --------------------------------------------------------------------------------- */

static bool same_comparison(const struct comparison *a, const struct comparison *b)
{
    return a->kind == b->kind && a->first == b->first && a->second == b->second &&
           a->value == b->value && a->displacement == b->displacement && a->bytes == b->bytes &&
           a->scale == b->scale;
}

static bool same_memory(const struct memory_bound *a, const struct memory_bound *b)
{
    return a->bound == b->bound && a->base == b->base && a->index == b->index &&
           a->bytes == b->bytes && a->scale == b->scale && a->displacement == b->displacement;
}

/** Forgets what is not the same in both; returns whether anything was forgotten. */
static bool meet_heads(const struct flow *flow, struct state_head *into,
                       const struct state_head *from)
{
    bool changed = false;
    if (into->comparison.kind != COMPARISON_NONE &&
        !same_comparison(&into->comparison, &from->comparison)) {
        into->comparison.kind = COMPARISON_NONE;
        changed = true;
    }
    if (into->memory.bound != BOUND_NONE && !same_memory(&into->memory, &from->memory)) {
        into->memory.bound = BOUND_NONE;
        changed = true;
    }
    if (!into->copied)
        return changed;
    for (size_t i = 0; i < register_count(flow); i++)
        if (into->copy_of[i] != REGISTER_NONE && into->copy_of[i] != from->copy_of[i]) {
            into->copy_of[i] = REGISTER_NONE;
            changed = true;
        }
    return changed;
}

static bool is_height(const struct value *value)
{
    return value->form == FORM_STACK || value->form == FORM_STACK_BELOW;
}

static bool heights_disagree(const struct value *a, const struct value *b)
{
    return !(a->form == b->form && a->number == b->number);
}

/**
 * Whether a way of this strength has to be believed against a stronger one: its stack is deeper
 * (alloca in a loop or a branch), and it does not come straight from a call, which may never
 * return. Of those that do, emit.c takes note.
 */
static bool is_deep_way(enum strength strength, const struct value *height,
                        const struct value *other)
{
    return strength > STRENGTH_AFTER_CALL && is_height(height) && is_height(other) &&
           height->number < other->number;
}

/** The stack pointer where ways of equal strength meet: the deeper one; @p a was there before. */
static struct value meet_heights(struct state_head *head, const struct value *a,
                                 const struct value *b)
{
    if (!is_height(a) || !is_height(b))
        return VALUE_OF(.form = FORM_UNKNOWN);
    struct value met = a->number <= b->number ? *a : *b;
    if (a->form == FORM_STACK_BELOW || b->form == FORM_STACK_BELOW)
        met.form = FORM_STACK_BELOW;
    // A stack that grows in a loop: alloca in steps, or pushes as many as some count says.
    if (heights_disagree(a, &met) && head->disagreements <= MANY_VISITS)
        head->disagreements++;
    if (head->disagreements > MANY_VISITS && heights_disagree(a, b))
        met = VALUE_OF(.form = FORM_STACK_BELOW, .number = head->first_height);
    return met;
}

/** The name of whatever register @p number holds at the start of @p block. */
static struct value joined_value(uint32_t block, size_t number)
{
    return (struct value){.form = FORM_ORIGIN,
                          .unit = ORIGIN_JOIN,
                          .bound = block * MAX_REGISTERS + (uint32_t)number};
}

static bool meet_values(struct flow *flow, uint32_t block, const struct machine_state *from)
{
    struct state_head *head = &flow->solver.heads.data[block];
    struct value *into = values_of(flow, block);
    bool changed = false;
    if (memcmp(into, from->registers, register_count(flow) * sizeof *into) == 0)
        return false;
    for (size_t i = 0; i < register_count(flow); i++) {
        if (value_equal(&into[i], &from->registers[i]))
            continue;
        struct value met;
        if (i == flow->arch->stack_pointer)
            met = meet_heights(head, &into[i], &from->registers[i]);
        else if (head->visits > MANY_VISITS)
            met = VALUE_OF(.form = FORM_UNKNOWN);
        else
            met = value_meet(&into[i], &from->registers[i]);
        if (flow->follows_origins && met.form == FORM_UNKNOWN && i != flow->arch->stack_pointer)
            met = joined_value(block, i);
        changed |= !value_equal(&met, &into[i]);
        into[i] = met;
    }
    return changed;
}

static void set_state(struct flow *flow, uint32_t block, const struct machine_state *from)
{
    struct state_head *head = &flow->solver.heads.data[block];
    uint8_t visits = head->visits, disagreements = head->disagreements;
    *head = from->head;
    head->visits = visits;
    head->disagreements = disagreements;
    head->is_reached = true;
    head->first_height = from->registers[flow->arch->stack_pointer].number;
    memcpy(values_of(flow, block), from->registers, register_count(flow) * sizeof(struct value));
}

/** Lets control with state @p from arrive at @p block; returns whether that is news. */
static bool arrive(struct flow *flow, uint32_t block, const struct machine_state *from,
                   enum strength strength)
{
    struct state_head *head = &flow->solver.heads.data[block];
    register_number sp = flow->arch->stack_pointer;
    if (!head->is_reached) {
        set_state(flow, block, from);
        head->strength = strength;
        return true;
    }
    struct value *height = &values_of(flow, block)[sp];
    if (heights_disagree(height, &from->registers[sp])) {
        if (strength < head->strength && !is_deep_way(strength, &from->registers[sp], height))
            return false;
        if (strength > head->strength) {
            struct value was = *height;
            bool was_deep = is_deep_way(head->strength, &was, &from->registers[sp]);
            set_state(flow, block, from);
            head->strength = strength;
            if (was_deep)
                *height = meet_heights(head, height, &was);
            return true;
        }
    }
    // Whether an edge leaves this block after a call does not depend on how control got here.
    bool is_surer = strength > head->strength &&
                    (strength == STRENGTH_SURE || head->strength == STRENGTH_LANDING);
    if (strength > head->strength)
        head->strength = strength;
    bool forgot = meet_heads(flow, head, &from->head);
    return meet_values(flow, block, from) || forgot || is_surer;
}

static void enter(struct flow *flow, uint32_t block, const struct machine_state *from,
                  enum strength strength)
{
    if (block != NONE && arrive(flow, block, from, strength)) {
        struct state_head *head = &flow->solver.heads.data[block];
        if (head->visits < UINT8_MAX)
            head->visits++;
        queue_push(&flow->solver, block);
    }
}

/* ---- Branches -------------------------------------------------------------------------------- */

/** The largest value of the compared register on one side of the branch, or BOUND_NONE. */
static uint32_t bound_behind(const struct comparison *comparison, unsigned condition, bool taken)
{
    unsigned bits = comparison->bytes * 8;
    uint64_t value = (uint64_t)comparison->value;
    if (bits && bits < 64)
        value &= (UINT64_C(1) << bits) - 1;
    bool is_up_to =
        (condition == CONDITION_ABOVE && !taken) || (condition == CONDITION_BELOW_EQUAL && taken);
    bool is_below =
        (condition == CONDITION_ABOVE_EQUAL && !taken) || (condition == CONDITION_BELOW && taken);
    if (is_below && value)
        value--;
    else if (!is_up_to)
        return BOUND_NONE;
    return value < BOUND_NONE ? (uint32_t)value : BOUND_NONE;
}

static void bound_register(struct value *value, uint32_t bound)
{
    bool is_tighter = value_is_any(value) || value->form == FORM_INDEX;
    if (value->form == FORM_INDEX && value->unit == 1 && value->number == 0 && value->bound < bound)
        is_tighter = false;
    if (is_tighter)
        *value = (struct value){.form = FORM_INDEX, .unit = 1, .bound = bound};
}

/** Returns what the last comparison says on one side of the branch, BOUND_NONE if nothing. */
static uint32_t branch_bound(const struct machine_state *state, unsigned condition, bool taken)
{
    const struct comparison *comparison = &state->head.comparison;
    if (comparison->kind != COMPARISON_REGISTER && comparison->kind != COMPARISON_MEMORY)
        return BOUND_NONE;
    return bound_behind(comparison, condition, taken);
}

/** Applies the bound to what was compared and to its copies. */
static void refine(const struct flow *flow, struct machine_state *state, uint32_t bound)
{
    const struct comparison *comparison = &state->head.comparison;
    if (bound == BOUND_NONE)
        return;
    if (comparison->kind == COMPARISON_MEMORY) {
        state->head.memory = (struct memory_bound){.base = comparison->first,
                                                   .index = comparison->second,
                                                   .scale = comparison->scale,
                                                   .displacement = comparison->displacement,
                                                   .bytes = comparison->bytes,
                                                   .bound = bound};
        return;
    }
    bound_register(&state->registers[comparison->first], bound);
    for (size_t i = 0; state->head.copied && i < register_count(flow); i++)
        if (state->head.copy_of[i] == comparison->first)
            bound_register(&state->registers[i], bound);
}

/**
 * The loop that touches each page of a large frame (gcc and clang -fstack-clash-protection, rustc):
 * sp goes down in steps until it equals a register that holds its final value. Sets sp to that.
 */
static bool is_probing_loop(const struct flow *flow, const struct flow_block *block,
                            const struct effect *last, struct machine_state *state)
{
    const struct comparison *comparison = &state->head.comparison;
    register_number sp = flow->arch->stack_pointer;
    if (comparison->kind != COMPARISON_REGISTERS || last->condition != CONDITION_NOT_EQUAL ||
        block->target == NONE || &flow->blocks.data[block->target] != block)
        return false;
    if (comparison->first != sp && comparison->second != sp)
        return false;
    register_number other = comparison->first == sp ? comparison->second : comparison->first;
    const struct value *end = &state->registers[other];
    if (other == REGISTER_NONE || end->form != FORM_STACK ||
        state->registers[sp].form != FORM_STACK || state->registers[sp].number < end->number)
        return false;
    state->registers[sp] = *end;
    return true;
}

/* ---- Fixpoint -------------------------------------------------------------------------------- */

static enum strength edge_strength(const struct machine_state *state, bool is_behind_call)
{
    if (state->head.strength == STRENGTH_LANDING)
        return STRENGTH_LANDING;
    if (is_behind_call)
        return STRENGTH_AFTER_CALL;
    return state->head.strength == STRENGTH_SURE ? STRENGTH_SURE : STRENGTH_INDIRECT;
}

/** A call within the function: both sides go on, with different stacks. */
static void leave_internal_call(struct flow *flow, const struct flow_block *block,
                                struct machine_state *state)
{
    int64_t *height = &state->registers[flow->arch->stack_pointer].number;
    *height -= flow->arch->return_address_bytes;
    enter(flow, block->target, state, edge_strength(state, false));
    *height += flow->arch->return_address_bytes;
    // A local subroutine follows no calling convention.
    state_forget_all(flow, state);
    enter(flow, block->next, state, STRENGTH_AFTER_CALL);
}

static void leave_branch(struct flow *flow, const struct flow_block *block,
                         const struct effect *effect, struct machine_state *state)
{
    enum strength strength = edge_strength(state, false);
    if (is_probing_loop(flow, block, effect, state)) {
        enter(flow, block->next, state, strength);
        return;
    }
    uint32_t taken_bound = branch_bound(state, effect->condition, true);
    if (taken_bound != BOUND_NONE) {
        struct machine_state taken = *state;
        refine(flow, &taken, taken_bound);
        enter(flow, block->target, &taken, strength);
    } else {
        enter(flow, block->target, state, strength);
    }
    refine(flow, state, branch_bound(state, effect->condition, false));
    enter(flow, block->next, state, strength);
}

static void leave_table(struct flow *flow, const struct instruction *last,
                        const struct machine_state *state)
{
    const struct jump_table *table = &flow->jump_tables.data[last->table];
    for (uint32_t i = 0; i < table->target_count; i++)
        enter(flow, flow_block_at(flow, flow->table_targets.data[table->first_target + i]), state,
              edge_strength(state, false));
}

/** Whether the block ends in a jump that may lead to anywhere in the function. */
static bool is_unresolved(const struct flow *flow, const struct instruction *last)
{
    return last->effect.control == CONTROL_JUMP && last->effect.target_kind != TARGET_ADDRESS &&
           last->effect.target_kind != TARGET_SLOT &&
           (last->table == NONE || !flow->jump_tables.data[last->table].is_complete);
}

/**
 * Whether a gap may be entered with the state behind @p last. An unresolved jump with an empty
 * stack is nearly always a tail call, and its state would spoil that of the calls.
 */
static bool may_land(const struct flow *flow, const struct instruction *last,
                     const struct machine_state *state)
{
    if (!flow->gaps.count)
        return false;
    if (last->effect.control == CONTROL_CALL)
        return true;
    if (!is_unresolved(flow, last))
        return false;
    const struct value *sp = &state->registers[flow->arch->stack_pointer];
    bool is_empty =
        sp->form == FORM_STACK && sp->number == -(int64_t)flow->arch->return_address_bytes;
    return !is_empty || flow->solver.jumps_land;
}

/** The unwinder restores what calls keep, and puts the exception where results of calls are. */
static void land(struct flow *flow, uint32_t block, const struct machine_state *state)
{
    struct machine_state landed = *state;
    for (uint32_t i = 0; i < register_count(flow); i++)
        if (i != flow->arch->stack_pointer && !(flow->arch->callee_saved & (UINT32_C(1) << i)))
            landed.registers[i] = VALUE_OF(.form = FORM_UNKNOWN);
    enter(flow, block, &landed, STRENGTH_LANDING);
}

bool flow_is_padding(const struct flow *flow, const struct flow_block *block)
{
    for (uint32_t i = block->first; i <= block->last; i++)
        if (!flow->instructions.data[i].effect.is_padding)
            return false;
    return true;
}

/** Takes a block's last state to its successors. */
static void leave(struct flow *flow, uint32_t index, struct machine_state *state)
{
    const struct flow_block *block = &flow->blocks.data[index];
    const struct instruction *last = &flow->instructions.data[block->last];
    bool is_call = last->effect.control == CONTROL_CALL;
    if (block->landing != NONE)
        land(flow, block->landing, state);
    if (may_land(flow, last, state) && is_call)
        land(flow, flow->solver.landing, state);
    else if (may_land(flow, last, state))
        enter(flow, flow->solver.landing, state, STRENGTH_AFTER_CALL);
    if (last->is_internal_call) {
        leave_internal_call(flow, block, state);
        return;
    }
    if (last->is_label_kept) {
        enter(flow, block->next, state, edge_strength(state, false));
        state_forget_all(flow, state);
        enter(flow, block->target, state, STRENGTH_AFTER_CALL);
        return;
    }
    if (last->effect.control == CONTROL_BRANCH) {
        leave_branch(flow, block, &last->effect, state);
        return;
    }
    // What only fills up to the next block is no more certain to be reached than it was.
    bool is_behind_call =
        is_call || (state->head.strength == STRENGTH_AFTER_CALL && flow_is_padding(flow, block));
    enter(flow, block->next, state, edge_strength(state, is_behind_call));
    enter(flow, block->target, state, edge_strength(state, false));
    if (last->table != NONE)
        leave_table(flow, last, state);
}

bool state_at_block(const struct flow *flow, uint32_t block, struct machine_state *ret)
{
    const struct solver *solver = &flow->solver;
    ret->head = solver->heads.data[block];
    memcpy(ret->registers, solver->values.data + block * register_count(flow),
           register_count(flow) * sizeof(struct value));
    return ret->head.is_reached;
}

bool state_before(const struct flow *flow, uint32_t instruction, struct machine_state *ret)
{
    uint32_t block = flow->instructions.data[instruction].block;
    if (block == NONE || !state_at_block(flow, block, ret))
        return false;
    for (uint32_t i = flow->blocks.data[block].first; i < instruction; i++)
        state_apply(flow, &flow->instructions.data[i], ret);
    return true;
}

static void visit(struct flow *flow, uint32_t index)
{
    struct machine_state state;
    state_at_block(flow, index, &state);
    if (index == flow->solver.landing) {
        for (size_t i = 0; i < flow->gaps.count; i++)
            enter(flow, flow_block_at(flow, flow->gaps.data[i]), &state, STRENGTH_AFTER_CALL);
        return;
    }
    const struct flow_block *block = &flow->blocks.data[index];
    for (uint32_t i = block->first; i <= block->last; i++)
        state_apply(flow, &flow->instructions.data[i], &state);
    leave(flow, index, &state);
}

/** The stack at the entry: deeper than after a call if the unwind tables say so (a cold part). */
static int64_t entry_height(const struct flow *flow)
{
    const struct image *image = flow->image;
    uint64_t address = flow->ranges.data[0].address;
    int64_t height = -(int64_t)flow->arch->return_address_bytes;
    uint32_t low = 0, high = image->unwind_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->unwind_entries[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < image->unwind_count && image->unwind_entries[low].address == address &&
        -(int64_t)image->unwind_entries[low].entry_cfa_offset < height)
        height = -(int64_t)image->unwind_entries[low].entry_cfa_offset;
    return height;
}

static void enter_function(struct flow *flow)
{
    struct machine_state entry;
    state_init(flow, &entry);
    entry.head.strength = STRENGTH_SURE;
    for (size_t i = 0; i < flow->arch->argument_count; i++)
        entry.registers[flow->arch->arguments[i]] = (struct value){
            .form = FORM_ORIGIN, .unit = ORIGIN_ENTRY, .bound = flow->arch->arguments[i]};
    entry.registers[flow->arch->stack_pointer] =
        VALUE_OF(.form = FORM_STACK, .number = entry_height(flow));
    enter(flow, 0, &entry, STRENGTH_SURE);
}

static void run(struct flow *flow)
{
    while (flow->solver.queue.count)
        visit(flow, queue_pop(&flow->solver));
}

void flow_solve(struct flow *flow)
{
    struct solver *solver = &flow->solver;
    size_t count = flow->blocks.count + 1;
    solver->landing = (uint32_t)flow->blocks.count;
    array_reserve(&solver->heads, count);
    array_reserve(&solver->values, count * register_count(flow));
    array_reserve(&solver->is_queued, count);
    for (size_t i = 0; i < count; i++) {
        solver->heads.data[i].is_reached = false;
        solver->heads.data[i].visits = solver->heads.data[i].disagreements = 0;
    }
    memset(solver->is_queued.data, 0, count);
    solver->queue.count = 0;
    solver->jumps_land = false;
    enter_function(flow);
    run(flow);
    if (flow->gaps.count && !solver->heads.data[solver->landing].is_reached) {
        solver->jumps_land = true;
        for (uint32_t i = 0; i < solver->landing; i++)
            if (solver->heads.data[i].is_reached)
                queue_push(solver, i);
        run(flow);
    }
}
