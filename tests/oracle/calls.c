/*
 * calls.c: calls made in unusual ways, for edges.py: through pointers, tables and parameters, as
 * tail calls, from switches, and of functions that the compiler copies or takes apart. Nothing is
 * run.
 */
#include <stdlib.h>
#include <string.h>

void use(void *);
void other(int);
_Noreturn void die(const char *);

struct shape {
    int (*area)(const struct shape *);
    void (*draw)(struct shape *, int);
};

static int square(const struct shape *shape)
{
    return shape->area ? 1 : 2;
}

static int circle(const struct shape *shape)
{
    use((void *)shape);
    return 3;
}

static int (*const areas[])(const struct shape *) = {square, circle};

int through_parameter(int (*function)(int), int n)
{
    return function(n) + function(n + 1);
}

int tail_through_parameter(int (*function)(int), int n)
{
    return function(n);
}

void through_field(struct shape *shape, int n)
{
    if (shape->area(shape) > n)
        shape->draw(shape, n);
}

int through_table(const struct shape *shape, unsigned n)
{
    return areas[n & 1](shape) + 1;
}

int tail_through_table(const struct shape *shape, unsigned n)
{
    return areas[n & 1](shape);
}

void from_switch(int n, void (*function)(void))
{
    switch (n) {
    case 0:
        other(7);
        break;
    case 1:
        use(&n);
        break;
    case 2:
        function();
        break;
    case 3:
        die("three");
        break;
    case 4:
        other(n);
        use(&n);
        break;
    case 5:
        other(5);
        break;
    case 6:
        use(function);
        break;
    default:
        function();
    }
}

static int compare(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(int));
}

void callback(int *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
}

static __attribute__((noinline)) int changed_copy(int n, int kind)
{
    if (kind == 3)
        other(n);
    return n * kind;
}

int calls_changed_copy(int n)
{
    return changed_copy(n, 3) + changed_copy(n + 1, 3);
}

static int is_odd(unsigned n);

static __attribute__((noinline)) int is_even(unsigned n)
{
    other((int)n);
    return n == 0 ? 1 : is_odd(n - 1) + 1;
}

static __attribute__((noinline)) int is_odd(unsigned n)
{
    use(&n);
    return n == 0 ? 0 : is_even(n - 1) + 1;
}

int mutual(unsigned n)
{
    return is_even(n);
}

/* Two equal functions, of which the compiler may keep one. */
__attribute__((noinline)) int twin_one(int n)
{
    other(n);
    return n + 1;
}

__attribute__((noinline)) int twin_two(int n)
{
    other(n);
    return n + 1;
}

int calls_twins(int n)
{
    return twin_one(n) + twin_two(n);
}

void cold_part(int n)
{
    if (__builtin_expect(n > 1000, 0)) {
        use(&n);
        die("large");
    }
    other(n);
}

__int128 library_arithmetic(__int128 a, __int128 b)
{
    return a / b;
}

struct large {
    char bytes[5000];
};

void library_copy(struct large *to, const struct large *from)
{
    *to = *from;
}
