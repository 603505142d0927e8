//! H1: what has a known size still goes to the heap if it is boxed, and the machine code says how
//! much: Box<u64> is 8 bytes, Box<[u8; 100]> 100 bytes of alignment 1. Rc and Arc put two counts
//! before the value: 8 + 16, and 4 + 16 rounded up to 24. A Vec with room for 5 u32 takes 20 bytes,
//! one with room for n what n says.
//! (In debug builds a function of std that all share makes the call, with the size in a variable;
//! there is one site for many sizes, so it has none. In release std is inlined; that of rustc
//! before 1.70 is given up on: it may leave a shared function that is not.)
//!
//! expect release, rustc>=1.70: sites[function=boxed].bytes == 8
//! expect release, rustc>=1.70: sites[function=boxed].alignment == 8
//! expect release, rustc>=1.70: sites[function=array].bytes == 100
//! expect release, rustc>=1.70: sites[function=array].alignment == 1
//! expect release, rustc>=1.70: sites[function=counted].bytes == 24
//! expect release, rustc>=1.70: sites[function=counted].alignment == 8
//! expect release, rustc>=1.70: sites[function=shared].bytes == 24
//! expect release, rustc>=1.70: sites[function=shared].alignment == 8
//! expect release, rustc>=1.70: sites[function=room].bytes == 20
//! expect release, rustc>=1.70: sites[function=room].alignment == 4
//! expect release, rustc<1.70: sites[function=boxed].bytes in (8, null)
//! expect some sites[bytes=null]
//! expect no sites[function=room_for, bytes!=null]
//! run exits 0

use std::rc::Rc;
use std::sync::Arc;

#[inline(never)]
fn boxed(value: u64) -> Box<u64> {
    Box::new(value)
}

#[inline(never)]
fn array(value: u8) -> Box<[u8; 100]> {
    Box::new([value; 100])
}

#[inline(never)]
fn counted(value: u64) -> Rc<u64> {
    Rc::new(value)
}

#[inline(never)]
fn shared(value: u32) -> Arc<u32> {
    Arc::new(value)
}

#[inline(never)]
fn room() -> Vec<u32> {
    Vec::with_capacity(5)
}

#[inline(never)]
fn room_for(count: usize) -> Vec<u32> {
    Vec::with_capacity(count)
}

fn main() {
    let count = std::env::args().count();
    let total = *boxed(count as u64) + *counted(count as u64) + u64::from(*shared(count as u32));
    println!("{} {}", total, array(count as u8)[count]);
    println!("{}", room().capacity() + room_for(count).capacity());
}
