/*
 * rules.c: the functions that the user says are allocators.
 *
 * In: names as people write them, readable ("pool::get") or of the symbol; all functions. Out:
 * their roles. A name may be an address of the file, 0x and hexadecimal digits, where there are no
 * symbols. A readable name may leave out the list of parameters. Demangling all names of a
 * large program takes seconds, so a function is demangled only if its symbol holds the last word of
 * some rule's name: both languages' manglings spell identifiers as they are.
 */
#include "analysis/heap/allocators/allocators.h"
#include "base/array.h"
#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 2 };

struct rule_state {
    const struct allocator_rule *rule;
    uint64_t address;   /* that is given instead of a name, 0: none */
    char *words[WORDS]; /* that the symbol must hold; NULL: it may be anything */
    bool is_used;
};

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

/** Where the last part of a qualified name begins, its parameters and arguments left out. */
static const char *last_part(const char *name)
{
    const char *part = name;
    for (const char *at = name; *at && *at != '(' && *at != '<'; at++)
        if (at[0] == ':' && at[1] == ':')
            part = at + 2;
    return part;
}

static char *copy_word(const char *text, size_t length)
{
    char *word = xcalloc(length + 1, 1);
    memcpy(word, text, length);
    return word;
}

/** Notes the words that each symbol of this name spells out, as far as they surely are. */
static void find_words(struct rule_state *state)
{
    const char *name = state->rule->allocator.name, *part = last_part(name);
    size_t length = 0, outer = 0;
    while (is_word(part[length]))
        length++;
    bool is_whole = !part[length] || part[length] == '(' || part[length] == '<';
    while (part - name > (ptrdiff_t)outer + 2 && is_word(part[-3 - (ptrdiff_t)outer]))
        outer++;
    const char *outer_part = outer ? part - 2 - outer : part;
    bool is_constructor = outer == length && outer && memcmp(outer_part, part, length) == 0;
    // Operators have codes, "{closure#0}" a number; a constructor's class may be abbreviated.
    if (length && is_whole && !is_constructor && name[0] != '<' &&
        strncmp(part, "operator", 8) != 0)
        state->words[0] = copy_word(part, length);
    // Names of the C++ library have abbreviations.
    if (outer && strncmp(name, "std::", 5) != 0)
        state->words[1] = copy_word(outer_part, outer);
}

static bool may_be_of(const struct rule_state *state, const char *linkage_name)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (state->words[i] && !strstr(linkage_name, state->words[i]))
            return false;
    return true;
}

/** Whether @p readable is @p name, or is it but for the list of parameters. */
static bool is_readable_name(const char *readable, const char *name)
{
    size_t length = strlen(name);
    return strncmp(readable, name, length) == 0 && (!readable[length] || readable[length] == '(');
}

static void use(struct program *program, struct rule_state *state, uint32_t function)
{
    const struct allocator *allocator = &state->rule->allocator;
    struct facts *facts = program->facts;
    uint8_t role = facts->allocator_roles[function];
    state->is_used = true;
    // The command line says only that it allocates; what is known of it already is better.
    bool is_known = role == ALLOCATOR_ALLOCATE || role == ALLOCATOR_REALLOCATE;
    if (!state->rule->place && is_known)
        return;
    allocator_set(facts, function, allocator);
}

/** The address that stands instead of a name; 0 if none does. */
static uint64_t address_of(const char *name)
{
    char *end;
    if (strncmp(name, "0x", 2) != 0)
        return 0;
    uint64_t address = strtoull(name, &end, 16);
    return *end ? 0 : address;
}

static bool is_at(const struct program *program, uint32_t function, uint64_t address)
{
    return address && program->functions[function].image == 0 &&
           program->functions[function].address == address;
}

static void apply_to(struct program *program, struct rule_state *states, size_t count,
                     uint32_t function)
{
    const char *linkage_name = program->functions[function].linkage_name;
    CLEANUP_FREE char *readable = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = states[i].rule->allocator.name;
        if (strcmp(linkage_name, name) == 0 || is_at(program, function, states[i].address)) {
            use(program, &states[i], function);
            continue;
        }
        if (linkage_name[0] != '_' || !program->demangle || !may_be_of(&states[i], linkage_name))
            continue;
        if (!readable)
            readable = program->demangle(linkage_name);
        if (readable && is_readable_name(readable, name))
            use(program, &states[i], function);
    }
}

static void complain(struct program *program, const struct allocator_rule *rule)
{
    diagnose(&program->diagnostics, NULL,
             "%s%sno function is named %s, so it does not count as an allocator",
             rule->place ? rule->place : "", rule->place ? ": " : "", rule->allocator.name);
}

void allocator_rules_apply(struct program *program, const struct allocator_rule *rules,
                           size_t rule_count)
{
    if (!rule_count)
        return;
    CLEANUP_FREE struct rule_state *states = xcalloc(rule_count, sizeof *states);
    for (size_t i = 0; i < rule_count; i++) {
        states[i] =
            (struct rule_state){.rule = &rules[i], .address = address_of(rules[i].allocator.name)};
        find_words(&states[i]);
    }
    for (uint32_t i = 0; i < program->function_count; i++)
        if (program->functions[i].source != FUNCTION_PLT && program->functions[i].part_of == NONE)
            apply_to(program, states, rule_count, i);
    for (size_t i = 0; i < rule_count; i++) {
        if (!states[i].is_used)
            complain(program, states[i].rule);
        for (unsigned word = 0; word < WORDS; word++)
            free(states[i].words[word]);
    }
}
