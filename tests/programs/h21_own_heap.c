//! H21: a heap of the program's own, over mmap. Nobody in it is an allocator by name, so that no
//! function allocates; but it is not said that there is no dynamic memory.
//!
//! expect report.heap.possible == true
//! build -nostdlib -static -ffreestanding -fno-stack-protector

static long call_kernel(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static char *next, *end;

__attribute__((noinline)) void *take(unsigned long bytes)
{
    if (bytes > (unsigned long)(end - next)) {
        next = (char *)call_kernel(9, 0, 1 << 20, 3, 0x22, -1, 0);
        end = next + (1 << 20);
    }
    next += bytes;
    return next - bytes;
}

void _start(void)
{
    char *p = take(24);
    p[0] = 0;
    call_kernel(60, p[0], 0, 0, 0, 0, 0);
}
