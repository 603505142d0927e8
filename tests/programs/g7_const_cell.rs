//! G7: a `const` with interior mutability is a recipe, not an object: each use makes a new one, on
//! the stack of the function that uses it. Changing it changes nothing for the next one.
//!
//! expect no globals[name=FRESH]
//! expect no globals[name="*FRESH*", writable=true]
//! expect debug: stack[name=first].frame_bytes >= 72
//! expect debug: stack[name=second].frame_bytes >= 72
//! In debug the index is checked, and the panic that it may end in allocates.
//! expect debug: heap[name=first].allocates == on_panic
//! expect release: heap[name=first].allocates == never
//! expect debug: heap[name=second].allocates == on_panic
//! expect release: heap[name=second].allocates == never
//! run exits 0

use std::cell::Cell;

const FRESH: Cell<[u64; 8]> = Cell::new([11, 22, 33, 44, 55, 66, 77, 88]);

#[inline(never)]
fn first(value: u64) -> u64 {
    FRESH.set([value; 8]);
    FRESH.get()[(value & 7) as usize]
}

#[inline(never)]
fn second(value: u64) -> u64 {
    FRESH.replace([value; 8])[(value & 3) as usize]
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{} {}", first(count), second(count));
}
