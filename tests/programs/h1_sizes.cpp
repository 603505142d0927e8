//! H1, C++: new T asks operator new for the size of T, and for its alignment if that is larger than
//! usual; new T[n] for n times the size, which is a constant where n is one.
//! (At -O0 clang++ and g++ pass the size as an immediate too.)
//!
//! expect sites[function=one].bytes == 40
//! expect sites[function=one].alignment == null
//! expect sites[function=one].allocator == "operator new*"
//! expect sites[function=many].bytes == 400
//! expect sites[function=some_of].bytes == null
//! expect sites[function=wide].bytes == 128
//! expect sites[function=wide].alignment == 64
//! expect count sites >= 4
//! build g++: -std=c++17
//! build clang++: -std=c++17
//! run exits 0

#include <cstdio>
#include <cstdlib>

struct Plain {
    long words[5];
};

struct alignas(64) Wide {
    long words[16];
};

__attribute__((noinline)) Plain *one()
{
    return new Plain;
}

__attribute__((noinline)) Plain *many()
{
    return new Plain[10];
}

__attribute__((noinline)) Plain *some_of(unsigned count)
{
    return new Plain[count];
}

__attribute__((noinline)) Wide *wide()
{
    return new Wide;
}

int main(int argc, char **)
{
    Plain *first = one(), *second = many(), *third = some_of(static_cast<unsigned>(argc));
    Wide *fourth = wide();
    std::printf("%d", first && second && third && fourth);
    delete first;
    delete[] second;
    delete[] third;
    delete fourth;
    return 0;
}
