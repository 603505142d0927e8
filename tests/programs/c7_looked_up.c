//! C: functions that are looked up by name while the program runs. Where the name is a constant and is looked for in
//! the whole program, the call enters the function of that name; where either is not known, it stays unresolved.
//!
//! build debug|release: -rdynamic -ldl
//! expect calls[from=fixed_name, kind=constant].to contains allocating
//! expect heap[name=fixed_name].allocates in (always, maybe)
//! expect calls[from=quiet_name, kind=constant].to contains quiet
//! expect heap[name=quiet_name].allocates == maybe
//! expect some calls[from=any_name, kind=unresolved]
//! expect some calls[from=in_library, kind=unresolved]
//! run exits 0

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

static void *volatile kept;

void allocating(void)
{
    kept = malloc(8);
}

void quiet(void)
{
    kept = &kept;
}

NOINLINE void fixed_name(void)
{
    void (*found)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "allocating");
    if (found)
        found();
}

NOINLINE void quiet_name(void)
{
    void (*found)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "quiet");
    if (found)
        found();
}

NOINLINE void any_name(const char *name)
{
    void (*found)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, name);
    if (found)
        found();
}

NOINLINE void in_library(void *library)
{
    void (*found)(void) = (void (*)(void))dlsym(library, "quiet");
    if (found)
        found();
}

int main(int argc, char **argv)
{
    fixed_name();
    quiet_name();
    any_name(argc > 1 ? argv[1] : "quiet");
    in_library(dlopen(NULL, RTLD_NOW));
    free(argc > 9 ? kept : NULL);
    return 0;
}
