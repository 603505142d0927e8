//! G4: a `static` with interior mutability is writable memory although nothing says `mut`. A value
//! that is not all zeroes lies in the file (data), zeroes need not (bss). The numbers that Once and
//! Mutex start from changed between versions of std, so either is right for Once.
//!
//! expect globals[name=LEVEL].memory == data
//! expect globals[name=LEVEL].bytes == 4
//! expect globals[name=LEVEL].writable == true
//! expect globals[name=ZERO].memory == bss
//! expect globals[name=ZERO].bytes == 8
//! expect globals[name=ZERO].writable == true
//! expect globals[name=ONCE].memory in (data, bss)
//! expect globals[name=ONCE].writable == true
//! expect globals[name=TOTAL].memory == data
//! expect globals[name=TOTAL].bytes == 16
//! expect globals[name=TOTAL].writable == true
//! expect globals[name=TOTAL].used_by contains add
//! expect debug: globals[name=TOTAL].initializer == null
//! expect heap[name=raise].allocates == never
//! run exits 0

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once};

static LEVEL: AtomicU32 = AtomicU32::new(7);
static ZERO: AtomicU64 = AtomicU64::new(0);
static ONCE: Once = Once::new();
static TOTAL: Mutex<u64> = Mutex::new(5);

#[inline(never)]
fn raise(by: u32) -> u32 {
    ZERO.fetch_add(u64::from(by), Ordering::SeqCst);
    LEVEL.fetch_add(by, Ordering::SeqCst)
}

#[inline(never)]
fn add(value: u64) -> u64 {
    let mut total = TOTAL.lock().unwrap();
    *total += value;
    *total
}

fn main() {
    let count = std::env::args().count() as u32;
    ONCE.call_once(|| println!("{}", raise(count)));
    println!("{} {}", add(u64::from(count)), ZERO.load(Ordering::SeqCst));
}
