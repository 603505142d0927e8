// parts.h: classes and functions that the cases use. What must stay a call is NOINLINE.
#ifndef TESTS_SOUNDNESS_CPP_PARTS_H
#define TESTS_SOUNDNESS_CPP_PARTS_H

#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unordered_map>
#include <variant>
#include <vector>
#ifdef __cpp_impl_coroutine
#include <coroutine>
#endif

extern "C" {
extern unsigned allocations, frees;
unsigned raised(void);
}

#define NOINLINE __attribute__((noinline))

static volatile long sink;
static void *volatile kept;

namespace parts
{

struct Shape {
    virtual ~Shape() = default;
    virtual long area() const = 0;
    virtual long grow(int v) = 0;
};
struct Square : Shape {
    long side = 3;
    long area() const override
    {
        return side * side;
    }
    long grow(int v) override
    {
        return side += v;
    }
};
struct Circle : Shape {
    long radius = 2;
    long area() const override
    {
        return 3 * radius * radius;
    }
    long grow(int v) override
    {
        kept = std::malloc((size_t)v + 1);
        return radius;
    }
};

struct Colored {
    virtual ~Colored() = default;
    virtual long color() const
    {
        return 1;
    }
};
struct Red : Square, Colored { // calls through the second base go through a thunk
    long color() const override
    {
        return side + 5;
    }
};
struct Base {
    virtual ~Base() = default;
    virtual long number() const
    {
        return value;
    }
    long value = 3;
};
struct Left : virtual Base {
    long number() const override
    {
        return value + 1;
    }
};
struct Right : virtual Base {
};
struct Diamond : Left, Right {
    long number() const override
    {
        return 100;
    }
};

// A family of its own, so that all implementations allocate.
struct Maker {
    virtual ~Maker() = default;
    virtual void *make(int v) const = 0;
};
struct MakesBytes : Maker {
    void *make(int v) const override
    {
        return ::operator new((size_t)v + 1);
    }
};
struct MakesWords : Maker {
    void *make(int v) const override
    {
        return std::malloc(8 * (size_t)v + 8);
    }
};

// And one of pure functions only.
struct Pure {
    virtual ~Pure() = default;
    virtual long first(long v) const = 0;
    virtual long second(long v) const
    {
        return v;
    }
};
struct PureA : Pure {
    long first(long v) const override
    {
        return v + 1;
    }
};
struct PureB : Pure {
    long first(long v) const override
    {
        return v * 2;
    }
    long second(long v) const override
    {
        return first(v) ^ 3;
    }
};

struct Guard { // has a destructor that the unwinder must run
    explicit Guard(int v) : v(v)
    {
        sink += v;
    }
    ~Guard()
    {
        sink -= v;
    }
    int v;
};
struct Owner { // frees when it goes
    explicit Owner(int v) : memory(new int(v))
    {
    }
    ~Owner()
    {
        delete memory;
    }
    Owner(const Owner &) = delete;
    int *memory;
};
struct Machine {
    long state = 0;
    long add(long v)
    {
        return state += v;
    }
    long multiply(long v)
    {
        return state *= v;
    }
};

NOINLINE const Shape &shape(int v)
{
    static Square square;
    static Circle circle;
    if (v & 1)
        return square;
    return circle;
}

NOINLINE Shape &changing_shape(int v)
{
    static Square square;
    static Circle circle;
    if (v & 1)
        return square;
    return circle;
}

NOINLINE const Maker &maker(int v)
{
    static const MakesBytes bytes;
    static const MakesWords words;
    if (v & 1)
        return bytes;
    return words;
}

NOINLINE const Pure &pure(int v)
{
    static const PureA a;
    static const PureB b;
    if (v & 1)
        return a;
    return b;
}

NOINLINE void *wrapped(size_t bytes)
{
    void *memory = ::operator new(bytes);
    return memory;
}

NOINLINE void throw_number(int v)
{
    throw v;
}

NOINLINE void throw_text(int v)
{
    throw std::runtime_error("number " + std::to_string(v));
}

NOINLINE long may_throw(int v)
{
    if (v == 3)
        throw_number(v);
    return v;
}

NOINLINE long call(const std::function<long(long)> &function, long v)
{
    return function(v);
}

NOINLINE long call_pointer(long (*function)(long), long v)
{
    return function(v);
}

NOINLINE long descend(int left)
{
    Guard guard(left);
    return left <= 0 ? 0 : descend(left - 1) + 1;
}

NOINLINE long descend_and_throw(int left)
{
    Owner owner(left);
    if (left <= 0)
        throw std::out_of_range("bottom");
    return descend_and_throw(left - 1) + 1;
}

static long plus(long v)
{
    return v + 1;
}
static long twice(long v)
{
    return v * 2;
}

#ifdef __cpp_impl_coroutine
struct Task {
    struct promise_type {
        Task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        std::suspend_always yield_value(long v)
        {
            value = v;
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
        }
        long value = 0;
    };
    std::coroutine_handle<promise_type> handle;
};

NOINLINE Task count_to(int v)
{
    for (int i = 0; i < v; i++)
        co_yield i;
}
#endif

} // namespace parts

#endif
