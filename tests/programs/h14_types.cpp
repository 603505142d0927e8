//! H14: for what type a site allocates, where the names of what was inlined around it tell. What is not
//! made by a known function of the library is not guessed.
//!
//! build release: -g
//! expect release: sites[function="unique(long)"].type == "Point"
//! expect release: sites[function="unique(long)"].bytes == 24
//! expect release: sites[function="list(unsigned long)"].type == "Point[]"
//! expect release: sites[function="plain(long)"].type == null
//! expect release: sites[function="plain(long)"].bytes == 24
//! expect sites[function="plain(long)"].kind == allocate
//! run exits 0

#include <memory>
#include <vector>

struct Point {
    long x, y, z;
};

__attribute__((noinline)) std::unique_ptr<Point> unique(long x)
{
    return std::make_unique<Point>(Point{x, 1, 2});
}

__attribute__((noinline)) std::vector<Point> list(std::size_t count)
{
    return std::vector<Point>(count);
}

__attribute__((noinline)) Point *plain(long x) { return new Point{x, 1, 2}; }

int main(int argc, char **)
{
    std::unique_ptr<Point> kept(plain(argc));
    return unique(argc)->x + list(3).size() + kept->z == 6 ? 0 : 1;
}
