//! S1: struct literals, tuples and nested structs live in the frame of the function that makes them;
//! nothing of it touches the heap, however large it is. (Newer compilers write the parts straight
//! into the place where the caller wants the result, debug builds too, and need no frame for that.)
//!
//! expect heap[name=corners].allocates == never
//! expect heap[name=corners].frees == never
//! expect stack[name=corners].frame == fixed
//! expect debug, rustc<1.70: stack[name=corners].frame_bytes >= 104
//! expect stack[name=corners].recursive == false
//! expect heap[name=sum].allocates == never
//! expect stack[name=sum].frame == fixed
//! run exits 0

#[derive(Clone, Copy)]
struct Point {
    x: u64,
    y: u64,
    z: u64,
}

#[derive(Clone, Copy)]
struct Box3 {
    low: Point,
    high: Point,
    tag: (u32, u8),
}

/// 3 * 8 bytes twice, and a tuple of 8: 56; two of them at least while it copies.
#[inline(never)]
fn corners(at: u64) -> Box3 {
    let low = Point { x: at, y: at ^ 1, z: at ^ 2 };
    let high = Point { x: at ^ 3, ..low };
    let tag = (at as u32, 7);
    Box3 { low, high, tag }
}

#[inline(never)]
fn sum(all: &Box3) -> u64 {
    all.low.x ^ all.low.y ^ all.low.z ^ all.high.x ^ all.high.y ^ all.high.z ^ u64::from(all.tag.0)
        ^ u64::from(all.tag.1)
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{}", sum(&corners(count)));
}
