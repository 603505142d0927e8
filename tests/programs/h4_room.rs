//! H4: room for a number of elements that is a constant is always allocated, and its size is known:
//! ten u32 are 40 bytes. For a number that is decided at run time there is a way without: that of
//! none. A text that is copied from a literal takes its length; format! takes what it writes, and
//! its answer stays open: a text without arguments would be copied, an empty one needs nothing.
//! (In debug builds the sizes are in the shared functions of std, which make the calls. What frees
//! in debug builds of ten_zeroes is a drop that cannot happen; without it, rustc 1.63 leaves only
//! the hook for failed allocations, which could be anything.)
//!
//! worse rustc<1.70: ten_zeroes
//! expect heap[name=ten].allocates == always
//! expect heap[name=none].allocates in (never, on_panic, maybe)
//! expect release: heap[name=none].allocates == never
//! expect heap[name=some].allocates == maybe
//! expect heap[name=zeroes].allocates == maybe
//! expect heap[name=ten_zeroes].allocates == always
//! expect heap[name=listed].allocates == always
//! expect heap[name=text].allocates == always
//! expect heap[name=formatted].allocates in (maybe, always)
//! expect release, rustc>=1.70: sites[function=ten].bytes == 40
//! expect release, rustc>=1.70: sites[function=ten].alignment == 4
//! expect release, rustc>=1.70: sites[function=ten_zeroes].bytes == 80
//! expect release, rustc>=1.70: sites[function=listed].bytes == 12
//! expect release, rustc>=1.70: sites[function=text].bytes == 5
//! expect release, rustc>=1.70: sites[function=text].alignment == 1
//! expect no sites[function=zeroes, bytes!=null]
//! expect no sites[function=some, bytes!=null]
//! run exits 0

#[inline(never)]
fn ten() -> Vec<u32> {
    Vec::with_capacity(10)
}

#[inline(never)]
fn none() -> Vec<u32> {
    Vec::with_capacity(0)
}

#[inline(never)]
fn some(count: usize) -> Vec<u32> {
    Vec::with_capacity(count)
}

#[inline(never)]
fn zeroes(count: usize) -> Vec<u32> {
    vec![0; count]
}

#[inline(never)]
fn ten_zeroes() -> Vec<u64> {
    vec![0; 10]
}

#[inline(never)]
fn listed(first: u32) -> Vec<u32> {
    vec![first, 2, 3]
}

#[inline(never)]
fn text() -> String {
    String::from("apple")
}

#[inline(never)]
fn formatted(count: usize) -> String {
    format!("{count} apples")
}

fn main() {
    let count = std::env::args().count();
    println!("{} {} {}", ten().capacity(), none().capacity(), some(count).capacity());
    println!("{:?} {:?} {:?}", zeroes(count), ten_zeroes(), listed(count as u32));
    println!("{} {}", text(), formatted(count));
}
