//! S7: closures, called at once, stored and called, stored and called in another order, and a large one
//! that moves what it captures: values like others, on the stack, each call to one known function. Not
//! the heap. What a closure holds counts in the frame of who holds it.
//!
//! expect heap[name=at_once].allocates == never
//! expect heap[name=stored].allocates == never
//! expect heap[name=other_order].allocates == never
//! expect heap[name=holds_large].allocates in (never, on_panic)
//! expect release: heap[name=holds_large].allocates == never
//! expect heap[name=at_once].frees == never
//! expect heap[name=holds_large].frees in (never, on_panic)
//! expect release: heap[name=holds_large].frees == never
//! expect stack[name=at_once].bound_bytes > 0
//! expect stack[name=stored].bound_bytes > 0
//! expect stack[name=other_order].bound_bytes > 0
//! expect stack[name=holds_large].frame_bytes >= 264
//! expect stack[name=at_once].frame_bytes < 264
//! expect stack[name=stored].frame_bytes < 264
//! expect stack[name=other_order].frame_bytes < 264
//! run exits 0

/// Gives the reference back in a way that the optimizer does not see through.
#[inline(never)]
fn keep<T>(value: &T) -> &T {
    let mut address = value as *const T as usize;
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) address);
        std::mem::transmute(address)
    }
}

#[inline(never)]
fn at_once(seed: u64) -> u64 {
    (|value: u64| value ^ seed)(seed.rotate_left(3))
}

#[inline(never)]
fn stored(seed: u64) -> u64 {
    let first = |value: u64| value.wrapping_mul(3) ^ seed;
    let second = |value: u64| value.wrapping_mul(5) ^ seed;
    let one = first(seed);
    let two = second(one);
    one ^ two
}

#[inline(never)]
fn other_order(seed: u64) -> u64 {
    let first = |value: u64| value.wrapping_mul(3) ^ seed;
    let second = |value: u64| value.wrapping_mul(5) ^ seed;
    let two = second(seed);
    let one = first(two);
    one ^ two
}

#[inline(never)]
fn call<F: Fn(usize) -> u64>(closure: &F, at: usize) -> u64 {
    closure(at)
}

#[inline(never)]
fn holds_large(seed: u64) -> u64 {
    let words = [seed; 32];
    let closure = move |at: usize| words[at & 31];
    call(keep(&closure), seed as usize)
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{} {}", at_once(count), stored(count));
    println!("{} {}", other_order(count), holds_large(count));
}
