//! G3: a `static` built by a `const fn` is computed by the compiler. Its bytes are ready in the file:
//! the constructor is not even in the program, and no start-up function writes the object.
//!
//! expect count globals[name=ORIGIN] == 1
//! expect globals[name=ORIGIN].bytes == 16
//! expect globals[name=ORIGIN].memory == read_only
//! expect globals[name=ORIGIN].writable == false
//! expect globals[name=ORIGIN].initializer == null
//! expect globals[name=ORIGIN].used_by contains distance
//! expect no stack[name="*Point*new*"]
//! expect release: heap[name=distance].allocates == never
//! expect debug: heap[name=distance].allocates in (never, on_panic)
//! run exits 0

use std::ptr::read_volatile;

#[derive(Clone, Copy)]
struct Point {
    x: i64,
    y: i64,
}

impl Point {
    const fn new(x: i64, y: i64) -> Point {
        Point { x: x * 3, y: y * 5 }
    }
}

static ORIGIN: Point = Point::new(7, -2);

#[inline(never)]
fn distance(x: i64, y: i64) -> i64 {
    let origin = unsafe { read_volatile(&ORIGIN) };
    x.wrapping_sub(origin.x) ^ y.wrapping_sub(origin.y)
}

fn main() {
    let count = std::env::args().count() as i64;
    if distance(count, 1) == 12345 {
        println!("far");
    }
}
