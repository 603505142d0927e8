//! S2: passing by value, by reference or by move, and returning something large: never the heap. A
//! large value is returned through memory that the caller has in its frame.
//! (Newer compilers see in release that both by_ functions do the same and keep only one.)
//!
//! expect debug|rustc<1.70: heap[name=by_value].allocates == never
//! expect heap[name=by_reference].allocates == never
//! expect heap[name=make].allocates == never
//! expect stack[name=make].frame == fixed
//! expect stack[name=by_reference].frame == fixed
//! expect stack[name=caller].frame_bytes >= 520
//! expect stack[name=by_reference].frame_bytes < 128
//! expect release: stack[name=by_reference].frame_bytes <= 16
//! run exits 0

pub struct Large {
    words: [u64; 64],
}

#[inline(never)]
fn make(seed: u64) -> Large {
    let mut large = Large { words: [seed; 64] };
    large.words[5] = 1;
    large
}

#[inline(never)]
fn by_value(large: Large, at: u64) -> u64 {
    large.words[3] ^ at
}

#[inline(never)]
fn by_reference(large: &Large, at: u64) -> u64 {
    large.words[3] ^ at
}

#[inline(never)]
fn caller(seed: u64) -> u64 {
    let large = make(seed);
    let seen = by_reference(&large, seed);
    seen ^ by_value(large, seed)
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{}", caller(count));
}
