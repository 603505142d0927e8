//! H11: the same synthesizer with room for a fixed number of voices. Its callback allocates never; a
//! debug build may panic on overflow, and its iterators may, which allocates.
//!
//! build --cfg fixed
//! expect release: heap[name="h11_audio_fixed::render"].allocates == never
//! expect debug: heap[name="h11_audio_fixed::render"].allocates in (on_panic, never)
//! run exits 0

include!("../../examples/audio/synth.rs");
