//! H9, C: calls through tables of function pointers. What they can enter follows from types:
//!
//! - `run` indexes a constant table: exactly the functions that stand in it.
//! - `read_through` calls a member of a struct of which only constant objects are ever spoken of
//!   (`struct shape`): what initializers put into that member, not into its neighbour. (Where the
//!   compiler shows both tables to be what the only caller passes, they are constants.)
//! - `notify` calls what a program registers at run time in a struct on the heap. The struct is
//!   written, so all functions that are taken for such a pointer are candidates, and no others:
//!   `on_open` and `on_close`, but not `compare`, which has other parameters.
//! - `blind` calls a pointer that comes out of a `void *` of which nothing is known. What it could
//!   enter is told by registers, which is no complete answer: it might allocate. (Or, where the
//!   compiler sees through it, it becomes the one function that it is.)
//!
//! None of the candidates of `run`, `read_through` and `notify` allocates but `on_open`.
//! The types are in the debug information, so release builds have it too.
//!
//! build release: -g
//! expect calls[from=run, kind=field].to contains add
//! expect calls[from=run, kind=field].to contains subtract
//! expect calls[from=run, kind=field].to lacks area_of_square
//! expect calls[from=run, kind=field].to lacks multiply
//! expect no calls[from=run, kind=unresolved]
//! expect calls[from=read_through, kind in (field, constant)].to contains area_of_square
//! expect calls[from=read_through, kind in (field, constant)].to contains area_of_circle
//! expect calls[from=read_through, kind in (field, constant)].to lacks border_of_square
//! expect no calls[from=read_through, kind=unresolved]
//! expect calls[from=notify, kind=prototype].to contains on_open
//! expect calls[from=notify, kind=prototype].to contains on_close
//! expect calls[from=notify, kind=prototype].to lacks compare
//! expect calls[from=notify, kind=prototype].to lacks add
//! expect some calls[from=blind, is_complete=false]
//! expect no calls[from=run, is_complete=false]
//! expect no calls[from=notify, is_complete=false]
//! expect heap[name=run].allocates == never
//! expect heap[name=read_through].allocates == never
//! expect heap[name=notify].allocates == maybe
//! expect heap[name=blind].allocates == maybe
//! expect heap[name=blind].witness_kind in (prototype, address_taken)
//! run exits 0

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Not changed to suit its callers.
#ifdef __clang__
#define KEEP __attribute__((noinline, used))
#else
#define KEEP __attribute__((noipa))
#endif

/* ---- A constant table ---- */

static int add(int a, int b)
{
    return a + b;
}

static int subtract(int a, int b)
{
    return a - b;
}

/** Of the same type, but in no table. */
static int multiply(int a, int b)
{
    return a * b;
}

struct operation {
    const char *name;
    int (*apply)(int, int);
};

static const struct operation operations[] = {{"add", add}, {"subtract", subtract}};

KEEP int run(unsigned which, int a, int b)
{
    return operations[which % 2].apply(a, b);
}

/* ---- Constant objects ---- */

struct shape {
    long (*area)(long);
    long (*border)(long);
};

static long area_of_square(long side)
{
    return side * side;
}

static long border_of_square(long side)
{
    return 4 * side;
}

static long area_of_circle(long radius)
{
    return radius * radius * 3;
}

static const struct shape square = {area_of_square, border_of_square};
static const struct shape circle = {area_of_circle, NULL};

KEEP long read_through(const struct shape *shape, long size)
{
    return shape->area(size);
}

/* ---- Registered callbacks ---- */

struct watcher {
    void *context;
    void (*notify)(void *, long);
};

static void on_open(void *context, long number)
{
    char *copy = malloc((size_t)number);
    *(char **)context = copy;
}

static void on_close(void *context, long number)
{
    (void)number;
    *(char **)context = NULL;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

KEEP void watch(struct watcher *watcher, void (*notify)(void *, long), void *context)
{
    watcher->notify = notify;
    watcher->context = context;
}

KEEP void notify(struct watcher *watcher, long number)
{
    watcher->notify(watcher->context, number);
}

/* ---- Nothing known ---- */

KEEP int blind(void *memory)
{
    uintptr_t hidden;
    memcpy(&hidden, memory, sizeof hidden);
    return ((int (*)(int, int))(hidden ^ 0x55))(1, 2);
}

int main(int argc, char **argv)
{
    (void)argv;
    struct watcher *watcher = malloc(sizeof *watcher);
    if (!watcher)
        return 1;
    char *copy = NULL;
    watch(watcher, on_open, &copy);
    notify(watcher, 16);
    free(copy);
    watch(watcher, on_close, &copy);
    notify(watcher, 16);
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof *numbers, compare);
    uintptr_t hidden = (uintptr_t)(argc > 5 ? multiply : add) ^ 0x55;
    int sum = run((unsigned)argc, 2, 1) + blind(&hidden) + numbers[0];
    long area = read_through(argc > 5 ? &circle : &square, 2) + square.border(1);
    free(watcher);
    return sum == 5 && area == 8 ? 0 : 1;
}
