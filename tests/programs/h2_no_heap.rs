//! H2: names that sound like the heap and are not: a Cow that borrows, Cell, RefCell, and the locks
//! of std, which since 1.62 are plain numbers on Linux. (In release, making a Cell of a number is
//! nothing at all, and the function is gone. Debug builds by old compilers have clean-up code for
//! panics around moves, which nothing ever enters.)
//!
//! expect heap[name=borrowed].allocates == never
//! expect debug: heap[name=cell].allocates == never
//! expect debug, rustc>=1.70: heap[name=ref_cell].allocates == never
//! expect debug, rustc<1.70: heap[name=ref_cell].allocates in (never, on_panic)
//! expect release|rustc>=1.70: heap[name=mutex].allocates == never
//! expect release|rustc>=1.70: heap[name=rw_lock].allocates == never
//! expect release|rustc>=1.70: heap[name=mutex].frees == never
//! expect heap[name=mutex].allocates in (never, on_panic)
//! expect heap[name=rw_lock].allocates in (never, on_panic)
//! run exits 0

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::{Mutex, RwLock};

#[inline(never)]
fn borrowed(which: u64) -> Cow<'static, str> {
    Cow::Borrowed(if which & 1 == 0 { "even" } else { "odd" })
}

#[inline(never)]
fn cell(value: u64) -> Cell<u64> {
    Cell::new(value)
}

#[inline(never)]
fn ref_cell(value: u64) -> RefCell<u64> {
    RefCell::new(value)
}

#[inline(never)]
fn mutex(value: u64) -> Mutex<u64> {
    Mutex::new(value)
}

#[inline(never)]
fn rw_lock(value: u64) -> RwLock<u64> {
    RwLock::new(value)
}

fn main() {
    let count = std::env::args().count() as u64;
    let total = cell(count).get() ^ *ref_cell(count).borrow() ^ *mutex(count).lock().unwrap();
    println!("{} {}", borrowed(count), total ^ *rw_lock(count).read().unwrap());
}
