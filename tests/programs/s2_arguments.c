//! S2, C: the same in C, where the compiler itself tells each frame (-fstack-usage).
//!
//! expect heap[name=by_value].allocates == never
//! expect heap[name=make].allocates == never
//! expect heap[name=caller].allocates == never
//! expect stack[name=by_value].frame_bytes == su[by_value]
//! expect stack[name=by_reference].frame_bytes == su[by_reference]
//! expect stack[name=make].frame_bytes == su[make]
//! expect stack[name=caller].frame_bytes == su[caller]
//! expect stack[name=caller].frame_bytes >= 512
//! expect stack[name=caller].bound_bytes > 512
//! expect stack[name=caller].recursive == false
//! expect stack[name=main].frame_bytes == su[main]
//! run exits 0

#include <stdio.h>

struct large {
    unsigned long words[64];
};

__attribute__((noinline)) struct large make(unsigned long seed)
{
    struct large large;
    for (int i = 0; i < 64; i++)
        large.words[i] = seed + (unsigned long)i;
    return large;
}

__attribute__((noinline)) unsigned long by_value(struct large large)
{
    return large.words[3];
}

__attribute__((noinline)) unsigned long by_reference(const struct large *large)
{
    return large->words[5];
}

__attribute__((noinline)) unsigned long caller(unsigned long seed)
{
    struct large large = make(seed);
    return by_reference(&large) ^ by_value(large);
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%lu\n", caller((unsigned long)argc));
    return 0;
}
