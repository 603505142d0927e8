/*
 * functions.c: functions whose use of the heap is known by reading them. main() calls each with
 * several arguments and prints what the counting allocator (counting.c) saw:
 *
 *     NAME EXPECTED ARGUMENT returned|diverged ALLOCATIONS FREES RAISED
 *
 * EXPECTED is the verdict `allocates` of the source as written (without optimization); it is what
 * a perfect analysis says; "any" where that depends on libc or on run-time values. RAISED is how
 * many exceptions or panics began: none in C.
 */
#include <alloca.h>
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

extern unsigned allocations, frees;

static volatile long sink;
static void *volatile kept;
static char text[64] = "a text with some words in it";
static jmp_buf back;

/* ---- Functions that the cases use ------------------------------------------------------------ */

NOINLINE static void *wrapped(size_t bytes)
{
    void *memory = malloc(bytes);
    return memory;
}

NOINLINE static void *wrapped_twice(size_t bytes)
{
    return wrapped(bytes + 1);
}

NOINLINE static void *wrapped_or_die(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL)
        abort();
    return memory;
}

NOINLINE _Noreturn static void panic_quietly(void)
{
    longjmp(back, 1);
}

NOINLINE _Noreturn static void panic_with_message(int number)
{
    char *message = malloc(32);
    if (message != NULL)
        sink = snprintf(message, 32, "number %d", number);
    free(message);
    longjmp(back, 1);
}

NOINLINE static long plus(long a)
{
    return a + 1;
}

NOINLINE static long twice(long a)
{
    return a * 2;
}

NOINLINE static long heap_of(long a)
{
    kept = malloc((size_t)a + 1);
    return a;
}

typedef long function(long);
static function *const pure_table[] = {plus, twice};
static function *const mixed_table[] = {plus, heap_of};
static function *volatile chosen = plus;

