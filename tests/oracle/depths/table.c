/* table.c: the deepest function is reached through a constant table of function pointers, a switch
 * with a jump table and bsearch().
 *
 * tight: choose use large
 */
#include <stdlib.h>
#include <string.h>

static volatile int sink;

static __attribute__((noinline)) void use(char *bytes, unsigned count)
{
    memset(bytes, 1, count);
    sink += bytes[count / 2];
}

static int small(int n)
{
    char bytes[32];
    use(bytes, sizeof bytes);
    return n + bytes[3];
}

static int middle(int n)
{
    char bytes[700];
    use(bytes, sizeof bytes);
    return n ^ bytes[3];
}

static int large(int n)
{
    char bytes[5000];
    use(bytes, sizeof bytes);
    return n - bytes[3];
}

static int (*const table[])(int) = {small, middle, large, small};

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    sink += table[left & 3](right);
    return (left > right) - (left < right);
}

static __attribute__((noinline)) int choose(int n)
{
    switch (n) {
    case 0:
        return small(n);
    case 1:
        return middle(n);
    case 2:
        return sink;
    case 3:
        return small(3) + 1;
    case 4:
        return middle(5) + 1;
    case 5:
        return small(7) + 2;
    default:
        return 9;
    }
}

int main(int argc, char **argv)
{
    static const int sorted[] = {1, 2, 3, 4, 5, 6, 7, 8};
    int key = 2, sum = 0;
    (void)argv;
    for (int i = 0; i < 7; i++)
        sum += choose(i * argc);
    sum += bsearch(&key, sorted, 8, sizeof key, compare) != NULL;
    return sum == -1;
}
