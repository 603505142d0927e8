/*
 * frames.c: functions whose stack frames are made in unusual ways, for frames.py. Nothing is run.
 */
#include <alloca.h>

void use(void *);
void callee(int);
void nine(int, int, int, int, int, int, int, int, int);
_Noreturn void die(void);

void variable_length(int n)
{
    char bytes[n];
    use(bytes);
}

void variable_length_in_loop(int n)
{
    for (int i = 0; i < n; i++) {
        char bytes[i + 1];
        use(bytes);
    }
}

void two_allocas(int n)
{
    use(alloca(n));
    use(alloca(n + 1));
}

int alloca_on_one_way(int n)
{
    char bytes[64];
    use(bytes);
    if (n > 3)
        use(alloca(n));
    return n;
}

void large(void)
{
    char bytes[100000];
    use(bytes);
}

void larger_on_one_way(int n)
{
    char bytes[8192];
    use(bytes);
    if (n) {
        char more[20000];
        use(more);
    }
}

void aligned_32(void)
{
    char bytes[64] __attribute__((aligned(32)));
    use(bytes);
}

void aligned_64(int n)
{
    char bytes[200] __attribute__((aligned(64)));
    use(bytes);
    if (n)
        use(bytes + 1);
}

void aligned_64_and_variable(int n)
{
    char bytes[200] __attribute__((aligned(64)));
    char more[n];
    use(bytes);
    use(more);
}

int leaf(const int *numbers)
{
    volatile int copy[8];
    for (int i = 0; i < 8; i++)
        copy[i] = numbers[i];
    return copy[numbers[8] & 7];
}

void tail_call(int n)
{
    char bytes[40];
    use(bytes);
    callee(n);
}

void clean_tail_call(int n)
{
    callee(n);
}

void arguments_on_stack(int n)
{
    nine(1, 2, 3, 4, 5, 6, 7, 8, n);
}

int diverging(int n)
{
    char bytes[100];
    if (n)
        die();
    use(bytes);
    return 3;
}
