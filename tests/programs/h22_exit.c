//! H22: main that ends with exit() ends as normally as one that returns; not so abort(), and not the
//! exit() of a function that gives up.
//!
//! expect heap[name=main].allocates == maybe
//! expect heap[name=give_up].allocates == on_panic
//! expect gcc|debug|!pie-large: calls[from=main, to contains take].path == normal
//! matrix all
//! run exits 3

#include <stdio.h>
#include <stdlib.h>

static void *volatile kept;

__attribute__((noinline)) static void take(void) { kept = malloc(24); }

__attribute__((noinline)) void give_up(void)
{
    kept = malloc(8);
    exit(2);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 5)
        exit(1);
    if (argc > 3)
        give_up();
    take();
    exit(3);
}
