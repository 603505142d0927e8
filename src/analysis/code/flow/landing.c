/*
 * landing.c: where the unwinder enters a function. In: the ranges of the function, the image's
 * unwind entries and exception tables. Out: landings by offset, and decoded code behind them; for
 * each block that ends in a call, the block where its exceptions land.
 *
 * What the tables say is complete: compilers give each landing pad a row, and the unwinder has no
 * other source. So a call without a row does not land anywhere, and code that neither control nor
 * a row leads to is entered in some other way, if at all (a gap). Where a table is missing or
 * cannot be read, or leads out of the function, nothing is known, and any call may lead to any gap.
 * Left out: exceptions from instructions that are no calls (-fnon-call-exceptions): a pad that only
 * these enter counts as a gap.
 */
#include "analysis/code/flow/flow.h"

#include "base/search.h"

/** A table is that of the code it is for, give or take some padding. */
enum { MAX_PADDING = 64 };

/** Adds a row of the table, cut to @p range; false if its pad is not in the function. */
static bool add_landing(struct flow *flow, const struct range *range,
                        const struct landing_range *row)
{
    uint64_t end = range->address + range->bytes;
    uint64_t from = row->begin > range->address ? row->begin : range->address;
    uint64_t to = row->end < end ? row->end : end;
    uint32_t pad = flow_offset_of(flow, row->pad);
    if (from >= to)
        return true;
    array_push(&flow->landings,
               (struct landing){.begin = range->offset + (uint32_t)(from - range->address),
                                .end = range->offset + (uint32_t)(to - range->address),
                                .pad = pad,
                                .may_catch = row->may_catch});
    return pad != NONE;
}

static bool add_entry(struct flow *flow, const struct range *range,
                      const struct unwind_entry *entry)
{
    if (!entry->lsda)
        return true;
    // Else the rows of one entry could be read again for each of many functions in it.
    if (entry->lsda == UINT64_MAX || entry->bytes > (uint64_t)range->bytes + MAX_PADDING)
        return false;
    flow->rows.ranges.count = 0;
    if (!exceptions_read(flow->image, entry, &flow->rows))
        return false;
    for (size_t i = 0; i < flow->rows.ranges.count; i++)
        if (!add_landing(flow, range, &flow->rows.ranges.data[i]))
            return false;
    return true;
}

/**
 * Reads the tables of all unwind entries of a range, the first of which must cover its start. Those
 * of real code do not overlap, so that there are not more rows than bytes.
 */
static bool add_range(struct flow *flow, const struct range *range)
{
    const struct image *image = flow->image;
    uint64_t end = 0;
    const struct unwind_entry *entry = image_unwind_at(image, range->address);
    if (!entry)
        return false;
    for (; entry < image->unwind_entries + image->unwind_count &&
           entry->address < range->address + range->bytes;
         entry++) {
        if (entry->address < end || !add_entry(flow, range, entry))
            return false;
        end = entry->address + entry->bytes;
    }
    return true;
}

void flow_land(struct flow *flow)
{
    flow->landings.count = 0;
    flow->knows_landings = true;
    for (size_t i = 0; i < flow->ranges.count && flow->knows_landings; i++)
        flow->knows_landings = add_range(flow, &flow->ranges.data[i]);
    if (!flow->knows_landings)
        flow->landings.count = 0;
    for (size_t i = 0; i < flow->landings.count; i++)
        flow_descend(flow, flow->landings.data[i].pad);
}

/** Returns the row of the table that covers @p offset, NULL if none does. */
static const struct landing *find_landing(const struct flow *flow, uint32_t offset)
{
    size_t low = 0, high = flow->landings.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (flow->landings.data[middle].begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct landing *landing = low ? &flow->landings.data[low - 1] : NULL;
    return landing && offset < landing->end ? landing : NULL;
}

/** Lets the call that ends @p block, if any, land. */
static void land(struct flow *flow, struct flow_block *block)
{
    const struct instruction *last = &flow->instructions.data[block->last];
    if (last->effect.control != CONTROL_CALL && !last->is_internal_call)
        return;
    // What counts is where the return address points to, or rather the byte before.
    const struct landing *landing = find_landing(flow, last->offset + last->effect.length - 1);
    uint32_t pad = landing ? flow_block_at(flow, landing->pad) : NONE;
    if (pad == NONE)
        return;
    block->landing = pad;
    flow->blocks.data[pad].is_landing = true;
    flow->blocks.data[pad].may_catch |= landing->may_catch;
}

void flow_land_blocks(struct flow *flow)
{
    if (!flow->landings.count)
        return;
    for (size_t i = 0; i < flow->blocks.count; i++)
        land(flow, &flow->blocks.data[i]);
    if (!flow->is_swept)
        return;
    for (size_t i = 0; i < flow->landings.count; i++) {
        uint32_t index = flow_block_at(flow, flow->landings.data[i].pad);
        struct flow_block *block = index == NONE ? NULL : &flow->blocks.data[index];
        if (!block || block->is_landing || block->is_gap)
            continue;
        block->is_gap = true;
        array_push(&flow->gaps, flow->landings.data[i].pad);
    }
}
