//! H6: `fn main() {}` does nothing. What allocates before it is the runtime that calls it.
//!
//! expect heap[name="h6_empty_main::main"].allocates == never
//! expect heap[name="h6_empty_main::main"].frees == never
//! expect no heap[name="h6_empty_main::main"].witness
//! expect stack[name="h6_empty_main::main"].frame_bytes == 8
//! expect stack[name="h6_empty_main::main"].bound_bytes == 8
//! expect stack[name="h6_empty_main::main"].bound_with_panic_bytes == 8
//! run exits 0

fn main() {}
