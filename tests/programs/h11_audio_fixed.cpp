//! H11: the same synthesizer without std::function.
//!
//! build -DFIXED
//! expect heap[name="synth::render"].allocates == never
//! run exits 0

#include "../../examples/audio/synth.cpp"
