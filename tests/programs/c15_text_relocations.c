//! C15: code that the loader writes to: an address in an immediate of 8 bytes, in a file that can be
//! loaded anywhere. The function is taken there, and so is the variable whose address it is.
//!
//! expect heap[name=through_table].allocates in (maybe, always, unknown)
//! expect heap[name=through_variable].allocates in (maybe, always, unknown)
//! expect heap[name=through_register].allocates in (maybe, always, unknown)
//! build -Wl,-z,notext
//! run exits 0

#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

typedef void (*function)(int);

static void *volatile kept;
volatile int one = 1, count;

__attribute__((used)) static void allocates(int n)
{
    free(kept);
    kept = malloc((size_t)n);
    count++;
}

__attribute__((used)) static void only_in_code(int n) { allocates(n); }
__attribute__((used)) static void none(int n) { (void)n; }

static struct {
    long id;
    function call;
} table[2] = {{1, none}, {2, none}};

NOINLINE static function chosen(void)
{
    function f;
    __asm__("movabs $only_in_code,%0" : "=r"(f));
    return f;
}

NOINLINE void through_table(void)
{
    table[one].call = chosen();
    table[1].call(5);
}

__attribute__((used)) static function volatile word = none;

NOINLINE static void change(function f)
{
    function volatile *place;
    __asm__("movabs $word,%0" : "=r"(place));
    *place = f;
}

NOINLINE void through_variable(void)
{
    change(allocates);
    word(5);
}

NOINLINE void through_register(void)
{
    function f;
    __asm__("movabs $allocates,%0" : "=r"(f));
    f(5);
}

int main(void)
{
    through_table();
    through_variable();
    through_register();
    return count == 3 ? 0 : 1;
}
