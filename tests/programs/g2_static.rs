//! G2: a `static` is one object with one address: four bytes, here read-only since nothing can change
//! them. Both functions use the same one. (Read with read_volatile, else release mode would copy the
//! value into the instructions and drop the object. Newer debug builds of core check its pointer and
//! panic if it is null, which would allocate the message.)
//!
//! expect count globals[name=ANSWER] == 1
//! expect globals[name=ANSWER].bytes == 4
//! expect globals[name=ANSWER].memory == read_only
//! expect globals[name=ANSWER].writable == false
//! expect globals[name=ANSWER].kind in (static, constant)
//! expect globals[name=ANSWER].used_by contains first
//! expect globals[name=ANSWER].used_by contains second
//! expect globals[name=ANSWER].crate == g2_static
//! expect globals[name=ANSWER].initializer == null
//! expect debug: globals[name=ANSWER].type == u32
//! expect debug: globals[name=ANSWER].line == 26
//! expect debug: globals[name=ANSWER].file == "*g2_static.rs"
//! expect release: globals[name=ANSWER].type == null
//! expect release: heap[name=first].allocates == never
//! expect release: heap[name=second].allocates == never
//! expect debug: heap[name=first].allocates in (never, on_panic)
//! run exits 0

use std::ptr::{addr_of, read_volatile};

static ANSWER: u32 = 0x5eed_cafe;

#[inline(never)]
fn first(value: u32) -> u32 {
    value ^ unsafe { read_volatile(addr_of!(ANSWER)) }
}

#[inline(never)]
fn second(value: u32) -> u32 {
    value.wrapping_add(unsafe { read_volatile(addr_of!(ANSWER)) })
}

fn main() {
    let count = std::env::args().count() as u32;
    if first(count) == second(count) {
        println!("equal");
    }
}
