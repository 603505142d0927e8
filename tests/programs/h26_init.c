//! H26: the function that runs before main is the one that the dynamic section names (DT_INIT), whatever
//! its section is called; and the same at the end (DT_FINI).
//!
//! expect startup.before_main in (maybe, always)
//! expect some parts[name=begins_here, when=before, allocates=always]
//! expect some parts[name=ends_here, when=after]
//! build -Wl,-init=begins_here -Wl,-fini=ends_here
//! run exits 3

#include <stdlib.h>
#include <unistd.h>

static void *volatile kept;

void begins_here(void) { kept = malloc(24); }

void ends_here(void)
{
    free(kept);
    kept = malloc(32);
    _exit(kept ? 3 : 4);
}

int main(void) { return kept ? 0 : 5; }
