//! S12: where stacks begin. Threads (one with the usual stack, one with attributes that give it less than
//! its frame takes), signal handlers (by signal through a function of the program's own, by sigaction
//! with a struct on the stack and with a constant one), an exit handler, a constructor (a destructor
//! runs where main ended). A function that is only handed to qsort, or stored beside a struct sigaction, is none.
//!
//! build -pthread
//! expect entries[kind=main].name == main
//! expect entries[kind=main].limit_bytes == 8_388_608
//! expect entries[name=worker].kind == thread
//! expect entries[name=worker].limit_bytes == 8_388_608
//! expect entries[name=worker].exceeds_limit == false
//! expect entries[name=worker].bound_bytes == stack[name=worker].bound_bytes
//! expect entries[name=too_deep].kind == thread
//! expect entries[name=too_deep].limit_bytes == 65_536
//! expect entries[name=too_deep].exceeds_limit == true
//! expect entries[name=too_deep].bound_bytes >= 100_000
//! expect entries[name=by_signal].kind == signal
//! expect entries[name=by_signal].limit_bytes == null
//! expect entries[name=by_signal].exceeds_limit == null
//! expect entries[name=by_sigaction].kind == signal
//! expect entries[name=by_constant].kind == signal
//! expect count entries[kind=signal] == 3
//! expect count entries[kind=thread] == 2
//! expect entries[name=at_exit].kind == exit
//! expect entries[name=before_main].kind == constructor
//! expect no entries[name=behind_main]
//! expect no entries[name=compare]
//! expect no entries[name=bystander]
//! expect warnings[entry=too_deep].function == too_deep
//! expect warnings[entry=too_deep].kind == entry_exceeds_limit
//! expect warnings[entry=too_deep].limit_bytes == 65_536
//! expect warnings[entry=too_deep].bytes == entries[name=too_deep].bound_bytes
//! expect count warnings == 1
//! run exits 0

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static volatile int sink;

__attribute__((destructor)) static void behind_main(void) { sink++; }

__attribute__((noinline)) static void use(char *buffer)
{
    ((volatile char *)buffer)[17] = 1;
    sink += buffer[17];
}

static void *worker(void *argument)
{
    char buffer[4096];
    use(buffer);
    return argument;
}

static void *too_deep(void *argument)
{
    char buffer[100000];
    use(buffer);
    return argument;
}

static void by_signal(int number)
{
    sink = number;
}

static void by_sigaction(int number)
{
    sink = number;
}

static void by_constant(int number)
{
    sink = number;
}

static void bystander(int number)
{
    sink = number + 1;
}

static void at_exit(void)
{
    sink = 0;
}

__attribute__((constructor)) static void before_main(void)
{
    sink = 1;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static void install(int number, void (*handler)(int))
{
    signal(number, handler);
}

__attribute__((noinline)) static void call_bystander(void)
{
    void (*volatile other)(int) = bystander;
    other(1);
}

__attribute__((noinline)) static void fill(void)
{
    struct sigaction action;
    static const struct sigaction constant = {.sa_handler = by_constant};
    memset(&action, 0, sizeof action);
    action.sa_handler = by_sigaction;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &constant, NULL);
    call_bystander();
}

int main(int argc, char **argv)
{
    pthread_t threads[2];
    pthread_attr_t attributes;
    int numbers[] = {3, 1, 2};
    (void)argv;
    fill();
    install(SIGINT, by_signal);
    install(SIGTERM, SIG_IGN);
    atexit(at_exit);
    qsort(numbers, 3, sizeof numbers[0], compare);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    pthread_create(&threads[0], NULL, worker, NULL);
    pthread_join(threads[0], NULL);
    // It would crash.
    if (argc > 5)
        pthread_create(&threads[1], &attributes, too_deep, NULL);
    return 0;
}
