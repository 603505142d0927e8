// functions.cpp: C++ functions whose use of the heap is known by reading them; see functions.c for
// what is printed and `all` at the end for what is expected. Those that throw and catch
// themselves promise nothing while they do: what is behind a throw is no normal path.
#include "cpp/throwing.h"
#include "cpp/with_heap.h"
#include "cpp/without_heap.h"

#include <cstdio>

namespace
{

struct Case {
    const char *name, *expected;
    void (*run)(int);
};

#define CASE(expected, name)                                                                       \
    {                                                                                              \
#name, #expected, cases::name                                                              \
    }
const Case all[] = {
    CASE(never, arithmetic),
    CASE(never, pure_virtual),
    CASE(never, virtual_area),
    CASE(never, second_base),
    CASE(never, virtual_base),
    CASE(never, devirtualized),
    CASE(never, array_sum),
    CASE(never, view),
    CASE(never, sorted),
    CASE(never, lambda),
    CASE(never, optional),
    CASE(on_panic, visits),
    CASE(never, placement),
    CASE(never, member_pointer),
    CASE(any, casts),
    CASE(any, asks_type),
    CASE(any, empty_vector),
    CASE(never, function_pointers),
    CASE(any, guarded_static),
    CASE(never, atomics),
    CASE(never, destructors),
    CASE(never, recursion),
    CASE(never, nothrow_math),
    CASE(any, null_pointer),
    CASE(never, only_frees),
    CASE(on_panic, throws_at_three),
    CASE(on_panic, throws_text),
    CASE(on_panic, hands_on),
    CASE(on_panic, cleans_up),
    CASE(on_panic, checked_array),
    CASE(on_panic, checked_optional),
    CASE(on_panic, wrong_variant),
    CASE(on_panic, always_throws),
    CASE(on_panic, bad_reference_cast),
    CASE(on_panic, checked_view),
    CASE(on_panic, rethrows),
    CASE(on_panic, throws_another),
    CASE(on_panic, catches),
    CASE(on_panic, catches_all),
    CASE(on_panic, catches_base),
    CASE(on_panic, handler_allocates),
    CASE(on_panic, nested),
    CASE(on_panic, in_loop_catches),
    CASE(any, catches_from_deep),
    CASE(on_panic, keeps_exception),
    CASE(maybe, sometimes),
    CASE(maybe, pushes),
    CASE(maybe, pushes_back),
    CASE(maybe, short_or_long),
    CASE(maybe, mixed_virtual),
    CASE(maybe, appends),
    CASE(maybe, inserts_again),
    CASE(maybe, small_function),
    CASE(maybe, deletes_or_not),
    CASE(maybe, prints_number),
    CASE(maybe, moves),
    CASE(any, stable),
    CASE(maybe, any_number),
    CASE(always, new_int),
    CASE(always, new_array),
    CASE(always, new_object),
    CASE(always, nothrow_new),
    CASE(always, calls_operator),
    CASE(always, aligned_new),
    CASE(always, makes_unique),
    CASE(always, deletes),
    CASE(always, makes_shared),
    CASE(always, ten_numbers),
    CASE(always, list_of_one),
    CASE(always, map_of_one),
    CASE(always, table_of_one),
    CASE(always, empty_deque),
    CASE(always, through_wrapper),
    CASE(always, both_branches),
    CASE(always, all_virtual),
    CASE(always, before_throw),
    CASE(always, large_function),
    CASE(always, owner_cleans_up),
    CASE(always, long_text),
    CASE(always, large_any),
    CASE(any, streams),
#ifdef __cpp_impl_coroutine
    CASE(always, coroutine),
    CASE(always, coroutine_unused),
#endif
};

void run_case(const Case &one, int argument)
{
    unsigned raised_before = raised();
    allocations = frees = 0;
    const char *how = "returned";
    try {
        one.run(argument);
    } catch (...) {
        how = "diverged";
    }
    unsigned seen_allocations = allocations, seen_frees = frees;
    std::printf("%s %s %d %s %u %u %u\n", one.name, one.expected, argument, how, seen_allocations,
                seen_frees, raised() - raised_before);
}

} // namespace

int main()
{
    static char output[1 << 16]; // else the first printf allocates
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (const Case &one : all)
        for (int argument = 0; argument < 6; argument++)
            run_case(one, argument);
    return 0;
}
