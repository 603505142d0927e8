/*
 * config.c: reads the configuration file.
 *
 * In: --config FILE, or .dwell if that exists. Out: struct config, or an error with file and line.
 * The format is a small ini: sections in brackets, lines in them, comments behind `#` at a line's
 * start. In the section [allocators] the keys are allocate, free and reallocate; a value is the
 * name of a function, in double quotes if it has spaces, and which of its arguments (from 0) say
 * how much. In [own] each line is a pattern for a crate, a file or a folder.
 *
 *     [allocators]
 *     allocate = pool_get size=1
 *     allocate = "table::grow(unsigned long)" size=1 count=2
 *     free     = pool_put
 *     [own]
 *     src/engine
 *
 * What is not known is an error: a key with a typing mistake would be lost without a word.
 */
#include "commands/config.h"

#include "base/arena.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 1 << 20, ARGUMENTS = 8 };

struct reader;

/** A section, and how its lines are read. */
struct section_row {
    const char *name;
    struct error *(*read)(struct reader *reader, char *line);
};

struct reader {
    const char *path;
    unsigned line;
    const struct section_row *section; /* NULL before the first */
    struct config *config;
};

static struct error *wrong(const struct reader *reader, const char *what, const char *hint)
{
    return error_create("%s:%u: %s; %s", reader->path, reader->line, what, hint);
}

static char *skip_spaces(char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/** Cuts the next word off, quoted or not; NULL if there is none or its quote does not end. */
static char *next_word(char **at)
{
    char *word = skip_spaces(*at);
    bool is_quoted = *word == '"';
    word += is_quoted;
    char *end = is_quoted ? strchr(word, '"') : word + strcspn(word, " \t\r");
    if (!end || end == word)
        return NULL;
    *at = *end ? end + 1 : end;
    *end = 0;
    return word;
}

static bool read_argument(const char *word, struct allocator_arguments *arguments)
{
    struct {
        const char *key;
        int8_t *value;
    } const keys[] = {{"size=", &arguments->size},
                      {"alignment=", &arguments->alignment},
                      {"count=", &arguments->count}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t length = strlen(keys[i].key);
        if (strncmp(word, keys[i].key, length) != 0)
            continue;
        unsigned number = (unsigned)word[length] - '0';
        if (number >= ARGUMENTS || word[length + 1])
            return false;
        *keys[i].value = (int8_t)number;
        return true;
    }
    return false;
}

static struct error *read_allocator(struct reader *reader, uint8_t role, char *value)
{
    struct arena *strings = &reader->config->strings;
    char *name = next_word(&value);
    if (!name)
        return wrong(reader, "no name of a function", "write 'allocate = NAME size=0'");
    struct allocator_rule rule = {
        .allocator = {.name = arena_strdup(strings, name), .role = role, .arguments = {-1, -1, -1}},
        .place = arena_printf(strings, "%s:%u", reader->path, reader->line)};
    for (value = skip_spaces(value); *value; value = skip_spaces(value)) {
        char *word = next_word(&value);
        if (!word || !read_argument(word, &rule.allocator.arguments))
            return wrong(reader, "what follows the name is not understood",
                         "size=N, alignment=N and count=N say which argument it is, from 0 to 7");
    }
    if (rule.allocator.arguments.count >= 0 && rule.allocator.arguments.size < 0)
        return wrong(reader, "count= without size=", "size= tells the bytes of one element");
    array_push(&reader->config->allocators, rule);
    return NULL;
}

static struct error *read_key(struct reader *reader, char *key, char *value)
{
    static const struct {
        const char *key;
        uint8_t role;
    } keys[] = {{"allocate", ALLOCATOR_ALLOCATE},
                {"free", ALLOCATOR_FREE},
                {"reallocate", ALLOCATOR_REALLOCATE}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i].key) == 0)
            return read_allocator(reader, keys[i].role, value);
    return wrong(reader, "unknown key", "[allocators] has allocate, free and reallocate");
}

