/* threads.c: two threads, the second one deeper than main. Of interest are the threads' functions:
 * what pthread_create itself does below main may have no bound.
 *
 * tight: deep shallow
 */
#include <pthread.h>
#include <string.h>

static volatile int sink;

static __attribute__((noinline)) void use(char *bytes, unsigned count)
{
    memset(bytes, 1, count);
    sink += bytes[count / 2];
}

static void *shallow(void *argument)
{
    char bytes[100];
    use(bytes, sizeof bytes);
    return argument;
}

static void *deep(void *argument)
{
    char bytes[40000];
    use(bytes, sizeof bytes);
    return shallow(argument);
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, shallow, NULL);
    pthread_join(first, NULL);
    pthread_create(&second, NULL, deep, NULL);
    pthread_join(second, NULL);
    return 0;
}
