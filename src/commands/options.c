/*
 * options.c: reads the command line by the tables of main.c: --name, --name=value, --name value,
 * -x, -xVALUE, -x VALUE, and -- before files that begin with a dash. The first argument that is no
 * option names the command if there is one of that name; the others are files.
 */
#include "commands/options.h"

#include "base/array.h"
#include "base/memory.h"
#include "report/format/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct parser {
    const struct grammar *grammar;
    char **argv;
    int argc, next;
    struct options *options;
    const struct command_row *command; /* NULL until named */
    struct string_list used;           /* names of the options given, to be checked at the end */
};

static const struct option_row *option_named(const struct grammar *grammar, const char *name,
                                             size_t length)
{
    for (size_t i = 0; i < grammar->option_count; i++) {
        const struct option_row *option = &grammar->options[i];
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static const struct option_row *option_lettered(const struct grammar *grammar, char letter)
{
    for (size_t i = 0; i < grammar->option_count; i++)
        if (grammar->options[i].letter == letter)
            return &grammar->options[i];
    return NULL;
}

static const struct command_row *command_named(const struct grammar *grammar, const char *name)
{
    for (size_t i = 0; i < grammar->command_count; i++)
        if (strcmp(grammar->commands[i].name, name) == 0)
            return &grammar->commands[i];
    return NULL;
}

static struct error *unknown_option(const struct grammar *grammar, const char *argument)
{
    struct string_list names = {0};
    for (size_t i = 0; i < grammar->option_count; i++)
        array_push(&names, grammar->options[i].name);
    const char *given = argument + strspn(argument, "-");
    char *name = xstrndup(given, strcspn(given, "="));
    const char *nearest = strlen(given) > 1 ? text_nearest(name, names.data, names.count) : NULL;
    struct error *error =
        nearest ? error_create("unknown option '%s'; did you mean '--%s'?", argument, nearest)
                : error_create("unknown option '%s'; see 'dwell --help'", argument);
    free(name);
    array_deinit(&names);
    return error;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (strcspn(at, "|") == length && memcmp(at, value, length) == 0)
            return true;
    return false;
}

static struct error *set_count(struct options *options, const struct option_row *option,
                               const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (errno || *end || *value < '0' || *value > '9')
        return error_create("--%s %s: give a whole number", option->name, value);
    *(uint64_t *)((char *)options + option->offset) = number;
    if (option->flag_offset)
        *(bool *)((char *)options + option->flag_offset) = true;
    return NULL;
}

static struct error *set_size(struct options *options, const struct option_row *option,
                              const char *value)
{
    static const char suffixes[] = "KMG";
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    const char *suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
    uint64_t unit = suffix ? UINT64_C(1024) << (10 * (suffix - suffixes)) : 1, bytes;
    bool is_end = suffix ? !end[1] : !*end;
    if (errno || !is_end || *value < '0' || *value > '9' ||
        __builtin_mul_overflow((uint64_t)number, unit, &bytes) || bytes > INT64_MAX)
        return error_create("--%s %s: give a number of bytes, or one with K, M or G behind it",
                            option->name, value);
    *(uint64_t *)((char *)options + option->offset) = bytes;
    if (option->flag_offset)
        *(bool *)((char *)options + option->flag_offset) = true;
    return NULL;
}

static struct error *set_option(struct options *options, const struct option_row *option,
                                const char *value)
{
    void *field = (char *)options + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return NULL;
    case OPTION_CHOICE:
        if (!is_choice(option->choices, value))
            return error_create("--%s %s: give one of %s", option->name, value, option->choices);
        *(const char **)field = value;
        return NULL;
    case OPTION_TEXT:
        *(const char **)field = value;
        return NULL;
    case OPTION_COUNT:
        return set_count(options, option, value);
    case OPTION_SIZE:
        return set_size(options, option, value);
    case OPTION_LIST:
        array_push((struct string_list *)field, value);
        return NULL;
    }
    return NULL;
}

/* @p value is what stood behind '=' or the letter, NULL if nothing did. */
static struct error *apply(struct parser *parser, const struct option_row *option,
                           const char *value)
{
    array_push(&parser->used, option->name);
    if (!option->argument)
        return value ? error_create("--%s takes no value", option->name)
                     : set_option(parser->options, option, NULL);
    if (!value && parser->next < parser->argc)
        value = parser->argv[parser->next++];
    if (!value)
        return error_create("--%s needs a value: --%s %s", option->name, option->name,
                            option->argument);
    return set_option(parser->options, option, value);
}

static struct error *parse_long(struct parser *parser, const char *argument)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    const struct option_row *option = option_named(parser->grammar, name, length);
    if (!option)
        return unknown_option(parser->grammar, argument);
    return apply(parser, option, name[length] ? name + length + 1 : NULL);
}

