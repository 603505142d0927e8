//! S8: `&dyn Trait` of values on the stack: one shared function with one call through a vtable, which
//! may enter exactly the two implementations; so it has a bound, and never allocates. (A release build may
//! pass the function instead of the vtable that it is in; both are constants of the callers.)
//!
//! expect some calls[from=measure, kind in (vtable, constant), to contains "*Circle*area*"]
//! expect some calls[from=measure, kind in (vtable, constant), to contains "*Square*area*"]
//! expect release: count calls[from=measure].to == 2
//! expect release: count calls[from=measure] == 1
//! expect debug: count calls[from=measure, kind=vtable].to == 2
//! expect debug: count calls[from=measure, kind=vtable] == 1
//! expect no calls[from=measure, kind=unresolved]
//! expect heap[name=measure].allocates == never
//! expect heap[name=measure].frees == never
//! expect stack[name=measure].bound_bytes >= 312
//! expect no stack[name=measure].unbounded_because
//! expect heap[name=both].allocates == never
//! run exits 0

/// Gives the reference back in a way that the optimizer does not see through.
#[inline(never)]
fn keep<T>(value: &T) -> &T {
    let mut address = value as *const T as usize;
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) address);
        std::mem::transmute(address)
    }
}

pub trait Shape {
    fn area(&self, scale: u64) -> u64;
}

pub struct Circle(u64);

pub struct Square(u64, u64);

impl Shape for Circle {
    fn area(&self, scale: u64) -> u64 {
        self.0 ^ scale
    }
}

impl Shape for Square {
    /// The deeper one: its frame is in the bound of who may call it.
    fn area(&self, scale: u64) -> u64 {
        let words = [scale; 37];
        self.0 ^ self.1 ^ keep(&words)[3]
    }
}

#[inline(never)]
fn measure(shape: &dyn Shape, scale: u64) -> u64 {
    shape.area(scale) ^ 1
}

#[inline(never)]
fn both(seed: u64) -> u64 {
    let circle = Circle(seed);
    let square = Square(seed, seed ^ 1);
    measure(keep::<Circle>(&circle), seed) ^ measure(keep::<Square>(&square), seed)
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{}", both(count));
}
