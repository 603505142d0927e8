//! G1: a `const` has no place in memory of its own. Its value is copied to where it is used: here it
//! becomes an operand of an instruction in both functions.
//!
//! expect no globals[name=ANSWER]
//! expect stack[name=first].frame == fixed
//! expect heap[name=first].allocates == never
//! expect heap[name=second].allocates == never
//! run exits 0

const ANSWER: u32 = 0x5eed_cafe;

#[inline(never)]
fn first(value: u32) -> u32 {
    value ^ ANSWER
}

#[inline(never)]
fn second(value: u32) -> u32 {
    value.wrapping_add(ANSWER)
}

fn main() {
    let count = std::env::args().count() as u32;
    if first(count) == second(count) {
        println!("equal");
    }
}
