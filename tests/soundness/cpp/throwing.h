// throwing.h: cases that allocate only if something is thrown, in them or below.
#ifndef TESTS_SOUNDNESS_CPP_THROWING_H
#define TESTS_SOUNDNESS_CPP_THROWING_H

#include "parts.h"

namespace cases
{

using namespace parts;

NOINLINE void throws_at_three(int v)
{
    if (v == 3)
        throw 5;
    sink = v;
}

NOINLINE void throws_text(int v)
{
    if (v > 3)
        throw_text(v);
    sink = v;
}

NOINLINE void hands_on(int v)
{
    sink = may_throw(v) + 1;
}

NOINLINE void cleans_up(int v)
{
    Guard guard(v);
    sink = may_throw(v);
}

NOINLINE void checked_array(int v)
{
    static const std::array<int, 3> numbers = {1, 2, 3};
    sink = numbers.at((size_t)v);
}

NOINLINE void checked_optional(int v)
{
    std::optional<int> maybe = v < 3 ? std::optional<int>(v) : std::nullopt;
    sink = maybe.value();
}

NOINLINE void wrong_variant(int v)
{
    std::variant<int, double> either = v;
    if (v == 3)
        either = 2.5;
    sink = std::get<int>(either);
}

NOINLINE void always_throws(int v)
{
    throw_number(v);
}

NOINLINE void bad_reference_cast(int v)
{
    sink = dynamic_cast<const Square &>(shape(v)).side;
}

NOINLINE void checked_view(int v)
{
    std::string_view text = "abc";
    sink = (long)text.substr((size_t)v).size();
}

NOINLINE void rethrows(int v)
{
    try {
        sink = may_throw(v);
    } catch (int) {
        sink = 1;
        throw;
    }
}

NOINLINE void throws_another(int v)
{
    try {
        sink = may_throw(v);
    } catch (int number) {
        throw std::logic_error(std::string(50, (char)('a' + number)));
    }
}

/* ---- Throw and catch: on_panic, since nothing of it is on a normal path ------------------------
 */

NOINLINE void catches(int v)
{
    try {
        sink = may_throw(v);
    } catch (int) {
        sink = -1;
    }
}

NOINLINE void catches_all(int v)
{
    try {
        if (v > 2)
            throw_text(v);
    } catch (...) {
        sink = -1;
    }
}

NOINLINE void catches_base(int v)
{
    try {
        if (v == 4)
            throw_text(v);
        sink = v;
    } catch (const std::exception &problem) {
        sink = problem.what()[0];
    }
}

NOINLINE void handler_allocates(int v)
{
    try {
        sink = may_throw(v);
    } catch (int) {
        kept = ::operator new(10);
    }
}

NOINLINE void nested(int v)
{
    try {
        try {
            sink = may_throw(v);
        } catch (double) {
            sink = 2;
        }
    } catch (int) {
        sink = 3;
    }
}

NOINLINE void in_loop_catches(int v)
{
    for (int i = 0; i < v; i++) {
        try {
            sink = may_throw(i);
        } catch (int) {
            continue;
        }
    }
}

NOINLINE void catches_from_deep(int v)
{
    try {
        sink = descend_and_throw(v);
    } catch (const std::out_of_range &) {
        sink = -2;
    }
}

NOINLINE void keeps_exception(int v)
{
    std::exception_ptr pointer;
    try {
        sink = may_throw(v);
    } catch (...) {
        pointer = std::current_exception();
    }
    sink = pointer != nullptr;
}

} // namespace cases

#endif
