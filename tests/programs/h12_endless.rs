//! H12, Rust: a function that never returns because it serves in a loop `maybe` allocates, and so do
//! those that call it. Panics stay what they are, although their machinery has loops, too.
//!
//! expect heap[name=serve].allocates == maybe
//! expect heap[name=serve].frees == maybe
//! expect heap[name=start].allocates == maybe
//! expect calls[from=serve, to contains handle].path == normal
//! expect heap[name=stop].allocates == on_panic
//! expect heap[name=fail].allocates == on_panic
//! expect heap[name=checked].allocates == on_panic
//! run exits 7

#[inline(never)]
fn keep(value: Box<u32>) {
    unsafe { std::ptr::read_volatile(&*value) };
}

#[inline(never)]
fn handle(left: &mut u32) {
    keep(Box::new(*left));
    *left -= 1;
    if *left == 0 {
        std::process::exit(7);
    }
}

#[inline(never)]
fn serve(left: &mut u32) -> ! {
    loop {
        handle(left);
    }
}

#[inline(never)]
fn start(left: u32) {
    let mut left = left;
    serve(&mut left);
}

#[inline(never)]
fn stop(code: u32) -> ! {
    keep(Box::new(code));
    loop {}
}

#[inline(never)]
fn fail(code: u32) -> ! {
    panic!("code {}", code);
}

#[inline(never)]
fn checked(code: u32) -> u32 {
    match code {
        100.. => fail(code),
        99 => stop(code),
        _ => code + 1,
    }
}

fn main() {
    let count = std::env::args().count() as u32;
    start(checked(count) + 1);
}
