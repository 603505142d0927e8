//! L2: as L1, in Rust: macros, closures that the library calls, drops, panics.
//!
//! build release: -C debuginfo=2 -C strip=none
//! expect some lines[line=24, kind=allocate, on_panic=false]
//! expect some lines[line=25, kind=allocate, on_panic=false]
//! expect lines[line=30, kind=allocate, on_panic=false].type == "u64"
//! expect release: lines[line=30, kind=allocate, on_panic=false].bytes == 8
//! expect debug: lines[line=30, kind=allocate, on_panic=false].sites == null
//! expect some lines[line=36, kind=allocate, type="[alloc::string::String]"]
//! expect some lines[line=36, kind=allocate, function="*closure*"]
//! expect some lines[line=37, kind=free, on_panic=false]
//! expect no lines[line=42, on_panic=false]
//! expect some lines[line=42, on_panic=true]
//! expect no lines[line=47, on_panic=false]
//! expect no lines[file="/rustc/*"]
//! run exits 0

use std::hint::black_box;

#[inline(never)]
fn build(n: usize) -> Vec<String> {
    let mut out = Vec::new();
    for i in 0..n {
        out.push(
            format!("item {i}"));
    }
    out
}
#[inline(never)]
fn boxed(x: u64) -> Box<u64> { Box::new(x) }

#[inline(never)]
fn collects(items: &[String]) -> usize {
    let names: Vec<String> = items
        .iter().map(
            |item| item.to_uppercase()).collect();
    names.len() }

#[inline(never)]
fn indexes(items: &[u64], i: usize) -> u64 {
    // Only the panic of a wrong index allocates.
    items[i]
}

#[inline(never)]
fn sums(items: &[String]) -> usize {
    items.iter().map(|item| item.len()).sum()
}

fn main() {
    let n = black_box(3);
    let items = build(n);
    let kept = boxed(n as u64);
    assert!(collects(&items) == 3 && *kept == 3 && indexes(&[1, 2, 3], n - 1) == 3 && sums(&items) == 18);
}
