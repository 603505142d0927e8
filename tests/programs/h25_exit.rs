//! H25: a Rust program whose main ends with std::process::exit(), over a function of its own. What main
//! does before it does on a normal path.
//!
//! expect heap[name=main].allocates in (maybe, always)
//! expect calls[from=main, to contains take].path == normal
//! expect heap[name=finish].allocates in (on_panic, never)
//! run exits 3

#[inline(never)]
fn take(count: usize) -> Vec<u8> {
    let mut all = Vec::with_capacity(16 * count);
    all.push(3);
    all
}

#[inline(never)]
fn finish(status: u8) -> ! {
    std::process::exit(i32::from(status))
}

fn main() {
    let all = take(std::env::args_os().count());
    finish(all[0]);
}
