//! H8: a program without std and without alloc has no allocator: no site in it, and every function of
//! its own is `never`, whatever it panics about.
//!
//! build -C panic=abort
//! expect count sites == 0
//! expect report.heap.sites == 0
//! expect heap[linkage_name=main].allocates == never
//! expect heap[name=sum].allocates == never
//! expect stack[name=sum].frame == fixed
//! expect heap[name="h8_no_std::*"].allocates == never
//! run exits 3

#![no_std]
#![no_main]

use core::panic::PanicInfo;

#[link(name = "c")]
extern "C" {}

#[inline(never)]
fn sum(values: &[u8]) -> u32 {
    values.iter().map(|&value| u32::from(value)).sum()
}

#[no_mangle]
pub extern "C" fn main(count: i32, _arguments: *const *const u8) -> i32 {
    let values = [1, 1, 1, 1];
    sum(&values[..(count as usize + 2).min(4)]) as i32
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}

/// Debug builds of core mention it; nothing calls it.
#[no_mangle]
pub extern "C" fn rust_eh_personality() {}
