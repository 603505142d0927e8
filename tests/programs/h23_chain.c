//! H23: main that ends the program by a chain of functions, of which none returns and the last calls
//! exit(). What main does on that way it does on a normal path, and so is what the chain does before it
//! gets to exit(); of the chain's own functions it is said that they give up, as for all others that call
//! them. Not so a chain that ends in abort(), and not one that begins deeper than in main.
//!
//! expect heap[name=main].allocates in (maybe, always)
//! expect gcc|debug|!pie-large: calls[from=main, to contains work].path == normal
//! expect gcc|debug|!pie-large: calls[from=main, to contains finish].path == normal
//! expect heap[name=finish].allocates == on_panic
//! expect heap[name=leave].frees == on_panic
//! expect heap[name=main].frees == maybe
//! expect heap[name=checks].allocates == on_panic
//! expect calls[from=checks, to contains gives_up].path == diverging
//! expect calls[from=main, to contains breaks_off].path == diverging
//! matrix all
//! run exits 3

#include <stdlib.h>

#define NOINLINE __attribute__((noinline, used))

static void *volatile kept, *volatile other;
volatile int one = 1;

NOINLINE static void leave(int status)
{
    free(other);
    other = NULL;
    exit(status);
}

NOINLINE static void finish(int status)
{
    other = malloc(24);
    leave(status);
}

NOINLINE static void gives_up(void)
{
    kept = malloc(32);
    exit(4);
}

NOINLINE static void checks(int n)
{
    if (n != one)
        gives_up();
}

NOINLINE static void breaks_off(void)
{
    kept = realloc(kept, 48);
    abort();
}

NOINLINE static void work(int n) { one = n; }

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 9)
        breaks_off();
    checks(argc);
    work(argc);
    finish(argc + 2);
}
