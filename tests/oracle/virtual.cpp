// virtual.cpp: calls through virtual tables, member pointers, std::function and callbacks, for
// indirect.py, which looks at which function each of them really enters.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
    virtual std::string name() const { return "shape"; }
};
struct Square : Shape {
    int side;
    explicit Square(int side) : side(side) {}
    int area() const override { return side * side; }
    std::string name() const override { return "square"; }
};
struct Circle final : Shape {
    int radius;
    explicit Circle(int radius) : radius(radius) {}
    int area() const override { return 3 * radius * radius; }
};
struct Colored { // a second base: calls go through thunks
    virtual int color() const { return 1; }
    virtual ~Colored() = default;
};
struct Red : Square, Colored {
    Red() : Square(2) {}
    int color() const override { return 0xff0000 + side; }
    int area() const override { return 5; }
};
struct Base { virtual int f() { return 1; } virtual ~Base() = default; int value = 3; };
struct Left : virtual Base { int f() override { return value + 10; } };
struct Right : virtual Base { virtual int g() { return f() + 20; } };
struct Diamond : Left, Right { int f() override { return 100; } };

__attribute__((noinline)) static int total(const std::vector<std::unique_ptr<Shape>> &shapes)
{
    int sum = 0;
    for (const auto &shape : shapes)
        sum += shape->area() + (int)shape->name().size();
    return sum;
}

__attribute__((noinline)) static int paint(const Colored &colored) { return colored.color(); }
__attribute__((noinline)) static int meet(Right &right) { return right.g(); }

__attribute__((noinline)) static int apply(const std::function<int(int)> &function, int x)
{
    return function(x);
}

struct Machine {
    int state = 0;
    int step() { return ++state; }
    int back() { return --state; }
    int (Machine::*move)() = &Machine::step;
};
__attribute__((noinline)) static int drive(Machine &machine) { return (machine.*machine.move)(); }

static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
static int negate(int x) { return -x; }
struct Operation { const char *name; int (*run)(int); };
static const Operation operations[] = {{"twice", twice}, {"square", square}};
static Operation changeable = {"negate", negate};
__attribute__((noinline)) static int run(const Operation *operation, int x)
{
    return operation->run(x);
}
__attribute__((noinline)) static int each(int (*function)(int), int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += function(i);
    return sum;
}

int main(int argc, char **)
{
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Square>(argc));
    shapes.push_back(std::make_unique<Circle>(argc + 1));
    shapes.push_back(std::make_unique<Red>());
    int sum = total(shapes);
    Red red;
    Diamond diamond;
    sum += paint(red) + paint(Colored()) + meet(diamond);
    int captured = argc;
    sum += apply([captured](int x) { return x + captured; }, 4) + apply(twice, 5);
    Machine machine;
    sum += drive(machine);
    machine.move = &Machine::back;
    sum += drive(machine);
    sum += run(&operations[argc & 1], 3) + run(&changeable, 4);
    changeable.run = argc > 5 ? square : twice;
    sum += run(&changeable, 5) + each(negate, 3) + each(square, 3);
    std::vector<std::string> words = {"one", "two", "three"};
    std::sort(words.begin(), words.end(), [](auto &a, auto &b) { return a.size() < b.size(); });
    std::map<std::string, int> counts;
    for (const auto &word : words)
        counts[word]++;
    std::ostringstream text;
    text << sum << ' ' << counts.size();
    std::qsort(words.data(), 0, sizeof words[0], nullptr);
    try {
        if (argc > 0)
            throw std::out_of_range(text.str());
    } catch (const std::exception &problem) {
        std::puts(problem.what());
    }
    return 0;
}
