//! Pointers to functions that are resolved without any help of debug information: passed as an
//! argument, handed on, kept in a variable that only this code writes. A variable whose address
//! scanf is given stays unresolved; debug information narrows it to functions of the same type.
//!
//! expect calls[from=sum].kind == constant
//! expect some calls[from=sum, to contains square]
//! expect some calls[from=sum, to contains negate]
//! expect count calls[from=sum].to == 2
//! expect release: some calls[from=chosen, to contains square, to contains negate]
//! expect release: count calls[from=chosen].to == 2
//! expect some calls[from=use_hook, kind=field, to contains plain]
//! expect some calls[from=use_hook, to contains allocating]
//! expect count calls[from=use_hook].to == 2
//! expect heap[name=use_hook].allocates == maybe
//! expect count calls[from=use_quiet_hook].to == 2
//! expect calls[from=use_quiet_hook].kind == field
//! expect heap[name=use_quiet_hook].allocates == never
//! expect no stack[name=sum].unbounded_because
//! expect release: calls[from=use_leaked].is_complete == false
//! expect release: heap[name=use_leaked].allocates == maybe
//! worse use_leaked
//! expect debug: calls[from=use_leaked].kind == prototype
//! expect debug: some calls[from=use_leaked, to contains allocating, to contains other]
#include <stdio.h>
#include <stdlib.h>

typedef void *maker(size_t size);

static void *plain(size_t size)
{
    return (void *)size;
}

static void *other(size_t size)
{
    return (void *)(size + 1);
}

static void *allocating(size_t size)
{
    return malloc(size);
}

static maker *hook = plain, *quiet_hook = plain, *leaked = plain;

__attribute__((noinline)) static void set_hook(maker *to)
{
    hook = to;
}

__attribute__((noinline)) void *use_hook(size_t size)
{
    void *made = hook(size);
    return made ? made : NULL;
}

__attribute__((noinline)) void *use_quiet_hook(size_t size)
{
    void *made = quiet_hook(size);
    return made ? made : NULL;
}

__attribute__((noinline)) void *use_leaked(size_t size)
{
    void *made = leaked(size);
    return made ? made : NULL;
}

static int square(int value)
{
    return value * value;
}

static int negate(int value)
{
    return -value;
}

__attribute__((noinline)) static int sum(int (*function)(int), int count)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += function(i);
    return total;
}

__attribute__((noinline)) static int sum_twice(int (*function)(int), int count)
{
    return sum(function, count) + sum(function, count + 1);
}

/* Compilers that turn the condition into a conditional move keep both. */
__attribute__((noinline)) static int chosen(int (*function)(int), int value)
{
    return function(value) + 1;
}

__attribute__((noinline)) static int choose(int value)
{
    return chosen(value > 5 ? square : negate, value) + 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 2)
        set_hook(allocating);
    if (argc > 3)
        quiet_hook = other;
    if (argc > 4 && scanf("%p", (void **)&leaked) != 1)
        return 1;
    void *kept[] = {use_hook(1), use_quiet_hook(2), use_leaked(3)};
    return sum_twice(square, argc) + sum(negate, argc) + choose(argc) + (kept[0] == kept[1]) + (kept[2] == NULL);
}