static struct error *parse_short(struct parser *parser, const char *argument)
{
    const struct option_row *option = option_lettered(parser->grammar, argument[1]);
    if (!option)
        return unknown_option(parser->grammar, argument);
    return apply(parser, option, argument[2] ? argument + 2 : NULL);
}

static void parse_word(struct parser *parser, const char *argument)
{
    bool is_first = !parser->command && parser->options->files.count == 0;
    const struct command_row *command = is_first ? command_named(parser->grammar, argument) : NULL;
    if (command)
        parser->command = command;
    else
        array_push(&parser->options->files, argument);
}

static struct error *parse_arguments(struct parser *parser)
{
    while (parser->next < parser->argc) {
        const char *argument = parser->argv[parser->next++];
        struct error *error = NULL;
        if (strcmp(argument, "--") == 0)
            break;
        if (argument[0] == '-' && argument[1] == '-')
            error = parse_long(parser, argument);
        else if (argument[0] == '-' && argument[1])
            error = parse_short(parser, argument);
        else
            parse_word(parser, argument);
        if (error)
            return error;
    }
    while (parser->next < parser->argc)
        array_push(&parser->options->files, parser->argv[parser->next++]);
    return NULL;
}

/* An option that means something else to each of several commands has a row for each. */
static bool is_option_of(const struct grammar *grammar, const char *name, const char *command)
{
    for (size_t i = 0; i < grammar->option_count; i++) {
        const struct option_row *option = &grammar->options[i];
        if (strcmp(option->name, name) == 0 &&
            (!option->command || strcmp(option->command, command) == 0))
            return true;
    }
    return false;
}

/* Options of one command are wrong with another. */
static struct error *check_used(const struct parser *parser)
{
    for (size_t i = 0; i < parser->used.count; i++) {
        const char *name = parser->used.data[i];
        const struct option_row *option = option_named(parser->grammar, name, strlen(name));
        if (!is_option_of(parser->grammar, name, parser->command->name))
            return error_create("--%s is an option of 'dwell %s', not of 'dwell %s'", name,
                                option->command, parser->command->name);
    }
    return NULL;
}

/* "dwell globls prog" is a typing mistake rather than a file. */
static struct error *check_first_word(const struct parser *parser)
{
    const struct string_list *files = &parser->options->files;
    struct string_list names = {0};
    if (parser->command != &parser->grammar->commands[0] || !files->count ||
        strchr(files->data[0], '/') || access(files->data[0], F_OK) == 0)
        return NULL;
    for (size_t i = 0; i < parser->grammar->command_count; i++)
        array_push(&names, parser->grammar->commands[i].name);
    const char *nearest = text_nearest(files->data[0], names.data, names.count);
    array_deinit(&names);
    if (!nearest)
        return NULL;
    return error_create("no command and no file '%s'; did you mean 'dwell %s'?", files->data[0],
                        nearest);
}

/** Behind the one file of some commands stands a name. */
static struct error *take_name(const struct parser *parser)
{
    struct options *options = parser->options;
    if (!parser->command->argument || options->files.count < 2)
        return NULL;
    if (options->files.count > 2)
        return error_create("'dwell %s' takes one FILE and one %s", parser->command->name,
                            parser->command->argument);
    options->name = options->files.data[--options->files.count];
    return NULL;
}

static struct error *check_files(const struct parser *parser)
{
    const struct options *options = parser->options;
    if (options->help || options->version || options->manual || options->completion)
        return NULL;
    if (options->files.count == 0)
        return error_create("no FILE given; 'dwell FILE' reports on a program, 'dwell --help' "
                            "tells the rest");
    // One answer is one document; a stream of several would be another format.
    if (options->json && options->files.count > 1)
        return error_create("--json makes one document of one FILE; run dwell once for each");
    if (options->json && options->dot)
        return error_create("--json and --dot are two forms of one answer; choose one of them");
    return check_first_word(parser);
}

struct error *options_parse(const struct grammar *grammar, int argc, char **argv,
                            struct options *ret, const struct command_row **ret_command)
{
    *ret = (struct options){.color = "auto"};
    struct parser parser = {
        .grammar = grammar, .argv = argv, .argc = argc, .next = 1, .options = ret};
    struct error *error = parse_arguments(&parser);
    *ret_command = parser.command;
    if (!parser.command)
        parser.command = &grammar->commands[0];
    if (!error)
        error = check_used(&parser);
    if (!error)
        error = take_name(&parser);
    if (!error)
        error = check_files(&parser);
    array_deinit(&parser.used);
    return error;
}

void options_deinit(struct options *options)
{
    array_deinit(&options->allocators);
    array_deinit(&options->own);
    array_deinit(&options->files);
}
