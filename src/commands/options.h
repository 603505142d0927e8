/*
 * options.h: the command line as data. The tables of options and commands are in main.c; parsing,
 * help, completion and the manual page all walk them.
 */
#ifndef DWELL_COMMANDS_OPTIONS_H
#define DWELL_COMMANDS_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Strings of the command line, in order; data is freed with array_deinit(). */
struct string_list {
    const char **data;
    size_t count, capacity;
};

/** What the options of the command line say. */
struct options {
    bool help, version, manual;
    bool json, dot, all, no_libs, no_cache;
    bool has_limit, has_stack_limit;
    const char *completion; /* shell, NULL if not asked for */
    const char *color;      /* auto, always, never */
    const char *sysroot, *debug_file, *filter, *sort;
    const char *why, *from;
    const char *config; /* file, NULL if not given */
    struct string_list allocators, own;
    uint64_t jobs;        /* 0: as many as there are processors */
    uint64_t limit;       /* valid if has_limit */
    uint64_t stack_limit; /* bytes, at most INT64_MAX; valid if has_stack_limit */
    const char *name;     /* what the command is asked of the file, behind it; NULL */
    struct string_list files;
};

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_CHOICE, /* const char *, one of `choices` */
    OPTION_COUNT,  /* uint64_t; also sets the bool at `flag_offset` if that is not 0 */
    OPTION_SIZE,   /* the same in bytes, with K, M or G behind it for powers of 1024 */
    OPTION_LIST,   /* struct string_list; may be given several times */
};

struct option_row {
    const char *name;     /* without dashes */
    char letter;          /* 0 for none */
    uint8_t kind;         /* enum option_kind */
    const char *argument; /* its name in help, NULL for flags */
    const char *choices;  /* separated by '|', or NULL */
    const char *command;  /* the only command that has it, NULL for all */
    size_t offset;        /* in struct options */
    size_t flag_offset;
    const char *help;
};

struct session;

struct command_row {
    const char *name;
    const char *summary;
    const char *details; /* paragraphs for its help and the manual page */
    struct error *(*run)(struct session *session, const char *path);
    const char *argument; /* what may stand behind its one file; NULL: it takes many files */
    bool is_of_types;     /* it tells of types alone, not of code */
};

/** All there is to know about the command line. The first command is the usual one. */
struct grammar {
    const struct option_row *options;
    size_t option_count;
    const struct command_row *commands;
    size_t command_count;
};

/**
 * Reads the command line into @p ret and @p ret_command. Errors are the user's, with a hint, made
 * for printing after "dwell: ".
 */
struct error *options_parse(const struct grammar *grammar, int argc, char **argv,
                            struct options *ret, const struct command_row **ret_command);
void options_deinit(struct options *options);

#endif
