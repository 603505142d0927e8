//! H9, C: what the C library's streams hide. A stream calls through its table of functions; the first output gets
//! it a buffer. The release build has the C library in it, so that its own calls are there to be looked at.
//!
//! build release: -static
//! expect heap[name=print].allocates == maybe
//! expect heap[name=print].witness_kind == vtable
//! expect heap[name=flush].allocates == maybe
//! expect release: some calls[from=puts, kind=vtable]
//! expect release: calls[from=_IO_doallocbuf, kind=vtable].to contains _IO_file_doallocate
//! expect release: no calls[from=_IO_doallocbuf, kind=unresolved]
//! run exits 0

#include <stdio.h>

#define NOINLINE __attribute__((noinline))

NOINLINE int print(const char *text)
{
    return puts(text);
}

NOINLINE int flush(void)
{
    return fflush(stdout);
}

int main(void)
{
    return print("text") < 0 || flush();
}
