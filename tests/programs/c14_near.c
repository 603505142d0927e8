//! C14: addresses near that of a function, from which its own is computed where it is called: behind
//! its start (a tagged pointer), before it (a folded constant), and as far from the GOT as large code
//! says. Its callers are not only those that
//! name it, and what it is passed not only what these pass.
//!
//! expect heap[name=apply].allocates in (maybe, always, unknown)
//! expect heap[name=apply_too].allocates in (maybe, always, unknown)
//! expect heap[name=apply_far].allocates in (maybe, always, unknown)
//! expect heap[name=apply_only].allocates == never
//! run exits 0

#include <stdint.h>
#include <stdlib.h>

#ifdef __clang__
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noinline, noipa))
#endif

typedef void (*action)(void);

static void *volatile kept;
static volatile int count;
static volatile uintptr_t number;

static void take(void)
{
    free(kept);
    kept = malloc(24);
    count++;
}
static void quiet(void) { count += 0; }

ALONE static void apply(action call) { call(); }
ALONE static void apply_too(action call) { call(); }
ALONE static void apply_only(action call) { call(); }

ALONE void apply_far(action call) { call(); }

/* call_far() is told where the GOT is. */
__asm__(".text\n.type call_far,@function\n"
        "call_far: movabs $apply_far@GOTOFF,%rax\n add %rsi,%rax\n jmp *%rax\n.size call_far,.-call_far\n"
        ".type got,@function\ngot: lea _GLOBAL_OFFSET_TABLE_(%rip),%rax\n ret\n.size got,.-got\n");
void call_far(action call, uintptr_t got);
uintptr_t got(void);

int main(void)
{
    apply_far(quiet);
    call_far(take, got());
    apply(quiet);
    apply_too(quiet);
    apply_only(quiet);
    number = (uintptr_t)apply + 1;
    ((void (*)(action))(number - 1))(take);
    number = (uintptr_t)apply_too - 3;
    ((void (*)(action))(number + 3))(take);
    return count == 3 ? 0 : 1;
}
