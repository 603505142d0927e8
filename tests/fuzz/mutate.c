/*
 * mutate.c: damaged files through the whole of dwell, many in one process.
 *
 *     mutate FILE truncate                 each prefix of the file
 *     mutate FILE COUNT SEED               COUNT versions with random damage
 *     mutate FILE show INDEX SEED          writes one of them to standard output
 *
 * Out: one line `N inputs, N loaded, N crashed, N too slow`, and before it a line for each input
 * that crashed or took over five seconds; exit status 1 if there was one.
 *
 * The work is done in child processes, one for many inputs. A child tells the number of each input
 * before it begins; when it dies, that input is to blame, and the next child goes on behind it.
 * Damage depends only on the seed and the number, so that any input can be made again.
 */
#include "analysis/analyze.h"
#include "base/error.h"
#include "load/load.h"
#include "program/program.h"
#include "report/report.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_PER_INPUT = 5, MOST_CHANGES = 8, MOST_FAILURES = 20 };

struct input_file {
    const char *path;
    uint8_t *bytes;
    size_t count;
};

struct plan {
    struct input_file file;
    bool is_truncation;
    uint64_t seed;
    size_t inputs;
};

/** What a child shares with its parent: written before and after each input. */
struct progress {
    size_t current; /* input that is being read */
    size_t loaded;  /* inputs that could be loaded */
};

/* ---- Damage ---------------------------------------------------------------------------------- */

/** Marsaglia's xorshift, 64 bits. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t interesting_number(uint64_t *state, size_t file_bytes)
{
    const uint64_t numbers[] = {
        0,
        1,
        2,
        7,
        8,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x7fff,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        INT64_MAX,
        (uint64_t)INT64_MIN,
        UINT64_MAX,
        UINT64_MAX - 7,
        file_bytes,
        file_bytes - 1,
        file_bytes + 1,
    };
    return numbers[next_random(state) % (sizeof numbers / sizeof *numbers)];
}

/** Half of the damage goes where counts and offsets are: headers at the start, tables at the end.
 */
static size_t choose_place(uint64_t *state, size_t count)
{
    size_t near = count < 1024 ? count : 1024;
    switch (next_random(state) % 4) {
    case 0:
        return next_random(state) % near;
    case 1:
        return count - 1 - next_random(state) % near;
    default:
        return next_random(state) % count;
    }
}

static void damage_once(uint64_t *state, uint8_t *bytes, size_t count)
{
    size_t place = choose_place(state, count);
    size_t room = count - place;
    uint64_t number = interesting_number(state, count);
    static const unsigned widths[] = {1, 2, 4, 8};
    unsigned width = widths[next_random(state) % 4];
    switch (next_random(state) % 5) {
    case 0:
        bytes[place] ^= (uint8_t)(1u << next_random(state) % 8);
        break;
    case 1:
        bytes[place] = (uint8_t)next_random(state);
        break;
    case 2: // an aligned number, as most fields are
        place -= place % width;
        memcpy(bytes + place, &number, width < count - place ? width : count - place);
        break;
    case 3: // a piece from elsewhere
        room = room < 64 ? room : 64;
        memmove(bytes + place, bytes + next_random(state) % (count - room + 1), room);
        break;
    default:
        room = room < 64 ? room : 64;
        memset(bytes + place, 0, next_random(state) % room + 1);
    }
}

/** Returns a malloced version of the file, of exactly *@p ret_count bytes. */
static uint8_t *make_input(const struct plan *plan, size_t index, size_t *ret_count)
{
    size_t count = plan->is_truncation ? index : plan->file.count;
    uint8_t *bytes = malloc(count ? count : 1);
    if (!bytes)
        abort();
    memcpy(bytes, plan->file.bytes, count);
    if (!plan->is_truncation) {
        uint64_t state = (plan->seed + 1) * 0x9e3779b97f4a7c15u ^ (index + 1) * 0xd1342543de82ef95u;
        for (uint64_t left = next_random(&state) % MOST_CHANGES + 1; left > 0; left--)
            damage_once(&state, bytes, count);
    }
    *ret_count = count;
    return bytes;
}

/* ---- The work on one input ------------------------------------------------------------------- */

static void print_reports(struct program *program, FILE *sink)
{
    static const struct {
        report_function *function;
        const char *command;
        bool is_json;
        const char *name; // of types: all of them are drawn
    } reports[] = {
        {report_overview, "report", false, NULL}, {report_globals, "globals", true, NULL},
        {report_stack, "stack", true, NULL},      {report_heap, "heap", true, NULL},
        {report_heap, "heap", false, NULL},       {report_calls, "calls", true, NULL},
        {report_calls, "calls", false, NULL},     {report_types, "types", true, NULL},
        {report_types, "types", false, ""},
    };
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        struct report_options options = {.is_json = reports[i].is_json,
                                         .is_dot = true,
                                         .all = true,
                                         .function = reports[i].name};
        struct screen screen = {.out = sink, .width = 80};
        error_destroy(
            report_run(reports[i].function, reports[i].command, program, &options, &screen));
    }
}

