//! H1: Box::new, Rc::new and Arc::new of something that has a size always allocate, also in debug
//! builds, where functions of std that all share ask for the size at run time: it is a constant of
//! their caller's. A Box that is dropped always frees; an Rc and an Arc only when theirs was the
//! last. A Box of nothing asks for nothing.
//! (That the size of nothing is zero is not told in debug builds: only what allocates for certain
//! is looked for in this way. `maybe` there is not precise, but not wrong.)
//!
//! expect heap[name=boxed].allocates == always
//! expect heap[name=counted].allocates == always
//! expect heap[name=shared].allocates == always
//! expect heap[name=in_a_loop].allocates in (maybe, always)
//! expect heap[name=behind_a_loop].allocates == always
//! expect debug: heap[name=empty].allocates in (never, on_panic, maybe)
//! expect heap[name=drop_box].frees == always
//! expect heap[name=drop_counted].frees == maybe
//! expect heap[name=drop_shared].frees == maybe
//! expect heap[name=drop_box].allocates in (never, on_panic, unknown)
//! expect debug: heap[name=short_lived].allocates == always
//! expect debug: heap[name=short_lived].frees == always
//! expect release, rustc>=1.70: heap[name=short_lived].allocates == never
//! expect some heap[name=boxed].witness
//! run exits 0

use std::rc::Rc;
use std::sync::Arc;

#[inline(never)]
fn boxed(value: u64) -> Box<u64> {
    Box::new(value)
}

#[inline(never)]
fn counted(value: u64) -> Rc<u64> {
    Rc::new(value)
}

#[inline(never)]
fn shared(value: u32) -> Arc<u32> {
    Arc::new(value)
}

/// The last of as many boxes as there are rounds, perhaps none.
#[inline(never)]
fn in_a_loop(rounds: u64) -> Option<Box<u64>> {
    let mut last = None;
    for round in 0..rounds {
        last = Some(Box::new(round));
    }
    last
}

#[inline(never)]
fn behind_a_loop(mut value: u64) -> Box<u64> {
    while value > 1000 {
        value = if value % 2 == 0 { value / 2 } else { value - 7 };
    }
    Box::new(value)
}

#[inline(never)]
fn empty() -> Box<()> {
    Box::new(())
}

#[inline(never)]
fn drop_box(value: Box<u64>) {
    drop(value)
}

#[inline(never)]
fn drop_counted(value: Rc<u64>) {
    drop(value)
}

#[inline(never)]
fn drop_shared(value: Arc<u32>) {
    drop(value)
}

#[inline(never)]
fn short_lived(value: u64) -> bool {
    *Box::new(value) == 7
}

fn main() {
    let count = std::env::args().count() as u64;
    let (one, two, three) = (boxed(count), counted(count), shared(count as u32));
    let same = Rc::clone(&two);
    println!("{one} {two} {three} {:?} {:?}", in_a_loop(count), behind_a_loop(count * 5000));
    println!("{:?} {}", empty(), short_lived(count));
    drop_box(one);
    drop_counted(two);
    drop_shared(three);
    println!("{same}");
}
