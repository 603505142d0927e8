//! H13: an exception that is caught in the function itself. The throw diverges, and what the
//! unwinder enters is no normal path, also where it goes on to return; so what only a handler does
//! is `on_panic`. A cleanup on the way out is where the unwinder leads, too, and frees besides on
//! the normal path.
//!
//! expect heap[name=parse].allocates == on_panic
//! expect heap[name=handle].allocates == on_panic
//! expect heap[name=always_fails].allocates == on_panic
//! expect heap[name=owner].allocates == always
//! expect heap[name=owner].frees in (always, maybe)
//! expect some calls[from=handle, path=landing_pad]
//! expect no calls[from=handle, path=landing_pad, on_panic=false]
//! expect calls[from=parse, to contains "__cxa_throw*"].path == diverging
//! run exits 3

#include <cstdlib>

struct Resource {
    int *memory;
    explicit Resource(int value) : memory(new int(value)) {}
    ~Resource() { delete memory; }
};

static volatile int sink;
static int *volatile kept;

__attribute__((noinline)) int parse(int value)
{
    if (value > 100)
        throw value;
    return value + 1;
}

__attribute__((noinline)) int handle(int value)
{
    try {
        return parse(value);
    } catch (int code) {
        kept = new int(code);
        return 0;
    }
}

__attribute__((noinline)) int always_fails(int value)
{
    try {
        throw value;
    } catch (int code) {
        return code;
    }
}

__attribute__((noinline)) int owner(int value)
{
    Resource resource(value);
    kept = resource.memory;
    sink = parse(value);
    return *kept;
}

int main(int count, char **)
{
    if (always_fails(count) != count)
        return 1;
    if (handle(200) != 0)
        return 2;
    return handle(count) + owner(count);
}