static void trim_end(char *text)
{
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = 0;
}

static struct error *read_allocator_line(struct reader *reader, char *line)
{
    char *value = strchr(line, '=');
    if (!value)
        return wrong(reader, "neither a section nor 'key = value'", "see docs/config.md");
    *value++ = 0;
    trim_end(line);
    return read_key(reader, line, value);
}

static struct error *read_own_line(struct reader *reader, char *line)
{
    array_push(&reader->config->own, arena_strdup(&reader->config->strings, line));
    return NULL;
}

static const struct section_row sections[] = {
    {"[allocators]", read_allocator_line},
    {"[own]", read_own_line},
};

static struct error *enter_section(struct reader *reader, const char *name)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(name, sections[i].name) == 0) {
            reader->section = &sections[i];
            return NULL;
        }
    return wrong(reader, "unknown section", "there are [allocators] and [own]");
}

static struct error *read_line(struct reader *reader, char *line)
{
    line = skip_spaces(line);
    trim_end(line);
    if (!*line || *line == '#')
        return NULL;
    if (*line == '[')
        return enter_section(reader, line);
    if (!reader->section)
        return wrong(reader, "a line outside of a section", "begin with a line '[allocators]'");
    return reader->section->read(reader, line);
}

static struct error *read_lines(struct reader *reader, FILE *file)
{
    CLEANUP_FREE char *text = xmalloc(LARGEST_FILE + 1);
    size_t length = fread(text, 1, LARGEST_FILE, file);
    if (ferror(file))
        return error_create("%s: %s", reader->path, strerror(errno));
    text[length] = 0;
    if (length == LARGEST_FILE || strlen(text) != length)
        return error_create("%s: this is no configuration of dwell; see docs/config.md",
                            reader->path);
    struct error *error = NULL;
    for (char *rest = text, *line; !error && (line = strsep(&rest, "\n"));) {
        reader->line++;
        error = read_line(reader, line);
    }
    return error;
}

static void add_options(const struct options *options, struct config *config)
{
    for (size_t i = 0; i < options->allocators.count; i++)
        array_push(&config->allocators,
                   (struct allocator_rule){.allocator = {.name = options->allocators.data[i],
                                                         .role = ALLOCATOR_ALLOCATE,
                                                         .arguments = {-1, -1, -1}}});
    for (size_t i = 0; i < options->own.count; i++)
        array_push(&config->own, options->own.data[i]);
}

/** Whether the path names what this process has been given open: `--config <(...)`. */
static bool is_given(const char *path)
{
    return strcmp(path, "/dev/stdin") == 0 || strncmp(path, "/dev/fd/", 8) == 0 ||
           strncmp(path, "/proc/self/fd/", 14) == 0;
}

/** Opens a configuration without waiting for anybody: no other pipe or device is one. */
static FILE *open_file(const char *path)
{
    struct stat status;
    if (is_given(path))
        return fopen(path, "re");
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return NULL;
    bool is_regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    FILE *file = is_regular ? fdopen(descriptor, "r") : NULL;
    if (!file)
        close(descriptor);
    if (!is_regular)
        errno = EINVAL;
    return file;
}

struct error *config_read(const struct options *options, struct config *ret)
{
    const char *path = options->config ? options->config : ".dwell";
    *ret = (struct config){0};
    arena_init(&ret->strings);
    add_options(options, ret);
    FILE *file = open_file(path);
    if (!file && !options->config && errno == ENOENT)
        return NULL;
    struct reader reader = {.path = path, .config = ret};
    struct error *error =
        file ? read_lines(&reader, file)
             : error_create("%s: %s", path,
                            errno == EINVAL ? "is not a regular file" : strerror(errno));
    if (file)
        fclose(file);
    if (error)
        config_deinit(ret);
    return error;
}

void config_deinit(struct config *config)
{
    array_deinit(&config->allocators);
    array_deinit(&config->own);
    arena_deinit(&config->strings);
}
