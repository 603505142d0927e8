//! G8: what a program needs for reading lies in read-only memory: the text of a string literal, the
//! vtable of a trait object (relro: it holds addresses), the jump table of a `match`, and a constant
//! whose address is taken (a promoted constant).
//!
//! In debug, rustc names vtables in the debug information; without that they are told by their form.
//!
//! expect debug: some globals[kind=vtable, name="*Circle*"]
//! expect debug: globals[kind=vtable, name="*Circle as *Shape*"].bytes == 32
//! expect globals[kind=vtable].writable == false
//! expect globals[kind=vtable].memory == relro
//! expect some globals[kind=jump_table, used_by contains dispatch]
//! expect globals[kind=jump_table, used_by contains dispatch].memory == read_only
//! expect globals[kind=jump_table, used_by contains dispatch].bytes == 32
//! expect some globals[kind=string, used_by contains greeting]
//! expect globals[kind=string, used_by contains greeting].memory == read_only
//! expect some globals[used_by contains primes, memory=read_only]
//! expect globals[used_by contains primes, memory=read_only].bytes >= 28
//! expect heap[name=greeting].allocates == never
//! expect heap[name=primes].allocates == never
//! run exits 0

trait Shape {
    fn area(&self) -> u64;
}

struct Circle(u64);
struct Square(u64);

impl Shape for Circle {
    #[inline(never)]
    fn area(&self) -> u64 {
        self.0.wrapping_mul(3)
    }
}

impl Shape for Square {
    #[inline(never)]
    fn area(&self) -> u64 {
        self.0.wrapping_mul(self.0)
    }
}

#[inline(never)]
fn shape(which: u64) -> &'static dyn Shape {
    static CIRCLE: Circle = Circle(3);
    static SQUARE: Square = Square(4);
    if which & 1 == 0 { &CIRCLE } else { &SQUARE }
}

#[inline(never)]
fn greeting(which: u64) -> &'static str {
    if which == 0 { "" } else { "hello from a place that nobody can write to" }
}

#[inline(never)]
fn primes(which: u64) -> &'static [u32; 7] {
    if which == 0 { &[1, 1, 2, 3, 5, 8, 13] } else { &[2, 3, 5, 7, 11, 13, 17] }
}

#[inline(never)]
fn dispatch(which: u64, a: u64, b: u64) -> u64 {
    match which {
        0 => a.wrapping_add(b),
        1 => a.wrapping_sub(b),
        2 => a.wrapping_mul(b),
        3 => a & b,
        4 => a | b,
        5 => a ^ b,
        6 => a.rotate_left(b as u32 & 63),
        7 => a.leading_zeros().into(),
        _ => 0,
    }
}

fn main() {
    let count = std::env::args().count() as u64;
    let area = shape(count).area();
    let prime = u64::from(primes(count)[count as usize % 7]);
    println!("{} {}", greeting(count), dispatch(count, area, prime));
}
