/*
 * users.c: who uses each owner, and who writes it before main.
 *
 * In: owners, references of the code, relocations. Out: facts.owner_users, owner.references,
 * owner.initializer. Both lists are sorted by address, so they are merged in one pass. What is
 * reached only through an anonymous object (a Rust `&str` is a pointer and a length elsewhere) is
 * used by that object's users too.
 */
#include "analysis/globals/owners.h"
#include "base/memory.h"
#include "base/search.h"

#include <stdlib.h>
#include <string.h>

/** One user of one owner; sorted and made unique at the end. */
struct use {
    uint32_t owner, function;
};

struct users {
    struct program *program;
    ARRAY(struct use) uses;
};

static int by_owner(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    if (x->owner != y->owner)
        return x->owner < y->owner ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

/** The owner that holds @p address of the image, or NONE. */
static uint32_t owner_at(const struct facts *facts, uint64_t address)
{
    size_t after = COUNT_UP_TO(facts->owners, facts->tls_owner_first, address);
    if (!after)
        return NONE;
    const struct owner *owner = &facts->owners[after - 1];
    return address - owner->address < owner->bytes ? (uint32_t)after - 1 : NONE;
}

static void use_references(struct users *users)
{
    const struct program *program = users->program;
    for (uint32_t i = 0; i < program->reference_count; i++) {
        const struct reference *reference = &program->references[i];
        if (program->functions[reference->from].image != 0)
            break; // sorted by image
        uint32_t owner = owner_at(program->facts, reference->target);
        if (owner != NONE)
            array_push(&users->uses, (struct use){owner, reference->from});
    }
}

static void make_unique(struct users *users)
{
    if (!users->uses.count)
        return;
    qsort(users->uses.data, users->uses.count, sizeof *users->uses.data, by_owner);
    size_t kept = 0;
    for (size_t i = 1; i < users->uses.count; i++)
        if (by_owner(&users->uses.data[kept], &users->uses.data[i]) != 0)
            users->uses.data[++kept] = users->uses.data[i];
    users->uses.count = kept + 1;
}

static void store(struct users *users)
{
    struct facts *facts = users->program->facts;
    facts->owner_user_count = (uint32_t)users->uses.count;
    facts->owner_users = arena_calloc(&users->program->arena, users->uses.count, sizeof(uint32_t));
    for (uint32_t i = 0; i < facts->owner_count; i++)
        facts->owners[i].first_user = facts->owners[i].user_count = 0;
    for (size_t i = 0; i < users->uses.count; i++) {
        struct owner *owner = &facts->owners[users->uses.data[i].owner];
        if (!owner->user_count++)
            owner->first_user = (uint32_t)i;
        facts->owner_users[i] = users->uses.data[i].function;
    }
}

/** Counts stored addresses, and hands users on through anonymous objects. */
static void use_relocations(struct users *users)
{
    enum { MAX_HANDED_ON = 16 };
    const struct image *image = users->program->images[0];
    struct facts *facts = users->program->facts;
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        const struct relocation *relocation = &image->relocations[i];
        if (relocation->kind != RELOCATION_RELATIVE)
            continue;
        uint32_t target = owner_at(facts, (uint64_t)relocation->addend);
        uint32_t holder = owner_at(facts, relocation->address);
        if (target == NONE)
            continue;
        facts->owners[target].references++;
        if (holder == NONE || facts->owners[holder].kind != OWNER_ANONYMOUS ||
            facts->owners[target].kind == OWNER_FUNCTION)
            continue;
        uint32_t count = facts->owners[holder].user_count;
        for (uint32_t k = 0; k < count && k < MAX_HANDED_ON; k++)
            array_push(
                &users->uses,
                (struct use){target, facts->owner_users[facts->owners[holder].first_user + k]});
    }
}

/* ---- Written before main --------------------------------------------------------------------- */

/** Constructors that every program has; they write nothing of the program's own. */
static bool is_runtime(const char *name)
{
    return strcmp(name, "frame_dummy") == 0 || strcmp(name, "_init") == 0;
}

/** Marks the functions that the loader runs before main. */
static void mark_constructors(const struct program *program, uint32_t *starter)
{
    const struct facts *facts = program->facts;
    for (uint32_t i = 0; i < facts->entry_count; i++) {
        uint32_t function = facts->entries[i].function;
        if (facts->entries[i].kind == ENTRY_CONSTRUCTOR &&
            !is_runtime(program->functions[function].linkage_name))
            starter[function] = function;
    }
}

/** A function whose only callers are constructors of one kind works for them. */
static void mark_helpers(const struct program *program, uint32_t *starter)
{
    uint32_t count = program->image_functions[1];
    CLEANUP_FREE uint32_t *caller = xmalloc(count * sizeof *caller);
    CLEANUP_FREE bool *has_others = xcalloc(count, sizeof *has_others);
    memset(caller, 0xff, count * sizeof *caller);
    for (uint32_t i = 0; i < program->call_count; i++) {
        const struct call *call = &program->calls[i];
        for (uint32_t k = 0; k < call->target_count; k++) {
            uint32_t target = program->call_targets[call->first_target + k];
            if (target >= count)
                continue;
            if (caller[target] != NONE && caller[target] != call->from)
                has_others[target] = true;
            caller[target] = call->from;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct function *function = &program->functions[i];
        if (starter[i] == NONE && !has_others[i] && !function->is_exported &&
            !function->is_address_taken && caller[i] != NONE && caller[i] < count &&
            starter[caller[i]] == caller[i])
            starter[i] = caller[i];
    }
}

/** A writable object that a constructor writes, or hands to a C++ constructor by address. */
static void find_initializers(struct program *program)
{
    uint32_t count = program->image_functions[1];
    if (!count)
        return;
    CLEANUP_FREE uint32_t *starter = xmalloc(count * sizeof *starter);
    memset(starter, 0xff, count * sizeof *starter);
    mark_constructors(program, starter);
    mark_helpers(program, starter);
    for (uint32_t i = 0; i < program->reference_count; i++) {
        const struct reference *reference = &program->references[i];
        if (program->functions[reference->from].image != 0)
            break;
        if (reference->from >= count || starter[reference->from] == NONE ||
            (reference->kind != REFERENCE_WRITE && reference->kind != REFERENCE_ADDRESS))
            continue;
        uint32_t index = owner_at(program->facts, reference->target);
        if (index == NONE)
            continue;
        struct owner *owner = &program->facts->owners[index];
        if (owner->is_writable && owner->initializer == NONE &&
            (owner->kind == OWNER_STATIC || owner->kind == OWNER_ANONYMOUS))
            owner->initializer = starter[reference->from];
    }
}

void globals_find_users(struct program *program)
{
    struct users users = {.program = program};
    use_references(&users);
    make_unique(&users);
    store(&users);
    use_relocations(&users);
    make_unique(&users);
    store(&users);
    array_deinit(&users.uses);
    find_initializers(program);
}
