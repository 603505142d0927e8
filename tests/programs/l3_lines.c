//! L3: as L1, in C: what a library does is told at the line that calls it; what it calls back is told
//! at its own lines; a call of own code is none.
//!
//! build release: -g -fno-builtin
//! expect lines[line=24, kind=allocate].bytes == 24
//! expect lines[line=24, kind=allocate].certain == true
//! expect lines[line=24, kind=allocate].through contains malloc
//! expect lines[line=29, kind=allocate].certain == true
//! expect lines[line=29, kind=allocate].allocator == malloc
//! expect lines[line=34, kind=reallocate].allocator == realloc
//! expect no lines[line=34, kind=free]
//! expect gcc|debug: lines[function=chooses, kind=allocate].certain == false
//! expect some lines[line=39, kind=allocate]
//! expect some lines[line=45, kind=allocate]
//! expect no lines[line=46]
//! expect some lines[line=47, kind=free]
//! run exits 0

#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void *makes(void)
{
    return malloc(24);
}

__attribute__((noinline)) static char *copies(const char *text)
{
    return strdup(text);
}

__attribute__((noinline)) static void *grows(void *block, size_t bytes)
{
    return realloc(block, bytes);
}

static int compares(const void *a, const void *b)
{
    free(malloc((size_t)(*(const int *)a & 7) + 1));
    return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static void sorts(int *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compares); // its own buffer
    void *block = makes();
    free(block);
}

__attribute__((noinline)) static long chooses(int which)
{
    long (*one)(long) = which ? (long (*)(long))malloc : labs;
    return one(24);
}

int main(void)
{
    int numbers[] = {3, 1, 2};
    sorts(numbers, 3);
    char *text = copies("text");
    text = grows(text, 100);
    free(text);
    free((void *)chooses(numbers[0]));
    chooses(0);
    return numbers[0] != 1;
}
