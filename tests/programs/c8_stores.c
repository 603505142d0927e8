//! C8: stores to computed places, in code with a fixed place, where a displacement is an address and
//! registers add to it. The store may write any element, and compilers fold constants into the
//! displacement, so that it lies in another variable. Functions that are stored so can be called from
//! where they are stored.
//!
//! expect heap[name=by_index].allocates in (maybe, always, unknown)
//! expect heap[name=by_index].frees in (maybe, always, unknown)
//! expect heap[name=before].allocates in (maybe, always, unknown)
//! expect heap[name=behind].allocates in (maybe, always, unknown)
//! expect heap[name=in_two_dimensions].allocates in (maybe, always, unknown)
//! expect heap[name=in_array_of_one].allocates in (maybe, always, unknown)
//! expect heap[name=exchanged].allocates in (maybe, always, unknown)
//! expect heap[name=in_parts].allocates in (maybe, always, unknown)
//! expect heap[name=in_halves].allocates in (maybe, always, unknown)
//! expect heap[name=by_loop].allocates in (maybe, always, unknown)
//! expect heap[name=by_bytes].allocates in (maybe, always, unknown)
//! expect heap[name=in_one_element].allocates in (maybe, always, unknown)
//! expect heap[name=by_difference].allocates in (maybe, always, unknown)
//! expect heap[name=packed].allocates in (maybe, always, unknown)
//! expect stack[name=by_index].bound_bytes == null
//! build -fno-pie -no-pie
//! matrix all
//! run exits 0

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

typedef void (*function)(int);

static void *volatile kept;
volatile int one = 1, count;

static void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}

static void none(int n) { (void)n; }

static struct {
    long id;
    function call;
} table[4] = {{0, none}, {1, none}, {2, none}, {3, none}};
NOINLINE static void put(unsigned i, function f) { table[i].call = f; }
NOINLINE void by_index(void)
{
    put((unsigned)one, allocates);
    table[1].call(5);
}

static long neighbour[2] = {1, 2};
static function shifted[4] = {none, none, none, none};
NOINLINE static void put_before(long i, function f) { shifted[i - 2] = f; }
NOINLINE void before(void)
{
    put_before(one + 2, allocates);
    shifted[1]((int)neighbour[0]);
}

static function later[4] = {none, none, none, none};
NOINLINE static void put_behind(long i, function f) { later[i + 9] = f; }
NOINLINE void behind(void)
{
    put_behind(one - 9, allocates);
    later[1](5);
}

static function square[3][3] = {{none, none, none}, {none, none, none}, {none, none, none}};
NOINLINE static void put_square(int i, int k, function f) { square[i][k] = f; }
NOINLINE void in_two_dimensions(void)
{
    put_square(one, one, allocates);
    square[1][1](5);
}

static function only[1] = {none};
NOINLINE static void put_only(unsigned i, function f) { only[i] = f; }
NOINLINE void in_array_of_one(void)
{
    put_only((unsigned)one - 1, allocates);
    only[0](5);
}

static function swapped[4] = {none, none, none, none};
NOINLINE static void swap(int i, function f)
{
    __atomic_exchange_n(&swapped[i], f, __ATOMIC_SEQ_CST);
}
NOINLINE void exchanged(void)
{
    swap(one, allocates);
    swapped[1](5);
}

static union {
    function call;
    uint32_t halves[2];
} halved = {none};
NOINLINE static void put_halves(uintptr_t f)
{
    halved.halves[0] = (uint32_t)f;
    halved.halves[one] = (uint32_t)(f >> 32);
}
NOINLINE void in_parts(void)
{
    put_halves((uintptr_t)allocates);
    halved.call(5);
}

static union {
    function call;
    uint32_t halves[2];
} split = {none};
NOINLINE static void put_half(int i, uintptr_t half) { split.halves[i] = (uint32_t)half; }
NOINLINE void in_halves(void)
{
    put_half(one - 1, (uintptr_t)allocates);
    put_half(one, (uintptr_t)allocates >> 32);
    split.call(5);
}

static function filled[6] = {none, none, none, none, none, none};
NOINLINE static void fill(function f, int from, int to)
{
    for (int i = from; i < to; i++)
        filled[i] = f;
}
NOINLINE void by_loop(void)
{
    fill(allocates, one, 4);
    filled[2](5);
}

static function spelled = none;
NOINLINE static void spell(long i, uintptr_t f) { ((char *)&spelled)[i - 1] = (char)(f >> (i - 1) * 8); }
NOINLINE void by_bytes(void)
{
    for (long i = 1; i <= 8; i++)
        spell(i, (uintptr_t)allocates);
    spelled(5);
}

static struct __attribute__((packed)) {
    char head;
    function call;
} odd[2] = {{1, none}, {2, allocates}};
NOINLINE static function odd_at(int i) { return odd[i].call; }
NOINLINE void packed(void) { odd_at(one)(5); }

static function single[1] = {none};
NOINLINE static void put_single(long i, function f) { single[i - 1] = f; }
NOINLINE void in_one_element(void)
{
    put_single(one, allocates);
    single[0](5);
}

__attribute__((used)) static void subtracted(int n) { allocates(n); }
NOINLINE static void call_number(uintptr_t number) { ((function)number)(5); }
NOINLINE void by_difference(void)
{
    uintptr_t minus;
#ifdef __PIE__
    __asm__("lea subtracted(%%rip),%0\n neg %0" : "=r"(minus));
#else
    __asm__("xor %0,%0\n sub $subtracted,%0" : "=r"(minus));
#endif
    call_number(0 - minus);
}

int main(void)
{
    void (*const all[])(void) = {by_index, before,   behind,  in_two_dimensions, exchanged,
                                 in_parts, by_loop, by_bytes, packed, in_one_element, by_difference,
                                 in_array_of_one, in_halves};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        all[i]();
    return count == sizeof all / sizeof *all ? 0 : 1;
}
