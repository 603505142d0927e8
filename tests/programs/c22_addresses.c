//! C22: functions that are called directly with one that does nothing, and by an address that is made
//! in odd ways with one that allocates: from a number a little before the function, from a number of 4
//! bytes in data, from a distance of 8 bytes, from what is behind a mark in its lowest bits.
//!
//! expect heap[name=before].allocates in (maybe, unknown)
//! expect heap[name=number].allocates in (maybe, unknown)
//! expect heap[name=odd_number].allocates in (maybe, unknown)
//! expect heap[name=distance].allocates in (maybe, unknown)
//! expect heap[name=tagged].allocates in (maybe, unknown)
//! expect !large: heap[name=directly].allocates == never
//! build -fno-pie -no-pie
//! matrix fixed, fixed-large
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline, used))

typedef void (*function)(int);
typedef void (*applier)(function f, int n);

static void *volatile kept;
volatile int one = 1, count;

NOINLINE static void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}
NOINLINE static void none(int n) { (void)n; }

NOINLINE void before(function f, int n) { f(n + one); }
NOINLINE void number(function f, int n) { f(n + one); }
NOINLINE void odd_number(function f, int n) { f(n + one); }
NOINLINE void distance(function f, int n) { f(n + one); }
NOINLINE __attribute__((aligned(16))) void tagged(function f, int n) { f(n + one); }
NOINLINE void directly(function f, int n) { f(n + one); }

__asm__(".section .rodata\n.balign 8\nnumbers: .long none, number\n .byte 0\nodd: .long odd_number\n"
        ".balign 8\ndistances: .quad none - distances, distance - distances\n.text\n");
extern const uint32_t numbers[2];
extern const char odd[4];
extern const int64_t distances[2];

NOINLINE static void call_behind(uintptr_t address) { ((applier)(address + 5))(allocates, 2); }
NOINLINE static void call_number(uint32_t address) { ((applier)(uintptr_t)address)(allocates, 2); }
NOINLINE static void call_tagged(uintptr_t address)
{
    ((applier)(address & ~(uintptr_t)7))(allocates, 2);
}

int main(void)
{
    before(none, 1);
    number(none, 1);
    odd_number(none, 1);
    distance(none, 1);
    tagged(none, 1);
    directly(none, 1);
    uint32_t low = 0;
    for (int i = 0; i < 4; i++)
        low |= (uint32_t)((const unsigned char *)odd)[i * one] << (8 * i);
    call_behind((uintptr_t)before - 5);
    call_number(numbers[one]);
    call_number(low);
    call_number((uint32_t)((uintptr_t)distances + (uintptr_t)distances[one]));
    call_tagged((uintptr_t)tagged | 3);
    return count == 5 ? 0 : 1;
}
