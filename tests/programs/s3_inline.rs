//! S3: the same function as `#[inline(always)]` and as `#[inline(never)]`: the verdict is the same. The
//! inlined one has no code of its own, in debug builds neither; where its code went, an allocation in it
//! is one of the function around it. (Debug builds ask at run time whether the size is zero, and have the
//! allocation itself in a function of the library.)
//!
//! expect no stack[name=always_sum]
//! expect no stack[name=always_box]
//! expect stack[name=never_sum].frame == fixed
//! expect heap[name=never_sum].allocates == never
//! expect heap[name=with_always].allocates == never
//! expect heap[name=with_never].allocates == never
//! expect stack[name=with_always].bound_bytes > 0
//! expect stack[name=with_never].bound_bytes >= stack[name=never_sum].bound_bytes
//! expect release: heap[name=never_box].allocates == always
//! expect release: heap[name=keeps_always].allocates == always
//! expect release: heap[name=keeps_never].allocates == always
//! expect debug: heap[name=never_box].allocates in (maybe, always)
//! expect debug: heap[name=keeps_always].allocates == heap[name=keeps_never].allocates
//! expect release: some sites[function=never_box]
//! expect no sites[function=keeps_never]
//! expect release: some sites[function=keeps_always]
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

pub struct Numbers {
    words: [u64; 16],
}

#[inline(always)]
fn always_sum(numbers: &Numbers) -> u64 {
    numbers.words[0] ^ numbers.words[15]
}

#[inline(never)]
fn never_sum(numbers: &Numbers) -> u64 {
    numbers.words[0] ^ numbers.words[15].rotate_left(1)
}

#[inline(never)]
fn with_always(seed: u64) -> u64 {
    let numbers = Numbers { words: [seed; 16] };
    always_sum(keep(&numbers))
}

#[inline(never)]
fn with_never(seed: u64) -> u64 {
    let numbers = Numbers { words: [seed; 16] };
    never_sum(keep(&numbers))
}

#[inline(always)]
fn always_box(seed: u64) -> Box<u64> {
    Box::new(seed)
}

#[inline(never)]
fn never_box(seed: u64) -> Box<u64> {
    Box::new(seed ^ 1)
}

#[inline(never)]
fn keeps_always(seed: u64) -> u64 {
    *keep(&*always_box(seed))
}

#[inline(never)]
fn keeps_never(seed: u64) -> u64 {
    *keep(&*never_box(seed))
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{} {}", with_always(count), with_never(count));
    println!("{} {}", keeps_always(count), keeps_never(count));
}
