//! H14: for what type a site allocates. The names of what the compiler inlined around it tell, so this
//! is about release builds with debug information. The sizes are those of the types: an Arc has two
//! counts besides its value. What the program's own function hands on is not guessed.
//!
//! build release: -g -C strip=none
//! expect release: sites[function="boxed"].type == "h14_types::Point"
//! expect release: sites[function="boxed"].bytes == 24
//! expect release, rustc>=1.80: sites[function="shared"].type == "alloc::sync::ArcInner<h14_types::Point>"
//! expect release, rustc>=1.80: sites[function="shared"].bytes == 40
//! expect release: sites[function="text"].type == "[u8]"
//! expect release: sites[function="own"].type == null
//! expect release: sites[function="own"].bytes == 24
//! (main ends in exit(). The loop that counts the arguments is its own in release, and one that is
//! never left for a return counts as endless.)
//! worse h14_types::main
//! run exits 0

use std::alloc::{alloc, Layout};
use std::sync::Arc;

pub struct Point {
    x: u64,
    y: u64,
    z: u64,
}

#[inline(never)]
pub fn boxed(x: u64) -> Box<Point> {
    Box::new(Point { x, y: 1, z: 2 })
}

#[inline(never)]
pub fn shared(x: u64) -> Arc<Point> {
    Arc::new(Point { x, y: 1, z: 2 })
}

#[inline(never)]
pub fn text(length: usize) -> Vec<u8> {
    Vec::with_capacity(length)
}

#[inline(never)]
pub fn own(x: u64) -> *mut Point {
    unsafe {
        let place = alloc(Layout::new::<Point>()) as *mut Point;
        place.write(Point { x, y: 1, z: 2 });
        place
    }
}

fn main() {
    let count = std::env::args().count() as u64;
    let sum = boxed(count).x + shared(count).y + text(count as usize).len() as u64;
    std::process::exit(if sum + unsafe { (*own(count)).z } == 4 { 0 } else { 1 });
}
