//! A constructor has two names, for complete and for base objects, and often one body for both. Where
//! g++ splits off a cold part of it, the part is called after one of them, and the function may be
//! shown under the other. It is one function all the same: what the handler does is the
//! constructor's doing, and no part is listed by itself.
//!
//! expect count heap[name="Opened::Opened*"] == 1
//! expect heap[name="Opened::Opened*"].allocates == on_panic
//! expect some calls[from="Opened::Opened*", to contains malloc, path=landing_pad]
//! expect count heap[name="Opened::~Opened*"] == 1
//! expect heap[name="Opened::~Opened*"].allocates == never
//! run exits 0
#include <cstdlib>

static void *volatile kept;
static volatile int limit = 3;

__attribute__((noinline)) static void check(int number)
{
    if (number > limit)
        throw number;
}

struct Opened {
    int number;
    __attribute__((noinline)) Opened(int number);
    __attribute__((noinline)) ~Opened();
};

Opened::Opened(int wanted)
{
    try {
        check(wanted);
        number = wanted;
    } catch (...) {
        kept = malloc(77);
        number = 0;
    }
}

Opened::~Opened()
{
    if (__builtin_expect(number < 0, 0))
        abort();
    number = -1;
}

int main(int argc, char **)
{
    Opened small(argc), large(argc + 5);
    return small.number + large.number == argc ? 0 : 1;
}
