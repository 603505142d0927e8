/*
 * producers.c: what built a file, in two words each. In: the producers of the compilation units
 * and the .comment section, where compilers and linkers leave their names. Both are read, for a
 * unit without debug information has only the latter.
 */
#include "program/debug.h"
#include "report/format/text.h"
#include "report/shared/file.h"

#include <stdlib.h>
#include <string.h>

/* How a producer tells its version: after `marker`, or in its last word if `is_last_word`. */
struct producer_rule {
    const char *marker, *name;
    bool is_last_word;
};

/* The first that fits; rustc's own producer also names LLVM's clang. */
static const struct producer_rule producer_rules[] = {
    {"rustc version ", "rustc", false},
    {"clang version ", "clang", false},
    {"Linker: LLD ", "lld", false},
    {"GCC: (", "gcc", true},
    {"GNU AS ", "as", false},
    {"Go cmd/compile ", "go", false},
    {"zig ", "zig", false},
    {"ldc ", "ldc", false},
};

static const char *version_text(struct report *report, const char *name, const char *version)
{
    size_t length = strcspn(version, " ;,()");
    return arena_printf(&report->arena, "%s %.*s", name, (int)(length < 40 ? length : 40), version);
}

/* "GNU C17 12.2.0 -mtune=...": the version is the first word that begins with a digit. */
static const char *gnu_text(struct report *report, const char *producer)
{
    const char *word = producer + strlen("GNU ");
    while (*word && !(word[-1] == ' ' && *word >= '0' && *word <= '9'))
        word++;
    const char *name = strncmp(producer, "GNU Fortran", 11) == 0 ? "gfortran" : "gcc";
    return *word ? version_text(report, name, word) : NULL;
}

static const char *last_word(const char *string)
{
    const char *space = strrchr(string, ' ');
    return space ? space + 1 : string;
}

/* Returns the short form of a producer. */
static const char *producer_text(struct report *report, const char *producer)
{
    for (size_t i = 0; i < sizeof producer_rules / sizeof producer_rules[0]; i++) {
        const struct producer_rule *rule = &producer_rules[i];
        const char *found = strstr(producer, rule->marker);
        if (found)
            return version_text(report, rule->name,
                                rule->is_last_word ? last_word(producer)
                                                   : found + strlen(rule->marker));
    }
    const char *short_text = strncmp(producer, "GNU ", 4) == 0 ? gnu_text(report, producer) : NULL;
    return short_text ? short_text : arena_strndup(&report->arena, producer, strnlen(producer, 40));
}

struct tally {
    const char *name;
    uint32_t count;
};

enum { MAX_PRODUCERS = 32 };

struct tallies {
    struct tally data[MAX_PRODUCERS];
    size_t count;
};

static void tally_add(struct report *report, struct tallies *tallies, const char *producer,
                      uint32_t weight)
{
    if (!*producer)
        return;
    const char *name = producer_text(report, producer);
    for (size_t i = 0; i < tallies->count; i++) {
        if (strcmp(tallies->data[i].name, name) == 0) {
            tallies->data[i].count += weight;
            return;
        }
    }
    if (tallies->count < MAX_PRODUCERS)
        tallies->data[tallies->count++] = (struct tally){name, weight};
}

static void tally_units(struct report *report, struct tallies *tallies,
                        const struct debug_info *debug)
{
    const char *last = "";
    uint32_t run = 0;
    for (uint32_t i = 0; i <= debug->unit_count; i++) {
        const char *producer = i < debug->unit_count ? debug->units[i].producer : "";
        if (i < debug->unit_count && strcmp(producer, last) == 0) {
            run++;
            continue;
        }
        tally_add(report, tallies, last, run);
        last = producer;
        run = 1;
    }
}

static void tally_comments(struct report *report, struct tallies *tallies,
                           const struct image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct section *section = &image->sections[i];
        if (!section->data || strcmp(section->name, ".comment") != 0)
            continue;
        for (uint64_t at = 0; at < section->bytes && tallies->count < MAX_PRODUCERS;) {
            const char *string = (const char *)section->data + at;
            size_t length = strnlen(string, section->bytes - at);
            tally_add(report, tallies, arena_strndup(&report->arena, string, length), 0);
            at += length + 1;
        }
    }
}

static int compare_tallies(const void *left, const void *right)
{
    const struct tally *a = left;
    const struct tally *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->name, b->name);
}

void list_producers(struct report *report, struct rows *ret)
{
    const struct image *image = report->program->images[0];
    struct tallies tallies = {.count = 0};
    if (image->debug)
        tally_units(report, &tallies, image->debug);
    tally_comments(report, &tallies, image);
    qsort(tallies.data, tallies.count, sizeof tallies.data[0], compare_tallies);
    for (size_t i = 0; i < tallies.count; i++)
        rows_push(ret, report_add_string(report, tallies.data[i].name));
}
