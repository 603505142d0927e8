//! S12, C++: every std::thread begins in one function of libstdc++, which is shown as an entry; what
//! destroys a static object is an exit handler.
//!
//! build -pthread
//! expect entries[kind=main].name == main
//! expect count entries[kind=thread] >= 1
//! expect entries[kind=thread].limit_bytes == 8_388_608
//! expect some entries[kind=exit]
//! run exits 0

#include <thread>

static volatile int sink;

struct Counter {
    int count = 0;
    ~Counter() { sink = count; }
};

static Counter counter;

__attribute__((noinline)) static void work(int n)
{
    volatile char buffer[2000];
    buffer[n] = 1;
    counter.count += buffer[n];
}

int main(int argc, char **)
{
    std::thread thread(work, argc);
    thread.join();
    return 0;
}
