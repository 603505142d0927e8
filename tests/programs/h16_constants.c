//! H16: a callee that decides by its argument is judged with the argument that it is called with: a
//! wrapper that allocates unless the size is zero always allocates for a constant that is not zero,
//! also through a second wrapper, through a pointer to the caller's variable, and for a product of
//! constants. It need not for zero, nor for what nobody knows; and a constant that lay where
//! somebody else can write it is one no more.
//! (So in debug builds, and where the compiler may not look into callees: noipa, optnone.)
//!
//! build gcc: -fno-inline
//! build clang: -fno-inline
//! expect heap[name=wrapper].allocates == maybe
//! expect heap[name=of_constant].allocates == always
//! expect heap[name=of_product].allocates == always
//! expect heap[name=behind_loop].allocates == always
//! expect debug: heap[name=by_pointer].allocates == always
//! expect heap[name=of_zero].allocates in (never, on_panic, maybe)
//! expect heap[name=of_argument].allocates == maybe
//! expect heap[name=of_either].allocates == always
//! expect heap[name=of_either_or_none].allocates == maybe
//! expect heap[name=overwritten].allocates == maybe
//! expect heap[name=leaked].allocates == maybe
//! expect heap[name=through_callback].allocates in (maybe, unknown)
//! expect heap[name=give_back].frees == always
//! expect heap[name=give_back_none].frees == maybe
//! run exits 0

#include <stdio.h>
#include <stdlib.h>

#if defined __clang__
#define OPAQUE __attribute__((noinline, optnone))
#else
#define OPAQUE __attribute__((noipa))
#endif

static size_t *leaked_place;
static volatile size_t none;

OPAQUE void *wrapper(size_t bytes)
{
    if (bytes == 0)
        return NULL;
    return malloc(bytes);
}

OPAQUE void *product(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return wrapper(total);
}

OPAQUE void *at(const size_t *bytes)
{
    return wrapper(*bytes);
}

OPAQUE void release(void *pointer, size_t bytes)
{
    if (bytes)
        free(pointer);
}

OPAQUE void keep(size_t *place)
{
    leaked_place = place;
}

OPAQUE void change(void)
{
    *leaked_place = none;
}

OPAQUE void *of_constant(void)
{
    return wrapper(8);
}

OPAQUE void *of_product(void)
{
    return product(10, 4);
}

OPAQUE void *behind_loop(size_t count)
{
    for (size_t i = 0; i < count; i++)
        none = 0;
    return wrapper(24);
}

OPAQUE void *by_pointer(size_t unused)
{
    none = unused;
    size_t bytes = 16;
    return at(&bytes);
}

OPAQUE void *of_zero(void)
{
    return wrapper(0);
}

OPAQUE void *of_argument(size_t bytes)
{
    return wrapper(bytes);
}

OPAQUE void *of_either(int which)
{
    return which ? wrapper(8) : wrapper(16);
}

OPAQUE void *of_either_or_none(int which)
{
    return wrapper(which ? 8 : 0);
}

OPAQUE void *overwritten(size_t *other)
{
    size_t bytes = 16;
    keep(&bytes);
    *leaked_place = *other;
    return at(&bytes);
}

OPAQUE void *leaked(void)
{
    size_t bytes = 16;
    keep(&bytes);
    change();
    return at(&bytes);
}

OPAQUE void *through_callback(void (*callback)(size_t *))
{
    size_t bytes = 16;
    callback(&bytes);
    return at(&bytes);
}

OPAQUE void give_back(void *pointer)
{
    release(pointer, 8);
}

OPAQUE void give_back_none(void *pointer, size_t bytes)
{
    release(pointer, bytes);
}

static void clear(size_t *place)
{
    *place = 0;
}

int main(int count, char **arguments)
{
    (void)arguments;
    size_t zero = 0;
    void *all[] = {of_constant(), of_product(), behind_loop(3), by_pointer(0), of_either(count)};
    void *nothing[] = {of_zero(),          of_argument(0), of_either_or_none(0),
                       overwritten(&zero), leaked(),       through_callback(clear)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i])
            return 1;
        give_back(all[i]);
    }
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (nothing[i])
            return 2;
    give_back_none(NULL, zero);
    return 0;
}