/** Loads, analyzes and reports; true if the input could be loaded. */
static bool read_input(uint8_t *bytes, size_t count, FILE *sink)
{
    struct program program;
    struct load_options options = {.no_libs = true, .with_layouts = true};
    program_init(&program);
    struct error *error = program_load_memory(&program, "input", bytes, count, &options);
    bool is_loaded = error == NULL;
    if (is_loaded)
        program_analyze(&program, &(struct analyze_options){0});
    if (is_loaded && !error)
        print_reports(&program, sink);
    error_destroy(error);
    program_unload(&program);
    return is_loaded;
}

/** The child: inputs from @p first on; never returns. */
static _Noreturn void work(const struct plan *plan, size_t first, int channel)
{
    FILE *sink = fopen("/dev/null", "w");
    struct progress progress = {.current = first};
    for (; sink && progress.current < plan->inputs; progress.current++) {
        if (write(channel, &progress, sizeof progress) != sizeof progress)
            _exit(3);
        size_t count;
        uint8_t *bytes = make_input(plan, progress.current, &count);
        alarm(SECONDS_PER_INPUT);
        progress.loaded += read_input(bytes, count, sink);
        alarm(0);
        free(bytes);
    }
    if (write(channel, &progress, sizeof progress) != sizeof progress || !sink)
        _exit(3);
    fclose(sink);
    exit(0); // not _exit: the leak check is run here
}

/* ---- The parent ------------------------------------------------------------------------------ */

/** Runs a child from input @p first on; returns how it ended, and how far it came. */
static int run_child(const struct plan *plan, size_t first, struct progress *ret)
{
    int channel[2], status = 0;
    *ret = (struct progress){.current = first};
    if (pipe(channel) != 0)
        exit(2);
    pid_t child = fork();
    if (child < 0)
        exit(2);
    if (child == 0) {
        close(channel[0]);
        work(plan, first, channel[1]);
    }
    close(channel[1]);
    struct progress progress;
    while (read(channel[0], &progress, sizeof progress) == sizeof progress)
        *ret = progress;
    close(channel[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static bool run_plan(const struct plan *plan)
{
    size_t loaded = 0, crashed = 0, slow = 0, done = 0;
    while (done < plan->inputs && crashed + slow < MOST_FAILURES) {
        struct progress progress;
        int status = run_child(plan, done, &progress);
        loaded += progress.loaded;
        done = progress.current;
        if (status == 0)
            break;
        bool is_slow = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        is_slow ? slow++ : crashed++;
        printf("%s: input %zu, seed %llu: %s\n", plan->file.path, progress.current,
               (unsigned long long)plan->seed, is_slow ? "too slow" : "crashed");
        done++;
    }
    printf("%zu inputs, %zu loaded, %zu crashed, %zu too slow\n", done, loaded, crashed, slow);
    return crashed + slow == 0;
}

static bool read_file(const char *path, struct input_file *ret)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    *ret = (struct input_file){.path = path, .bytes = malloc(1 << 24)};
    ret->count = ret->bytes ? fread(ret->bytes, 1, 1 << 24, file) : 0;
    fclose(file);
    return ret->count > 0;
}

static bool show_input(const struct plan *plan, size_t index)
{
    size_t count;
    uint8_t *bytes = make_input(plan, index, &count);
    bool is_written = fwrite(bytes, 1, count, stdout) == count;
    free(bytes);
    return is_written;
}

int main(int argc, char **argv)
{
    struct plan plan = {0};
    int status = 0;
    if (argc < 3 || !read_file(argv[1], &plan.file)) {
        fprintf(stderr, "usage: mutate FILE truncate | COUNT SEED | show INDEX SEED\n");
        return 2;
    }
    plan.seed = argc > 3 ? strtoull(argv[argc - 1], NULL, 10) : 1;
    if (strcmp(argv[2], "show") == 0 && argc > 4) {
        status = show_input(&plan, strtoull(argv[3], NULL, 10)) ? 0 : 2;
    } else {
        plan.is_truncation = strcmp(argv[2], "truncate") == 0;
        plan.inputs = plan.is_truncation ? plan.file.count : strtoull(argv[2], NULL, 10);
        setvbuf(stdout, NULL, _IOLBF, 0); // a child must not inherit and repeat buffered lines
        status = run_plan(&plan) ? 0 : 1;
    }
    free(plan.file.bytes);
    return status;
}
