//! H10: what C++ allocates. new always does, and delete frees (not a null pointer, so where the
//! compiler cannot know it is none, it is `maybe`). A vector of ten ints is 40 bytes; push_back
//! allocates where it is full. A string keeps up to 15 characters in itself: a longer literal
//! always goes to the heap, a short one never has to, and of a text that is only known at run time
//! it is `maybe`. A virtual call does what its implementations do: of Shape there are two, of which
//! one allocates; `unknown` where they are not all found. unique_ptr: make_unique allocates, and the owner frees if it has something. A
//! throw allocates the exception, on a diverging path.
//! (At -O0 the short string's constructor asks for its length at run time, in loops that are not
//! followed; there and in the shared library of std both strings are `maybe`.)
//!
//! expect heap[name=make].allocates == always
//! expect heap[name=remove].frees in (maybe, always)
//! expect heap[name=ten].allocates == always
//! expect heap[name=grow].allocates == maybe
//! expect release: heap[name="short_text*"].allocates in (never, on_panic)
//! expect debug: heap[name="short_text*"].allocates in (never, on_panic, maybe)
//! expect heap[name="long_text*"].allocates in (maybe, always)
//! expect release: heap[name="long_text*"].allocates == always
//! expect heap[name="some_text*"].allocates == maybe
//! expect heap[name=drawn_area].allocates in (maybe, unknown)
//! expect heap[name="Drawn::area*"].allocates == maybe
//! expect heap[name="Square::area*"].allocates == never
//! expect heap[name=owned].allocates == always
//! expect heap[name=disown].frees == maybe
//! expect heap[name=refuse].allocates == on_panic
//! expect heap[name=sum].allocates == never
//! expect sites[function=make].bytes == 40
//! expect release: sites[function=ten].bytes == 40
//! run exits 0

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

struct Plain {
    long words[5];
};

struct Shape {
    virtual int area(int side) const = 0;
    virtual ~Shape() {}
};

struct Square : Shape {
    int area(int side) const override { return side * side; }
};

struct Drawn : Shape {
    int area(int side) const override
    {
        std::vector<int> rows(side, side);
        int sum = 0;
        for (int row : rows)
            sum += row;
        return sum;
    }
};

static void *volatile kept;

__attribute__((noinline)) Plain *make()
{
    return new Plain();
}

__attribute__((noinline)) void remove(Plain *plain)
{
    delete plain;
}

__attribute__((noinline)) std::vector<int> ten()
{
    return std::vector<int>(10);
}

__attribute__((noinline)) void grow(std::vector<int> &values)
{
    values.push_back(5);
}

__attribute__((noinline)) int sum(const std::vector<int> &values)
{
    int sum = 0;
    for (size_t i = 0; i < values.size(); i++)
        sum += values[i];
    return sum;
}

__attribute__((noinline)) std::string short_text()
{
    return "short";
}

__attribute__((noinline)) std::string long_text()
{
    return "longer than fits into the object";
}

__attribute__((noinline)) std::string some_text(const char *text)
{
    return text;
}

__attribute__((noinline)) int drawn_area(const Shape &shape, int side)
{
    return shape.area(side);
}

__attribute__((noinline)) std::unique_ptr<Plain> owned()
{
    return std::unique_ptr<Plain>(new Plain());
}

__attribute__((noinline)) void disown(std::unique_ptr<Plain> &owner)
{
    owner.reset();
}

__attribute__((noinline)) int refuse(int value)
{
    if (value > 100)
        throw value;
    return value;
}

int main(int count, char **arguments)
{
    Plain *plain = make();
    kept = plain;
    remove(plain);
    std::vector<int> values = ten();
    grow(values);
    std::string text = short_text() + long_text() + some_text(arguments[0]);
    Square square;
    Drawn drawn;
    const Shape *shapes[] = {&square, &drawn};
    std::unique_ptr<Plain> owner = owned();
    kept = owner.get();
    disown(owner);
    printf("%d %zu %d\n", sum(values), text.size(), drawn_area(*shapes[count & 1], refuse(count)));
    return 0;
}
