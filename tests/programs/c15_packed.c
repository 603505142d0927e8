//! C15: addresses in data that the loader fills in: packed relocations (RELR: a bit for each word),
//! of which the last one of a long table counts as much as the first, and the address of a function of
//! a library, through which it is called with something else than where it is called by name.
//!
//! expect heap[name=by_first].allocates == never
//! expect heap[name=by_last].allocates == always
//! expect calls[from=by_last].kind == got
//! expect heap[name=by_pointer].allocates in (maybe, always, unknown)
//! build -Wl,-z,pack-relative-relocs
//! run exits 0

#include <stdlib.h>

static void *volatile kept;
volatile int count;

__attribute__((noinline, used)) void allocates(void)
{
    free(kept);
    kept = malloc(24);
    count++;
}

__attribute__((noinline, used)) void harmless(void) {}

/* 100 words in a row: one that is named, 63 bits, and 36 more. */
__asm__(".section .data.rel.ro,\"aw\"\n.balign 8\npacked: .rept 99\n .quad harmless\n .endr\n"
        " .quad allocates\n.text\n"
        ".globl by_first\n.type by_first,@function\nby_first: jmp *packed(%rip)\n"
        ".size by_first,.-by_first\n"
        ".globl by_last\n.type by_last,@function\nby_last: jmp *packed+792(%rip)\n"
        ".size by_last,.-by_last\n");
void by_first(void);
void by_last(void);

typedef int (*comparison)(const void *, const void *);
void *lfind(const void *, const void *, size_t *, size_t, comparison);
void *(*volatile find)(const void *, const void *, size_t *, size_t, comparison) = lfind;

static int plain(const void *a, const void *b) { return a == b; }
static int expensive(const void *a, const void *b)
{
    allocates();
    return a == b;
}

static int numbers[3] = {1, 2, 3};
static size_t length = 3;

__attribute__((noinline)) void by_name(void) { lfind(&count, numbers, &length, 4, plain); }
__attribute__((noinline)) void by_pointer(void) { find(&count, numbers, &length, 4, expensive); }

int main(void)
{
    by_first();
    by_last();
    by_name();
    by_pointer();
    return count > 1 ? 0 : 1;
}
