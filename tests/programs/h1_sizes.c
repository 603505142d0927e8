//! H1, C: each call of the allocator is a site, and where its arguments are constants, the machine
//! code says how much it asks for: malloc(24), calloc(3, 8) = 24 in 3, posix_memalign(.., 64, 256).
//! A size that comes from outside, that two ways disagree on, or that does not fit is not known.
//! (`either` may become two calls with a constant each. Without optimization it keeps the size in a
//! variable on the stack, which is not followed. glibc's aligned_alloc is its memalign.)
//!
//! expect sites[function=fixed, allocator=malloc].bytes == 24
//! expect sites[function=fixed, allocator=malloc].alignment == null
//! expect sites[function=fixed, allocator=malloc].count == null
//! expect sites[function=counted, allocator=calloc].bytes == 24
//! expect sites[function=counted, allocator=calloc].count == 3
//! expect sites[function=aligned, allocator=posix_memalign].bytes == 256
//! expect sites[function=aligned, allocator=posix_memalign].alignment == 64
//! expect sites[function=aligned_too].bytes == 96
//! expect sites[function=aligned_too].alignment == 32
//! expect sites[function=grown, allocator=realloc].bytes == 40
//! expect sites[function=varying, allocator=malloc].bytes == null
//! expect sites[function=either, allocator=malloc].bytes in (null, 16, 48)
//! expect sites[function=some_of, allocator=calloc].bytes == null
//! expect sites[function=some_of, allocator=calloc].count == null
//! expect sites[function=too_many, allocator=calloc].bytes == null
//! expect count sites >= 9
//! run exits 0

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) void *fixed(void)
{
    return malloc(24);
}

__attribute__((noinline)) void *counted(void)
{
    return calloc(3, 8);
}

__attribute__((noinline)) void *aligned(void)
{
    void *memory;
    return posix_memalign(&memory, 64, 256) ? NULL : memory;
}

__attribute__((noinline)) void *aligned_too(void)
{
    return aligned_alloc(32, 96);
}

__attribute__((noinline)) void *grown(void *memory)
{
    return realloc(memory, 40);
}

__attribute__((noinline)) void *varying(size_t bytes)
{
    return malloc(bytes);
}

__attribute__((noinline)) void *either(int large)
{
    size_t bytes = 16;
    if (large)
        bytes = 48;
    return malloc(bytes);
}

__attribute__((noinline)) void *some_of(size_t count)
{
    return calloc(count, 8);
}

__attribute__((noinline)) void *too_many(size_t count)
{
    // A constant that no memory can hold: all the more no size to tell.
    return count ? calloc(SIZE_MAX / 2, 16) : NULL;
}

int main(int argc, char **argv)
{
    (void)argv;
    size_t count = (size_t)argc;
    void *all[] = {grown(fixed()), counted(),    aligned(),      aligned_too(),
                   varying(count), either(argc), some_of(count), too_many(count)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        printf("%d", all[i] != NULL);
        free(all[i]);
    }
    return 0;
}
