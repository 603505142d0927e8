//! H6: `fn main() {}` does nothing. What allocates before it is the runtime that calls it: the older
//! one makes a name for the main thread, the newer one asks where the thread's stack is.
//!
//! expect heap[name="h6_empty_main::main"].allocates == never
//! expect heap[name="h6_empty_main::main"].frees == never
//! expect no heap[name="h6_empty_main::main"].witness
//! expect stack[name="h6_empty_main::main"].frame_bytes == 8
//! expect stack[name="h6_empty_main::main"].bound_bytes == 8
//! expect stack[name="h6_empty_main::main"].bound_with_panic_bytes == 8
//! expect rustc>=1.80: startup.before_main == maybe
//! expect rustc<1.80: startup.before_main == always
//! expect some parts[name="std::rt::lang_start_internal", when=before, allocates in (maybe, always)]
//! expect rustc<1.80: parts[name="std::rt::lang_start_internal", allocates=always].witness contains "std::rt::init"
//! expect rustc>=1.80: some parts[name="std::rt::lang_start_internal", when=before, witness contains "pthread_getattr_np"]
//! expect startup.sites_before_main > 0
//! expect no sites[function="h6_empty_main::main"]
//! run exits 0

fn main() {}
