/*
 * flow.c: from bytes to instructions. In: the ranges of a function and its parts. Out: its
 * instructions, in runs that control falls through.
 *
 * Recursive descent from the entry over direct jumps, so that each byte is decoded once and data
 * between instructions is never read as code; then a sweep over what is left: code behind jumps
 * whose targets are not known and, where there is no exception table to read, landing pads. Left
 * out: following jumps out of the function (they are tail calls), and telling data from code in the
 * sweep.
 */
#include "analysis/code/flow/flow.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void flow_init(struct flow *flow, const struct program *program)
{
    *flow = (struct flow){.program = program};
}

void flow_deinit(struct flow *flow)
{
    array_deinit(&flow->ranges);
    free(flow->instruction_at);
    array_deinit(&flow->instructions);
    array_deinit(&flow->runs);
    array_deinit(&flow->pending);
    array_deinit(&flow->gaps);
    array_deinit(&flow->indirect_jumps);
    array_deinit(&flow->jump_tables);
    array_deinit(&flow->table_targets);
    array_deinit(&flow->landings);
    array_deinit(&flow->rows.ranges);
    array_deinit(&flow->blocks);
    array_deinit(&flow->solver.heads);
    array_deinit(&flow->solver.values);
    array_deinit(&flow->solver.queue);
    array_deinit(&flow->solver.is_queued);
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

/** Adds a piece if the file holds it; offsets must stay below NONE. */
static bool add_range(struct flow *flow, uint32_t index)
{
    const struct function *function = &flow->program->functions[index];
    const uint8_t *data = image_bytes(flow->image, function->address, function->bytes);
    if (!data || !function->bytes || function->bytes > INT32_MAX - flow->bytes)
        return false;
    array_push(&flow->ranges, (struct range){.address = function->address,
                                             .bytes = (uint32_t)function->bytes,
                                             .data = data});
    flow->bytes += (uint32_t)function->bytes;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static void lay_out_ranges(struct flow *flow)
{
    uint32_t offset = 0;
    if (flow->ranges.count > 2)
        qsort(flow->ranges.data + 1, flow->ranges.count - 1, sizeof *flow->ranges.data, by_address);
    for (size_t i = 0; i < flow->ranges.count; i++) {
        flow->ranges.data[i].offset = offset;
        offset += flow->ranges.data[i].bytes;
    }
}

static void clear(struct flow *flow)
{
    flow->ranges.count = flow->instructions.count = flow->runs.count = 0;
    flow->pending.count = flow->gaps.count = flow->indirect_jumps.count = 0;
    flow->jump_tables.count = flow->table_targets.count = flow->blocks.count = 0;
    flow->landings.count = 0;
    flow->bytes = 0;
    flow->is_deferred = flow->is_swept = flow->knows_landings = flow->follows_origins = false;
}

bool flow_begin(struct flow *flow, uint32_t function)
{
    const struct program *program = flow->program;
    clear(flow);
    flow->function = function;
    flow->image_index = program->functions[function].image;
    flow->image = program->images[flow->image_index];
    flow->arch = flow->image->arch;
    if (!flow->arch || !add_range(flow, function))
        return false;
    for (uint32_t part = program->functions[function].first_part; part != NONE;
         part = program->functions[part].next_part)
        add_range(flow, part);
    lay_out_ranges(flow);
    if (flow->bytes > flow->instruction_at_capacity) {
        free(flow->instruction_at);
        flow->instruction_at_capacity = flow->bytes + (size_t)flow->bytes / 2;
        flow->instruction_at =
            xmalloc(flow->instruction_at_capacity * sizeof *flow->instruction_at);
    }
    memset(flow->instruction_at, 0xff, flow->bytes * sizeof *flow->instruction_at);
    return true;
}

/** Returns the range that begins last among those up to @p key, by address or by offset. */
static const struct range *find_range(const struct flow *flow, uint64_t key, bool by_offset)
{
    size_t low = 1, high = flow->ranges.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct range *range = &flow->ranges.data[middle];
        if ((by_offset ? range->offset : range->address) <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return &flow->ranges.data[low - 1];
}

static const struct range *range_of(const struct flow *flow, uint32_t offset)
{
    const struct range *entry = &flow->ranges.data[0];
    return offset < entry->bytes ? entry : find_range(flow, offset, true);
}

uint32_t flow_offset_of(const struct flow *flow, uint64_t address)
{
    const struct range *range = &flow->ranges.data[0];
    if (address - range->address < range->bytes)
        return (uint32_t)(address - range->address);
    if (flow->ranges.count == 1)
        return NONE;
    range = find_range(flow, address, false);
    if (address - range->address >= range->bytes)
        return NONE;
    return range->offset + (uint32_t)(address - range->address);
}

uint64_t flow_address_of(const struct flow *flow, uint32_t offset)
{
    const struct range *range = range_of(flow, offset);
    return range->address + (offset - range->offset);
}

/* ---- Descent --------------------------------------------------------------------------------- */

static void add_pending(struct flow *flow, uint32_t offset)
{
    if (offset != NONE)
        array_push(&flow->pending, offset);
}

/**
 * A call to a place within the function that is not its start is no call: `call next; pop` reads
 * the program counter; else it is a local subroutine, whose return address is just pushed data.
 */
static void settle_call(struct flow *flow, struct instruction *instruction, uint64_t next)
{
    struct effect *effect = &instruction->effect;
    if (effect->target_kind != TARGET_ADDRESS || effect->target == flow->ranges.data[0].address)
        return;
    if (flow_offset_of(flow, effect->target) == NONE)
        return;
    if (effect->target == next) {
        effect->control = CONTROL_NEXT;
        effect->target_kind = TARGET_NONE;
        effect->stack = STACK_ADD;
        effect->stack_value = -(int32_t)flow->arch->return_address_bytes;
        return;
    }
    effect->control = CONTROL_BRANCH;
    instruction->is_internal_call = true;
}

/** Notes where control goes besides the next instruction; returns whether it goes there too. */
static bool follow(struct flow *flow, uint32_t index, uint64_t next)
{
    struct instruction *instruction = &flow->instructions.data[index];
    const struct effect *effect = &instruction->effect;
    if (effect->control == CONTROL_CALL)
        settle_call(flow, instruction, next);
    switch (effect->control) {
    case CONTROL_NEXT:
    case CONTROL_CALL:
        return true;
    case CONTROL_BRANCH:
        if (effect->target_kind == TARGET_ADDRESS)
            add_pending(flow, flow_offset_of(flow, effect->target));
        return true;
    case CONTROL_JUMP:
        if (effect->target_kind == TARGET_ADDRESS)
            add_pending(flow, flow_offset_of(flow, effect->target));
        else if (effect->target_kind != TARGET_SLOT)
            array_push(&flow->indirect_jumps, index);
        return false;
    default:
        return false;
    }
}

enum { FOLDED_BYTES = 1 << 16 }; /* how far outside of the image folded addresses may lie */

/** Whether @p address is in the image, or so near that constants may have been folded into it. */
static bool is_near_image(const struct image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *segment = &image->segments[i];
        if (address - (segment->address - FOLDED_BYTES) < segment->bytes + 2 * FOLDED_BYTES)
            return true;
    }
    return false;
}

/** Whether a relocation of an object file puts an address into the code at [begin, end). */
static bool has_address_in(const struct image *image, uint64_t begin, uint64_t end)
{
    uint32_t i = image_relocation_from(image, begin);
    return i < image->relocation_count && image->relocations[i].address < end &&
           image->relocations[i].kind == RELOCATION_ABSOLUTE;
}

/** The same for the fields of an instruction; an immediate is the last one. */
static void settle_by_relocations(const struct image *image, uint64_t address,
                                  struct effect *effect)
{
    uint64_t end = address + effect->length;
    uint64_t immediate = end - (effect->value_may_be_distance ? 8 : 4);
    bool is_last = !effect->value_may_be_address;
    if (effect->value_may_be_address && has_address_in(image, immediate, end)) {
        effect->value_is_negated = effect->value < 0;
        effect->value_is_address |= !effect->value_is_negated;
    }
    if (effect->displacement_may_be_address)
        effect->displacement_is_address |=
            has_address_in(image, address, is_last ? end : immediate);
}

/** In code that the loader writes to (DT_TEXTREL), an immediate of 8 bytes is what it puts there.
 */
static void settle_by_loader(const struct image *image, uint64_t address, struct effect *effect)
{
    uint64_t end = address + effect->length;
    uint32_t i = image_relocation_from(image, end - 8);
    if (i >= image->relocation_count || image->relocations[i].address >= end)
        return;
    effect->value_may_be_distance = false;
    if (image->relocations[i].kind == RELOCATION_RELATIVE) {
        effect->value_is_address = true;
        effect->value = image->relocations[i].addend;
    } else {
        effect->value_kind = VALUE_UNKNOWN;
    }
}

/**
 * Decides for the image whether what may be an address is one: in images with a fixed place by
 * where it leads, in object files by relocations, in others by what the loader does.
 */
static void settle_addresses(const struct image *image, uint64_t address, struct effect *effect)
{
    if (!effect->value_may_be_address && !effect->displacement_may_be_address)
        return;
    if (image->type == IMAGE_OBJECT)
        settle_by_relocations(image, address, effect);
    else if (image->type != IMAGE_EXECUTABLE && effect->value_may_be_distance)
        settle_by_loader(image, address, effect);
    if (image->type != IMAGE_EXECUTABLE)
        return;
    if (effect->value_may_be_address) {
        effect->value_is_address |= is_near_image(image, (uint64_t)effect->value);
        effect->value_is_negated = is_near_image(image, 0 - (uint64_t)effect->value);
    }
    if (effect->displacement_may_be_address)
        effect->displacement_is_address |= is_near_image(image, (uint64_t)effect->displacement);
}

/** Decodes one instruction and adds it to the last run; returns its index. */
static uint32_t add_instruction(struct flow *flow, const struct range *range, uint32_t offset)
{
    uint32_t index = (uint32_t)flow->instructions.count, at = offset - range->offset;
    array_reserve(&flow->instructions, flow->instructions.count + 1);
    struct instruction *instruction = &flow->instructions.data[flow->instructions.count++];
    flow->arch->decode(range->data + at, range->bytes - at, range->address + at,
                       &instruction->effect);
    settle_addresses(flow->image, range->address + at, &instruction->effect);
    instruction->offset = offset;
    instruction->block = instruction->table = NONE;
    instruction->is_leader = instruction->is_internal_call = instruction->is_label_kept =
        instruction->is_label_known = false;
    flow->instruction_at[offset] = index;
    flow->runs.data[flow->runs.count - 1].count++;
    return index;
}

/** Takes back an instruction that cannot be one, behind a call that then does not return. */
static void drop_last_instruction(struct flow *flow)
{
    struct instruction *last = &flow->instructions.data[--flow->instructions.count];
    flow->instruction_at[last->offset] = NONE;
    flow->runs.data[flow->runs.count - 1].count--;
}

static void decode_run(struct flow *flow, uint32_t offset)
{
    const struct range *range = range_of(flow, offset);
    uint32_t end = range->offset + range->bytes;
    bool is_behind_call = false;
    array_push(&flow->runs,
               (struct run){.first = (uint32_t)flow->instructions.count, .offset = offset});
    while (offset < end) {
        uint32_t known = flow->instruction_at[offset];
        if (known != NONE) {
            flow->instructions.data[known].is_leader = true;
            return;
        }
        uint32_t index = add_instruction(flow, range, offset);
        struct effect *effect = &flow->instructions.data[index].effect;
        if (!effect->length) {
            effect->control = CONTROL_TRAP;
            if (is_behind_call)
                drop_last_instruction(flow);
            return;
        }
        is_behind_call = effect->control == CONTROL_CALL;
        offset += effect->length;
        if (!follow(flow, index, range->address + (offset - range->offset)))
            return;
    }
    add_pending(flow, flow_offset_of(flow, range->address + range->bytes));
}

void flow_descend(struct flow *flow, uint32_t offset)
{
    add_pending(flow, offset);
    while (flow->pending.count) {
        uint32_t next = flow->pending.data[--flow->pending.count];
        if (flow->instruction_at[next] == NONE)
            decode_run(flow, next);
        if (flow->instruction_at[next] != NONE)
            flow->instructions.data[flow->instruction_at[next]].is_leader = true;
    }
}

/* ---- Labels ---------------------------------------------------------------------------------- */

/** The instruction soon behind @p index that stores register @p number, or NONE. */
static uint32_t soon_stored(const struct flow *flow, uint32_t index, register_number number)
{
    enum { SOON = 32 };
    for (uint32_t i = index + 1; i <= index + SOON && i < flow->instructions.count; i++) {
        const struct effect *effect = &flow->instructions.data[i].effect;
        if (effect->control != CONTROL_NEXT)
            return NONE;
        if (effect->value_kind == VALUE_STORE && effect->source == number)
            return i;
        if (effect->destination == number)
            return NONE;
    }
    return NONE;
}

/**
 * The instruction that keeps the address of a place in the function, which instruction @p index
 * makes, in memory; NONE if none does. (Tables beside the code are loaded from, not stored.)
 */
static uint32_t label_keeper(const struct flow *flow, uint32_t index, uint32_t *ret_offset)
{
    const struct instruction *instruction = &flow->instructions.data[index];
    const struct effect *effect = &instruction->effect;
    uint64_t address = (uint64_t)effect->value;
    if (effect->control != CONTROL_NEXT || !effect->value_is_address ||
        address == flow->ranges.data[0].address)
        return NONE;
    *ret_offset = flow_offset_of(flow, address);
    if (*ret_offset == NONE || *ret_offset == instruction->offset + effect->length)
        return NONE;
    if (effect->value_kind == VALUE_STORE)
        return index;
    return effect->destination < MAX_REGISTERS ? soon_stored(flow, index, effect->destination)
                                               : NONE;
}

void flow_take_labels(struct flow *flow)
{
    for (uint32_t i = 0; i < flow->instructions.count; i++) {
        uint32_t offset, keeper = label_keeper(flow, i, &offset);
        if (keeper == NONE)
            continue;
        struct instruction *instruction = &flow->instructions.data[keeper];
        flow->instructions.data[i].is_label_known = true;
        instruction->is_label_kept = true;
        instruction->effect.control = CONTROL_BRANCH;
        instruction->effect.target_kind = TARGET_ADDRESS;
        instruction->effect.target = flow_address_of(flow, offset);
        flow_descend(flow, offset);
    }
}

/* ---- Sweep ----------------------------------------------------------------------------------- */

/** Returns how many bytes at @p offset are surely no code of interest, 0 if there may be code. */
static uint32_t filler_bytes(struct flow *flow, const struct range *range, uint32_t offset)
{
    struct effect effect;
    uint32_t at = offset - range->offset, room = range->bytes - at;
    if (room < 2 || (range->data[at] == 0 && range->data[at + 1] == 0))
        return 1;
    flow->arch->decode(range->data + at, room, range->address + at, &effect);
    if (!effect.length)
        return 1;
    return effect.is_padding ? effect.length : 0;
}

bool flow_sweep(struct flow *flow)
{
    size_t before = flow->gaps.count;
    flow->is_swept = true;
    for (size_t i = 0; i < flow->ranges.count; i++) {
        const struct range *range = &flow->ranges.data[i];
        uint32_t offset = range->offset, end = offset + range->bytes;
        while (offset < end) {
            uint32_t known = flow->instruction_at[offset];
            if (known != NONE) {
                uint32_t length = flow->instructions.data[known].effect.length;
                offset += length ? length : 1;
                continue;
            }
            uint32_t filler = filler_bytes(flow, range, offset);
            offset += filler;
            if (filler)
                continue;
            array_push(&flow->gaps, offset);
            flow_descend(flow, offset);
        }
    }
    return flow->gaps.count > before;
}

/* ---- Memory that does not change ------------------------------------------------------------- */

bool flow_is_constant(const struct image *image, uint64_t address)
{
    uint32_t index = image_section_at(image, address);
    if (index == NONE)
        return false;
    switch (image->sections[index].role) {
    case SECTION_GOT:
    case SECTION_READ_ONLY:
    case SECTION_RELRO:
        return true;
    case SECTION_PLT:
        // In object files a stub is made up, and its own GOT slot.
        return !image->is_placed;
    case SECTION_CODE:
        return !image->sections[index].is_writable;
    default:
        return address - image->relro_address < image->relro_bytes;
    }
}

bool flow_read_pointer(const struct image *image, uint64_t address, uint64_t *ret)
{
    const struct relocation *relocation = image_relocation_at(image, address);
    if (!relocation)
        return image->type == IMAGE_EXECUTABLE &&
               image_read(image, address, image->pointer_bytes, ret);
    if (relocation->kind == RELOCATION_RELATIVE) {
        *ret = (uint64_t)relocation->addend;
        return true;
    }
    if (relocation->kind != RELOCATION_ABSOLUTE || relocation->symbol == NONE)
        return false;
    const struct symbol *symbol = &image->symbols[relocation->symbol];
    *ret = symbol->address + (uint64_t)relocation->addend;
    return symbol->is_defined;
}

bool landmark_is_set(const struct landmarks *landmarks, uint64_t address)
{
    uint64_t at = address - landmarks->address;
    return at < landmarks->bytes && (landmarks->bits[at / 8] >> (at % 8)) & 1;
}
