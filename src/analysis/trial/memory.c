/*
 * memory.c: the stack of a trial run. In: loads and stores of an executor (arch/execute). Out: what
 * is known of the loaded values.
 *
 * The stack is kept as a short list of words of 8 bytes; a word that is not in it is not known.
 * Constants of the image are read from the file; all other memory is not followed. A store through
 * a pointer that is not known may hit what is exposed: the frame of a caller, or, once an address
 * in the stack has gone where it is not followed, the whole stack. Pointers that are not known
 * never lead to frames that were made after them, unless such an address has leaked to them.
 */
#include "analysis/trial/memory.h"

#include "analysis/code/flow/flow.h"

enum { WORD = 8 };

static uint64_t bytes_mask(unsigned bytes)
{
    return bytes >= WORD ? UINT64_MAX : (UINT64_C(1) << (8 * bytes)) - 1;
}

static struct stack_word *find_word(struct stack_memory *memory, int64_t place)
{
    for (uint32_t i = 0; i < memory->count; i++)
        if (memory->words[i].place == place)
            return &memory->words[i];
    return NULL;
}

static void remove_word(struct stack_memory *memory, struct stack_word *word)
{
    *word = memory->words[--memory->count];
}

static void leak(struct stack_memory *memory, struct machine *machine)
{
    machine->has_leaked = true;
    memory->exposed_from = INT64_MIN;
}

static void forget_exposed(struct stack_memory *memory)
{
    for (uint32_t i = memory->count; i-- > 0;)
        if (memory->words[i].place + WORD > memory->exposed_from)
            remove_word(memory, &memory->words[i]);
}

static void follow_leaks(struct stack_memory *memory, const struct machine *machine)
{
    if (machine->has_leaked)
        memory->exposed_from = INT64_MIN;
}

/** Whether @p address is in the stack; one that is far off counts as not known. */
static bool is_in_stack(struct stack_memory *memory, struct machine *machine, struct known *address)
{
    int64_t place = (int64_t)address->number;
    follow_leaks(memory, machine);
    if (address->base != BASE_STACK)
        return false;
    if (place >= INT32_MIN && place <= INT32_MAX)
        return true;
    leak(memory, machine);
    *address = (struct known){0};
    return false;
}

/* ---- Loads ----------------------------------------------------------------------------------- */

static bool has_relocation(const struct image *image, uint64_t address, unsigned bytes)
{
    uint32_t index = image_relocation_from(image, address < WORD ? 0 : address - WORD + 1);
    return index < image->relocation_count && image->relocations[index].address < address + bytes;
}

static struct known load_constant(const struct image *image, uint64_t address, unsigned bytes)
{
    uint64_t number;
    if (address > UINT64_MAX - WORD || !flow_is_constant(image, address) ||
        !flow_is_constant(image, address + bytes - 1) || has_relocation(image, address, bytes) ||
        !image_read(image, address, bytes, &number))
        return (struct known){0};
    return (struct known){.number = number, .mask = UINT64_MAX};
}

/** The bytes of a word from @p offset on, at the bottom. */
static struct known part_of_word(struct stack_memory *memory, struct machine *machine,
                                 int64_t place, unsigned offset, unsigned bytes)
{
    const struct stack_word *word = find_word(memory, place);
    if (!word)
        return (struct known){0};
    if (word->value.base == BASE_NUMBER)
        return (struct known){.number = (word->value.number >> (8 * offset)) & bytes_mask(bytes),
                              .mask = (word->value.mask >> (8 * offset)) & bytes_mask(bytes)};
    if (bytes == WORD)
        return word->value;
    if (word->value.base == BASE_STACK)
        leak(memory, machine);
    return (struct known){0};
}

static struct known load_stack(struct stack_memory *memory, struct machine *machine, int64_t place,
                               unsigned bytes)
{
    unsigned offset = (unsigned)place & (WORD - 1);
    unsigned low = bytes < WORD - offset ? bytes : WORD - offset;
    struct known value = part_of_word(memory, machine, place - offset, offset, low);
    if (low < bytes) {
        struct known high = part_of_word(memory, machine, place - offset + WORD, 0, bytes - low);
        value.number |= high.number << (8 * low);
        value.mask |= high.mask << (8 * low);
    }
    if (value.base == BASE_NUMBER)
        value.mask |= ~bytes_mask(bytes);
    return value;
}