NOINLINE static long apply(function *what, long value)
{
    return what(value) + 1;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

NOINLINE static long descend(long left)
{
    sink = left;
    return left <= 0 ? 0 : descend(left - 1) + 1;
}

NOINLINE static long descend_and_allocate(long left)
{
    sink = left;
    if (left <= 0) {
        kept = malloc(8);
        return 0;
    }
    return descend_and_allocate(left - 1) + 1;
}

NOINLINE static long ping(long left);

NOINLINE static long pong(long left)
{
    sink = left;
    return left <= 0 ? 1 : ping(left - 1) ^ 1;
}

NOINLINE static long ping(long left)
{
    sink = left;
    return left <= 0 ? 0 : pong(left - 1) ^ 2;
}

NOINLINE static long add_all(int count, ...)
{
    va_list list;
    long sum = 0;
    va_start(list, count);
    while (count-- > 0)
        sum += va_arg(list, int);
    va_end(list);
    return sum;
}

struct large {
    long words[40];
};

NOINLINE static struct large make_large(long seed)
{
    struct large large;
    for (int i = 0; i < 40; i++)
        large.words[i] = seed ^ i;
    return large;
}

/* ---- Cases: never ---------------------------------------------------------------------------- */

NOINLINE void nothing(int v)
{
    (void)v;
}

NOINLINE void arithmetic(int v)
{
    sink = v * 17 / (v + 1);
}

NOINLINE void loop(int v)
{
    for (int i = 0; i < v; i++)
        sink += i;
}

NOINLINE void calls_pure(int v)
{
    sink = plus(v) + twice(v);
}

NOINLINE void large_struct(int v)
{
    sink = make_large(v).words[v];
}

NOINLINE void variable_array(int v)
{
    char buffer[v + 1];
    memset(buffer, v, (size_t)v + 1);
    sink = buffer[v];
}

NOINLINE void uses_alloca(int v)
{
    char *buffer = alloca((size_t)v + 1);
    memset(buffer, v, (size_t)v + 1);
    sink = buffer[v];
}

NOINLINE void strings(int v)
{
    sink = (long)strlen(text + v) + strcmp(text, text + v);
}

NOINLINE void copies(int v)
{
    char buffer[64];
    memcpy(buffer, text, sizeof buffer);
    memmove(buffer, buffer + v, 32);
    sink = buffer[v];
}

NOINLINE void classifies(int v)
{
    sink = isalpha(text[v]) + toupper(text[v]);
}

NOINLINE void recursion(int v)
{
    sink = descend(v);
}

NOINLINE void mutual_recursion(int v)
{
    sink = ping(v);
}

NOINLINE void variadic(int v)
{
    sink = add_all(3, v, v + 1, v + 2);
}

NOINLINE void pure_pointers(int v)
{
    sink = pure_table[v & 1](v);
}

NOINLINE void dense_switch(int v)
{
    switch (v) {
    case 0:
        sink = plus(3);
        break;
    case 1:
        sink = twice(4);
        break;
    case 2:
        sink ^= 5;
        break;
    case 3:
        sink += 6;
        break;
    case 4:
        sink -= 7;
        break;
    case 5:
        sink *= 3;
        break;
    default:
        sink = 0;
    }
}

NOINLINE void only_frees(int v)
{
    (void)v;
    free(kept);
    kept = NULL;
}

NOINLINE void may_panic_quietly(int v)
{
    if (v == 3)
        panic_quietly();
    sink = v;
}

/* ---- Cases: on_panic ------------------------------------------------------------------------- */

NOINLINE void may_panic(int v)
{
    if (v == 3)
        panic_with_message(v);
    sink = v;
}

NOINLINE void checks_index(int v)
{
    if ((unsigned)v >= 3)
        panic_with_message(v);
    sink = text[v];
}

NOINLINE void always_panics(int v)
{
    sink = v;
    panic_with_message(v);
}

NOINLINE void calls_what_may_panic(int v)
{
    may_panic(v);
    checks_index(v);
}

/* ---- Cases: maybe ---------------------------------------------------------------------------- */

NOINLINE void sometimes(int v)
{
    if (v > 1)
        kept = malloc(16);
}

NOINLINE void in_loop(int v)
{
    for (int i = 0; i < v; i++)
        kept = malloc(16);
}

NOINLINE void one_of_switch(int v)
{
    switch (v) {
    case 0:
        sink = plus(3);
        break;
    case 1:
        sink = twice(4);
        break;
    case 2:
        kept = malloc(12);
        break;
    case 3:
        sink += 6;
        break;
    case 4:
        sink -= 7;
        break;
    case 5:
        sink *= 3;
        break;
    default:
        sink = 0;
    }
}

NOINLINE void early_return(int v)
{
    if (v == 0)
        return;
    kept = wrapped(24);
}

NOINLINE void mixed_pointers(int v)
{
    sink = mixed_table[v & 1](v);
}

NOINLINE void sorts(int v)
{
    int numbers[] = {5, 3, v, 1};
    qsort(numbers, 4, sizeof *numbers, by_value);
    sink = numbers[0];
}

NOINLINE void sorts_much(int v)
{
    static int numbers[2000];
    numbers[v] = v;
    qsort(numbers, 2000, sizeof *numbers, by_value);
    sink = numbers[0];
}

NOINLINE void formats(int v)
{
    char buffer[64];
    sink = snprintf(buffer, sizeof buffer, "%d %s %f", v, text, v / 3.0);
}

NOINLINE void opens(int v)
{
    FILE *file = fopen(v == 0 ? "/nonexistent/file" : "/dev/null", "r");
    if (file != NULL)
        fclose(file);
}

NOINLINE void asks_time(int v)
{
    time_t when = v;
    struct tm parts;
    sink = localtime_r(&when, &parts) == NULL ? 0 : parts.tm_year;
}

NOINLINE void lazy(int v)
{
    static char *buffer;
    if (buffer == NULL)
        buffer = malloc(100);
    sink = v;
}

/* ---- Cases: always --------------------------------------------------------------------------- */

NOINLINE void once(int v)
{
    kept = malloc((size_t)v + 1);
}

NOINLINE void zeroed(int v)
{
    kept = calloc((size_t)v + 1, 8);
}

NOINLINE void grows(int v)
{
    kept = realloc(NULL, (size_t)v + 1);
}

NOINLINE void aligned(int v)
{
    kept = aligned_alloc(64, 64 * ((size_t)v + 1));
}

NOINLINE void through_wrapper(int v)
{
    kept = wrapped((size_t)v);
}

NOINLINE void through_two_wrappers(int v)
{
    kept = wrapped_twice((size_t)v);
}

NOINLINE void or_dies(int v)
{
    kept = wrapped_or_die((size_t)v);
}

NOINLINE void both_branches(int v)
{
    if (v > 1)
        kept = malloc(8);
    else
        kept = calloc(1, 8);
}

NOINLINE void then_frees(int v)
{
    char *memory = malloc((size_t)v + 8);
    if (memory == NULL)
        return;
    kept = memory;
    memory[0] = (char)v;
    free(memory);
    kept = NULL;
}

NOINLINE void duplicates(int v)
{
    kept = strdup(text + v);
}

NOINLINE void at_the_bottom(int v)
{
    sink = descend_and_allocate(v);
}

NOINLINE void after_loop(int v)
{
    for (int i = 0; i < v; i++)
        sink += i;
    kept = malloc(8);
}

NOINLINE void before_panic(int v)
{
    kept = malloc(8);
    if (v == 3)
        panic_quietly();
}

/* ---- Cases: not to be told from this function alone -------------------------------------------
 */

NOINLINE void given_pointer(int v)
{
    sink = apply(chosen, v);
    chosen = v & 1 ? heap_of : plus;
}

/* ---- Running them ---------------------------------------------------------------------------- */

static const struct {
    const char *name, *expected;
    void (*run)(int);
} cases[] = {
#define CASE(expected, name) {#name, #expected, name},
    CASE(never, nothing) CASE(never, arithmetic) CASE(never, loop) CASE(never, calls_pure)
        CASE(never, large_struct) CASE(never, variable_array) CASE(never, uses_alloca) CASE(
            never, strings) CASE(never, copies) CASE(never, classifies) CASE(never, recursion)
            CASE(never, mutual_recursion) CASE(never, variadic) CASE(never, pure_pointers) CASE(
                never, dense_switch) CASE(never, only_frees) CASE(never, may_panic_quietly)
                CASE(on_panic, may_panic) CASE(on_panic, checks_index) CASE(on_panic, always_panics)
                    CASE(on_panic, calls_what_may_panic) CASE(maybe, sometimes) CASE(maybe, in_loop)
                        CASE(maybe, one_of_switch) CASE(maybe, early_return)
                            CASE(maybe, mixed_pointers) CASE(maybe, sorts) CASE(maybe, sorts_much)
                                CASE(maybe, formats) CASE(any, opens) CASE(maybe, asks_time) CASE(
                                    maybe, lazy) CASE(always, once) CASE(always, zeroed)
                                    CASE(always, grows) CASE(always, aligned) CASE(
                                        always, through_wrapper) CASE(always, through_two_wrappers)
                                        CASE(always, or_dies) CASE(always, both_branches)
                                            CASE(always, then_frees) CASE(always, duplicates)
                                                CASE(always, at_the_bottom) CASE(always, after_loop)
                                                    CASE(always, before_panic)
                                                        CASE(any, given_pointer)};

static void run_case(size_t i, int argument)
{
    allocations = frees = 0;
    const char *volatile how = "diverged";
    if (setjmp(back) == 0) {
        cases[i].run(argument);
        how = "returned";
    }
    unsigned seen_allocations = allocations, seen_frees = frees;
    printf("%s %s %d %s %u %u 0\n", cases[i].name, cases[i].expected, argument, how,
           seen_allocations, seen_frees);
}

int main(void)
{
    static char output[1 << 16]; /* else the first printf allocates */
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int argument = 0; argument < 6; argument++)
            run_case(i, argument);
    return 0;
}
