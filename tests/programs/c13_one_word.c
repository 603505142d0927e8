//! C13: one word in code with a fixed place, that is only ever stored to directly: what is called
//! through it is what is stored there, although the address of what lies beside it is taken.
//!
//! expect heap[name=in_one_word].allocates == never
//! expect heap[name=in_two_words].allocates in (maybe, always)
//! build -fno-pie -no-pie
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

typedef void (*function)(int);

static void *volatile kept;
volatile int count;

static void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}

static void none(int n) { (void)n; }
static void other(int n) { kept = (char *)kept + 0 * n; }

static long volatile before = 1;
static function volatile word = none, second = none;
static long volatile after = 1;

NOINLINE static void change(long volatile *number) { ++*number; }

NOINLINE static void put_none(void) { word = none; }
NOINLINE static void put_other(void) { word = other; }
NOINLINE void in_one_word(void)
{
    put_other();
    put_none();
    word(5);
}

NOINLINE static void put_second(function f) { second = f; }
NOINLINE void in_two_words(void)
{
    put_second(allocates);
    second(5);
}

int main(void)
{
    change(&before);
    change(&after);
    in_one_word();
    in_two_words();
    return count == 1 && before == 2 && after == 2 ? 0 : 1;
}
