//! G9, C: where the storage classes of C end up. A `static const` table is read-only; the text of a
//! literal is read-only while the pointer to it is a variable; `const` pointers to literals need an
//! address written at load time (relro), after which they are read-only; a function's `static` is a
//! global with a hidden name (the compilers number or prefix it); an array of zeroes is bss.
//!
//! expect globals[name=squares].memory == read_only
//! expect globals[name=squares].bytes == 40
//! expect globals[name=squares].writable == false
//! expect globals[name=squares].used_by contains square
//! expect globals[name=greeting].memory == data
//! expect globals[name=greeting].bytes == 8
//! expect globals[name=greeting].writable == true
//! expect globals[name=names].memory == relro
//! expect globals[name=names].bytes == 24
//! expect globals[name=names].writable == false
//! expect globals[linkage_name="*counter*"].memory == data
//! expect globals[linkage_name="*counter*"].bytes == 4
//! expect globals[linkage_name="*counter*"].used_by contains next
//! expect globals[name=zeroes].memory == bss
//! expect globals[name=zeroes].bytes == 65536
//! expect globals[name=per_thread].memory == tls_data
//! expect globals[name=per_thread].bytes == 4
//! expect globals[name=per_thread_zero].memory == tls_bss
//! expect globals[name=per_thread_zero].bytes == 128
//! expect report.global.tls_bytes_per_thread >= 132
//! expect debug: globals[name=squares].type in ("const int[10]", "int const[10]")
//! expect debug: globals[name=greeting].file == "*g9_sections.c"
//! expect some globals[kind=string, memory=read_only]
//! expect heap[name=square].allocates == never
//! expect heap[name=next].allocates == never
//! run exits 0

#include <stdio.h>

static const int squares[10] = {0, 1, 4, 9, 16, 25, 36, 49, 64, 81};
const char *greeting = "good morning";
const char *const names[3] = {"one", "two", "three"};
char zeroes[65536];
_Thread_local int per_thread = 17;
_Thread_local char per_thread_zero[128];

__attribute__((noinline)) int square(unsigned of)
{
    return squares[of % 10];
}

__attribute__((noinline)) int next(void)
{
    static int counter = 41;
    return ++counter;
}

int main(int argc, char **argv)
{
    zeroes[argc] = (char)next();
    per_thread_zero[argc] = zeroes[argc];
    per_thread += square((unsigned)argc);
    printf("%s %s %s %d\n", greeting, names[argc % 3], argv[0], per_thread);
    return 0;
}