static struct known load(struct machine *machine, struct known address, unsigned bytes)
{
    struct stack_memory *memory = machine->memory;
    if (is_in_stack(memory, machine, &address))
        return load_stack(memory, machine, (int64_t)address.number, bytes);
    struct known value = {0};
    if (address.base == BASE_IMAGE)
        value = load_constant(memory->image, address.number, bytes);
    value.mask |= ~bytes_mask(bytes);
    return value;
}

/* ---- Stores ---------------------------------------------------------------------------------- */

static void store_part(struct stack_memory *memory, int64_t place, unsigned offset, unsigned bytes,
                       struct known value)
{
    struct stack_word *word = find_word(memory, place);
    uint64_t mask = bytes_mask(bytes) << (8 * offset);
    if (!word && (memory->count == MAX_WORDS || !(value.mask & bytes_mask(bytes))))
        return;
    if (!word) {
        word = &memory->words[memory->count++];
        *word = (struct stack_word){.place = place};
    }
    if (word->value.base != BASE_NUMBER)
        word->value = (struct known){0};
    word->value.number = (word->value.number & ~mask) | ((value.number << (8 * offset)) & mask);
    word->value.mask = (word->value.mask & ~mask) | ((value.mask << (8 * offset)) & mask);
    word->value.number &= word->value.mask;
}

/** Stores an address; where that cannot be followed, false. */
static bool store_address(struct stack_memory *memory, int64_t place, unsigned bytes,
                          struct known value)
{
    struct stack_word *word = find_word(memory, place);
    if (bytes != WORD || place & (WORD - 1) || (!word && memory->count == MAX_WORDS))
        return false;
    if (!word)
        word = &memory->words[memory->count++];
    *word = (struct stack_word){.place = place, .value = value};
    return value.base != BASE_STACK || place + WORD <= memory->exposed_from;
}

static void store_stack(struct stack_memory *memory, struct machine *machine, int64_t place,
                        unsigned bytes, struct known value)
{
    unsigned offset = (unsigned)place & (WORD - 1);
    unsigned low = bytes < WORD - offset ? bytes : WORD - offset;
    if (value.base != BASE_NUMBER) {
        if (store_address(memory, place, bytes, value))
            return;
        if (value.base == BASE_STACK)
            leak(memory, machine);
        if (bytes == WORD && !offset && find_word(memory, place))
            return;
        value = (struct known){0};
    }
    store_part(memory, place - offset, offset, low, value);
    if (low == bytes)
        return;
    value.number >>= 8 * low;
    value.mask >>= 8 * low;
    store_part(memory, place - offset + WORD, 0, bytes - low, value);
}

static void store(struct machine *machine, struct known address, unsigned bytes, struct known value)
{
    struct stack_memory *memory = machine->memory;
    if (is_in_stack(memory, machine, &address)) {
        store_stack(memory, machine, (int64_t)address.number, bytes, value);
        return;
    }
    if (value.base == BASE_STACK)
        leak(memory, machine);
    if (address.base != BASE_IMAGE)
        forget_exposed(memory);
}

static void touch(struct machine *machine, struct known address, unsigned bytes, bool is_written)
{
    struct stack_memory *memory = machine->memory;
    if (!is_in_stack(memory, machine, &address)) {
        if (address.base == BASE_NUMBER && is_written)
            forget_exposed(memory);
        return;
    }
    int64_t begin = (int64_t)address.number;
    for (uint32_t i = memory->count; i-- > 0;) {
        struct stack_word *word = &memory->words[i];
        if (word->place + WORD <= begin || word->place - begin >= (int64_t)bytes)
            continue;
        if (word->value.base == BASE_STACK)
            leak(memory, machine);
        if (is_written)
            remove_word(memory, word);
    }
}

void memory_connect(struct stack_memory *memory, struct machine *machine)
{
    machine->memory = memory;
    machine->load = load;
    machine->store = store;
    machine->touch = touch;
}

void memory_expose(struct machine *machine)
{
    struct stack_memory *memory = machine->memory;
    follow_leaks(memory, machine);
    forget_exposed(memory);
}

void memory_drop_below(struct stack_memory *memory, int64_t place)
{
    for (uint32_t i = memory->count; i-- > 0;)
        if (memory->words[i].place + WORD <= place)
            remove_word(memory, &memory->words[i]);
}
