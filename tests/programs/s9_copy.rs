//! S9: values of `Copy` types are copied by assignment and by passing them: bytes from one place on
//! the stack to another, never the heap.
//!
//! expect heap[name=turn].allocates == never
//! expect heap[name=twice].allocates == never
//! expect heap[name=turn].frees == never
//! expect stack[name=turn].frame == fixed
//! expect stack[name=twice].frame == fixed
//! expect stack[name=twice].bound_bytes > 0
//! expect no stack[name=twice].unbounded_because
//! run exits 0

#[derive(Clone, Copy)]
struct Pair {
    a: u64,
    b: u64,
}

#[inline(never)]
fn turn(pair: Pair) -> Pair {
    let copy = pair;
    Pair { a: copy.b, b: copy.a ^ 1 }
}

#[inline(never)]
fn twice(pair: Pair) -> Pair {
    let once = turn(pair);
    let again = turn(once);
    Pair { a: once.a ^ again.a, ..again }
}

fn main() {
    let count = std::env::args().count() as u64;
    let pair = twice(Pair { a: count, b: 2 });
    println!("{}", pair.a ^ pair.b);
}
