//! C9: code of the large model, where addresses are the sum of the GOT's own and a distance: of
//! functions, of variables, and of what is passed on. (At -O1 one of clang's distances leads from the
//! GOT's other half into the function itself, by chance.)
//!
//! expect heap[name=through_pointer].allocates in (maybe, always, unknown)
//! expect heap[name=by_index].allocates in (maybe, always, unknown)
//! expect heap[name=through_number].allocates in (maybe, always, unknown)
//! expect stack[name=through_pointer].bound_bytes == null
//! expect !O1: heap[name=nothing].allocates == never
//! build -fPIE -pie -mcmodel=large
//! matrix all
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

typedef void *(*function)(size_t);

static void *volatile kept;
volatile int one = 1, count;

NOINLINE static void *allocates(size_t n)
{
    free(kept);
    count++;
    return kept = malloc(n);
}
NOINLINE static void *none(size_t n) { return (void *)n; }

static function variable = none, table[4] = {none, none, none, none};

NOINLINE static void store(function *place, function f) { *place = f; }
NOINLINE void through_pointer(void)
{
    store(&variable, allocates);
    variable(4);
}

NOINLINE static void put(int i, function f) { table[i] = f; }
NOINLINE void by_index(void)
{
    put(one, allocates);
    table[1](4);
}

NOINLINE static void *call_number(uintptr_t number) { return ((function)(number - 5))(4); }
NOINLINE void through_number(void) { call_number((uintptr_t)allocates + 5); }

NOINLINE void *nothing(void) { return none((size_t)one); }

int main(void)
{
    through_pointer();
    by_index();
    through_number();
    nothing();
    return count == 3 ? 0 : 1;
}
