//! H11: a synthesizer whose audio callback allocates for each key, as examples/audio shows it: what a
//! std::function remembers does not fit into it.
//!
//! expect heap[name="synth::render"].allocates == maybe
//! expect heap[name="synth::render"].witness contains "operator new*"
//! run exits 0

#include "../../examples/audio/synth.cpp"
