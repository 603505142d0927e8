// with_heap.h: cases that may allocate, and those that always do.
#ifndef TESTS_SOUNDNESS_CPP_WITH_HEAP_H
#define TESTS_SOUNDNESS_CPP_WITH_HEAP_H

#include "parts.h"

namespace cases
{

using namespace parts;

/* ---- maybe ----------------------------------------------------------------------------------- */

NOINLINE void sometimes(int v)
{
    if (v > 1)
        kept = new int(v);
}

NOINLINE void pushes(int v)
{
    std::vector<int> numbers;
    for (int i = 0; i < v; i++)
        numbers.push_back(i);
    sink = (long)numbers.size();
}

NOINLINE void pushes_back(int v)
{
    static std::vector<int> numbers;
    numbers.push_back(v);
}

NOINLINE void short_or_long(int v)
{
    std::string text((size_t)v * 8, 'x');
    sink = text[0];
}

NOINLINE void mixed_virtual(int v)
{
    sink = changing_shape(v).grow(v);
}

NOINLINE void appends(int v)
{
    static std::string text;
    text += (char)('a' + v);
}

NOINLINE void inserts_again(int v)
{
    static std::map<int, int> numbers;
    numbers[v / 2]++;
}

NOINLINE void small_function(int v)
{
    sink = call([v](long n) { return n + v; }, 1);
}

NOINLINE void deletes_or_not(int v)
{
    delete static_cast<int *>(kept);
    kept = v & 1 ? new int(v) : nullptr;
}

NOINLINE void prints_number(int v)
{
    std::string text = std::to_string(v);
    sink = text[0];
}

NOINLINE void moves(int v)
{
    std::vector<int> from((size_t)v), to;
    to = std::move(from);
    sink = (long)to.size();
}

NOINLINE void stable(int v)
{
    int numbers[] = {5, 3, v, 1};
    std::stable_sort(std::begin(numbers), std::end(numbers));
    sink = numbers[0];
}

NOINLINE void any_number(int v)
{
    std::any value = v;
    sink = std::any_cast<int>(value);
}

/* ---- always ---------------------------------------------------------------------------------- */

NOINLINE void new_int(int v)
{
    kept = new int(v);
}

NOINLINE void new_array(int v)
{
    kept = new long[(size_t)v + 1];
}

NOINLINE void new_object(int)
{
    kept = new Square;
}

NOINLINE void nothrow_new(int v)
{
    kept = new (std::nothrow) int(v);
}

NOINLINE void calls_operator(int v)
{
    kept = ::operator new((size_t)v + 1);
}

NOINLINE void aligned_new(int v)
{
    kept = ::operator new((size_t)v + 1, std::align_val_t(64));
}

NOINLINE void makes_unique(int v)
{
    kept = std::make_unique<int>(v).release();
}

NOINLINE void deletes(int v)
{
    int *number = new int(v);
    kept = number;
    delete number;
    kept = nullptr;
}

NOINLINE void makes_shared(int v)
{
    std::shared_ptr<int> shared = std::make_shared<int>(v);
    std::shared_ptr<int> other = shared;
    sink = *other;
}

NOINLINE void ten_numbers(int v)
{
    std::vector<int> numbers(10, v);
    kept = numbers.data();
    sink = numbers[2];
    kept = nullptr;
}

NOINLINE void list_of_one(int v)
{
    std::list<int> numbers;
    numbers.push_back(v);
    sink = numbers.front();
}

NOINLINE void map_of_one(int v)
{
    std::map<int, int> numbers;
    numbers.emplace(v, 1);
    sink = (long)numbers.size();
}

NOINLINE void table_of_one(int v)
{
    std::unordered_map<int, int> numbers;
    numbers.emplace(v, 1);
    sink = (long)numbers.size();
}

NOINLINE void empty_deque(int v)
{
    std::deque<int> numbers;
    sink = (long)numbers.size() + v;
}

NOINLINE void through_wrapper(int v)
{
    kept = wrapped((size_t)v);
}

NOINLINE void both_branches(int v)
{
    if (v > 1)
        kept = new int(v);
    else
        kept = std::malloc(8);
}

NOINLINE void all_virtual(int v)
{
    kept = maker(v).make(v);
}

NOINLINE void before_throw(int v)
{
    kept = new int(v);
    sink = may_throw(v);
}

NOINLINE void large_function(int v)
{
    std::array<long, 20> numbers{};
    numbers[3] = v;
    sink = call([numbers](long n) { return n + numbers[3]; }, 1);
}

NOINLINE void owner_cleans_up(int v)
{
    Owner owner(v);
    kept = owner.memory;
    sink = may_throw(v);
    kept = nullptr;
}

NOINLINE void long_text(int v)
{
    std::string text(100, (char)('a' + v));
    kept = text.data();
    sink = text[3];
    kept = nullptr;
}

NOINLINE void large_any(int v)
{
    std::array<long, 20> numbers{};
    numbers[3] = v;
    std::any value = numbers;
    sink = value.has_value();
}

NOINLINE void streams(int v)
{
    std::ostringstream out;
    out << "number " << v << " of " << 2.5;
    sink = (long)out.str().size();
}

#ifdef __cpp_impl_coroutine
NOINLINE void coroutine(int v)
{
    Task task = count_to(v);
    long sum = 0;
    for (task.handle.resume(); !task.handle.done(); task.handle.resume())
        sum += task.handle.promise().value;
    task.handle.destroy();
    sink = sum;
}

NOINLINE void coroutine_unused(int v)
{
    Task task = count_to(v);
    kept = task.handle.address();
    task.handle.destroy();
    kept = nullptr;
}
#endif

} // namespace cases

#endif
