//! H3: empty collections own nothing: making one is writing a few words on the stack.
//! HashMap::new asks the system for random numbers once per thread; on systems without getrandom std
//! would open a file for that, and opening a file may allocate: it never does in practice, but no
//! reading of the program can prove it, so only `always` would be wrong there.
//!
//! expect heap[name=vector].allocates == never
//! expect heap[name=string].allocates == never
//! expect heap[name=vector].frees == never
//! expect heap[name=map].allocates in (never, on_panic, maybe, unknown)
//! expect stack[name=vector].frame == fixed
//! run exits 0

use std::collections::HashMap;

#[inline(never)]
fn vector() -> Vec<u64> {
    Vec::new()
}

#[inline(never)]
fn string() -> String {
    String::new()
}

#[inline(never)]
fn map() -> HashMap<u64, u64> {
    HashMap::new()
}

fn main() {
    println!("{} {} {}", vector().len(), string().len(), map().len());
}
