//! S11: what has no bound. A function that calls itself, two that call each other (also with a frame
//! between the calls that the optimizer may not remove), an array whose length is decided at run
//! time, and alloca: each is told apart, and each still has a floor.
//!
//! expect stack[name=depth].recursive == true
//! expect stack[name=depth].bound_bytes == null
//! expect some stack[name=depth].unbounded_because[kind=recursion]
//! expect stack[name=depth].at_least_bytes >= 256
//! expect stack[name=even].recursive == true
//! expect stack[name=odd].recursive == true
//! expect stack[name=even].bound_bytes == null
//! expect some recursions
//! expect stack[name=of_length].frame == dynamic
//! expect stack[name=of_length].bound_bytes == null
//! expect some stack[name=of_length].unbounded_because[kind=dynamic_frame]
//! expect stack[name=of_length].recursive == false
//! expect stack[name=with_alloca].frame == dynamic
//! expect some stack[name=with_alloca].unbounded_because[kind=dynamic_frame]
//! expect stack[name=plain].frame == fixed
//! expect stack[name=plain].frame_bytes == su[plain]
//! expect stack[name=plain].recursive == false
//! expect stack[name=plain].bound_bytes >= 1024
//! expect stack[name=depth].frame_bytes == su[depth]
//! expect stack[name=main].bound_bytes == null
//! expect heap[name=depth].allocates == never
//! expect heap[name=even].allocates == never
//! expect heap[name=odd].allocates == never
//! expect heap[name=of_length].allocates == never
//! expect heap[name=with_alloca].allocates == never
//! run exits 0

#include <alloca.h>
#include <stdio.h>

static volatile char sink;

__attribute__((noinline)) static void fill(char *to, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        ((volatile char *)to)[i] = (char)i;
}

__attribute__((noinline)) unsigned depth(unsigned left)
{
    char buffer[256];
    fill(buffer, sizeof buffer);
    unsigned below = left == 0 ? 0 : depth(left - 1);
    return below + (unsigned char)((volatile char *)buffer)[left & 255];
}

__attribute__((noinline)) unsigned odd(unsigned value);

__attribute__((noinline)) unsigned even(unsigned value)
{
    char buffer[64];
    fill(buffer, sizeof buffer);
    unsigned below = value == 0 ? 1 : odd(value - 1);
    return below ^ (unsigned)((volatile char *)buffer)[0];
}

__attribute__((noinline)) unsigned odd(unsigned value)
{
    char buffer[32];
    fill(buffer, sizeof buffer);
    unsigned below = value == 0 ? 0 : even(value - 1);
    return below ^ (unsigned)((volatile char *)buffer)[0];
}

__attribute__((noinline)) unsigned of_length(unsigned length)
{
    char buffer[length + 1];
    fill(buffer, length + 1);
    return (unsigned char)((volatile char *)buffer)[length];
}

__attribute__((noinline)) unsigned with_alloca(unsigned length)
{
    char *buffer = alloca(length + 1);
    fill(buffer, length + 1);
    return (unsigned char)((volatile char *)buffer)[length];
}

__attribute__((noinline)) unsigned plain(unsigned length)
{
    char buffer[1024];
    fill(buffer, sizeof buffer);
    return (unsigned char)((volatile char *)buffer)[length & 1023];
}

int main(int argc, char **argv)
{
    unsigned n = (unsigned)argc;
    (void)argv;
    sink = (char)plain(n);
    printf("%u %u %u %u\n", depth(n), even(n), of_length(n), with_alloca(n));
    return 0;
}
