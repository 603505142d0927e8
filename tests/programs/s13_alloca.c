//! S11, alloca of a constant size: each call takes the same, but nobody knows beforehand how often
//! it is made. In a loop and in one branch of two the frame is dynamic, whatever comes last there: a
//! call, of which only the whole program tells whether it comes back, or something else. Where the
//! call in the branch never comes back, the frame behind it is the same on all ways and fixed. (gcc
//! -O2 makes two ways to the end of in_branch, each with a stack of its own.)
//!
//! expect stack[name in (in_loop, before_call)].frame == dynamic
//! expect stack[name in (in_loop, before_call)].bound_bytes == null
//! expect debug|clang: stack[name=in_branch].frame == dynamic
//! expect debug|clang: stack[name=in_branch].bound_bytes == null
//! expect stack[name=ends].frame == fixed
//! expect stack[name=ends].bound_bytes != null
//! run exits 0
#include <alloca.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

static char *volatile kept;
static volatile int number;

NOINLINE static int quiet(int value)
{
    volatile char room[100];
    room[value & 63] = 1;
    number++;
    return room[value & 63] + value;
}

NOINLINE static _Noreturn void end(int value)
{
    volatile char room[100];
    room[value & 63] = 1;
    for (;;)
        room[0]++;
}

NOINLINE static int in_loop(int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        char *room = alloca(64);
        room[0] = (char)i;
        kept = room;
        sum += quiet(i);
    }
    return sum;
}

NOINLINE static int before_call(int count)
{
    while (number < count) {
        char *room = alloca(64);
        room[0] = (char)count;
        kept = room;
        quiet(count);
    }
    return quiet(count);
}

NOINLINE static int in_branch(int value)
{
    if (value > 2) {
        char *room = alloca(640);
        room[0] = (char)value;
        kept = room;
        quiet(value);
    }
    return quiet(value) + 1;
}

NOINLINE static int ends(int value)
{
    if (value > 200) {
        volatile char room[32];
        room[value & 31] = 1;
        end(room[0]);
    }
    return quiet(value) + 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    return in_loop(argc + 4) + before_call(10) + in_branch(argc + 4) + ends(argc) > 0 ? 0 : 1;
}
