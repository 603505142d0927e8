//! H11: a synthesizer whose audio callback allocates now and then, as examples/audio shows it: the
//! vector of voices grows. The witness leads through the vector to the allocator.
//!
//! expect release: heap[name="h11_audio::render"].allocates == maybe
//! expect release: heap[name="h11_audio::render"].witness contains "*__rust_alloc"
//! expect release, rustc>=1.80: heap[name="h11_audio::render"].witness contains "*RawVec*grow_one*"
//! expect debug: heap[name="h11_audio::render"].allocates in (maybe, always)
//! run exits 0

include!("../../examples/audio/synth.rs");
