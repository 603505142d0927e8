//! S10: going over what is there: `&Vec`, `.iter().enumerate()`, the values of a HashMap. The collections
//! are on the heap, looking at them is not: no normal path allocates. (Debug builds check their own
//! arithmetic, and the panic of a failed check does.)
//!
//! expect heap[name=over_vec].allocates in (never, on_panic)
//! expect heap[name=with_index].allocates in (never, on_panic)
//! expect heap[name=over_values].allocates in (never, on_panic)
//! expect release: heap[name=over_vec].allocates == never
//! expect release: heap[name=with_index].allocates == never
//! expect release: heap[name=over_values].allocates == never
//! expect heap[name=over_vec].frees in (never, on_panic)
//! expect stack[name=over_vec].bound_bytes > 0
//! expect stack[name=with_index].bound_bytes > 0
//! expect stack[name=over_values].bound_bytes > 0
//! expect heap[name=fill].allocates in (maybe, always)
//! run exits 0

use std::collections::HashMap;

#[inline(never)]
fn over_vec(all: &Vec<u64>) -> u64 {
    let mut sum = 0;
    for value in all {
        sum ^= value;
    }
    sum
}

#[inline(never)]
fn with_index(all: &[u64]) -> u64 {
    let mut sum = 0;
    for (index, value) in all.iter().enumerate() {
        sum ^= value ^ index as u64;
    }
    sum
}

#[inline(never)]
fn over_values(all: &HashMap<u64, u64>) -> u64 {
    let mut sum = 0;
    for value in all.values() {
        sum ^= value;
    }
    sum
}

#[inline(never)]
fn fill(count: u64) -> (Vec<u64>, HashMap<u64, u64>) {
    let list: Vec<u64> = (0..count + 3).collect();
    let map = list.iter().map(|&value| (value, value ^ 1)).collect();
    (list, map)
}

fn main() {
    let count = std::env::args().count() as u64;
    let (list, map) = fill(count);
    println!("{} {} {}", over_vec(&list), with_index(&list), over_values(&map));
}
