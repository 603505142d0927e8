/* chain.c: three functions below each other, each with a buffer, and a system call at the end.
 *
 * tight: main second third shallow
 */
#include <unistd.h>

static __attribute__((noinline)) void third(const char *text, unsigned length)
{
    char buffer[2000];
    for (unsigned i = 0; i < sizeof buffer; i++)
        ((volatile char *)buffer)[i] = text[i % length];
    (void)!write(1, buffer, sizeof buffer);
}

static __attribute__((noinline)) unsigned second(const char *text, unsigned length)
{
    char buffer[300];
    for (unsigned i = 0; i < sizeof buffer; i++)
        ((volatile char *)buffer)[i] = text[i % length];
    third(buffer, sizeof buffer);
    return (unsigned char)((volatile char *)buffer)[length];
}

static __attribute__((noinline)) unsigned shallow(unsigned n)
{
    volatile char buffer[64];
    buffer[n & 63] = 1;
    return (unsigned)buffer[n & 63];
}

int main(int argc, char **argv)
{
    unsigned n = shallow((unsigned)argc);
    return second(argv[0], n + 1) == 255;
}
