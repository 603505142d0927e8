//! G6: `thread_local!` variables exist once per thread; what lies in the file is at most a template.
//! The one with a `const` initializer is ready in the template; the lazy one starts as "not yet" in
//! zeroed thread-local memory, and its initializer is a function, run at the first use.
//! How std names the variable that it hides behind the macro changed over time.
//!
//! expect globals[name="g6_thread_local::COUNT*", memory=tls_data].bytes == 4
//! expect globals[name="g6_thread_local::COUNT*", memory=tls_data].kind == static
//! expect globals[name="g6_thread_local::COUNT*", memory=tls_data].writable == true
//! expect some globals[name="g6_thread_local::NAMES*", memory=tls_bss]
//! expect globals[name="g6_thread_local::NAMES*", memory=tls_bss].bytes >= 32
//! expect debug: some heap[name="g6_thread_local::NAMES*init*"]
//! expect report.global.tls_bytes_per_thread >= 36
//! expect debug: no globals[name="g6_thread_local::COUNT*", memory=bss]
//! run exits 0

use std::cell::{Cell, RefCell};

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0x1234_5678) };
    static NAMES: RefCell<Vec<String>> = RefCell::new(first_names());
}

#[inline(never)]
fn first_names() -> Vec<String> {
    vec![String::from("ada")]
}

#[inline(never)]
fn tick() -> u32 {
    COUNT.with(|count| {
        count.set(count.get().wrapping_add(1));
        count.get()
    })
}

fn main() {
    NAMES.with(|names| names.borrow_mut().push(tick().to_string()));
    NAMES.with(|names| println!("{:?}", names.borrow()));
}
