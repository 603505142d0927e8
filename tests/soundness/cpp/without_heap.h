// without_heap.h: cases that never allocate.
#ifndef TESTS_SOUNDNESS_CPP_WITHOUT_HEAP_H
#define TESTS_SOUNDNESS_CPP_WITHOUT_HEAP_H

#include "parts.h"

namespace cases
{

using namespace parts;

NOINLINE void arithmetic(int v)
{
    sink = v * 17 / (v + 1);
}

NOINLINE void pure_virtual(int v)
{
    sink = pure(v).first(v) + pure(v + 1).second(v);
}

NOINLINE void virtual_area(int v)
{
    sink = shape(v).area();
}

NOINLINE void second_base(int v)
{
    static Red red;
    static Colored plain;
    Colored *volatile colored = v & 1 ? &red : &plain;
    sink = colored->color();
}

NOINLINE void virtual_base(int v)
{
    static Diamond diamond;
    static Left left;
    Base *volatile base = v & 1 ? static_cast<Base *>(&diamond) : &left;
    sink = base->number();
}

NOINLINE void devirtualized(int v)
{
    Square square;
    square.side = v;
    sink = square.area();
}

NOINLINE void array_sum(int v)
{
    std::array<int, 5> numbers = {1, 2, 3, v, 5};
    sink = std::accumulate(numbers.begin(), numbers.end(), 0);
}

NOINLINE void view(int v)
{
    std::string_view text = "a text with some words";
    sink = (long)text.find(' ', (size_t)v);
}

NOINLINE void sorted(int v)
{
    int numbers[] = {5, 3, v, 1, 9, 7, 0, 2};
    std::sort(std::begin(numbers), std::end(numbers));
    sink = numbers[2];
}

NOINLINE void lambda(int v)
{
    auto add = [v](long n) { return n + v; };
    sink = add(1) + add(2);
}

NOINLINE void optional(int v)
{
    std::optional<int> maybe = v > 2 ? std::optional<int>(v) : std::nullopt;
    sink = maybe.value_or(7);
}

NOINLINE void visits(int v)
{
    std::variant<int, double> either;
    if (v & 1)
        either = 2.5;
    sink = std::visit([](auto value) { return (long)value + 1; }, either);
}

NOINLINE void placement(int v)
{
    alignas(Square) unsigned char memory[sizeof(Square)];
    Square *square = new (memory) Square;
    sink = square->area() + v;
    square->~Square();
}

NOINLINE void member_pointer(int v)
{
    static long (Machine::*const table[])(long) = {&Machine::add, &Machine::multiply};
    Machine machine;
    sink = (machine.*table[v & 1])(v);
}

NOINLINE void casts(int v)
{
    const Shape *found = &shape(v);
    sink = dynamic_cast<const Square *>(found) != nullptr;
}

NOINLINE void asks_type(int v)
{
    sink = typeid(shape(v)) == typeid(Circle);
}

NOINLINE void empty_vector(int v)
{
    std::vector<int> none;
    sink = (long)none.size() + v;
}

NOINLINE void function_pointers(int v)
{
    sink = call_pointer(v & 1 ? plus : twice, v);
}

NOINLINE void guarded_static(int v)
{
    static const long start = v + plus(v);
    sink = start;
}

NOINLINE void atomics(int v)
{
    static std::atomic<long> counter;
    sink = counter.fetch_add(v);
}

NOINLINE void destructors(int v)
{
    Guard outer(v);
    Guard inner(v + 1);
    sink += plus(v);
}

NOINLINE void recursion(int v)
{
    sink = descend(v);
}

NOINLINE void nothrow_math(int v) noexcept
{
    sink = std::max(v, 3) + std::min(v, 2);
}

NOINLINE void null_pointer(int v)
{
    std::unique_ptr<int> none;
    sink = none ? *none : v;
}

NOINLINE void only_frees(int)
{
    ::operator delete(kept);
    kept = nullptr;
}

} // namespace cases

#endif
