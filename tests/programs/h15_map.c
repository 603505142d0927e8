//! H15: pages from the system are not heap memory. They are sites of a kind of their own, and no verdict
//! counts them.
//!
//! expect sites[function=pages].kind == map
//! expect sites[function=pages].bytes == 8192
//! expect sites[function=pages].allocator in (mmap, mmap64)
//! expect sites[function=more].kind == map
//! expect release: sites[function=table].count == null
//! expect release: sites[function=table].element_bytes == 24
//! expect sites[function=table].bytes == null
//! expect heap[name=pages].allocates == never
//! expect heap[name=table].allocates == always
//! expect count sites[kind=allocate] == 1
//! expect report.heap.sites == 1
//! expect report.heap.map_sites == 2
//! run exits 0

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noinline)) void *pages(void)
{
    return mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

__attribute__((noinline)) void *more(long bytes) { return sbrk(bytes); }

__attribute__((noinline)) void *table(size_t count) { return calloc(count, 24); }

int main(int count, char **arguments)
{
    (void)arguments;
    char *page = pages(), *entries = table((size_t)count);
    int status = page == MAP_FAILED || more(16) == (void *)-1 || !entries;
    free(entries);
    return status;
}
